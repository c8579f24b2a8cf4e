"""A register for the demonstration: establishments that never existed, and say so.

Those of the digital sector may be drawn for a survey: their name is « Établissement inventé ». The
others are masked as INSEE masks those who ask for it (R6.10): counted, without name nor street.
Their SIREN begin with 000, which INSEE gives to nobody; the page names the source « registre
inventé ».
"""

import random
from datetime import date, datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from emn.territory.enums import Diffusion, EstablishmentState, HeadcountBand, Nomenclature
from emn.territory.models import Commune, Establishment

UNITS = 1_500
OTHERS = (
    4  # establishments of other sectors for one of the digital sector, in the invented register
)
YEARS = 16
_MIX = {
    "62.01Z": 30, "62.02A": 26, "62.02B": 4, "62.03Z": 3, "62.09Z": 9, "63.11Z": 8, "63.12Z": 3,
    "58.29C": 4, "58.21Z": 2, "61.10Z": 2, "61.90Z": 5, "95.11Z": 12, "95.12Z": 4, "46.51Z": 5,
    "46.52Z": 3, "26.12Z": 2, "26.30Z": 1,
}  # fmt: skip
_OTHER_MIX = {"43.21A": 20, "47.11B": 15, "56.10A": 25, "68.20B": 20, "70.22Z": 10, "96.02A": 10}
_SIZES = {
    HeadcountBand.UNKNOWN: 60, HeadcountBand.NONE: 6, HeadcountBand.FROM_1: 14,
    HeadcountBand.FROM_3: 8, HeadcountBand.FROM_6: 5, HeadcountBand.FROM_10: 4,
    HeadcountBand.FROM_20: 2, HeadcountBand.FROM_50: 1,
}  # fmt: skip


@transaction.atomic(durable=True)
def write_demo_register(*, now: datetime) -> int:
    """Write the invented register where there is none; return how many establishments."""
    if not settings.DEMO or Establishment.objects.exists():
        return 0
    draw, today = random.Random(57), timezone.localdate(now)  # noqa: S311 -- no secret
    communes = list(
        Commune.objects.in_departement(settings.DEPARTEMENT)
        .order_by("pk")
        .values_list("pk", "population")
    )
    if not communes:
        return 0
    places = draw.choices(
        [code for code, _people in communes],
        weights=[people**1.15 for _code, people in communes],
        k=UNITS * (1 + OTHERS),
    )
    rows = [
        _unit(number, place, _MIX if number < UNITS else _OTHER_MIX, draw, today)
        for number, place in enumerate(places)
    ]
    Establishment.objects.bulk_create(rows, batch_size=1_000)
    return len(rows)


def _unit(
    number: int, place: str, mix: dict[str, int], draw: random.Random, today: date
) -> Establishment:
    age = int(365 * YEARS * draw.betavariate(1.0, 1.6))  # more young ones than old
    created = today - timedelta(days=age)
    lived = int(draw.expovariate(1 / (365 * 9)))
    closed = created + timedelta(days=lived)
    siren = f"000{number:06d}"
    is_open, is_named = closed > today, mix is _MIX
    return Establishment(
        siret=f"{siren}00019",
        siren=siren,
        diffusion=Diffusion.OPEN if is_named else Diffusion.PARTIAL,
        is_masked=not is_named,
        legal_name=f"Établissement inventé n° {number}" if is_named else "",
        state=EstablishmentState.OPEN if is_open else EstablishmentState.CLOSED,
        is_head_office=True,
        created_on=created,
        period_started_on=created if is_open else closed,
        headcount_band=draw.choices(list(_SIZES), weights=list(_SIZES.values()))[0],
        naf_code=draw.choices(list(mix), weights=list(mix.values()))[0],
        naf_nomenclature=Nomenclature.NAF_REV_2,
        commune_code=place,
        commune_id=place,
    )
