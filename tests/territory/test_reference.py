"""The reference tables and the command that keeps them in line with the shipped files."""

import csv
from io import StringIO

import pytest
from django.core.management import call_command
from django.db import IntegrityError, transaction

from emn.lib import page_cache
from emn.territory.enums import Nomenclature
from emn.territory.models import Commune, CommuneAlias, Epci, NafCode, Outline, SectorDefinition
from emn.territory.services import reference


def run(*arguments):
    out = StringIO()
    call_command("sync_territory", *arguments, stdout=out)
    return out.getvalue()


@pytest.fixture
def ict():
    return SectorDefinition.objects.get(code="tic")


def test_sync_without_write_shows_the_diff_and_writes_nothing(db):
    said = run()

    assert "communes : 2321 à créer, 0 à changer" in said
    assert "Licence Ouverte" in said
    assert not Commune.objects.exists()


def test_sync_writes_communes_epci_naf_and_sector(db):
    run("--write")

    metz = Commune.objects.select_related("epci").get(pk="57463")
    assert (metz.name, metz.postcode, str(metz.epci)) == ("Metz", "57000", "Eurométropole de Metz")
    assert Commune.objects.in_departement("57").count() == 725
    assert set(Commune.objects.values_list("departement_code", flat=True)) == {
        "54",
        "55",
        "57",
        "88",
    }
    assert Epci.objects.filter(communes__departement_code="57").distinct().count() == 23
    assert CommuneAlias.objects.get(pk="57585").commune.name == "Manderen-Ritzing"
    assert NafCode.objects.subclasses().filter(nomenclature=Nomenclature.NAF_REV_2).count() == 732
    assert NafCode.objects.subclasses().filter(nomenclature=Nomenclature.NAF_2025).count() == 747


def test_sync_twice_changes_nothing(territory):
    run("--write")

    assert run("--write").endswith("Rien à changer.\n")


def test_sync_restores_a_changed_row_and_keeps_an_unknown_one(territory):
    Commune.objects.filter(pk="57463").update(population=1)
    Epci.objects.create(siren="999999999", name="CC d’essai", kind="CC")

    said = run("--write")

    assert "57463 : population 1 → 122" in said
    assert "1 absents de la source, conservés : 999999999" in said
    assert Commune.objects.get(pk="57463").population > 100_000
    assert Epci.objects.filter(pk="999999999").exists()


@pytest.mark.parametrize(
    ("code", "inside"),
    [
        ("62.01Z", True),
        ("58.11Z", False),
        ("58.21Z", True),
        ("26.51A", False),
        ("26.11Z", True),
        ("46.51Z", True),
        ("46.61Z", False),
        ("59.11A", False),
        ("60.10Z", False),
        ("61.10Z", True),
        ("63.11Z", True),
        ("63.91Z", False),
        ("95.11Z", True),
        ("95.21Z", False),
        ("62", True),
        ("", False),
    ],
)
def test_ict_sector_holds(territory, ict, code, inside):
    assert ict.contains(code) is inside


def test_ict_sector_holds_exactly_the_published_list(territory, ict, shared_data):
    with (shared_data / "tic_naf.csv").open(encoding="utf-8") as file:
        published = {row["sous_classe"] for row in csv.DictReader(file)}

    codes = NafCode.objects.subclasses().filter(nomenclature=ict.nomenclature)

    assert {row.code for row in codes if ict.contains(row.code)} == published


def test_labels_are_read_in_one_query(territory, django_assert_num_queries):
    pairs = {("NAFRev2", "62.01Z"), ("NAF2025", "62.10Y"), ("NAF1993", "72.2C")}

    with django_assert_num_queries(1):
        labels = NafCode.objects.labels(pairs)

    assert labels[("NAFRev2", "62.01Z")] == "Programmation informatique"
    assert set(labels) == pairs - {("NAF1993", "72.2C")}


@pytest.mark.parametrize("insee_code", ["5746", "57 63", "574633"])
def test_a_commune_needs_a_well_formed_code(db, insee_code):
    with pytest.raises(Exception, match=r"insee_code_format|too long"), transaction.atomic():
        Commune.objects.create(
            insee_code=insee_code, name="X", name_folded="x", postcodes=["57000"],
            departement_code="57", population=0, area_km2=1, latitude=49, longitude=6,
        )  # fmt: skip


def test_an_outline_belongs_to_one_place(territory):
    with pytest.raises(IntegrityError, match="territory_outline_of_one_place"):
        Outline.objects.create(kind="official", rings=[], source="essai")


def test_a_renamed_commune_has_the_kept_pages_built_again(territory):
    before = page_cache.read_generation()
    reference.sync_reference(write=True)
    assert page_cache.read_generation() == before

    Commune.objects.filter(pk="57463").update(name="Metz-sur-Seille")
    reference.sync_reference(write=True)

    assert page_cache.read_generation() != before
