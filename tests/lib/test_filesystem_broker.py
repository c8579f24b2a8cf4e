"""The folder of messages under load: two writers, two readers, nothing lost, nothing twice."""

import uuid
from concurrent.futures import ThreadPoolExecutor

import kombu
import pytest

EACH = 150


@pytest.fixture
def connect(tmp_path):
    """Return a function that opens a connection to a broker in this test's folder."""

    def connect():
        return kombu.Connection(
            "filesystem://localhost",
            transport="emn.lib.filesystem_broker:Transport",
            transport_options={
                "data_folder_in": str(tmp_path / "queue"),
                "data_folder_out": str(tmp_path / "queue"),
                "control_folder": str(tmp_path / "control"),
                "polling_interval": 0.02,
            },
        )

    return connect


@pytest.fixture
def queue():
    """Name a queue of this test's own: kombu remembers those it declared, whatever the folder."""
    name = uuid.uuid4().hex
    return kombu.Queue(name, kombu.Exchange(name), routing_key=name)


def publish(connect, queue, numbers):
    with connect() as broker:
        producer = broker.Producer()
        for number in numbers:
            producer.publish(
                {"number": number, "ballast": "x" * 10_000},
                exchange=queue.exchange,
                routing_key=queue.routing_key,
                declare=[queue],
            )


def read_all(connect, queue, idle_rounds=10):
    numbers = []

    def take(body, message):
        numbers.append(body["number"])
        message.ack()

    with connect() as broker, broker.Consumer(queue, callbacks=[take]):
        while idle_rounds:
            try:
                broker.drain_events(timeout=0.1)
            except TimeoutError:
                idle_rounds -= 1
    return numbers


def test_broker_gives_each_message_once_to_one_of_two_readers(connect, queue, tmp_path):
    with connect() as broker:
        queue(broker.default_channel).declare()

    with ThreadPoolExecutor(4) as pool:
        readers = [pool.submit(read_all, connect, queue) for _ in range(2)]
        writers = [
            pool.submit(publish, connect, queue, range(start, start + EACH)) for start in (0, EACH)
        ]
        for writer in writers:
            writer.result()
        numbers = sorted(number for reader in readers for number in reader.result())

    assert numbers == list(range(2 * EACH))
    assert list((tmp_path / "queue").iterdir()) == []


def test_broker_gives_back_what_a_reader_left_unfinished(connect, queue):
    publish(connect, queue, [7])
    with connect() as broker:
        message = broker.SimpleQueue(queue).get(timeout=5)
        assert message.payload["number"] == 7

    assert read_all(connect, queue) == [7]
