"""1,000 random interleavings of what people, clocks and staff do to one session, by four threads.

Each starts from a session of five seats: register, take, enter the line, confirm, change, cancel,
expire, promote, move. To reach: never over capacity, whoever is offered a seat is the first in line
at that moment, no seat lost at the end, one place a mailbox. No message leaves.
"""

from bench.events import _worker
from bench.servers import manage


def run() -> dict:
    """Return how many acts there were, refused among them, and whether every rule held."""
    for command in (("migrate",), ("sync_territory", "--write")):
        manage(*command)
    figures = _worker("interleavings", "1000")
    print(
        f"{figures['interleavings']} interleavings, {figures['acts']} acts and "
        f"{figures['refused']} refusals: every rule held"
    )
    return figures
