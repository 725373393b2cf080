"""The floors as the database sees them: foreign keys point down, too."""

import re

from django.apps import apps
from django.contrib.auth import get_user_model

from config.environment import BASE_DIR

FLOORS = ["audit", "registry", "governance", "reviews", "config"]


def test_foreign_keys_point_down_or_to_people() -> None:
    upward = []
    for model in apps.get_models():
        if model._meta.app_label not in FLOORS:
            continue
        for field in model._meta.get_fields():
            target = field.related_model if field.concrete and field.is_relation else None
            if target is None or isinstance(target, str) or target is get_user_model():
                continue
            label = target._meta.app_label
            if label in FLOORS and FLOORS.index(label) > FLOORS.index(model._meta.app_label):
                upward.append(f"{model._meta.label}.{field.name} -> {target._meta.label}")

    assert upward == []


def test_no_signals_of_django() -> None:
    """Effects at a distance: floors report upwards by return values, rows and tasks."""
    users = [
        str(path.relative_to(BASE_DIR))
        for floor in FLOORS
        for path in (BASE_DIR / floor).rglob("*.py")
        if re.search(r"^\s*from django\.(dispatch|[\w.]*signals)\b", path.read_text(), flags=re.MULTILINE)
    ]

    assert users == []
