"""Publishing indicators: what is counted, what is protected, what stays."""

import csv
import gzip
import io
import json
from dataclasses import replace
from datetime import timedelta

import pytest
from django.db import DatabaseError, transaction
from django.urls import reverse

from directory.models import Need
from observatory.indicators.registry import indicators
from observatory.models import Cell, HeldRelease, Release, ReleaseFile
from observatory.services import indicators as services
from observatory.services.cube import Built, Row
from observatory.services.cube_portal import PORTAL_BUILDERS
from observatory.tasks import correct_indicator
from tests.directory.factories import CompanyFactory, ServiceFactory, published_card
from tests.observatory.funding import agent
from tests.observatory.register import BORDER, FORBACH, METROPOLIS, METZ, NOW, places, unit

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("commits")]


def cells(release, **which):
    """Return {place: value} of the cells."""
    found = Cell.objects.filter(release=release, **which)
    return {
        (cell.territory, cell.activity, cell.size, cell.item, cell.period): cell.value
        for cell in found
    }


def total(release, period, territory="57"):
    return cells(release)[territory, "", "", "", period]


@pytest.fixture
def register():
    places()
    unit(opened=2018)
    unit(opened=2024, commune=FORBACH, band="12")
    unit("26.20Z", opened=2010, closed=2025)
    unit("26.51A", opened=2010)  # outside the perimeter
    unit("56.10A", opened=2010)
    unit("721Z", opened=1995, closed=2005, naf_nomenclature="NAFRev1")


@pytest.mark.usefixtures("register")
def test_the_stock_is_what_is_open_on_the_last_day_of_each_year():
    release = services.publish(code="etablissements-tic", now=NOW)

    years = {year: total(release, str(year)) for year in (2016, 2018, 2024, 2025, 2026)}
    assert years == {2016: 1, 2018: 2, 2024: 3, 2025: 2, 2026: 2}


@pytest.mark.usefixtures("register")
def test_the_cube_crosses_activity_and_size_with_the_epci_and_gives_communes_their_total():
    release = services.publish(code="etablissements-tic", now=NOW)

    last = {key[:4]: value for key, value in cells(release).items() if key[4] == "2026"}
    assert last == {
        ("57", "", "", ""): 2,
        ("57", "62", "", ""): 2,
        ("57", "62.01Z", "", ""): 2,
        ("57", "", "1-9", ""): 1,
        ("57", "", "10-49", ""): 1,
        (METROPOLIS, "", "", ""): 1,
        (METROPOLIS, "62", "", ""): 1,
        (METROPOLIS, "62.01Z", "", ""): 1,
        (METROPOLIS, "", "1-9", ""): 1,
        (BORDER, "", "", ""): 1,
        (BORDER, "62", "", ""): 1,
        (BORDER, "62.01Z", "", ""): 1,
        (BORDER, "", "10-49", ""): 1,
        (METZ, "", "", ""): 1,
        (FORBACH, "", "", ""): 1,
    }


@pytest.mark.usefixtures("register")
def test_openings_and_closures_are_counted_in_their_year_and_none_is_zero():
    openings = services.publish(code="creations-tic", now=NOW)
    closures = services.publish(code="fermetures-tic", now=NOW)

    assert [total(openings, str(year)) for year in (2018, 2019, 2024)] == [1, 0, 1]
    assert [total(closures, str(year)) for year in (2024, 2025)] == [0, 1]


@pytest.mark.usefixtures("register")
def test_the_share_counts_every_sector():
    release = services.publish(code="part-tic", now=NOW)

    assert total(release, "2026") == 50.0
    assert total(release, "2026", BORDER) == 100.0


def test_without_a_register_nothing_is_published():
    places()

    assert services.publish(code="etablissements-tic", now=NOW) is None
    assert not Release.objects.exists()


@pytest.mark.usefixtures("register")
def test_the_same_figures_make_no_second_release_and_others_do():
    first = services.publish(code="etablissements-tic", now=NOW)
    assert services.publish(code="etablissements-tic", now=NOW) is None
    unit(opened=2026)

    second = services.publish(code="etablissements-tic", now=NOW)

    assert (first.number, first.kind) == (1, "first")
    assert (second.number, second.kind) == (2, "update")
    assert total(first, "2026") == 2
    assert total(second, "2026") == 3


