"""Cards in files: read whole before anything is written, then written whole or not at all."""

import csv
import gzip
import io
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.core.files.base import ContentFile
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.urls import reverse
from hypothesis import given
from hypothesis import strategies as st
from openpyxl import Workbook, load_workbook

from directory import tasks
from directory.enums import ExportStatus, ProviderStatus
from directory.models import (
    CardExport,
    CardImport,
    Offer,
    PriceIndication,
    Provider,
    SearchDocument,
)
from directory.models.transfers import private_storage
from directory.services import exports, imports, providers
from directory.transfers import checking
from emn.accounts.enums import Role
from emn.accounts.services import erase_account, purge_personal_data
from emn.lib import tables as files
from emn.lib.file_imports.enums import ImportStatus
from emn.lib.file_imports.models import STALE_AFTER
from emn.lib.file_imports.services import ImportRefused
from emn.lib.tables import Unreadable
from tests.directory.factories import (
    DESCRIPTION,
    NOW,
    CompanyFactory,
    MembershipFactory,
    ProviderFactory,
    ServiceFactory,
    UserFactory,
    published_card,
    submitted_card,
)
from tests.directory.test_admin import sign_in

pytestmark = pytest.mark.django_db
COLUMNS = ["siret", "fiche", "nom", "presentation", "services", "langues", "courriel"]


@pytest.fixture(autouse=True)
def rung(monkeypatch):
    """What would have been sent to the worker."""
    calls = []
    for task in (tasks.run_import, tasks.run_export):
        monkeypatch.setattr(task, "delay", lambda **ids: calls.append(ids))
    return calls


def line(siret, name="Atelier importé", **changed):
    values = {
        "siret": siret,
        "fiche": "",
        "nom": name,
        "presentation": DESCRIPTION.strip(),
        "services": "web.site",
        "langues": "fr, de",
        "courriel": "contact@importe.example",
    } | changed
    return [values[column] for column in COLUMNS]


def as_csv(lines, *, header=COLUMNS, encoding="utf-8", delimiter=";"):
    text = io.StringIO()
    csv.writer(text, delimiter=delimiter).writerows([header, *lines])
    return text.getvalue().encode(encoding)


def as_xlsx(lines, *, header=COLUMNS):
    book, content = Workbook(), io.BytesIO()
    for row in [header, *lines]:
        book.active.append(row)
    book.save(content)
    return content.getvalue()


def start(content, name="fiches.csv"):
    ServiceFactory()
    return imports.start_import(
        file=ContentFile(content), name=name, by_id=UserFactory().pk, now=NOW
    )


def check(content, name="fiches.csv"):
    return imports.check_import(import_id=start(content, name).pk, now=NOW)


def write(entry):
    imports.ask_to_write(import_id=entry.pk, now=NOW)
    imports.write_import(import_id=entry.pk, now=NOW)
    entry.refresh_from_db()
    return entry


def companies(count):
    return [CompanyFactory() for _ in range(count)]


# --- Files ---


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
@pytest.mark.parametrize("delimiter", [";", ",", "\t"])
def test_csv_is_read_whatever_wrote_it(encoding, delimiter):
    content = as_csv([["é;à", "b"]], header=["Nom", "Site"], encoding=encoding, delimiter=delimiter)

    header, lines = files.read_lines(io.BytesIO(content), name="x.csv")

    assert header == ["nom", "site"]
    assert list(lines) == [(2, {"nom": "é;à", "site": "b"})]


def test_an_old_encoding_is_known_by_the_last_line():
    content = as_csv([["a" * 100]] * 1000 + [["é"]], header=["nom"], encoding="cp1252")

    _header, lines = files.read_lines(io.BytesIO(content), name="x.csv")

    assert [cells["nom"] for _number, cells in lines][-1] == "é"


def test_a_siret_typed_as_a_number_is_a_siret():
    content = as_xlsx([[41816609600069], [41816609600069.0]], header=["siret"])

    _header, lines = files.read_lines(io.BytesIO(content), name="x.xlsx")

    assert {cells["siret"] for _number, cells in lines} == {"41816609600069"}


@pytest.mark.parametrize(
    ("content", "name"),
    [
        (b"PK\x03\x04 not a workbook", "x.xlsx"),
        (b"not packed", "x.csv.gz"),
        (b'nom;site\n"never closed;x', "x.csv"),
        (b"nom;site\na\x00b;c\n", "x.csv"),
        (b"\xff\xfe\x00\x01", "x.xlsx"),
        (gzip.compress(b"nom\n" + b"a\n" * 100, mtime=0)[:-12], "x.csv.gz"),
    ],
)
def test_a_file_that_is_not_what_it_seems_is_said_so(content, name):
    with pytest.raises(Unreadable):
        list(files.read_lines(io.BytesIO(content), name=name)[1])


