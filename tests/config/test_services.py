"""config.services: which database and broker a process uses."""

import json
from pathlib import Path

import pytest

from config import services
from config.embedded import folders
from config.services import Services

STARTED = Services(
    database="postgres://started", admin="postgres://admin", broker="redis+socket:///s", cache="unix:///s"
)


@pytest.fixture
def running(tmp_path: Path):
    """A folder that a `manage.py up` holds."""
    with folders.hold(tmp_path, "http://127.0.0.1:1"):
        services.run_file(tmp_path).write_text(
            json.dumps({name: getattr(STARTED, name) for name in Services.__slots__})
        )
        yield {"VAR_DIR": str(tmp_path)}


def test_without_anything_there_is_no_database(tmp_path: Path):
    assert services.find({"VAR_DIR": str(tmp_path)}) == Services()


def test_what_up_has_started_is_used(running: dict[str, str]):
    assert services.find(running) == STARTED


def test_what_the_environment_names_comes_first(running: dict[str, str]):
    found = services.find({**running, "DATABASE_URL": "postgres://named", "REDIS_URL": "redis://named"})

    assert found == Services(
        database="postgres://named", admin="", broker="redis://named", cache="redis://named"
    )


def test_the_migrators_address_alone_names_nothing(running: dict[str, str]):
    assert services.find({**running, "DATABASE_ADMIN_URL": "postgres://elsewhere"}) == STARTED


def test_a_broker_may_be_something_else_than_redis(running: dict[str, str]):
    found = services.find({**running, "BROKER_URL": "amqp://named", "REDIS_URL": "redis://named"})

    assert (found.broker, found.cache) == ("amqp://named", "redis://named")


def test_a_socket_of_redis_has_two_spellings():
    assert services.of_redis("unix:///run/redis.sock") == (
        "redis+socket:///run/redis.sock",
        "unix:///run/redis.sock",
    )
    assert services.of_redis("rediss://host:6379/0") == ("rediss://host:6379/0", "rediss://host:6379/0")


def test_what_a_killed_up_has_left_is_not_taken_for_running(tmp_path: Path):
    with folders.hold(tmp_path, "http://127.0.0.1:1"):
        services.run_file(tmp_path).write_text(json.dumps({"database": "postgres://gone"}))

    assert services.find({"VAR_DIR": str(tmp_path)}) == Services()


def test_a_folder_is_held_by_one(running: dict[str, str]):
    with (
        pytest.raises(folders.Occupied, match=r"already runs in .*: http://127.0.0.1:1"),
        folders.hold(Path(running["VAR_DIR"]), "http://127.0.0.1:2"),
    ):
        pass