@pytest.mark.usefixtures("register")
def test_a_correction_says_why_and_one_that_changes_nothing_is_refused():
    services.publish(code="etablissements-tic", now=NOW)
    with pytest.raises(services.NothingToPublish):
        services.correct(code="etablissements-tic", note="Doublon retiré.", now=NOW)
    unit(opened=2026)

    release = services.correct(code="etablissements-tic", note="Oubli ajouté.", now=NOW)

    assert (release.kind, release.note) == ("correction", "Oubli ajouté.")


@pytest.mark.usefixtures("register")
def test_another_definition_is_a_dated_break(monkeypatch):
    services.publish(code="etablissements-tic", now=NOW)
    changed = replace(indicators()["etablissements-tic"], definition="2.0")
    unit(opened=2026)
    monkeypatch.setitem(indicators(), "etablissements-tic", changed)

    release = services.publish(code="etablissements-tic", now=NOW)

    assert (release.kind, release.definition) == ("definition", "2.0")


@pytest.mark.parametrize("model", [Release, Cell, ReleaseFile])
@pytest.mark.usefixtures("register")
def test_what_is_published_neither_changes_nor_goes(model):
    services.publish(code="etablissements-tic", now=NOW)
    row = model.objects.order_by("pk").first()

    one = model.objects.filter(pk=row.pk)
    for act in (row.save, lambda: one._raw_delete("default")):
        with pytest.raises(DatabaseError, match="published"), transaction.atomic():
            act()


@pytest.mark.usefixtures("register")
def test_the_files_say_what_the_cells_say():
    release = services.publish(code="etablissements-tic", now=NOW)
    written = {file.extension: gzip.decompress(file.content) for file in release.files.all()}

    lines = list(csv.DictReader(io.StringIO(written["csv"].decode(), newline="")))
    document = json.loads(written["json"])

    assert len(lines) == len(document["cases"]) == release.cell_count
    line = next(found for found in lines if found["code_territoire"] == METZ)
    assert (line["territoire"], line["periode"], line["valeur"]) == ("Metz", "2016", "1")
    assert document["definition"].startswith("Établissements en activité")
    assert document["licence"] == "Licence Ouverte 2.0"
    assert {len(case) for case in document["cases"]} == {len(document["colonnes"])}


def test_sourced_series_keep_the_source_and_the_proof_of_each_value():
    release = services.publish(code="ia-dans-les-entreprises", now=NOW)

    cell = Cell.objects.get(release=release, item="FR-10+", period="2024")
    assert cell.value == 10
    assert release.sources[cell.source]["name"].startswith("Insee, enquête TIC-entreprises 2024")
    assert release.sources[cell.source]["proof"] == "secondaire"


@pytest.mark.parametrize("code", [c for c, e in indicators().items() if e.is_sourced])
def test_every_sourced_series_can_be_read_without_a_territory(code):
    services.publish(code=code, now=NOW)

    known = Release.objects.filter(indicator=code)
    assert known.exists() or indicators()[code].theme == "context"


def test_cards_are_counted_once_a_month_and_the_months_before_stay():
    published_card()
    release = services.publish(code="prestataires-par-service", now=NOW)
    published_card(company=CompanyFactory(siret="41816609600077"))
    assert services.publish(code="prestataires-par-service", now=NOW) is None

    later = services.publish(code="prestataires-par-service", now=NOW + timedelta(days=5))

    assert total(release, "2026-11") == 1
    assert (total(later, "2026-11"), total(later, "2026-12")) == (1, 2)


# --- What people told: protected ---


def survey(monkeypatch, rows, *, is_mean=False):
    """Have the needs counted from these rows (item or size, value, units)."""

    def build(_now, known):
        built = Built(as_of=NOW.date(), sources=[{"name": "x", "url": "", "on": "",
                                                  "proof": "calcul"}], is_mean=is_mean)  # fmt: skip
        built.rows = [row for row in rows() if row.period not in known]
        return built

    monkeypatch.setitem(PORTAL_BUILDERS, "needs", build)


def told(item, units, period="2026-T3", **more):
    values = {"level": "D", "territory": "57", "value": float(units), "item": item}
    return Row(**values | {"period": period, "units": units} | more)