@pytest.mark.parametrize("line", [b'"salon "du" livre;x', b'"never closed;x\nd;e'])
def test_a_line_whose_quotes_do_not_close_is_named(line):
    content = b"nom;site\na;b\n\n" + line

    with pytest.raises(Unreadable, match="ligne 4 ne se lit pas"):
        list(files.read_lines(io.BytesIO(content), name="x.csv")[1])


@pytest.mark.parametrize("name", ["x.csv.gz", "x.xlsx"])
def test_a_bomb_is_not_unpacked(monkeypatch, name):
    monkeypatch.setattr(files, "MOST_BYTES_UNPACKED", 100_000)
    lines = [["a" * 1000] for _ in range(2000)]
    packed = as_xlsx(lines, header=["nom"])
    if name.endswith("gz"):
        packed = gzip.compress(as_csv(lines, header=["nom"]), mtime=0)
    assert len(packed) < 100_000

    with pytest.raises(Unreadable, match="trop grand"):
        list(files.read_lines(io.BytesIO(packed), name=name)[1])


def test_too_many_lines_are_refused():
    content = as_csv([["a"]] * 3, header=["nom"])

    with pytest.raises(Unreadable, match="dépasse 2 lignes"):
        list(files.read_lines(io.BytesIO(content), name="x.csv", most_lines=2)[1])


@pytest.mark.parametrize("sign", list("=+-@\t\r\n'"))
def test_no_cell_that_leaves_is_a_formula(sign):
    for write_file, name in ((files.write_csv, "x.csv"), (files.write_xlsx, "x.xlsx")):
        content = io.BytesIO()
        write_file(content, [["nom", "autre"], [f"{sign}HYPERLINK(1)", "x"]])
        content.seek(0)
        if name == "x.xlsx":
            cell = load_workbook(content).active["A2"]
            assert (cell.data_type, cell.value[0]) == ("s", "'")
        else:
            assert f"'{sign}HYPERLINK" in content.read().decode("utf-8-sig")


@given(st.text(alphabet=st.characters(exclude_categories=["Cc", "Cs"]), max_size=30))
def test_what_leaves_comes_back(text):
    content = io.BytesIO()
    files.write_csv(content, [["nom", "x"], [text, "y"]])
    content.seek(0)

    ((_number, cells),) = files.read_lines(content, name="x.csv")[1]

    assert cells["nom"] == text.strip()


# --- Import ---


@pytest.mark.parametrize(
    ("pack", "name"),
    [
        (as_csv, "f.csv"),
        (as_xlsx, "f.xlsx"),
        (lambda lines: gzip.compress(as_csv(lines), mtime=0), "f.csv.gz"),
    ],
)
def test_a_file_is_shown_then_written(pack, name, files_apart):
    found = companies(2)

    entry = check(pack([line(company.siret) for company in found]), name)

    assert (entry.status, entry.line_count, entry.new_count) == (ImportStatus.READY, 2, 2)
    assert not Provider.objects.exists()
    assert write(entry).status == ImportStatus.WRITTEN
    cards = Provider.objects.order_by("pk")
    assert [card.company for card in cards] == found
    assert {card.status for card in cards} == {ProviderStatus.SUBMITTED}
    assert cards[0].languages == ["fr", "de"]
    assert [offer.service.code for offer in cards[0].offers.all()] == ["web.site"]
    assert cards[0].history.get().history_change_reason == f"Import n° {entry.pk}"


def test_three_bad_lines_of_many_are_named_and_nothing_is_written():
    lines = [line(company.siret) for company in companies(1200)]
    lines[10] = line("123")
    lines[700] = line(lines[700][0], langues="fr, elfique")
    lines[1199] = line(lines[1199][0], courriel="pas une adresse")

    entry = check(as_csv(lines))

    assert entry.status == ImportStatus.REFUSED
    assert (entry.line_count, entry.error_count) == (1200, 3)
    assert [number for number, _said in entry.errors] == [12, 702, 1201]
    assert "elfique" in entry.errors[1][1]
    with pytest.raises(ImportRefused, match="plus possible"):
        imports.ask_to_write(import_id=entry.pk, now=NOW)
    assert not Provider.objects.exists()


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"siret": "99999999999999"}, "registre ne connaît pas"),
        ({"nom": ""}, "nom"),
        ({"presentation": "Court."}, "presentation"),
        ({"services": ""}, "services"),
        ({"services": "inconnu"}, "inconnu"),
        ({"courriel": ""}, "joindre"),
        ({"fiche": "nulle-part"}, "aucune fiche"),
    ],
)
def test_a_bad_line_says_what_to_correct(changed, said):
    entry = check(as_csv([line(**{"siret": CompanyFactory().siret} | changed)]))

    assert entry.status == ImportStatus.REFUSED
    assert said in entry.errors[0][1]


