"""The numbers and lists of the charter, read from `directory/data/charter.json`."""

import json
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import Any

from django.utils.translation import get_language

FILE = Path(__file__).parent.parent / "data" / "charter.json"


@dataclass(frozen=True, slots=True)
class EvidenceKind:
    """A kind of document: the clauses it bears out, whether it ends, whether one is asked for.

    `stands_for`: the kind it is taken for when one is asked for; `made_here`: never uploaded, the
    portal itself makes it.
    """

    code: str
    clauses: tuple[str, ...]
    dated: bool
    needed: bool
    labels: dict[str, str]
    helps: dict[str, str]
    stands_for: str = ""
    made_here: bool = False

    @property
    def label(self) -> str:
        """Its name, in the language of the page."""
        return self.labels[get_language() or "fr"]

    @property
    def help(self) -> str:
        """What to upload, in the language of the page."""
        return self.helps[get_language() or "fr"]


@dataclass(frozen=True, slots=True)
class Scheme:
    """A commitment elsewhere that the centre may recognise. Source: rules F1.09."""

    code: str
    name: str
    country: str


@dataclass(frozen=True, slots=True)
class Rules:
    """Lengths carry their unit. `history_months`: how long the register shows what has ended.

    `audit_announced`: month and day from which the year's audits are announced, `audit_value_days`
    before the public value that draws them; each is done in `audit_days`. Above
    `audit_complaint_load`, complaints ask for an audit.
    """

    term_months: int
    reminder_days: tuple[int, ...]
    renewal_opens_days: int
    readmission_months: int
    suspension_most_months: int
    history_months: int
    recognition_answer_months: int
    check_days: int
    evidence_reminder_days: tuple[int, ...]
    most_evidence: int
    audit_announced: tuple[int, int]
    audit_value_days: int
    audit_days: int
    audit_complaint_load: int
    excluded_legal_categories: tuple[str, ...]
    evidence_kinds: dict[str, EvidenceKind]
    schemes: dict[str, Scheme]

    def audit_announced_on(self, year: int) -> date:
        """Return the day from which the audits of a year are announced."""
        return date(year, *self.audit_announced)


@lru_cache(maxsize=1)
def rules() -> Rules:
    """Return what the data file says."""
    values: dict[str, Any] = json.loads(FILE.read_text(encoding="utf-8"))
    kinds, schemes = values.pop("evidence_kinds"), values.pop("recognition_schemes")
    for name in (
        "reminder_days", "evidence_reminder_days", "excluded_legal_categories", "audit_announced",
    ):  # fmt: skip
        values[name] = tuple(values[name])
    return Rules(
        **values,
        evidence_kinds={
            entry["code"]: EvidenceKind(
                code=entry["code"],
                clauses=tuple(entry["clauses"]),
                dated=entry["dated"],
                needed=entry["needed"],
                labels=entry["label"],
                helps=entry["help"],
                stands_for=entry.get("stands_for", ""),
                made_here=entry.get("made_here", False),
            )
            for entry in kinds
        },
        schemes={entry["code"]: Scheme(**entry) for entry in schemes},
    )
