"""The closed list of labels and certifications that a card may show, read from its data file.

Labels of neighbouring countries that the centre holds equivalent are in the same list (mechanics
1.12). Their names are proper names: they are the same in every language.
"""

import json
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

FILE = Path(__file__).parent / "data" / "certifications.json"


@dataclass(frozen=True, slots=True)
class CertificationKind:
    """A label or certification: who gives it, and the country (ISO 3166-1) it comes from."""

    code: str
    name: str
    issuer: str
    country: str
    url: str


@lru_cache(maxsize=1)
def kinds() -> dict[str, CertificationKind]:
    """Return the list by code, in the order of the file."""
    rows = json.loads(FILE.read_text(encoding="utf-8"))
    return {row["code"]: CertificationKind(**row) for row in rows}
