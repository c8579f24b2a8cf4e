"""Lists that apps fill in `AppConfig.ready()`, so that a lower page shows what a higher app has."""

from collections.abc import Iterator
from typing import Generic, Protocol, TypeVar


class Entry(Protocol):
    """What a registry holds: something with a key of its own and a place in the list."""

    @property
    def key(self) -> str: ...

    @property
    def order(self) -> int: ...


T = TypeVar("T", bound=Entry)


class Registry(Generic[T]):
    """Entries in their order, then by key; a key is taken once."""

    def __init__(self) -> None:
        self._entries: dict[str, T] = {}

    def register(self, entry: T) -> None:
        """Add an entry; raise ValueError when its key is taken."""
        if entry.key in self._entries:
            raise ValueError(f"« {entry.key} » is registered twice")
        self._entries[entry.key] = entry

    def __iter__(self) -> Iterator[T]:
        return iter(sorted(self._entries.values(), key=lambda entry: (entry.order, entry.key)))
