"""What the pages of this room share: whose session it is, and forms that are not finished."""

from django import forms
from django.http import HttpRequest, HttpResponse, QueryDict

from audit.pages import render
from governance.access.models import Person


def asking(request: HttpRequest) -> Person:
    """The person who is signed in; only behind `signed_in`."""
    person = request.user
    assert isinstance(person, Person)  # signed_in let nobody else through
    return person


def posted(request: HttpRequest) -> QueryDict | None:
    """What a form was sent with; None while it is only looked at."""
    return request.POST if request.method == "POST" else None


def unfinished(request: HttpRequest, template: str, form: forms.Form) -> HttpResponse:
    """The page of a form: empty, or with what has to be corrected."""
    return render(request, template, {"form": form}, status=422 if form.is_bound else 200)
