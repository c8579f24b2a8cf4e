"""The order of the results: the list that the search follows and that /classement/ prints (R1.20).

Nothing else enters: no payment, no membership, no advertising (R1.24). Cards stand by level, then
by each tie-break in turn.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from zlib import crc32

import numpy as np
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from numpy.typing import NDArray

from directory.search.replica import Numbers

Keys = NDArray[np.uint32] | NDArray[np.float32] | NDArray[np.uint8]

_ODD = (np.uint32(2_654_435_761), np.uint32(2_246_822_519))
_SHIFTS = (np.uint32(15), np.uint32(13))
_SPAN = 2**32
_ROOM = 400  # numbers drawn beyond the ones wanted, so that a low draw still gives enough


@dataclass(frozen=True)
class Situation:
    """What an order depends on beside the cards: the day, how far each card is, and its class.

    `places` gives the place of cards in `CLASSES`; None when all those to order have the same.
    """

    day: date
    distances_km: Callable[[Numbers], NDArray[np.float32]] | None
    places: Callable[[Numbers], NDArray[np.uint8]] | None = None


@dataclass(frozen=True)
class Level:
    """A kind of answer: all cards of one level stand before those of the next."""

    key: str
    label: Promise
    explanation: Promise


@dataclass(frozen=True)
class TieBreak:
    """What separates the cards of one level; `keys` gives the smaller number to the first."""

    key: str
    label: Promise
    explanation: Promise
    keys: Callable[[Numbers, Situation], Keys | None]


def _nearest(cards: Numbers, situation: Situation) -> Keys | None:
    if situation.distances_km is None:
        return None
    return situation.distances_km(cards)


def _best_class(cards: Numbers, situation: Situation) -> Keys | None:
    return None if situation.places is None else situation.places(cards)


def seed(day: date) -> int:
    """Return the number that the day's draw starts from: the CRC-32 of the date, as 2026-11-28."""
    return crc32(day.isoformat().encode())


def draw(cards: Numbers, day: date) -> Numbers:
    """Return each card's number of the day, in 0 … 2³²-1.

    x = card XOR seed; twice: x = x × odd number mod 2³², x = x XOR (x >> shift). Each step can be
    undone, so no two cards draw the same number.
    """
    drawn = cards ^ np.uint32(seed(day))
    for odd, shift in zip(_ODD, _SHIFTS, strict=True):
        drawn = drawn * odd
        drawn ^= drawn >> shift
    return drawn


LEVELS = (
    Level(
        "name",
        _("Vos mots sont dans le nom"),
        _("Tous les mots cherchés figurent dans le nom commercial ou la raison sociale."),
    ),
    Level(
        "services",
        _("Vos mots sont dans les services"),
        _("Tous les mots figurent dans le nom, les services proposés ou les mots-clés."),
    ),
    Level(
        "text",
        _("Vos mots sont dans le texte"),
        _("Tous les mots figurent quelque part sur la fiche : texte, commune, références."),
    ),
)
TIE_BREAKS = (
    TieBreak(
        "distance",
        _("Le plus proche"),
        _("Quand vous donnez un lieu : la distance à vol d’oiseau, de commune à commune."),
        _nearest,
    ),
    TieBreak(
        "trust",
        _("La classe de confiance"),
        _(
            "A, puis B, puis C, puis D. Qui n’a pas d’indice publié compte comme C : un nouveau "
            "venu garde sa place. La classe départage, rien de plus : quand les intervalles de "
            "deux prestataires se recoupent, aucun ne peut être dit meilleur que l’autre."
        ),
        _best_class,
    ),
    TieBreak(
        "draw",
        _("Le tirage du jour"),
        _(
            "À égalité, l’ordre est tiré au sort chaque jour. Le tirage dépend de la date et du "
            "numéro de la fiche, de rien d’autre : chacun peut le refaire."
        ),
        lambda cards, situation: draw(cards, situation.day),
    ),
)


def first(cards: Numbers, wanted: int, situation: Situation) -> Numbers:
    """Return the first `wanted` cards of a level in the published order.

    Cards that one tie-break places beyond `wanted` are left out before the next looks at them, so
    that a level of 300,000 cards costs no sort of 300,000.
    """
    kept: list[Numbers] = []
    left = cards
    for tie_break in TIE_BREAKS:
        missing = wanted - sum(len(piece) for piece in kept)
        if missing <= 0 or len(left) <= missing:
            break
        keys = tie_break.keys(left, situation)
        if keys is None:
            continue
        if keys.dtype == np.uint32:
            near = keys < min(_SPAN - 1, _SPAN * (2 * missing + _ROOM) // len(left))
            if np.count_nonzero(near) >= missing:
                left, keys = left[near], keys[near]
        last = np.partition(keys, missing - 1)[missing - 1]
        kept.append(left[keys < last])
        left = left[keys == last]
    chosen = np.concatenate([*kept, left])
    keys_of = [tie_break.keys(chosen, situation) for tie_break in TIE_BREAKS]
    order = np.lexsort([keys for keys in reversed(keys_of) if keys is not None])
    return chosen[order][:wanted]
