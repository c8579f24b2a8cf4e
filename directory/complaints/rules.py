"""The numbers of complaints, read from `directory/data/complaints.json`. Source: R1.05 to R1.07."""

import json
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

FILE = Path(__file__).parent.parent / "data" / "complaints.json"


@dataclass(frozen=True, slots=True)
class Rules:
    """Delays carry their unit; `examine_working_days` and `refer_working_days` are our own."""

    acknowledge_working_days: int
    examine_working_days: int
    reply_days: int
    refer_working_days: int
    conciliation_days: int
    conciliation_fast_days: int
    committee_days: int
    appeal_days: int
    appeal_decision_days: int
    public_warning_months: int
    competitor_months: int
    seats_a_college: int
    most_files_a_side: int
    most_open_per_mailbox: int
    fewest_shown: int


@lru_cache(maxsize=1)
def rules() -> Rules:
    """Return what the data file says."""
    return Rules(**json.loads(FILE.read_text(encoding="utf-8")))