def test_a_small_cell_is_hidden_with_another_and_neither_value_is_stored(monkeypatch):
    survey(
        monkeypatch,
        lambda: [told("", 66), told("web", 40), told("cyber", 22), told("ia", 4), told("x", 0)],
    )

    release = services.publish(code="besoins-par-famille", now=NOW)

    found = {cell.item: (cell.value, cell.units, cell.flag) for cell in release.cells.all()}
    assert found["ia"] == (None, None, "s")
    assert found["x"] == (0.0, 0, "")
    assert sum(flag == "s" for _value, _units, flag in found.values()) == release.hidden_count == 2
    assert all(b"4," not in gzip.decompress(f.content).split(b'"ia"')[-1][:60]
               for f in release.files.filter(extension="json"))  # fmt: skip


def test_a_closed_period_is_never_counted_again(monkeypatch):
    rows = [told("", 40), told("web", 40)]
    survey(monkeypatch, lambda: rows)
    services.publish(code="besoins-par-famille", now=NOW)
    rows[:] = [told("", 39), told("web", 39), told("", 50, "2026-T4"), told("web", 50, "2026-T4")]

    release = services.publish(code="besoins-par-famille", now=NOW + timedelta(days=40))

    assert total(release, "2026-T3") == 40
    assert total(release, "2026-T4") == 50


def test_a_correction_that_tells_the_answer_of_a_few_is_held_back(monkeypatch):
    rows = [told("", 40), told("web", 40)]
    survey(monkeypatch, lambda: rows)
    services.publish(code="besoins-par-famille", now=NOW)
    rows[:] = [told("", 39), told("web", 39)]

    with pytest.raises(services.ReleaseHeldBack):
        services.correct(code="besoins-par-famille", note="Un retrait.", now=NOW)

    assert Release.objects.count() == 1
    rows[:] = [told("", 60), told("web", 60)]
    assert services.correct(code="besoins-par-famille", note="Vingt de plus.", now=NOW).number == 2


def test_staff_reads_why_a_correction_was_held_back(client, monkeypatch, settings):
    settings.STAFF_MFA_REQUIRED = False
    rows = [told("", 40), told("web", 40)]
    survey(monkeypatch, lambda: rows)
    services.publish(code="besoins-par-famille", now=NOW)
    rows[:] = [told("", 39), told("web", 39)]

    correct_indicator(code="besoins-par-famille", note="Un retrait.")

    held = HeldRelease.objects.get()
    assert (held.indicator, held.note) == ("besoins-par-famille", "Un retrait.")
    client.force_login(agent())
    page = client.get(reverse("admin:observatory_heldrelease_changelist"))
    assert "2 chiffres changeraient de trop peu de réponses" in page.text
    rows[:] = [told("", 60), told("web", 60)]
    correct_indicator(code="besoins-par-famille", note="Vingt de plus.")
    assert not HeldRelease.objects.exists()


def test_a_correction_that_changes_nothing_is_told_too(monkeypatch):
    survey(monkeypatch, lambda: [told("", 40), told("web", 40)])
    services.publish(code="besoins-par-famille", now=NOW)

    correct_indicator(code="besoins-par-famille", note="Rien.")

    assert "rien à corriger" in HeldRelease.objects.get().reason


def test_an_update_leaves_the_notice_of_a_correction_and_takes_that_of_a_night(monkeypatch):
    rows = [told("", 40), told("web", 40)]
    survey(monkeypatch, lambda: rows)
    services.publish(code="besoins-par-famille", now=NOW)
    for note in ("Un retrait.", "Un retrait.", ""):
        services.note_held(code="besoins-par-famille", note=note, reason="Trop peu.", now=NOW)
    held = HeldRelease.objects.order_by("note").values_list("note", flat=True)
    assert list(held.all()) == ["", "Un retrait."]

    later = NOW + timedelta(days=100)
    assert services.publish(code="besoins-par-famille", now=later) is None  # as before
    assert list(held.all()) == ["Un retrait."]
    services.note_held(code="besoins-par-famille", note="", reason="Trop peu.", now=NOW)
    rows[:] = [told("", 60, period="2027-T1"), told("web", 60, period="2027-T1")]
    assert services.publish(code="besoins-par-famille", now=later).kind == "update"
    assert list(held.all()) == ["Un retrait."]


def test_what_a_night_holds_back_is_one_row_an_indicator(monkeypatch):
    def refused(**_given):
        raise services.ReleaseHeldBack("Trop peu.")

    monkeypatch.setattr(services, "publish", refused)
    monkeypatch.setattr(services, "indicators", lambda: ["a", "b"])
    services.refresh(now=NOW)
    services.refresh(now=NOW + timedelta(days=1))

    rows = HeldRelease.objects.order_by("indicator").values_list("indicator", "held_at", "reason")
    later = NOW + timedelta(days=1)
    assert list(rows) == [("a", later, "Trop peu."), ("b", later, "Trop peu.")]


