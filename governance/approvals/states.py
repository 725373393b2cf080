"""The lives of an approval policy and of an approval request, as data.

`docs/reference/states.md` is generated from these tables. Whether an approval is stale or expired is no
state: it is found out at every question from what is there then.
"""

from collections.abc import Mapping

from django.db import models


class PolicyState(models.TextChoices):
    DRAFT = "draft", "a draft"
    PUBLISHED = "published", "published"
    RETIRED = "retired", "retired"
    DISCARDED = "discarded", "discarded"


POLICY_TRANSITIONS: Mapping[PolicyState, frozenset[PolicyState]] = {
    PolicyState.DRAFT: frozenset({PolicyState.PUBLISHED, PolicyState.DISCARDED}),
    PolicyState.PUBLISHED: frozenset({PolicyState.RETIRED}),
    PolicyState.RETIRED: frozenset(),
    PolicyState.DISCARDED: frozenset(),
}


class State(models.TextChoices):
    OPEN = "open", "open"
    CHANGES_REQUESTED = "changes_requested", "waiting for changes"
    APPROVED = "approved", "approved"
    REJECTED = "rejected", "rejected"
    WITHDRAWN = "withdrawn", "withdrawn"
    SUPERSEDED = "superseded", "superseded"


TRANSITIONS: Mapping[State, frozenset[State]] = {
    State.OPEN: frozenset(
        {
            State.APPROVED,
            State.REJECTED,
            State.CHANGES_REQUESTED,
            State.WITHDRAWN,
            State.SUPERSEDED,
            State.OPEN,
        }
    ),
    State.CHANGES_REQUESTED: frozenset({State.OPEN, State.WITHDRAWN, State.SUPERSEDED}),
    State.APPROVED: frozenset(),
    State.REJECTED: frozenset(),
    State.WITHDRAWN: frozenset(),
    State.SUPERSEDED: frozenset(),
}
UNDECIDED = frozenset(state for state, onward in TRANSITIONS.items() if onward)
DECIDED = frozenset(TRANSITIONS) - UNDECIDED


class Verdict(models.TextChoices):
    APPROVE = "approve", "approves"
    REJECT = "reject", "rejects"
    REQUEST_CHANGES = "request_changes", "asks for changes"


BECOMES: Mapping[Verdict, State] = {
    Verdict.REJECT: State.REJECTED,
    Verdict.REQUEST_CHANGES: State.CHANGES_REQUESTED,
}
"""One such signature is enough; `approve` needs the quorum of every stage."""
