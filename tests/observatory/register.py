"""A small register, for the tests of the observatory."""

from datetime import UTC, date, datetime

from emn.territory.models import Commune, Epci, Establishment, SectorDefinition

NOW = datetime(2026, 11, 29, 3, 0, tzinfo=UTC)
METZ, FORBACH = "57463", "57227"
METROPOLIS, BORDER = "200039865", "245701404"


def places():
    """Two EPCI of one commune each, and the perimeter of the sector."""
    for siren, name, code, town in (
        (METROPOLIS, "Metz Métropole", METZ, "Metz"),
        (BORDER, "CA Forbach Porte de France", FORBACH, "Forbach"),
    ):
        epci = Epci.objects.create(siren=siren, name=name, kind="CA")
        Commune.objects.create(
            insee_code=code, name=town, name_folded=town.lower(), postcodes=["57000"], epci=epci,
            departement_code="57", population=1000, area_km2=1, latitude=49.1, longitude=6.2,
        )  # fmt: skip
    SectorDefinition.objects.create(
        code="tic", version="2008", label="TIC", nomenclature="NAFRev2",
        includes=["26", "62"], excludes=["26.5"], source="INSEE",
    )  # fmt: skip


_numbers = iter(range(1, 10**6))


def unit(naf="62.01Z", *, opened=2020, closed=None, commune=METZ, band="01", **more):
    """An establishment, masked as those whose name nobody may read."""
    siren = f"{next(_numbers):09d}"
    values = {
        "siret": f"{siren}00019",
        "siren": siren,
        "diffusion": "P",
        "is_masked": True,
        "state": "F" if closed else "A",
        "is_head_office": True,
        "created_on": date(opened, 3, 1) if opened else None,
        "period_started_on": date(closed or opened or 2000, 6, 1),
        "headcount_band": band,
        "naf_code": naf,
        "naf_nomenclature": "NAFRev2",
        "commune_code": commune,
        "commune_id": commune,
    }
    return Establishment.objects.create(**values | more)
