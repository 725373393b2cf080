"""The life of a routing policy, as data."""

from collections.abc import Mapping

from django.db import models


class PolicyState(models.TextChoices):
    DRAFT = "draft", "draft"
    PUBLISHED = "published", "published"
    RETIRED = "retired", "retired"
    DISCARDED = "discarded", "discarded"


TRANSITIONS: Mapping[PolicyState, frozenset[PolicyState]] = {
    PolicyState.DRAFT: frozenset({PolicyState.PUBLISHED, PolicyState.DISCARDED}),
    PolicyState.PUBLISHED: frozenset({PolicyState.RETIRED}),
    PolicyState.RETIRED: frozenset(),
    PolicyState.DISCARDED: frozenset(),
}
FINAL = frozenset(state for state, onward in TRANSITIONS.items() if not onward)
