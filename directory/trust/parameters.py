"""The numbers of one version of the index, checked. Pure; see directory/data/trust_parameters.json.

A version is a mapping of mappings, as JSON holds it, every number a string («0.50»).
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from datetime import date
from decimal import Decimal, InvalidOperation
from functools import cached_property
from typing import Any

E, A, R, P, D, S, G, C = COMPONENTS = ("E", "A", "R", "P", "D", "S", "G", "C")
SHRUNK = (A, R, D)
Numbers = Mapping[str, Decimal]
_WHOLE = Decimal(100)


class ParametersInvalid(ValueError):
    """These numbers do not make a version; the message is French and says which."""


@dataclass(frozen=True)
class Parameters:
    """Rules 1.5. Shares are in [0, 1], points out of 100, delays in the unit of their name."""

    version: str
    weights: Numbers  # component → points
    prior: Numbers  # value: what stands for no evidence
    strength: Numbers  # component of SHRUNK → how many full items the prior is worth (K)
    half_life_months: Numbers  # A, R, P, D
    calendar: Numbers  # days_a_month, days_a_year, local_law (1: with the holidays of Moselle)
    commitments: Numbers  # failed, declared, attested, verified → value; months; count
    audits: Numbers  # documentary, on_site → weight
    review_levels: Numbers  # V0 … V3 → weight
    review_slots: Numbers  # client_months, days, most
    complaints: Numbers  # outcome → factor; base, per_mission, most_missions, mission_months
    seniority: Numbers  # most_years
    replies: Numbers  # working days → value
    request_days: Numbers  # client: one counted request per client in so many days
    administrative: Numbers  # age, no_procedure, confirmed → share; years, confirmed_months
    insurances: Numbers  # rc_pro, cyber → share
    certifications: Numbers  # code → share; «family:level», the best level of a family counts
    caps: Numbers  # no_verified_review, no_audit → points
    malus: Numbers  # warning, warning_months, fraud, fraud_months
    gate: Numbers  # commitments, reviews, review_months, reliability, notice_days, register_days
    classes: Numbers  # A, B, C → lowest displayed points; below is D
    reliability_words: Numbers  # medium, strong → lowest reliability
    interval: Numbers  # z
    fall: Numbers  # points, notice_days: a fall that is announced

    @cached_property
    def local_law(self) -> bool:
        """Whether the public holidays of Moselle count."""
        return bool(self.calendar["local_law"])

    @cached_property
    def reply_steps(self) -> tuple[tuple[int, Decimal], ...]:
        """Working days and what an answer within them is worth, the shortest first."""
        return tuple(sorted((int(days), value) for days, value in self.replies.items()))

    def count(self, group: str, name: str) -> int:
        """Return a number that is a count or a delay."""
        return int(getattr(self, group)[name])


# What each group must hold; None for a group whose keys are its own list.
_KEYS: dict[str, set[str] | None] = {
    "weights": set(COMPONENTS),
    "prior": {"value"},
    "strength": set(SHRUNK),
    "half_life_months": {A, R, P, D},
    "calendar": {"days_a_month", "days_a_year", "local_law"},
    "commitments": {"failed", "declared", "attested", "verified", "months", "count"},
    "audits": {"documentary", "on_site"},
    "review_levels": {"V0", "V1", "V2", "V3"},
    "review_slots": {"client_months", "days", "most"},
    "complaints": {
        "pending", "unfounded", "withdrawn", "conciliated_fast", "conciliated_late", "no_reply",
        "upheld", "base", "per_mission", "most_missions", "mission_months",
    },
    "seniority": {"most_years"},
    "replies": None,
    "request_days": {"client"},
    "administrative": {"age", "no_procedure", "confirmed", "years", "confirmed_months"},
    "insurances": {"rc_pro", "cyber"},
    "certifications": None,
    "caps": {"no_verified_review", "no_audit"},
    "malus": {"warning", "warning_months", "fraud", "fraud_months"},
    "gate": {
        "commitments", "reviews", "review_months", "reliability", "notice_days", "register_days",
    },
    "classes": {"A", "B", "C"},
    "reliability_words": {"medium", "strong"},
    "interval": {"z"},
    "fall": {"points", "notice_days"},
}  # fmt: skip
_POSITIVE = ("strength", "half_life_months", "calendar", "interval", "commitments")
_SHARES = ("prior", "replies", "administrative", "insurances", "certifications")
_WHOLE_NUMBERS = (
    ("commitments", "months"), ("commitments", "count"), ("review_slots", "client_months"),
    ("review_slots", "days"), ("review_slots", "most"), ("complaints", "mission_months"),
    ("complaints", "most_missions"), ("request_days", "client"),
    ("administrative", "confirmed_months"), ("malus", "warning_months"), ("malus", "fraud_months"),
    ("gate", "commitments"), ("gate", "reviews"), ("gate", "review_months"),
    ("gate", "notice_days"), ("gate", "register_days"), ("fall", "notice_days"),
    ("classes", "A"), ("classes", "B"), ("classes", "C"),
)  # fmt: skip
# Numbers beside shares in a group of shares.
_NOT_SHARES = {"years", "confirmed_months"}


def read(version: str, values: Mapping[str, Any]) -> Parameters:
    """Return the parameters of a version from its stored mapping; raise ParametersInvalid."""
    if missing := _KEYS.keys() ^ values.keys():
        raise ParametersInvalid(f"Groupes absents ou en trop : {', '.join(sorted(missing))}.")
    groups = {name: _numbers(name, values[name]) for name in _KEYS}
    parameters = Parameters(version=version, **groups)
    _check(parameters)
    return parameters


def written(parameters: Parameters) -> dict[str, dict[str, str]]:
    """Return the mapping that `read` reads."""
    return {
        field.name: {key: str(value) for key, value in getattr(parameters, field.name).items()}
        for field in fields(parameters)
        if field.name != "version"
    }


def _numbers(name: str, group: Any) -> dict[str, Decimal]:
    keys = _KEYS[name]
    if not isinstance(group, dict) or not group or (keys is not None and group.keys() != keys):
        wanted = ", ".join(sorted(keys or {"…"}))
        raise ParametersInvalid(f"Le groupe « {name} » doit contenir exactement : {wanted}.")
    numbers = {}
    for key, value in group.items():
        try:
            numbers[key] = Decimal(str(value))
        except InvalidOperation:
            raise ParametersInvalid(f"« {name}.{key} » n’est pas un nombre : {value}.") from None
        if not numbers[key].is_finite() or numbers[key] < 0:
            raise ParametersInvalid(f"« {name}.{key} » doit être un nombre positif ou nul.")
    return numbers


def _check(parameters: Parameters) -> None:
    """Raise ParametersInvalid for numbers that would break the promises of the index."""
    for sentence, is_wrong in _rules(parameters):
        if is_wrong:
            raise ParametersInvalid(sentence)


def _rules(parameters: Parameters) -> Iterator[tuple[str, bool]]:
    """Yield what is said of each rule, and whether it is broken."""
    yield "La somme des poids doit être 100.", sum(parameters.weights.values()) != _WHOLE
    for name in _POSITIVE:
        for key, value in getattr(parameters, name).items():
            is_wrong = not value and key not in {"failed", "local_law"}
            yield f"« {name}.{key} » ne peut pas être nul.", is_wrong
    for name in _SHARES:
        for key, value in getattr(parameters, name).items():
            is_wrong = value > 1 and key not in _NOT_SHARES
            yield f"« {name}.{key} » ne peut pas dépasser 1.", is_wrong
    for name, key in _WHOLE_NUMBERS:
        value = getattr(parameters, name)[key]
        is_wrong = value != value.to_integral_value()
        yield f"« {name}.{key} » doit être un nombre entier.", is_wrong
    are_days = all(key.isdigit() for key in parameters.replies)
    yield "« replies » donne, par nombre de jours ouvrés, une valeur.", not are_days
    levels = [parameters.commitments[key] for key in ("failed", "declared", "attested", "verified")]
    is_wrong = levels != sorted(levels) or levels[-1] > 1
    yield "Les valeurs des engagements vont croissant, jusqu’à 1 au plus.", is_wrong
    shares = parameters.administrative
    is_wrong = shares["age"] + shares["no_procedure"] + shares["confirmed"] != 1
    yield "Les parts de la situation administrative font 1 ensemble.", is_wrong
    yield "Les parts des garanties font 1 ensemble.", sum(parameters.insurances.values()) != 1
    classes = [parameters.classes[letter] for letter in "CBA"]
    yield "Les classes vont décroissant de A à C.", classes != sorted(set(classes))


def first_day_allowed(published_on: date, *, days: int = 30) -> date:
    """Return the first day on which a version published that day may take effect (rules 1.5)."""
    return date.fromordinal(published_on.toordinal() + days)
