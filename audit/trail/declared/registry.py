"""Events of AI systems, models, versions, environments, deployments and aliases."""

from audit.trail.controls import CHANGE, DEPLOYED, DOCUMENTED, INVENTORY, OVERSEERS, PROVENANCE
from audit.trail.declaring import (
    COMMITMENT,
    FLAG,
    NUMBER,
    PERSON,
    SHA256,
    TEXT,
    Area,
    Member,
    Row,
    Type,
    each,
    many,
    maybe,
    thing,
)

_OWNERS = "who holds which office (business sponsor, product owner, technical lead); null: nobody any more"
_SCHEMAS = (
    Member("schema_version", NUMBER, "number of the pair of schemas"),
    Member("output_schema_sha256", SHA256, "digest of the schema of outputs"),
    Member("input_schema_sha256", maybe(SHA256), "digest of the schema of inputs, if there is one"),
)
_KIND_OF_PLACE = "what it is for, such as production"
_MODE = "whether the gate blocks, warns or allows there"
_ENFORCE = "whether predictions of versions without an approval go to people there"
_BEFORE = each(Type("value", lambda value: isinstance(value, str | bool | list)))
_MODEL = Member("model", TEXT, "slug of the model")
_VERSION = Member("version", TEXT, "name of the version")
_PLACE = Member("environment", TEXT, "slug of the environment")
_NUMBER = Member("number", NUMBER, "the how-manieth deployment of the model in the environment it is")
_ALIAS = Member("alias", TEXT, "the alias")
_PATTERN = Member("pattern", TEXT, "the aliases it is about; * stands for anything")
_FORMER = Member("former", maybe(TEXT), "the version that was there before")
_MADE = (
    _MODEL,
    _VERSION,
    _PLACE,
    _NUMBER,
    _FORMER,
    Member("gate", thing(decision=TEXT, reasons=many(TEXT)), "what the gate answered, with its reason codes"),
)

AREA = Area(
    "Registry",
    (
        Row(
            "registry.system.registered",
            "registered an AI system",
            "system",
            (
                Member("slug", TEXT, "the system's name in addresses"),
                Member("name", TEXT, "what the system is called"),
                Member("owners", each(maybe(PERSON)), _OWNERS),
                Member("purpose_commitment", COMMITMENT, "what the system is for", optional=True),
            ),
            (INVENTORY, OVERSEERS),
        ),
        Row(
            "registry.system.changed",
            "changed an AI system",
            "system",
            (
                Member("name", TEXT, "what the system is called now", optional=True),
                Member("shares_payloads", FLAG, "whether owners and compliance see payloads", optional=True),
                Member("owners", each(maybe(PERSON)), f"those that changed: {_OWNERS}", optional=True),
                Member("purpose_commitment", COMMITMENT, "what the system is for now", optional=True),
            ),
            (INVENTORY, OVERSEERS),
        ),
        Row(
            "registry.model.registered",
            "registered a model",
            "model",
            (
                Member("slug", TEXT, "the model's name in addresses"),
                Member("system", TEXT, "slug of its AI system"),
                Member("task", TEXT, "what the model does"),
                Member("class_field", TEXT, "the member of an output that policies speak of"),
                Member("queue", TEXT, "where its predictions wait"),
                *_SCHEMAS,
            ),
            (INVENTORY,),
        ),
        Row(
            "registry.model.changed",
            "changed a model",
            "model",
            (
                Member("task", TEXT, "what the model does now", optional=True),
                Member("class_field", TEXT, "the member of an output that policies speak of", optional=True),
                Member("queue", TEXT, "where its predictions wait now", optional=True),
            ),
            (CHANGE,),
        ),
        Row("registry.model.schema_changed", "changed a model's schema", "model", _SCHEMAS, (CHANGE,)),
        Row(
            "registry.version.registered",
            "registered a model version",
            "version",
            (
                _MODEL,
                _VERSION,
                Member("artifacts", many(SHA256), "digests of its files"),
                Member("training_data", many(maybe(SHA256)), "digests of the data it was trained on"),
                Member(
                    "content_sha256", SHA256, "digest of files, data, code, parameters and metrics together"
                ),
                Member("card_sha256", SHA256, "digest of its card"),
                Member("parent", maybe(TEXT), "the version it was made from"),
                Member("author", maybe(PERSON), "who made it"),
                Member("notes_commitment", COMMITMENT, "what was noted about it", optional=True),
            ),
            (DOCUMENTED, PROVENANCE),
        ),
        Row(
            "registry.card.revised",
            "wrote a revision of a card",
            "card",
            (
                _MODEL,
                _VERSION,
                Member("number", NUMBER, "number of the revision"),
                Member("card_sha256", SHA256, "digest of the card as it is now"),
                Member("former_sha256", SHA256, "digest of the card as it was"),
            ),
            (DOCUMENTED,),
        ),
        Row(
            "registry.environment.created",
            "made an environment",
            "environment",
            (
                Member("slug", TEXT, "the environment's name"),
                Member("kind", TEXT, _KIND_OF_PLACE),
                Member("mode", TEXT, _MODE),
                Member("regions", many(TEXT), "where it stands"),
                Member("enforce_at_intake", FLAG, _ENFORCE),
            ),
            (CHANGE,),
        ),
        Row(
            "registry.environment.changed",
            "changed an environment",
            "environment",
            (
                Member("slug", TEXT, "the environment's name"),
                Member("kind", TEXT, _KIND_OF_PLACE, optional=True),
                Member("mode", TEXT, _MODE, optional=True),
                Member("regions", many(TEXT), "where it stands", optional=True),
                Member("enforce_at_intake", FLAG, _ENFORCE, optional=True),
                Member("before", _BEFORE, "the changed members as they were"),
            ),
            (CHANGE,),
        ),
        Row("registry.deployment.made", "deployed a version", "deployment", _MADE, (DEPLOYED,)),
        Row(
            "registry.deployment.rolled_back",
            "rolled back to an earlier version",
            "deployment",
            _MADE,
            (DEPLOYED,),
        ),
        Row(
            "registry.deployment.ended",
            "ended a deployment",
            "deployment",
            (
                _MODEL,
                _VERSION,
                _PLACE,
                _NUMBER,
                Member("successor", TEXT, "the version that took its place"),
            ),
            (DEPLOYED,),
        ),
        Row(
            "registry.alias.moved",
            "moved an alias",
            "alias",
            (_MODEL, _ALIAS, Member("version", TEXT, "where it points now"), _FORMER),
            (CHANGE,),
        ),
        Row(
            "registry.alias.removed",
            "took an alias away",
            "alias",
            (_MODEL, _ALIAS, Member("version", maybe(TEXT), "null: it points nowhere"), _FORMER),
            (CHANGE,),
        ),
        Row(
            "registry.alias_protection.created",
            "protected aliases",
            "alias_protection",
            (
                _PATTERN,
                Member("role", TEXT, "the role that may still move them"),
                Member("environment", TEXT, "where the version must have an approval"),
                Member("classes", many(TEXT), "the risk classes it holds for; none: all"),
            ),
            (CHANGE,),
        ),
        Row(
            "registry.alias_protection.ended",
            "ended a protection of aliases",
            "alias_protection",
            (_PATTERN,),
            (CHANGE,),
        ),
    ),
)
