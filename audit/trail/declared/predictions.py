"""Events of predictions."""

from audit.trail.controls import CONTESTED, LOGGED, MONITORED, OVERSEEN, TAKEN_AWAY
from audit.trail.declaring import (
    ACTOR,
    CASE,
    COMMITMENT,
    DECIMAL,
    FLAG,
    ID,
    NUMBER,
    TEXT,
    Area,
    Member,
    Row,
    many,
    maybe,
    thing,
)

_OUTCOME = (
    Member("outcome", NUMBER, "version of the outcome that stands now"),
    Member("source", TEXT, "where it comes from: model, human, adjudication, fallback or none"),
    Member("judgement", maybe(CASE), "the judgement it comes from"),
    Member("supersedes", maybe(NUMBER), "version of the outcome before"),
)

AREA = Area(
    "Predictions",
    (
        Row(
            "reviews.prediction.routed",
            "posted a prediction",
            "prediction",
            (
                Member("commitment", COMMITMENT, "the posted body: input, output and all else"),
                Member("confidence", maybe(DECIMAL), "the model's confidence, if it is a usable number"),
                Member("decision", TEXT, "accept or review"),
                Member("environment", maybe(TEXT), "the environment, if it is a known one"),
                Member("model", TEXT, "slug of the model"),
                Member("policy", maybe(thing(id=ID, number=NUMBER)), "the routing policy that decided"),
                Member("posted_by", ACTOR, "the service key, or the person"),
                Member("propensity", DECIMAL, "the probability, fixed here, that a person sees it"),
                Member("reasons", many(TEXT), "reason codes of the decision"),
                Member("schema", ID, "the schemas it was checked against"),
                Member("training_use", FLAG, "whether labels may be made of it"),
                Member("version", maybe(TEXT), "the model version, if it is a registered one"),
            ),
            (LOGGED,),
        ),
        Row(
            "reviews.prediction.decided",
            "decided a prediction",
            "prediction",
            _OUTCOME,
            (OVERSEEN, LOGGED),
        ),
        Row(
            "reviews.prediction.revised",
            "revised the outcome of a prediction",
            "prediction",
            _OUTCOME,
            (OVERSEEN, MONITORED),
        ),
        Row(
            "reviews.prediction.confirmed",
            "confirmed the outcome of a prediction",
            "prediction",
            (
                Member("judgement", CASE, "the judgement that says the same"),
                Member("outcome", NUMBER, "version of the outcome that stands"),
            ),
            (OVERSEEN,),
        ),
        Row(
            "reviews.prediction.undecided",
            "gave a prediction back undecided",
            "prediction",
            _OUTCOME,
            (LOGGED,),
        ),
        Row("reviews.prediction.cancelled", "withdrew a prediction", "prediction", _OUTCOME, (LOGGED,)),
        Row(
            "reviews.prediction.flagged",
            "disputed a prediction",
            "prediction",
            (
                Member("by", TEXT, "on whose side the doubt is, as the caller says"),
                Member("outcome", NUMBER, "version of the outcome that is disputed"),
            ),
            (CONTESTED, MONITORED),
        ),
        Row(
            "reviews.prediction.payload_opened",
            "opened the payload of a prediction",
            "payload_opening",
            (
                Member("prediction", CASE, "the prediction"),
                Member("review", maybe(CASE), "its review"),
                Member("via", TEXT, "page or api"),
            ),
            (TAKEN_AWAY,),
        ),
    ),
)
