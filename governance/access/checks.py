"""What is refused in accounts before anything is written: `BadInput` with what to do instead."""

from functools import cache
from zoneinfo import available_timezones

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.validators import validate_email

from audit.refusals import BadInput, FieldError
from governance.access.models import Person, Scope
from governance.access.roles import Role, ScopeKind

THEMES = ("system", "light", "dark")
LONGEST_NAME = 200
LONGEST_GROUP = 100
LONGEST_EMAIL = 254


@cache
def time_zones() -> frozenset[str]:
    """Every name that the time zone database knows: a look into many files."""
    return frozenset(available_timezones())


def fits(role: Role, scope: Scope) -> None:
    """Refuse a role at a scope where it says nothing.

    People and keys belong to no AI system; administering one of them would only look like a right.
    """
    if role == Role.ADMINISTRATOR and scope.kind != ScopeKind.EVERYWHERE:
        raise BadInput([FieldError("/scope", "BAD_SCOPE", f"The role {role.label} is held everywhere only.")])


def profile(name: str, time_zone: str, theme: str) -> None:
    """Refuse what cannot be shown or looked up."""
    errors = []
    if not name.strip() or len(name.strip()) > LONGEST_NAME:
        errors.append(FieldError("/name", "REQUIRED", f"Give a name of at most {LONGEST_NAME} characters."))
    if time_zone not in time_zones():
        errors.append(FieldError("/time_zone", "UNKNOWN_TIME_ZONE", "There is no such time zone."))
    if theme not in THEMES:
        errors.append(FieldError("/theme", "BAD_VALUE", f"One of {', '.join(THEMES)}."))
    if errors:
        raise BadInput(errors)


def email(email: str) -> None:
    """Refuse what is no e-mail address."""
    try:
        if len(email) > LONGEST_EMAIL:
            raise ValidationError("too long")
        validate_email(email)
    except ValidationError:
        raise BadInput(
            [FieldError("/email", "BAD_EMAIL", "This is not an e-mail address; write name@example.org.")]
        ) from None


def password(password: str, person: Person) -> None:
    """Refuse a weak password."""
    try:
        validate_password(password, person)
    except ValidationError as error:
        raise BadInput(
            [FieldError("/password", "WEAK_PASSWORD", message) for message in error.messages]
        ) from None


def group(name: str) -> str:
    """The name of an independence group without the spaces around it, or a refusal."""
    name = name.strip()
    if len(name) > LONGEST_GROUP:
        raise BadInput([FieldError("/group", "TOO_LONG", f"At most {LONGEST_GROUP} characters.")])
    return name