def test_a_size_hidden_for_one_axis_is_hidden_for_all_and_means_are_kept(monkeypatch):
    def axis(item, size, units, value):
        return told(item, units, size=size, value=value)

    survey(
        monkeypatch,
        lambda: [
            *(axis("cyber", size, n, 40.0) for size, n in
              (("", 60), ("1", 20), ("11-49", 20), ("50+", 18), ("2-10", 2))),
            *(axis("vente", size, n, 55.0) for size, n in
              (("", 71), ("1", 20), ("11-49", 20), ("50+", 18), ("2-10", 13))),
        ],
        is_mean=True,
    )  # fmt: skip

    release = services.publish(code="besoins-par-famille", now=NOW)

    flags = {(cell.size, cell.item): cell.flag for cell in release.cells.all()}
    assert flags["2-10", "cyber"] == flags["2-10", "vente"] == "s"
    assert flags["", "cyber"] == flags["", "vente"] == ""
    hidden = {size for (size, _item), flag in flags.items() if flag}
    assert len(hidden) == 2


def test_a_mean_that_says_what_everyone_answered_is_hidden(monkeypatch):
    survey(monkeypatch, lambda: [told("cyber", 12, value=0.0), told("vente", 30, value=0.0)],
           is_mean=True)  # fmt: skip

    release = services.publish(code="besoins-par-famille", now=NOW)

    assert {cell.flag for cell in release.cells.filter(item="cyber")} == {"s"}


def test_a_mean_that_one_company_makes_is_hidden(monkeypatch):
    rows = [told("cyber", 20, value=5.0), told("vente", 20, value=5.0), told("ia", 20, value=30.0)]
    built = Built(as_of=NOW.date(), sources=[{"name": "x", "url": "", "on": "", "proof": "calcul"}],
                  rows=rows, is_mean=True)  # fmt: skip
    # Of a sum of 100: strictly above 85 is too much (R6.01).
    built.largest = {rows[0].place: 86.0, rows[1].place: 85.0}
    monkeypatch.setitem(PORTAL_BUILDERS, "needs", lambda _now, _known: built)

    release = services.publish(code="besoins-par-famille", now=NOW)

    # The same people answer for every axis: what is hidden for one is for all.
    assert {cell.flag for cell in release.cells.all()} == {"s"}
    built.largest = {rows[1].place: 85.0}
    rows[0] = replace(rows[0], value=6.0)
    again = services.correct(code="besoins-par-famille", note="Une de moins.", now=NOW)
    assert {cell.flag for cell in again.cells.all()} == {""}


def test_companies_count_once_a_quarter_in_the_family_of_their_first_need():
    service = ServiceFactory()
    for number in range(12):
        company = CompanyFactory(siret=f"{418166096 + number // 2:09d}{number:05d}")
        need_of(company, service)
    built = PORTAL_BUILDERS["needs"](NOW, frozenset())

    assert [(row.item, row.units) for row in built.rows] == [("", 6), ("web", 6)]
    assert {row.period for row in built.rows} == {"2026-T3"}


def test_the_gap_hides_what_the_needs_hide():
    service = ServiceFactory()
    published_card()
    for number in range(6):
        need_of(CompanyFactory(siret=f"{418166096 + number:09d}00001"), service)

    assert services.publish(code="besoins-par-famille", now=NOW).hidden_count == 2
    gap = services.publish(code="offre-et-demande", now=NOW)

    assert [(cell.item, cell.value, cell.flag) for cell in gap.cells.all()] == [("web", None, "s")]


def need_of(company, service):
    confirmed = NOW - timedelta(days=80)
    return Need.objects.create(
        status="confirmed", contact_email="a@b.example", language="fr", company=company,
        service=service, commune=company.commune, created_at=confirmed, deposited_at=confirmed,
        confirmed_at=confirmed,
    )  # fmt: skip


def test_one_indicator_that_fails_holds_no_other_back(monkeypatch, caplog):
    def broken(_now, _known):
        raise ZeroDivisionError

    monkeypatch.setitem(PORTAL_BUILDERS, "needs", broken)

    services.refresh(now=NOW)

    assert Release.objects.filter(indicator="ia-dans-les-entreprises").exists()
    assert "besoins-par-famille was not computed" in caplog.text
