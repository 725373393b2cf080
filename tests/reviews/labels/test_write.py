"""reviews.labels.services.write: a label for a settled round."""

import pytest
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from audit.trail.errors import OutsideTransaction
from governance.access.roles import Role
from reviews.labels import services
from reviews.labels.models import Label
from tests.reviews.labels import making


@pytest.fixture
def place(db):
    system = making.system()
    return making.model(system), making.queue(system), making.person(Role.REVIEWER, at=system)


def test_numbers_labels_of_a_prediction_and_names_the_one_before(place):
    model, queue, reviewer = place
    prediction = making.prediction(model, propensity=0.25)
    item = making.item(prediction, queue)

    first = making.decide(prediction, item, reviewer)
    making.reopen(item)
    second = making.decide(prediction, item, making.person(), {"label": "ok"}, changed=True)

    assert (first.version, first.supersedes) == (1, None)
    assert (second.version, second.supersedes) == (2, first.id)
    assert Label.objects.get(pk=second.seq).judgement_id == second.judgement_id
    assert Label.objects.get(pk=second.seq).queue_id == queue.pk


def test_weighs_by_the_propensity_unless_somebody_doubted(place):
    model, queue, reviewer = place
    prediction = making.prediction(model, propensity=0.25)
    item = making.item(prediction, queue)

    routed = making.decide(prediction, item, reviewer)
    making.reopen(item)
    reopened = making.decide(prediction, item, making.person())

    assert (routed.propensity, routed.sample_weight) == (0.25, 4.0)
    assert (reopened.propensity, reopened.sample_weight) == (0.25, None)


def test_writes_nothing_where_training_is_forbidden(place):
    model, queue, reviewer = place
    prediction = making.prediction(model, training_use=False)
    item = making.item(prediction, queue)
    judgement = making.judgement(item, reviewer, {"label": "ok"})

    written = services.write(
        item=item,
        judgement=judgement,
        prediction=prediction,
        source="human",
        actor=reviewer,
        now=timezone.now(),
    )

    assert written is None
    assert not Label.objects.exists()


def test_takes_no_cannot_tell(place):
    model, queue, reviewer = place
    prediction = making.prediction(model)
    item = making.item(prediction, queue)
    judgement = making.judgement(item, reviewer, None)

    with pytest.raises(ValueError, match="answer"):
        services.write(
            item=item,
            judgement=judgement,
            prediction=prediction,
            source="human",
            actor=reviewer,
            now=timezone.now(),
        )


def test_needs_the_transaction_that_decides_the_item(committed_db):
    with pytest.raises(OutsideTransaction):
        services.write(
            item=None, judgement=None, prediction=None, source="human", actor=None, now=timezone.now()
        )


@pytest.mark.parametrize(
    "statement", ["UPDATE reviews_label SET changed = true", "DELETE FROM reviews_label"]
)
def test_labels_are_never_changed(place, statement):
    making.label(*place)

    with (
        pytest.raises(Exception, match=r"permission denied|audit_facts_are_only_added"),
        transaction.atomic(),
    ):
        connection.cursor().execute(statement)


def test_one_number_is_given_once(place):
    label = making.label(*place)

    with pytest.raises(IntegrityError, match="reviews_label_numbered"), transaction.atomic():
        Label.objects.create(
            **{
                field: getattr(label, field)
                for field in (
                    "prediction_id",
                    "model_id",
                    "version",
                    "item",
                    "round",
                    "queue_id",
                    "judgement",
                )
            },
            source="human",
            propensity=1.0,
            decided_at=timezone.now(),
        )


@pytest.mark.parametrize(
    ("broken", "constraint"),
    [("source = 'model'", "reviews_label_source"), ("judgement_id = NULL", "reviews_label_has_judgement")],
)
def test_invariants_hold_in_the_database(place, broken, constraint, django_db_setup):
    making.label(*place)
    column, value = broken.split(" = ")
    source = value if column == "source" else "source"
    judgement = value if column == "judgement_id" else "judgement_id"

    with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
        connection.cursor().execute(
            f"""INSERT INTO reviews_label (id, prediction_id, model_id, version, item_id, round, queue_id,
                judgement_id, source, propensity, withdrawn, decided_at)
            SELECT gen_random_uuid(), prediction_id, model_id, 2, item_id, round, queue_id,
                {judgement}, {source}, propensity, false, decided_at
            FROM reviews_label"""
        )
