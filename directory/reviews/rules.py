"""The numbers of the reviews, read from `directory/data/reviews.json`; `/avis/politique/` too."""

import json
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from pathlib import Path
from typing import Any

FILE = Path(__file__).parent.parent / "data" / "reviews.json"


@dataclass(frozen=True, slots=True)
class Rules:
    """Lengths of time carry their unit; `*_text` are signs.

    `publication_days`: the one delay in which every review is decided, good or bad (R1.10, R1.17).
    `draw_share`: share of the clients drawn each month, whom nobody declared. `invoice_after_days`:
    how long after the end of a mission its invoice may be dated. `ring_*`: M4.
    """

    publication_days: int
    reply_days: int
    doubt_days: int
    shortest_text: int
    longest_text: int
    experience_months: int
    invite_after_days: int
    remind_after_days: int
    invitation_days: int
    draw_share: Decimal
    draw_after_days: int
    invoice_after_days: int
    most_proofs: int
    reciprocity_months: int
    ring_most: int
    ring_density: Decimal


@lru_cache(maxsize=1)
def rules() -> Rules:
    """Return what the data file says."""
    values: dict[str, Any] = json.loads(FILE.read_text(encoding="utf-8"))
    for name in ("draw_share", "ring_density"):
        values[name] = Decimal(values[name])
    return Rules(**values)
