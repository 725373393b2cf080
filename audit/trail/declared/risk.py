"""Events of risk assessments, and of risk classes set by hand."""

from audit.trail.controls import CLASSIFIED, EXEMPTION
from audit.trail.declaring import (
    COMMITMENT,
    DAY,
    NUMBER,
    PERSON,
    SHA256,
    TEXT,
    Area,
    Member,
    Row,
    many,
    maybe,
)

_OVERRIDE = (
    Member("assessment", NUMBER, "number of the assessment it is about"),
    Member("kind", TEXT, "upward, downward or exemption"),
    Member("from", TEXT, "the class that stood before"),
    Member("to", TEXT, "the class that is set"),
    Member("expires_on", maybe(DAY), "the day after which it holds no more"),
    Member("proposed_by", PERSON, "who proposed it"),
)
_NOTE = Member("note_commitment", COMMITMENT, "what the second person said to it", optional=True)
_REASON = Member("reason_commitment", COMMITMENT, "why")

AREA = Area(
    "Risk classification",
    (
        Row(
            "governance.assessment.filed",
            "classified an AI system",
            "assessment",
            (
                Member("number", NUMBER, "number of the assessment of this system"),
                Member("pack", TEXT, "the rule pack"),
                Member("pack_version", TEXT, "its version"),
                Member("pack_sha256", SHA256, "digest of the rule pack"),
                Member("class", TEXT, "the class that follows"),
                Member("points", many(TEXT), "the points of the rules that led there"),
                Member("kind", TEXT, "answered by a person, or reclassified under a new pack"),
                Member("parent", maybe(NUMBER), "the assessment whose answers it began with"),
                Member("sha256", SHA256, "digest of answers and conclusion"),
                Member("note_commitment", COMMITMENT, "what was noted about it", optional=True),
            ),
            (CLASSIFIED,),
        ),
        Row(
            "governance.override.proposed",
            "proposed another risk class",
            "override",
            (*_OVERRIDE, _REASON),
            (EXEMPTION,),
        ),
        Row(
            "governance.override.approved",
            "put a risk class set by hand in force",
            "override",
            (
                *_OVERRIDE,
                _NOTE,
                Member("reason_commitment", COMMITMENT, "why; only of a graver class", optional=True),
            ),
            (EXEMPTION,),
        ),
        Row(
            "governance.override.refused",
            "refused another risk class",
            "override",
            (*_OVERRIDE, _NOTE),
            (EXEMPTION,),
        ),
        Row(
            "governance.override.withdrawn",
            "withdrew a proposal of another risk class",
            "override",
            (*_OVERRIDE, _REASON),
            (EXEMPTION,),
        ),
        Row(
            "governance.override.ended",
            "ended a risk class set by hand",
            "override",
            (*_OVERRIDE, _REASON),
            (CLASSIFIED,),
        ),
    ),
)
