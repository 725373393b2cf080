"""What is live, aliases, lineage and comparisons, described."""

from collections.abc import Mapping

from config.hall.interface.building import (
    FILE,
    FLAG,
    PAGES,
    SLUG,
    TEXT,
    TIME,
    Operation,
    body,
    many,
    page_of,
    ref,
)
from config.hall.interface.registering import READER, RULER, WRITER

_MOVER = "registry:write, or a model owner of the system; for a protected alias the role that it names"

OPERATIONS: Mapping[tuple[str, str], Operation] = {
    ("deployments-deployments", "GET"): Operation(
        "Registry",
        "List deployments, newest first",
        READER,
        {200: page_of(ref("Deployment"))},
        query={
            **PAGES,
            **FILE,
            "environment": (SLUG, "only there"),
            "model": (SLUG, "only of this model"),
            "system": (SLUG, "only of this AI system"),
            "at": (TIME, "only what was live at this moment"),
            "live": (FLAG, "only what is live now, or what is not any more"),
        },
    ),
    ("deployments-deployments", "POST"): Operation(
        "Registry",
        "Make a version live",
        WRITER,
        {201: ref("Deployment")},
        body=body("model version environment", model=SLUG, version=TEXT, environment=SLUG),
        text="Asks the gate in the same transaction; 409 GATE_DENIED carries its `reasons`.",
    ),
    ("deployments-rollback", "POST"): Operation(
        "Registry",
        "Return to the last version that is still valid",
        WRITER,
        {201: ref("Deployment")},
        body=body("model environment", model=SLUG, environment=SLUG),
        text="Asks the gate about every earlier version, newest first, and takes the first that it lets "
        "through.",
    ),
    ("deployments-deployment", "GET"): Operation(
        "Registry",
        "Read a deployment",
        READER,
        {200: ref("Deployment")},
    ),
    ("aliases-aliases", "GET"): Operation(
        "Registry",
        "List the aliases of a model",
        READER,
        {200: page_of(ref("Alias"))},
        query=PAGES,
    ),
    ("aliases-alias", "GET"): Operation(
        "Registry",
        "Read an alias, where it pointed before and how it is protected",
        READER,
        {200: ref("Alias")},
    ),
    ("aliases-alias", "PUT"): Operation(
        "Registry",
        "Let an alias point to a version",
        _MOVER,
        {200: ref("Alias")},
        body=body("version", version=TEXT),
        text="409 ALIAS_PROTECTED says in `reasons` what the version lacks.",
    ),
    ("aliases-alias", "DELETE"): Operation(
        "Registry",
        "Take an alias away",
        _MOVER,
        {204: None},
    ),
    ("aliases-protections", "GET"): Operation(
        "Registry",
        "List the protections of aliases",
        READER,
        {200: page_of(ref("AliasProtection"))},
        query={**PAGES, "in_force": (FLAG, "only those that have not ended, or that have")},
    ),
    ("aliases-protections", "POST"): Operation(
        "Registry",
        "Protect all aliases of a pattern",
        RULER,
        {201: ref("AliasProtection")},
        body=body("pattern role environment", pattern=TEXT, role=TEXT, environment=SLUG, classes=many(TEXT)),
        text="They are moved only by holders of the role, and only to versions with an approval in force in "
        "the environment.",
    ),
    ("aliases-protection", "GET"): Operation(
        "Registry",
        "Read a protection of aliases",
        RULER,
        {200: ref("AliasProtection")},
    ),
    ("aliases-protection", "DELETE"): Operation(
        "Registry",
        "End a protection of aliases",
        RULER,
        {204: None},
    ),
    ("comparison-compare", "GET"): Operation(
        "Registry",
        "Put two to four versions side by side",
        READER,
        {200: ref("Comparison")},
        text="Differences are against the version that is named first. `sections` is what other parts of "
        "Countersign add.",
        query={"version*": (many(TEXT), "two to four times")},
    ),
    ("lineage-lineage", "GET"): Operation(
        "Registry",
        "What something stands on, and what stands on it",
        READER,
        {200: ref("Lineage")},
        text="Exactly one question. Names may carry a version, as in `transactions:2026-10`; a SHA-256 will "
        "do, too. At most 200 versions; `truncated` says when there are more.",
        query={
            "version": (TEXT, "`<model>:<version>`"),
            "dataset": (TEXT, "name, name:version or SHA-256"),
            "base_model": (TEXT, "name, name:version or SHA-256"),
            "prompt": (TEXT, "name, name:version or SHA-256"),
            "commit": (TEXT, "of the code"),
        },
    ),
}
