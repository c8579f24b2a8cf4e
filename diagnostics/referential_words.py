"""The words of a referential, place by place, to show and to change them. Pure."""

from collections.abc import Iterator, Mapping
from copy import deepcopy
from typing import Any

SOURCE_LANGUAGE = "fr"


def words_of(value: Any, place: str = "") -> Iterator[tuple[str, dict[str, str]]]:
    """Yield each piece of text with its place: «measures[a_backup].why», words by language.

    Elements of a list go by their code, as `emn.questionnaires.differences` names them.
    """
    if isinstance(value, dict):
        if SOURCE_LANGUAGE in value:
            yield place, value
            return
        for key, inside in value.items():
            yield from words_of(inside, f"{place}.{key}" if place else key)
    elif isinstance(value, list):
        for rank, inside in enumerate(value):
            code = inside.get("code", rank) if isinstance(inside, dict) else rank
            yield from words_of(inside, f"{place}[{code}]")


def element_of(place: str) -> str:
    """Return what a place belongs to: «questions[x_backup]», «titles»."""
    return place.partition(".")[0]


def with_words(
    content: Mapping[str, Any], changed: Mapping[str, Mapping[str, str]]
) -> dict[str, Any]:
    """Return the content with other words at these places."""
    copy = deepcopy(dict(content))
    for place, words in words_of(copy):
        words.update(changed.get(place, {}))
    return copy
