"""config.celery: tasks only wake workers up."""

from celery import Celery
from django.conf import settings

from config.celery import WakeUp, app


def test_a_broker_that_is_away_does_not_turn_a_committed_change_into_an_error(caplog):
    # Nothing listens on port 1. What `config.celery` itself uses is shared by all tests.
    away = Celery("away", task_cls=WakeUp, broker="redis://127.0.0.1:1/0", set_as_current=False)
    away.conf.task_publish_retry_policy = app.conf.task_publish_retry_policy

    @away.task(name="settle")
    def settle() -> None:
        """Never runs."""

    assert settle.delay() is None

    assert any("task.not_sent" in str(record.msg) for record in caplog.records)


def test_every_task_of_the_clock_exists():
    app.loader.import_default_modules()

    assert {entry["task"] for entry in settings.CELERY_BEAT_SCHEDULE.values()} <= set(app.tasks)


def test_no_task_of_ours_keeps_a_result():
    app.loader.import_default_modules()
    ours = [task for name, task in app.tasks.items() if not name.startswith("celery.")]

    assert ours
    assert all(task.ignore_result for task in ours)
    assert app.conf.result_backend is None
