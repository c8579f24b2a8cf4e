"""Counts are kept in memory, written together, and survive a database that is away."""

from concurrent.futures import ThreadPoolExecutor

from emn.lib import tally
from emn.lib.tally import Tally


def test_counts_are_written_together_and_once():
    written = []
    counts = Tally(written.append)

    counts.add("a", "b")
    counts.add("a")
    counts.flush()
    counts.flush()

    assert written == [{"a": 2, "b": 1}]


def test_counts_that_could_not_be_written_wait_for_the_next_time(caplog):
    written = []

    def write(counts):
        if not caplog.records:
            raise OSError
        written.append(dict(counts))

    counts = Tally(write)
    counts.add("a")
    counts.flush()
    counts.add("a")
    counts.flush()

    assert written == [{"a": 2}]


def test_a_flood_of_different_keys_costs_no_memory(monkeypatch):
    monkeypatch.setattr(tally, "MOST_KEYS", 2)
    written = []
    counts = Tally(written.append)

    counts.add("a", "b", "c", "a")
    counts.flush()

    assert written == [{"a": 2, "b": 1}]


def test_threads_lose_no_count():
    written = []
    counts = Tally(written.append)

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _n: counts.add("a"), range(2_000)))
    counts.flush()

    assert written == [{"a": 2_000}]


def test_a_thread_writes_by_itself(settings, monkeypatch):
    settings.TALLY_EVERY_S = 30
    started = []
    monkeypatch.setattr(tally.threading.Thread, "start", lambda thread: started.extend([thread]))
    monkeypatch.setattr(tally.atexit, "register", lambda _action: None)
    counts = Tally(lambda _counts: None)

    counts.add("a")
    counts.add("a")

    assert len(started) == 1
    assert started[0].daemon
