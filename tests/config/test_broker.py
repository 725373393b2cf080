"""config.embedded.broker: Celery's messages as files.

Each test has queues of its own: kombu remembers for the whole process which it has bound.
"""

import threading
from pathlib import Path

import pytest
from kombu import Connection, Queue


@pytest.fixture
def connect(tmp_path: Path):
    """Connections to one folder of messages."""
    opened = []

    def open_one() -> Connection:
        opened.append(
            Connection(
                transport="config.embedded.broker:Transport",
                transport_options={
                    "data_folder_in": str(tmp_path / "messages"),
                    "data_folder_out": str(tmp_path / "messages"),
                    "processed_folder": str(tmp_path / "taken"),
                    "control_folder": str(tmp_path / "control"),
                },
            )
        )
        return opened[-1]

    yield open_one
    for connection in opened:
        connection.release()


def test_messages_come_out_in_order_and_once(connect, tmp_path: Path):
    queue = connect().SimpleQueue("orderly")
    for number in range(5):
        queue.put(number)

    taken = [queue.get(timeout=1).payload for _ in range(5)]

    assert taken == list(range(5))
    assert list((tmp_path / "messages").iterdir()) == list((tmp_path / "taken").iterdir()) == []


def test_queues_are_apart(connect):
    connection = connect()
    first, second = connection.SimpleQueue("quick"), connection.SimpleQueue("slow")
    first.put("settle")
    second.put("export")

    channel = connect().channel()
    assert Queue("slow").bind(channel).get(no_ack=True).payload == "export"
    assert Queue("slow").bind(channel).get(no_ack=True) is None
    assert Queue("quick").bind(channel).get(no_ack=True).payload == "settle"


def test_two_takers_never_take_the_same_message(connect):
    sender = connect().SimpleQueue("contested")
    for number in range(200):
        sender.put(number)
    taken: list[int] = []

    def take_all() -> None:
        channel = connect().channel()
        bound = Queue("contested").bind(channel)
        while (message := bound.get(no_ack=True)) is not None:
            taken.append(message.payload)

    threads = [threading.Thread(target=take_all) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(taken) == list(range(200))
