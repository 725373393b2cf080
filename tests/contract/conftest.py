"""One running copy with two AI systems and somebody of every kind, for all tests of the contract."""

import os
from collections.abc import Iterator

import pytest

from tests.contract.world import PASSWORD, World, unique

SCOPES = (
    "predictions:write", "outcomes:read", "labels:read", "registry:write", "policies:write", "gate:read",
    "audit:read", "webhooks:write", "suspensions:write",
)  # fmt: skip
PEOPLE = {
    "reviewer": ("reviewer",),
    "second": ("reviewer",),
    "manager": ("queue_manager",),
    "owner": ("model_owner",),
    "auditor": ("auditor",),
}


@pytest.fixture(scope="session")
def world(request: pytest.FixtureRequest) -> Iterator[World]:
    """CONTRACT_URL and CONTRACT_VAR_DIR name a copy that runs already; else one is started."""
    if url := os.environ.get("CONTRACT_URL"):
        folder = os.environ["CONTRACT_VAR_DIR"]
        made = World(url, {**os.environ, "VAR_DIR": folder, "COUNTERSIGN_PASSWORD": PASSWORD})
    else:
        live = request.getfixturevalue("live")
        made = World(live.url, {**live.environment, "COUNTERSIGN_PASSWORD": PASSWORD})
    furnish(made)
    yield made
    made.close()


def furnish(world: World) -> None:
    """Everybody the tests speak of. `root` is a key without limits; the others are limited to our system."""
    every = [part for scope in SCOPES for part in ("--scope", scope)]
    world.secrets["root"] = world.command("service_key", "create", unique("root"), *every)
    world.ours, world.theirs = unique("ours"), unique("theirs")
    for slug in (world.ours, world.theirs):
        world.done("POST", "/systems", {"slug": slug, "name": slug.title()})
    for name, roles in PEOPLE.items():
        world.person(name, *roles, system=world.ours)
    world.person("stranger", "queue_manager", "reviewer", system=world.theirs)
    here, there = ["--system", world.ours], ["--system", world.theirs]
    keys = {scope: ["--scope", scope, *here] for scope in SCOPES}
    keys["ours"] = keys["ended"] = [*every, *here]
    keys["foreign"] = [*every, *there]
    keys["production"] = ["--scope", "predictions:write", *here, "--environment", "production"]
    keys["owned"] = ["--scope", "predictions:write", *here, "--owner", world.emails["reviewer"]]
    for name, parts in keys.items():
        world.secrets[name] = world.command("service_key", "create", unique(name), *parts)
    world.command("service_key", "revoke", "_".join(world.secrets["ended"].split("_")[:2]))
