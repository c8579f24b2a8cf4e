"""The quality of a card, from 0 to 1: pure, no Django (mechanics 1.6).

The score is the plain mean of the criteria that apply, each from 0 to 1.
"""

from dataclasses import dataclass

SHORTEST_DESCRIPTION, LONGEST_DESCRIPTION = 200, 2000  # signs
FRESH_MONTHS, STALE_MONTHS = 6, 24
MATCHING_MINIMUM = 0.5  # below, the card is not proposed to a company that describes a need
DAYS_A_MONTH = 365.25 / 12


@dataclass(frozen=True, slots=True)
class CardFacts:
    """What the score looks at.

    `months_since_confirmed` is None for a card that was never public: its freshness does not apply.
    """

    description_signs: int = 0
    has_service: bool = False
    has_public: bool = False
    has_contact: bool = False
    has_area: bool = False
    has_price: bool = False
    has_reference: bool = False
    has_answer_delay: bool = False
    has_language: bool = False
    has_described_logo: bool = False
    months_since_confirmed: float | None = None


@dataclass(frozen=True, slots=True)
class Criterion:
    """One line of the score: `value` from 0 to 1."""

    key: str
    value: float


@dataclass(frozen=True, slots=True)
class Score:
    """The criteria that apply, in the order in which they are easiest to meet."""

    criteria: tuple[Criterion, ...]

    @property
    def value(self) -> float:
        """The mean of the criteria, from 0 to 1."""
        return sum(criterion.value for criterion in self.criteria) / len(self.criteria)

    @property
    def may_be_matched(self) -> bool:
        """Whether matching may propose the card."""
        return self.value >= MATCHING_MINIMUM

    @property
    def next_step(self) -> Criterion | None:
        """The criterion that gains most, the easiest among equals; None for a perfect card."""
        weakest = min(self.criteria, key=lambda criterion: criterion.value)
        return weakest if weakest.value < 1 else None


def freshness(months: float) -> float:
    """Return 1 under 6 months since the card was confirmed, then linearly down to 0 at 24."""
    left = (STALE_MONTHS - months) / (STALE_MONTHS - FRESH_MONTHS)
    return max(0.0, min(1.0, left))


def score(facts: CardFacts) -> Score:
    """Return the score of a card."""
    described = SHORTEST_DESCRIPTION <= facts.description_signs <= LONGEST_DESCRIPTION
    met = {
        "description": described,
        "services": facts.has_service and facts.has_public,
        "contact": facts.has_contact,
        "area": facts.has_area,
        "answer": facts.has_answer_delay,
        "languages": facts.has_language,
        "price": facts.has_price,
        "reference": facts.has_reference,
        "logo": facts.has_described_logo,
    }
    criteria = [Criterion(key, float(value)) for key, value in met.items()]
    if facts.months_since_confirmed is not None:
        criteria.append(Criterion("freshness", freshness(facts.months_since_confirmed)))
    return Score(tuple(criteria))