def test_two_lines_for_one_card_are_refused():
    siret = CompanyFactory().siret

    entry = check(as_csv([line(siret), line(siret, "L’autre"), line(siret, "atelier  IMPORTE")]))

    assert entry.errors == [[4, "Même fiche que la ligne 2."]]


@pytest.mark.parametrize(
    ("header", "said"),
    [
        (["nom", "presentation"], "siret"),
        ([*COLUMNS, "mot_de_passe"], "mot_de_passe"),
        ([*COLUMNS, "nom"], "même nom"),
    ],
)
def test_columns_are_known(header, said):
    entry = check(as_csv([["x"] * len(header)], header=header))

    assert entry.status == ImportStatus.REFUSED
    assert said in entry.errors[0][1]


def test_an_empty_file_is_refused():
    assert check(as_csv([])).errors == [[0, "Ce fichier n’a aucune ligne."]]


def test_another_kind_of_file_is_refused():
    with pytest.raises(ImportRefused, match="CSV"):
        start(b"x", "fiches.exe")


def test_a_card_that_its_company_holds_is_left():
    card = published_card(owner=UserFactory())

    entry = check(as_csv([line(card.company.siret, fiche=card.slug)]))

    assert "tient sa fiche elle-même" in entry.errors[0][1]


def test_a_card_that_nobody_holds_is_changed_and_found():
    card = published_card(keywords=["gardé"])
    content = as_csv([line(card.company.siret, "Nouveau nom", fiche=card.slug)])

    entry = check(content)
    imports.ask_to_write(import_id=entry.pk, now=NOW)
    tasks.run_import(import_id=entry.pk)

    card.refresh_from_db()
    entry.refresh_from_db()
    assert (entry.changed_count, entry.new_count) == (1, 0)
    assert (card.name, card.keywords) == ("Nouveau nom", ["gardé"])
    assert SearchDocument.objects.get().name == "Nouveau nom"
    assert not Provider.objects.awaiting_review().exists()


def test_a_price_goes_with_the_service_that_an_import_takes_away():
    seo = ServiceFactory(code="web.seo", slug="seo")
    card = published_card(offers=[ServiceFactory(), seo])
    for service in (ServiceFactory(), seo, None):
        PriceIndication.objects.create(provider=card, service=service, basis="quote")

    write(check(as_csv([line(card.company.siret, fiche=card.slug)])))

    held = card.prices.order_by("service__code").values_list("service__code", flat=True)
    assert list(held) == ["web.site", None]


@pytest.mark.django_db(transaction=True)
def test_an_import_neither_waits_in_a_ring_nor_keeps_others_waiting(monkeypatch):
    first, second, other = published_card(), published_card(), published_card()
    lines = [line(card.company.siret, fiche=card.slug) for card in (second, first)]
    entry = check(as_csv(lines))
    write_changed = imports._write_changed
    edits = []

    def hide(card):
        try:
            providers.hide_card(provider_id=card.pk, reason="Essai", now=NOW)
        finally:
            connection.close()

    def then_staff_writes(*args, **kwargs):
        write_changed(*args, **kwargs)
        if not edits:
            pool.submit(hide, other).result(timeout=60)
            edits.append(pool.submit(hide, first))
            time.sleep(0.5)  # it holds what it can, and waits for the rest

    monkeypatch.setattr(checking, "BATCH", 1)
    monkeypatch.setattr(imports, "_write_changed", then_staff_writes)
    with ThreadPoolExecutor(1) as pool:
        assert write(entry).status == ImportStatus.WRITTEN
        edits[0].result(timeout=60)

    assert list(Provider.objects.published()) == [second]


def test_what_changed_since_the_reading_is_refused_and_nothing_is_written():
    first, second = companies(2)
    entry = check(as_csv([line(first.siret), line(second.siret)]))
    MembershipFactory(company=second)

    entry = write(entry)

    assert entry.status == ImportStatus.REFUSED
    assert entry.errors[0][0] == 3
    assert not Provider.objects.exists()


