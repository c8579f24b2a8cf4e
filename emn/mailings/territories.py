"""The territories that a subscriber may choose; the app that knows them registers them."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from emn.lib.registry import Registry


@dataclass(frozen=True, kw_only=True)
class TerritorySource:
    """A kind of territories: `read` returns the name of each, by its code (SIREN of an EPCI)."""

    key: str
    order: int
    read: Callable[[], Mapping[str, str]]


sources = Registry[TerritorySource]()
register = sources.register


def territories() -> dict[str, str]:
    """Return the name of every territory, by its code, in the order in which they are shown."""
    return {code: name for source in sources for code, name in source.read().items()}
