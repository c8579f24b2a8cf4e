"""How long each kind of personal data is kept: one data file, read by the purge and by the page."""

import json
from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from pathlib import Path

_FILE = Path(__file__).parent / "data" / "retention.json"


@dataclass(frozen=True, kw_only=True)
class RetentionPeriod:
    """One line: what is kept (`label`), how many days, on what legal basis, and what then happens.

    `label`, `basis` and `action` are French msgids. Source: RGPD, articles 5(1)(e) and 13(2)(a).
    """

    key: str
    label: str
    days: int
    basis: str
    action: str

    @property
    def length(self) -> timedelta:
        """Return the period."""
        return timedelta(days=self.days)


@cache
def periods() -> dict[str, RetentionPeriod]:
    """Return the periods by key, in the order of the file."""
    rows = json.loads(_FILE.read_text(encoding="utf-8"))
    return {row["key"]: RetentionPeriod(**row) for row in rows}
