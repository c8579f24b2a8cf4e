"""What a file of people says of a place, made a territory; the app that knows places registers."""

from collections.abc import Callable
from dataclasses import dataclass

from emn.lib.registry import Registry

Finder = Callable[[str], str]


@dataclass(frozen=True, kw_only=True)
class PlaceSource:
    """A kind of places. `make_finder` reads them once, for a whole file.

    A finder returns the code of the territory (SIREN of an EPCI) of a name or a code; "" for none.
    """

    key: str
    order: int
    make_finder: Callable[[], Finder]


sources = Registry[PlaceSource]()
register = sources.register


def make_finder() -> Finder:
    """Return what asks every source in turn."""
    finders = [source.make_finder() for source in sources]
    return lambda text: next((code for find in finders if (code := find(text))), "")
