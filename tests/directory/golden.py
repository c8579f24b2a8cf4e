"""The golden set of relevance, and its score. Pure: the engine comes in as a function.

`data/golden.json` was written before the engine was tuned. It is changed when the demonstration
cards or the taxonomy change, or when a new need is seen in the zero-result report; never to make
the score better.
"""

import csv
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cache
from math import asin, cos, radians, sin, sqrt
from pathlib import Path

HERE = Path(__file__).parent
GOLDEN_FILE = HERE / "data" / "golden.json"
COMMUNES_FILE = HERE.parents[1] / "emn" / "territory" / "data" / "communes.csv"
FIRST = 5  # cards that a visitor reads before giving up
EARTH_RADIUS_KM = 6371.0088


@dataclass(frozen=True)
class GoldenQuery:
    """What someone types, and what must be among the first cards.

    Either one of `providers` (slugs) or a card that offers one of `services` (codes); with `near`
    (INSEE code, km), a card that lies there. `parameters` are those of the list's address.
    """

    id: str
    query: str
    language: str
    parameters: dict[str, str] = field(default_factory=dict)
    providers: frozenset[str] = frozenset()
    services: frozenset[str] = frozenset()
    near: tuple[str, float] | None = None
    answer: bool = True

    def served_by(self, card: "FoundCard") -> bool:
        """Whether this card is a right answer."""
        if self.near and distance_km(self.near[0], card.commune_code) > self.near[1]:
            return False
        return card.slug in self.providers or bool(self.services.intersection(card.service_codes))


@dataclass(frozen=True)
class FoundCard:
    """A card as the engine gave it."""

    slug: str
    service_codes: frozenset[str]
    commune_code: str


@dataclass(frozen=True)
class Score:
    """How the engine did; `unanswered` are failures too: an answer exists, nothing came."""

    asked: int
    failures: list[tuple[GoldenQuery, list[FoundCard]]]

    @property
    def success(self) -> float:
        """The share of queries served by one of the first five cards, 0 to 1."""
        return 1 - len(self.failures) / self.asked if self.asked else 1.0

    @property
    def unanswered(self) -> list[GoldenQuery]:
        """The queries with an existing answer for which nothing came."""
        return [query for query, found in self.failures if not found]

    def report(self) -> str:
        """Return the score and one line a failure, to be printed."""
        share = f"success@{FIRST}: {self.success:.1%} of {self.asked} queries"
        lines = [f"{share}, {len(self.failures)} failed, {len(self.unanswered)} without any card"]
        lines += [
            f"  {query.id}  {query.query!r} {query.parameters or ''} wanted "
            f"{_wanted(query)}, got {', '.join(card.slug for card in found) or 'nothing'}"
            for query, found in self.failures
        ]
        return "\n".join(lines)


Engine = Callable[[GoldenQuery], Sequence[FoundCard]]


def load() -> list[GoldenQuery]:
    """Read the set."""
    entries = json.loads(GOLDEN_FILE.read_text(encoding="utf-8"))["queries"]
    return [
        GoldenQuery(
            id=entry["id"],
            query=entry["query"],
            language=entry["language"],
            parameters=entry.get("parameters", {}),
            providers=frozenset(entry.get("providers", ())),
            services=frozenset(entry.get("services", ())),
            near=(near["commune"], near["km"]) if (near := entry.get("near")) else None,
            answer=entry.get("answer", True),
        )
        for entry in entries
    ]


def score(engine: Engine, queries: Sequence[GoldenQuery]) -> Score:
    """Ask every query, nonsense too, and judge the first cards of those that have an answer."""
    failures = []
    for query in queries:
        found = list(engine(query))[:FIRST]
        if query.answer and not any(query.served_by(card) for card in found):
            failures.append((query, found))
    return Score(asked=sum(query.answer for query in queries), failures=failures)


def distance_km(one: str, other: str) -> float:
    """Return the distance between the centres of two communes, by their INSEE codes."""
    places = _places()
    if one not in places or other not in places:
        return float("inf")
    (lat_1, lon_1), (lat_2, lon_2) = places[one], places[other]
    half = sin((lat_2 - lat_1) / 2) ** 2 + cos(lat_1) * cos(lat_2) * sin((lon_2 - lon_1) / 2) ** 2
    return 2 * EARTH_RADIUS_KM * asin(sqrt(half))


@cache
def _places() -> dict[str, tuple[float, float]]:
    with COMMUNES_FILE.open(encoding="utf-8", newline="") as lines:
        return {
            row["code_insee"]: (radians(float(row["latitude"])), radians(float(row["longitude"])))
            for row in csv.DictReader(lines)
            if row["latitude"]
        }


def _wanted(query: GoldenQuery) -> str:
    wanted = " or ".join(sorted(query.providers or query.services))
    return f"{wanted} within {query.near[1]:g} km of {query.near[0]}" if query.near else wanted
