"""What demonstration cards say beyond their own entry: prices, references, labels, by family."""

import json
from datetime import timedelta
from functools import lru_cache
from pathlib import Path
from typing import Any

from django.utils import timezone

from directory.content import ROW_FIELDS
from directory.enums import ContactMode, PriceBasis, ServiceArea
from directory.models import Service

FILE = Path(__file__).parent / "data" / "demo_content.json"
_AREAS = list(ServiceArea.values)
_MODES = list(ContactMode.values)


@lru_cache(maxsize=1)
def _content() -> dict[str, Any]:
    return dict(json.loads(FILE.read_text(encoding="utf-8")))


def demo_values(
    entry: dict[str, Any], catalogue: dict[str, Service], *, rank: int
) -> dict[str, Any]:
    """Return what `start_card` takes; `rank` spreads poorer and richer cards evenly."""
    values = {name: entry[name] for name in ROW_FIELDS if name in entry}
    values["services"] = [catalogue[code] for code in entry["services"]]
    if rank % 4 == 3:  # noqa: PLR2004 -- one card in four is left poor, for the coach to speak of
        return values
    family = _content()["families"][entry["services"][0].partition(".")[0]]
    year = timezone.localdate().year
    values |= {
        "contact_mode": next(mode for mode in _MODES[rank % 3 :] + _MODES if entry.get(mode)),
        "service_area": _AREAS[rank % len(_AREAS)],
        "countries": ["FR", "LU"] if "lb" in entry["languages"] else ["FR"],
        "answer_days": 1 + rank % 5,
        "references": [
            {**reference, "year": year - (rank + place) % 4, "link": ""}
            for place, reference in enumerate(family["references"])
        ],
        "prices": [_price(family["price"], values["services"][0].pk)],
        "certifications": _certifications(rank),
    }
    if "de" in entry["languages"]:
        values["countries"] = [*values["countries"], "DE"]
    if rank % 5 == 0:
        values["prices"].append(
            {"service_id": None, "basis": PriceBasis.QUOTE, "from_cents": None, "to_cents": None}
        )
    return values


def _price(price: dict[str, Any], service_id: int) -> dict[str, Any]:
    return {
        "service_id": service_id,
        "basis": price["basis"],
        "from_cents": price["low"] * 100,
        "to_cents": price["high"] * 100,
    }


def _certifications(rank: int) -> list[dict[str, Any]]:
    codes = _content()["certifications"]
    if rank % 3:
        return []
    ends_on = timezone.localdate() + timedelta(days=200 + 20 * (rank % 10))
    return [{"code": codes[rank // 3 % len(codes)], "link": "", "ends_on": ends_on}]
