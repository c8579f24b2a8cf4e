"""What may be told of people who are few (rule of five). Pure."""

from collections.abc import Mapping

LEAST = 5  # people: fewer would point at somebody


def told(count: int) -> int | None:
    """Return a count that may be told; None below five, zero included."""
    return count if count >= LEAST else None


def told_by(counts: Mapping[str, int]) -> dict[str, int | None]:
    """Return the counts of a breakdown that may be told, None for the others.

    Where one alone would be hidden, the sum would give it away: the smallest of those told is
    hidden with it.
    """
    said = {key: told(count) for key, count in counts.items()}
    hidden = [key for key, count in said.items() if count is None]
    shown = [key for key, count in said.items() if count is not None]
    if len(hidden) == 1 and shown:
        said[min(shown, key=lambda key: (counts[key], key))] = None
    return said
