"""What changes from one version to another, place by place. Pure."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Difference:
    """One place; `before` is None for what is added, `after` for what is removed."""

    place: str
    before: Any
    after: Any

    def __str__(self) -> str:
        if self.before is None:
            return f"{self.place} : ajouté"
        if self.after is None:
            return f"{self.place} : retiré"
        return f"{self.place} : {self.before} → {self.after}"


def differences(before: Any, after: Any, place: str = "") -> Iterator[Difference]:
    """Yield what differs between two JSON values, in the order of the first.

    Elements of a list that all carry a `code` are matched by it, wherever they stand; their order
    is a difference of its own. Other lists differ as a whole.
    """
    if isinstance(before, Mapping) and isinstance(after, Mapping):
        yield from _of_pairs(before, after, place, "{place}.{key}" if place else "{key}")
    elif (old := _by_code(before)) is not None and (new := _by_code(after)) is not None:
        yield from _of_pairs(old, new, place, "{place}[{key}]")
        kept = [code for code in old if code in new]
        if kept != [code for code in new if code in old]:
            yield Difference(f"{place} (ordre)", ", ".join(old), ", ".join(new))
    elif before != after:
        yield Difference(place, before, after)


def _of_pairs(
    before: Mapping[str, Any], after: Mapping[str, Any], place: str, name: str
) -> Iterator[Difference]:
    for key in dict.fromkeys([*before, *after]):
        here = name.format(place=place, key=key)
        if key in before and key in after:
            yield from differences(before[key], after[key], here)
        else:
            yield Difference(here, before.get(key), after.get(key))


def _by_code(value: Any) -> dict[str, Any] | None:
    """Return the elements of a list by their code, None when they have none."""
    if not isinstance(value, Sequence) or isinstance(value, str) or not value:
        return None
    if not all(isinstance(entry, Mapping) and "code" in entry for entry in value):
        return None
    return {entry["code"]: entry for entry in value}
