"""Every template: allowed by the content security policy, and complete without JavaScript."""

import re
from pathlib import Path

import pytest
from django.conf import settings
from django.template.loader import get_template

ROOT = Path(settings.BASE_DIR) / "templates"
TEMPLATES = sorted(ROOT.rglob("*.html"))
MARKUP = {path: re.sub(r"{#.*?#}", "", path.read_text(), flags=re.DOTALL) for path in TEMPLATES}

each_template = pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: str(path.relative_to(ROOT)))


@each_template
def test_compiles(path: Path) -> None:
    get_template(str(path.relative_to(ROOT)))


@each_template
def test_says_in_its_first_line_what_context_it_needs(path: Path) -> None:
    first = path.read_text().splitlines()[0]

    assert first.startswith("{#")
    assert "ontext" in first


@each_template
@pytest.mark.parametrize(
    "forbidden",
    [
        r"<style\b",
        r"\sstyle\s*=",
        r"<script(?![^>]*\bsrc=)[^>]*>",
        r"\son[a-z]+\s*=\s*[\"']",
        r"\bhx-on\b",
        r"javascript:",
        r"(src|href)\s*=\s*[\"'](https?:)?//",
    ],
)
def test_has_nothing_that_the_policy_blocks(path: Path, forbidden: str) -> None:
    assert not re.search(forbidden, MARKUP[path], flags=re.IGNORECASE)


@each_template
def test_escapes_everything(path: Path) -> None:
    assert not re.search(r"\|\s*safe\b|\{%\s*autoescape\s+off", MARKUP[path])


@each_template
def test_a_form_that_htmx_sends_has_the_same_address_without_it(path: Path) -> None:
    for form in re.findall(r"<form\b[^>]*>", MARKUP[path]):
        sent = re.search(r'hx-post="([^"]*)"', form)
        plain = re.search(r'(?<!-)action="([^"]*)"', form)
        assert not sent or (plain and plain[1] == sent[1])


@each_template
def test_a_form_that_posts_carries_its_token(path: Path) -> None:
    for form in re.findall(r'<form\b[^>]*method="post".*?</form>', MARKUP[path], flags=re.DOTALL):
        assert "{% csrf_token %}" in form