def test_a_failure_half_way_writes_nothing(monkeypatch):
    entry = check(as_csv([line(company.siret) for company in companies(600)]))
    calls = []

    def broken(*args, **kwargs):
        calls.append(1)
        if len(calls) == 2:
            raise RuntimeError("broken")
        return write_new(*args, **kwargs)

    write_new = imports._write_new
    monkeypatch.setattr(imports, "_write_new", broken)

    with pytest.raises(RuntimeError):
        write(entry)

    entry.refresh_from_db()
    assert entry.status == ImportStatus.FAILED
    assert not Provider.objects.exists()
    assert not Offer.objects.exists()


def test_a_task_that_runs_twice_works_once():
    entry = check(as_csv([line(CompanyFactory().siret)]))

    assert imports.check_import(import_id=entry.pk, now=NOW) is None
    write(entry)
    assert imports.write_import(import_id=entry.pk, now=NOW) is None
    assert Provider.objects.count() == 1


def test_an_import_whose_worker_died_is_relaunched(rung, django_capture_on_commit_callbacks):
    entry = start(as_csv([line(CompanyFactory().siret)]))
    CardImport.objects.update(status=ImportStatus.CHECKING, alive_at=NOW)
    with pytest.raises(ImportRefused, match="en cours"):
        imports.relaunch_import(import_id=entry.pk, now=NOW)
    later = NOW + STALE_AFTER * 1.1

    with django_capture_on_commit_callbacks(execute=True):
        imports.relaunch_import(import_id=entry.pk, now=later)

    assert rung == [{"import_id": entry.pk}]
    assert imports.check_import(import_id=entry.pk, now=later).status == ImportStatus.READY


def test_same_names_get_addresses_of_their_own():
    found = [CompanyFactory(siret=f"4181660960006{n}") for n in range(3)]

    write(check(as_csv([line(company.siret) for company in found])))

    slugs = list(Provider.objects.order_by("pk").values_list("slug", flat=True))
    assert slugs[0] == "atelier-importe-418166096"
    assert len(set(slugs)) == 3


def test_the_file_goes_once_it_has_served(django_capture_on_commit_callbacks):
    entry = check(as_csv([line(CompanyFactory().siret)]))
    storage, name = entry.file.storage, entry.file.name
    assert storage.exists(name)

    with django_capture_on_commit_callbacks(execute=True):
        write(entry)

    assert not storage.exists(name)


def test_old_files_are_purged(django_capture_on_commit_callbacks):
    entry = check(as_csv([line("1")]))
    storage, name = entry.file.storage, entry.file.name

    with django_capture_on_commit_callbacks(execute=True):
        purge_personal_data(now=NOW.replace(year=NOW.year + 1), write=True)

    assert not CardImport.objects.exists()
    assert not storage.exists(name)


# --- Export ---


def export(user=None, file_format="csv", **filters):
    user = user or UserFactory()
    return exports.start_export(user=user, file_format=file_format, filters=filters, now=NOW)


def rows_of(entry):
    with entry.file.open("rb") as file:
        return [cells for _n, cells in files.read_lines(file, name=entry.file.name)[1]]


@pytest.mark.parametrize("file_format", ["csv", "xlsx"])
def test_an_export_holds_the_chosen_cards(file_format):
    card = published_card(name="=cmd|x")
    submitted_card()

    entry = export(file_format=file_format, status="published")

    (cells,) = rows_of(entry)
    assert (entry.status, entry.row_count) == (ExportStatus.READY, 1)
    assert (cells["fiche"], cells["nom"], cells["services"]) == (card.slug, "=cmd|x", "web.site")


def test_what_was_exported_may_be_imported_again():
    card = published_card(tagline="-50 % en mai", phone="+33 3 87 00 00 00")
    entry = export()
    with entry.file.open("rb") as file:
        content = file.read()
    Provider.objects.update(tagline="", phone="")

    assert write(check(content)).changed_count == 1

    card.refresh_from_db()
    assert (card.tagline, card.phone) == ("-50 % en mai", "+33 3 87 00 00 00")


def test_a_large_export_is_the_worker_s(rung, monkeypatch, django_capture_on_commit_callbacks):
    monkeypatch.setattr(exports, "AT_ONCE", 1)
    monkeypatch.setattr(exports, "BATCH", 2)
    for _ in range(3):
        submitted_card()

    with django_capture_on_commit_callbacks(execute=True):
        entry = export()

    assert (entry.status, rung) == (ExportStatus.WAITING, [{"export_id": entry.pk}])
    exports.run_export(export_id=entry.pk, now=NOW)
    entry.refresh_from_db()
    assert len(rows_of(entry)) == 3


def left_export(**fields):
    values = {"format": "csv", "created_by": UserFactory(), "created_at": NOW} | fields
    return CardExport.objects.create(**values)


