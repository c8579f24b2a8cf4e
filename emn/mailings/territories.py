"""The territories that a subscriber may choose; the app that knows them registers them."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from emn.lib.registry import Registry

Finder = Callable[[str], str]


@dataclass(frozen=True, kw_only=True)
class TerritorySource:
    """A kind of territories: `read` returns the name of each, by its code (SIREN of an EPCI).

    `make_finder` reads all that files of people may say of a place, and returns what finds the code
    of its territory ("" for none).
    """

    key: str
    order: int
    read: Callable[[], Mapping[str, str]]
    make_finder: Callable[[], Finder]


sources = Registry[TerritorySource]()
register = sources.register


def territories() -> dict[str, str]:
    """Return the name of every territory, by its code, in the order in which they are shown."""
    return {code: name for source in sources for code, name in source.read().items()}


def make_finder() -> Finder:
    """Return what finds, for a whole file, the code of the territory of a name or a code."""
    finders = [source.make_finder() for source in sources]
    return lambda text: next((code for find in finders if (code := find(text))), "")
