"""The order in which providers are proposed for a need (mechanics 3.3, rules R1.24 and R1.25).

Pure: no Django, no clock, no database. One entry a candidate in each array of `Facts`; points are
whole thousandths, so that sums are exact and the same everywhere. `CRITERIA` is what the order
follows and what /classement/ prints: nothing else enters. Texts are msgids.

Candidates stand by points. Those within 5 points of the best of them count as equal: the trust
class decides (no published index = C), then a draw that depends on the day, the number of the need
and that of the card. Then the next group is made the same way from those left.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from hashlib import sha256

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]

POINT = 1_000  # thousandths of a point
EQUAL_WITHIN = 5 * POINT
PROPOSED, MORE = 3, 2  # providers proposed at first, and when the company asks for more
MOST_OPEN_REQUESTS = 5
RECENT_YEARS = 3
CLASSES = "ABCD"
UNPUBLISHED = "C"

FITS, UNKNOWN, ABOVE = 2, 1, 0  # what a card's prices say of a budget
NO_REFERENCE = 0

Span = tuple[int, int | None]  # cents, from … to; None when it has no end


def _(message: str) -> str:
    """Mark a msgid for the catalogues; whoever shows it translates it."""
    return message


@dataclass(frozen=True)
class Facts:
    """What the order knows of the candidates, and nothing more (R1.24).

    `card`: numbers of the cards. `siblings`: other services of the asked one's family that they
    offer. `distance_m`: metres from commune to commune. `knows_trade`: 1 when the card names the
    client's trade. `reference_year`: of the latest reference in that trade, 0 when there is none.
    `budget`: FITS, UNKNOWN or ABOVE. `open_requests`: those waiting for an answer or in progress.
    `trust_class`: place in `CLASSES`.
    """

    card: Ints
    siblings: Ints
    distance_m: Ints
    knows_trade: Ints
    reference_year: Ints
    budget: Ints
    open_requests: Ints
    trust_class: Ints


@dataclass(frozen=True)
class Criterion:
    """One line of the published points: what it is worth at most, and how it is computed."""

    key: str
    label: str
    most: int
    explanation: str
    points: Callable[[Facts, int], Ints]


@dataclass(frozen=True)
class HardFilter:
    """What leaves a card out of the proposals, whatever its points."""

    key: str
    label: str


@dataclass(frozen=True)
class Ranked:
    """One candidate in its place: thousandths of a point by criterion, best criteria first."""

    card: int
    total: int
    points: dict[str, int]
    facts: dict[str, int]

    @property
    def main_reasons(self) -> list[str]:
        """The three criteria that brought most points, none that brought nothing."""
        order = sorted(self.points, key=lambda key: -self.points[key])  # stable: published order
        return [key for key in order if self.points[key]][:3]


def _skill(facts: Facts, _year: int) -> Ints:
    return 25 * POINT + 5 * POINT * np.minimum(facts.siblings, 3)


def _proximity(facts: Facts, _year: int) -> Ints:
    beyond = np.maximum(facts.distance_m - 5_000, 0)
    left: Ints = np.maximum(20 * POINT - beyond * 2 // 5, 0)
    return left


def _sector(facts: Facts, year: int) -> Ints:
    recent = facts.reference_year >= year - RECENT_YEARS
    older = facts.reference_year > NO_REFERENCE
    named = np.where(facts.knows_trade > 0, 6, 0)
    points: Ints = POINT * np.where(older & recent, 15, np.where(older, 10, named))
    return points


def _budget(facts: Facts, _year: int) -> Ints:
    return POINT * np.select([facts.budget == FITS, facts.budget == UNKNOWN], [15, 7], 0)


def _load(facts: Facts, _year: int) -> Ints:
    return np.maximum(10 - 2 * facts.open_requests, 0) * POINT


CRITERIA = (
    Criterion(
        "skill",
        _("Compétence"),
        40,
        _(
            "25 points parce que le service demandé est sur la fiche, et 5 de plus pour chaque "
            "autre service de la même famille, jusqu’à trois."
        ),
        _skill,
    ),
    Criterion(
        "proximity",
        _("Proximité"),
        20,
        _(
            "20 points jusqu’à 5 km, puis 0,4 point de moins par kilomètre, de commune à commune : "
            "plus rien à 55 km."
        ),
        _proximity,
    ),
    Criterion(
        "sector",
        _("Référence dans le métier"),
        15,
        _(
            "15 points pour une référence dans votre métier de moins de quatre ans, 10 si elle est "
            "plus ancienne, 6 si la fiche nomme votre métier sans référence."
        ),
        _sector,
    ),
    Criterion(
        "budget",
        _("Budget"),
        15,
        _(
            "15 points quand un prix par projet indiqué sur la fiche entre dans votre budget, 0 "
            "quand tous le dépassent, 7 quand la fiche ne permet pas de le dire."
        ),
        _budget,
    ),
    Criterion(
        "load",
        _("Disponibilité"),
        10,
        _(
            "10 points, moins 2 par demande que le prestataire a déjà en cours. Une demande compte "
            "45 jours au plus."
        ),
        _load,
    ),
)
HARD_FILTERS = (
    HardFilter("service", _("le service demandé est sur la fiche ;")),
    HardFilter(
        "zone",
        _(
            "le lieu est dans sa zone d’intervention ; sans zone sur la fiche, 30 km autour de sa "
            "commune ;"
        ),
    ),
    HardFilter(
        "clients",
        _("la taille et le métier du client sont de ceux qu’il sert, s’il les a dits ;"),
    ),
    HardFilter("language", _("il travaille dans la langue demandée ;")),
    HardFilter("open", _("il accepte les demandes, et peut être joint par courriel ;")),
    HardFilter("suspended", _("il n’est pas suspendu par la charte ;")),
    HardFilter("quality", _("la qualité de sa fiche est d’au moins 50 % ;")),
    HardFilter("load", _("il a moins de cinq demandes en cours ;")),
    HardFilter("self", _("ce n’est pas l’entreprise qui demande.")),
)


def budget_fit(prices: Iterable[Span], band: Span | None) -> int:
    """Return FITS, UNKNOWN or ABOVE: what the prices by project say of the budget.

    A price fits when the two spans share an amount, or when it lies below the budget. `band` is
    None when the company does not know.
    """
    known = list(prices)
    if band is None or not known:
        return UNKNOWN
    _low, high = band
    return FITS if high is None or any(start <= high for start, _end in known) else ABOVE


def points(facts: Facts, *, year: int) -> dict[str, Ints]:
    """Return, for each criterion, the thousandths of a point of every candidate."""
    return {criterion.key: criterion.points(facts, year) for criterion in CRITERIA}


def totals(facts: Facts, *, year: int) -> Ints:
    """Return the thousandths of a point of every candidate, 0 … 100,000."""
    summed: Ints = np.sum(list(points(facts, year=year).values()), axis=0, dtype=np.int64)
    return summed


def seed(need: int, day: date) -> str:
    """Return what the draw of a need starts from, as it is published: «2026-11-28/412»."""
    return f"{day.isoformat()}/{need}"


def draw(card: int, *, need: int, day: date) -> int:
    """Return a candidate's number of the day; the smaller goes first.

    The first 8 bytes, as a whole number, of the SHA-256 of «seed/card», such as 2026-11-28/412/57.
    """
    return int.from_bytes(sha256(f"{seed(need, day)}/{card}".encode()).digest()[:8])


def lowest_that_counts(scores: Ints, wanted: int) -> int | None:
    """Return the points below which nobody can be among the first `wanted`; None while unknown."""
    left = np.sort(scores)[::-1]
    found = 0
    while len(left):
        floor = int(left[0]) - EQUAL_WITHIN
        inside = int(np.count_nonzero(left >= floor))
        found += inside
        if found >= wanted:
            return floor
        left = left[inside:]
    return None


def ranked(facts: Facts, *, need: int, day: date, wanted: int) -> list[Ranked]:
    """Return the first `wanted` candidates in the published order; the same for the same input."""
    by_criterion = points(facts, year=day.year)
    scores = totals(facts, year=day.year)
    order: list[int] = []
    left = np.argsort(-scores, kind="stable")
    while len(left) and len(order) < wanted:
        equal = scores[left] >= scores[left[0]] - EQUAL_WITHIN
        order += _by_class_then_draw(left[equal], facts, need=need, day=day)
        left = left[~equal]
    return [
        Ranked(
            card=int(facts.card[place]),
            total=int(scores[place]),
            points={key: int(values[place]) for key, values in by_criterion.items()},
            facts={name: int(getattr(facts, name)[place]) for name in FACT_NAMES},
        )
        for place in order[:wanted]
    ]


FACT_NAMES = (
    "siblings", "distance_m", "knows_trade", "reference_year", "budget", "open_requests",
    "trust_class",
)  # fmt: skip


def _by_class_then_draw(places: Ints, facts: Facts, *, need: int, day: date) -> list[int]:
    def key(place: int) -> tuple[int, int, int]:
        card = int(facts.card[place])
        return int(facts.trust_class[place]), draw(card, need=need, day=day), card

    return sorted((int(place) for place in places), key=key)


def facts_of(rows: Sequence[dict[str, int]]) -> Facts:
    """Return the arrays of some candidates given one by one, by the names of `Facts`."""
    return Facts(
        **{
            name: np.array([row[name] for row in rows], dtype=np.int64)
            for name in ("card", *FACT_NAMES)
        }
    )