def test_an_export_that_a_worker_has_is_not_written_twice():
    submitted_card()
    entry = left_export(status=ExportStatus.RUNNING, alive_at=NOW)

    entry = exports.run_export(export_id=entry.pk, now=NOW + timedelta(minutes=1))

    assert (entry.status, entry.file.name) == (ExportStatus.RUNNING, "")


@pytest.mark.parametrize("status", [ExportStatus.WAITING, ExportStatus.RUNNING])
def test_an_export_that_was_left_is_written_in_the_end(status):
    submitted_card()
    entry = left_export(status=status, alive_at=NOW)

    tasks.write_exports_left()

    entry.refresh_from_db()
    assert (entry.status, len(rows_of(entry))) == (ExportStatus.READY, 1)


def test_a_worker_taken_for_dead_leaves_no_second_file(monkeypatch):
    submitted_card()
    entry = left_export()
    own_lines = exports._lines

    def slow_lines(claimed):
        CardExport.objects.update(alive_at=NOW + timedelta(hours=1))
        yield from own_lines(claimed)

    monkeypatch.setattr(exports, "_lines", slow_lines)
    kept = private_storage()
    before = set(kept.listdir("exports")[1]) if kept.exists("exports") else set()

    exports.run_export(export_id=entry.pk, now=NOW)

    assert set(kept.listdir("exports")[1]) == before
    assert CardExport.objects.get().status == ExportStatus.RUNNING


@pytest.mark.parametrize("count", [1, 4])
def test_an_export_costs_the_same_queries_whatever_its_cards(count, django_assert_num_queries):
    for _ in range(count):
        submitted_card()
    user = UserFactory()

    with django_assert_num_queries(EXPORT_QUERIES):
        export(user)


EXPORT_QUERIES = 9


# --- Pages ---


@pytest.fixture
def secretary(client, settings):
    settings.STAFF_MFA_REQUIRED = False
    return sign_in(client, Role.CHARTER)


def test_staff_imports_from_the_back_office(client, secretary, rung):
    ServiceFactory()
    company = CompanyFactory()
    file = SimpleUploadedFile("mes fiches.csv", as_csv([line(company.siret)]))

    page = client.post("/admin/directory/cardimport/nouveau/", {"file": file}, follow=True)
    assert "data-emn-refresh" in page.content.decode()
    entry = CardImport.objects.get()
    tasks.run_import(import_id=entry.pk)
    page = client.get(reverse("admin:directory_cardimport_change", args=[entry.pk]))
    assert page.context["may_write"]
    address = reverse("admin:directory_cardimport_act", args=[entry.pk, "ecrire"])
    client.get(address)
    tasks.run_import(import_id=entry.pk)
    assert not Provider.objects.exists()
    client.post(address)
    tasks.run_import(import_id=entry.pk)

    assert Provider.objects.get().company == company


def test_the_model_opens_in_a_spreadsheet(client, secretary):
    content = client.get("/admin/directory/cardimport/modele/").content

    header = [cell.value for cell in load_workbook(io.BytesIO(content)).active[1]]
    assert header[:2] == ["fiche", "siret"]


@pytest.mark.parametrize(
    "path", ["cardimport/nouveau/", "cardimport/modele/", "cardexport/nouveau/"]
)
def test_files_need_their_permission(client, settings, path):
    settings.STAFF_MFA_REQUIRED = False
    sign_in(client, Role.RECEPTION)

    assert client.get(f"/admin/directory/{path}").status_code == 403


@pytest.mark.parametrize("model", ["cardimport", "cardexport"])
@pytest.mark.parametrize("key", ["abc", "999999"])
def test_address_of_no_file_is_not_found(client, secretary, model, key):
    assert client.get(f"/admin/directory/{model}/{key}/change/").status_code == 404


def test_an_export_is_downloaded_by_who_asked_and_nobody_else(client, secretary, settings):
    published_card()
    client.post("/admin/directory/cardexport/nouveau/", {"format": "csv"})
    entry = CardExport.objects.get()
    address = reverse("admin:directory_cardexport_file", args=[entry.pk])

    own = client.get(address)
    assert own.headers["Content-Disposition"].startswith("attachment")
    assert b"siret" in b"".join(own.streaming_content)
    sign_in(client, Role.DIRECTOR)
    assert client.get(address).status_code == 404


def test_no_address_of_the_portal_reaches_a_stored_file(client, secretary):
    entry = check(as_csv([line("1")]))

    assert client.get(f"/media/{entry.file.name}").status_code == 404


def test_the_files_of_an_erased_agent_go():
    agent = UserFactory()
    ProviderFactory()
    entry = export(agent)

    erase_account(user_id=agent.pk)

    assert not CardExport.objects.filter(pk=entry.pk).exists()
