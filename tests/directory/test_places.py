"""Places in files of the national standard, and their public pages."""

import csv
import io
import json
from datetime import timedelta
from pathlib import Path

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import storages
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import DataError
from django.urls import reverse

from directory import place_files, tasks
from directory.enums import PlaceKind
from directory.models import Place, PlaceChange, PlaceImport
from directory.places.hours import Opening, read
from directory.places.standard import Wrong, column_names, faults
from directory.services import places
from emn.accounts.enums import Role
from emn.lib.file_imports.enums import ImportStatus
from emn.lib.file_imports.services import ImportRefused
from tests.directory.factories import NOW, CommuneFactory
from tests.directory.test_admin import sign_in

EXAMPLE = Path(__file__).parent / "data" / "lieux_exemple_valide.csv"
ORIGIN = "Hub d’essai"
MORNING = (("09:00", "10:00"),)


@pytest.fixture(autouse=True)
def rung(monkeypatch):
    """What would have been sent to the worker."""
    calls = []
    monkeypatch.setattr(tasks.run_place_import, "delay", lambda **ids: calls.append(ids))
    return calls


def line(number=1, **changed):
    values = dict.fromkeys(column_names(), "") | {
        "id": f"lieu-{number}",
        "pivot": "43493312300029",
        "nom": f"Maison numérique {number}",
        "commune": "Sarrebourg",
        "code_postal": "57400",
        "code_insee": "57630",
        "adresse": "1 rue de l’Été",
        "telephone": "+33180059880",
        "horaires": "Mo-Fr 09:00-12:00",
        "date_maj": "2026-11-02",
        "services": "Utilisation sécurisée du numérique",
    }
    return values | changed


def as_csv(lines, *, encoding="utf-8", delimiter=","):
    text = io.StringIO()
    writer = csv.DictWriter(text, column_names(), delimiter=delimiter)
    writer.writeheader()
    writer.writerows(lines)
    return text.getvalue().encode(encoding)


def checked(content, *, origin=ORIGIN):
    CommuneFactory()
    entry = places.start_import(
        file=ContentFile(content), name="lieux.csv", origin=origin, by_id=None, now=NOW
    )
    return places.check_import(import_id=entry.pk, now=NOW)


def imported(*lines, withdrawn=None):
    entry = checked(as_csv(lines))
    places.ask_to_write(import_id=entry.pk, withdrawn_count=withdrawn, now=NOW)
    return places.write_import(import_id=entry.pk, now=NOW)


def test_files_are_kept_and_read_outside_transactions(files_apart):
    imported(line(1))

    assert Place.objects.count() == 1


@pytest.mark.django_db
def test_an_import_that_cannot_be_kept_leaves_no_file():
    def files():
        files = storages["private"]
        return set(files.listdir("imports")[1]) if files.exists("imports") else set()

    before = files()
    with pytest.raises(DataError):
        places.start_import(
            file=ContentFile(b"x"), name="lieux.csv", origin="x" * 1000, by_id=None, now=NOW
        )

    assert files() == before


def test_the_valid_example_of_the_standard_has_no_fault():
    with EXAMPLE.open(encoding="utf-8", newline="") as file:
        [cells] = csv.DictReader(file)

    assert faults(cells) == []
    assert list(cells) == column_names()


@pytest.mark.parametrize(
    ("column", "value", "wrong"),
    [
        ("nom", "", Wrong.MISSING),
        ("pivot", "12", Wrong.SHAPE),
        ("telephone", "03 87 00 00 00", Wrong.SHAPE),
        ("frais_a_charge", "Gratuit|Cher", Wrong.CHOICE),
        ("latitude", "quarante", Wrong.NUMBER),
        ("latitude", "nan", Wrong.NUMBER),
        ("latitude", "91", Wrong.NUMBER),
        ("date_maj", "02/11/2026", Wrong.DAY),
        ("presentation_resume", "a" * 281, Wrong.LONG),
        ("adresse", "=1+1", Wrong.FORMULA),
    ],
)
def test_what_the_standard_refuses_is_named(column, value, wrong):
    [fault] = faults(line(**{column: value}))

    assert (fault.field.name, fault.wrong) == (column, wrong)


@pytest.mark.parametrize(
    ("text", "week"),
    [
        (
            "Mo-Fr 09:00-12:00,14:00-18:30; Sa 08:30-12:00",
            (
                Opening(0, 4, (("09:00", "12:00"), ("14:00", "18:30"))),
                Opening(5, 5, (("08:30", "12:00"),)),
            ),
        ),
        ("Mo-Su 10:00-18:00; We off", None),
        ("24/7", (Opening(0, 6, (("00:00", "24:00"),)),)),
        ("Sa-Mo 9:00-10:00", (Opening(0, 0, MORNING), Opening(5, 6, MORNING))),
        ("Mo-Fr 09:00-12:00; PH off", (Opening(0, 4, (("09:00", "12:00"),)),)),
        ("Mo-Fr 09:00-12:00; PH 10:00-12:00", None),
        ("Jan-Mar Mo 09:00-12:00", None),
        ("Mo 18:00-02:00", None),
        ("Mo 09:60-12:00", None),
        ("", None),
    ],
)  # fmt: skip
def test_plain_hours_are_read_and_others_are_not(text, week):
    if text.endswith("We off"):
        week = (
            Opening(0, 1, (("10:00", "18:00"),)),
            Opening(3, 6, (("10:00", "18:00"),)),
        )

    assert read(text) == week


@pytest.mark.django_db
class TestImport:
    pytestmark = pytest.mark.usefixtures("commits")

    @pytest.mark.parametrize(
        ("encoding", "delimiter"),
        [("utf-8", ","), ("utf-8-sig", ";"), ("cp1252", ";"), ("utf-16", "\t")],
    )
    def test_reads_real_files(self, encoding, delimiter):
        entry = checked(as_csv([line()], encoding=encoding, delimiter=delimiter))

        assert (entry.status, entry.new_count, entry.errors) == (ImportStatus.READY, 1, [])

    def test_reports_each_line_and_writes_none(self):
        lines = [line(1), line(2, nom=""), line(3, code_insee="75056"), line(1)]

        entry = checked(as_csv(lines))

        assert entry.status == ImportStatus.REFUSED
        assert [number for number, _said in entry.errors] == [3, 4, 5]
        with pytest.raises(ImportRefused):
            places.ask_to_write(import_id=entry.pk, now=NOW)
        assert not Place.objects.exists()

    def test_refuses_a_point_that_is_not_in_the_commune(self):
        commune = CommuneFactory()
        here = {"latitude": f"{commune.latitude:.5f}", "longitude": f"{commune.longitude:.5f}"}
        near = {"latitude": f"{commune.latitude + 0.2:.5f}", "longitude": here["longitude"]}
        turned = {"latitude": here["longitude"], "longitude": here["latitude"]}
        nowhere = {"latitude": "0", "longitude": "0"}

        lines = [line(n, **where) for n, where in enumerate((here, near, turned, nowhere))]
        entry = checked(as_csv(lines))

        said = dict(entry.errors)
        assert list(said) == [4, 5]
        assert "inversées" in str(said[4])
        assert "30 km" in str(said[5])

    def test_finds_the_commune_by_name_and_postcode(self):
        imported(line(code_insee=""))

        assert Place.objects.get().commune_id == "57630"

    def test_updates_by_identifier_and_keeps_the_address(self):
        imported(line())
        slug = Place.objects.get().slug

        entry = imported(line(nom="Autre nom"))

        place = Place.objects.get()
        assert (place.name, place.slug) == ("Autre nom", slug)
        assert (entry.new_count, entry.changed_count) == (0, 1)

    def test_withdraws_only_the_number_that_staff_confirms(self):
        imported(line(1), line(2), line(3))
        entry = checked(as_csv([line(1)]))

        with pytest.raises(ImportRefused, match="2"):
            places.ask_to_write(import_id=entry.pk, withdrawn_count=1, now=NOW)
        places.ask_to_write(import_id=entry.pk, withdrawn_count=2, now=NOW)
        places.write_import(import_id=entry.pk, now=NOW)

        assert [place.reference for place in Place.objects.listed()] == ["lieu-1"]
        imported(line(1), line(2))
        assert Place.objects.listed().count() == 2

    def test_refuses_when_more_would_go_than_was_confirmed(self):
        imported(line(1), line(2))
        entry = checked(as_csv([line(1)]))
        places.ask_to_write(import_id=entry.pk, withdrawn_count=1, now=NOW)
        Place.objects.create(
            reference="venu-entre-temps", slug="venu", pivot="434933123", name="Venu", address="1",
            commune_id="57630", postcode="57400", updated_on=NOW.date(), origin=ORIGIN,
        )  # fmt: skip

        written = places.write_import(import_id=entry.pk, now=NOW + timedelta(minutes=1))

        assert written.status == ImportStatus.REFUSED
        assert Place.objects.listed().count() == 3

    def test_leaves_the_places_of_another_origin(self):
        imported(line())

        entry = checked(as_csv([line()]), origin="Autre hub")

        assert entry.status == ImportStatus.REFUSED
        assert ORIGIN in entry.errors[0][1]

    def test_writes_once(self):
        entry = imported(line())

        assert places.write_import(import_id=entry.pk, now=NOW) is None

    def test_refuses_columns_of_another_table(self):
        entry = checked(b"id;nom\n1;Lieu\n")

        assert "pivot" in entry.errors[0][1]


@pytest.mark.django_db
class TestPages:
    pytestmark = pytest.mark.usefixtures("commits")

    @pytest.mark.parametrize("count", [1, 3])
    def test_list_asks_as_much_for_three_as_for_one(self, client, count, django_assert_num_queries):
        imported(*(line(number) for number in range(count)))
        client.get(reverse("places:list"))

        with django_assert_num_queries(LIST_QUERIES):
            page = client.get(reverse("places:list"))

        assert page.content.count(b"Maison num") == count

    def test_list_is_narrowed(self, client):
        imported(
            line(1, publics_specifiquement_adresses="Jeunes"),
            line(2, publics_specifiquement_adresses="Seniors"),
            line(3, services="Loisirs et créations numériques"),
        )

        def names(**asked):
            page = client.get(reverse("places:list"), asked).context["page"]
            return [place.reference for place in page]

        assert names(public="Jeunes") == ["lieu-1", "lieu-3"]
        assert names(service="Loisirs et créations numériques") == ["lieu-3"]
        assert names(genre="school") == []
        assert names(commune="57630") == ["lieu-1", "lieu-2", "lieu-3"]
        assert names(genre="inconnu", territoire="inconnu") == ["lieu-1", "lieu-2", "lieu-3"]

    def test_map_has_its_table(self, client):
        imported(line(1), line(2))

        page = client.get(reverse("places:map")).content.decode()

        assert "commune=57630" in page
        assert "Sarrebourg" in page

    def test_place_says_its_hours_and_describes_itself(self, client):
        imported(line(site_web="javascript:alert(1)|https://lieu.example"))

        page = client.get(Place.objects.get().get_absolute_url()).content.decode()

        assert "du lundi au vendredi" in page
        assert "https://lieu.example" in page
        assert "javascript:" not in page
        data = page.split('<script type="application/ld+json">')[1].split("</script>")[0]
        assert json.loads(data)["openingHours"] == ["Mo-Fr 09:00-12:00"]

    def test_hours_that_are_not_plain_are_shown_as_written(self, client):
        imported(line(horaires="Jan-Mar Mo 09:00-12:00"))

        assert "Jan-Mar" in client.get(Place.objects.get().get_absolute_url()).content.decode()

    def test_holidays_and_the_number_are_said_as_people_say_them(self, client):
        imported(line(horaires="Mo 09:00-12:00; PH off", telephone="+33387000104"))

        page = client.get(Place.objects.get().get_absolute_url()).content.decode()

        assert "jours fériés</dt><dd>fermé" in page
        assert 'href="tel:+33387000104">03 87 00 01 04<' in page

    def test_withdrawn_place_is_gone(self, client):
        imported(line())
        place = Place.objects.get()
        Place.objects.update(withdrawn_at=NOW)

        assert client.get(place.get_absolute_url()).status_code == 404
        assert "lieu-1" not in client.get(reverse("places:csv")).getvalue().decode()

    def test_what_is_taken_away_is_what_came_in(self, client):
        lines = [line(1, latitude="48.735", longitude="7.055"), line(2, frais_a_charge="Gratuit")]
        imported(*lines)

        text = client.get(reverse("places:csv")).getvalue().decode("utf-8")

        given = list(csv.DictReader(io.StringIO(text)))
        assert given == lines
        assert [faults(cells) for cells in given] == [[], []]

    def test_json_says_the_same(self, client):
        imported(line())

        given = json.loads(client.get(reverse("places:json")).getvalue())

        assert given == [{name: cell for name, cell in line().items() if cell}]

    @pytest.mark.parametrize(("count", "queries"), [(0, 1), (3, 3), (4, 3)])
    def test_files_are_read_a_slice_at_a_time(
        self, monkeypatch, count, queries, django_assert_num_queries
    ):
        monkeypatch.setattr(place_files, "SLICE", 2)
        if count:
            imported(*(line(number) for number in range(count)))

        with django_assert_num_queries(queries):
            csv_file = b"".join(place_files.csv_slices(Place.objects.listed()))
        with django_assert_num_queries(queries):
            json_file = b"".join(place_files.json_slices(Place.objects.listed()))

        lines = [line(number) for number in range(count)]
        assert list(csv.DictReader(io.StringIO(csv_file.decode()))) == lines
        assert [row["id"] for row in json.loads(json_file)] == [row["id"] for row in lines]

    def test_a_file_that_nothing_touched_is_not_sent_again(self, client):
        imported(line())
        url = reverse("places:csv")
        first = client.get(url)

        assert "public" not in first["Cache-Control"]  # or the page cache would wait for the whole
        again = client.get(url, headers={"if-none-match": first["ETag"]})
        assert again.status_code == 304
        imported(line(nom="Autre nom"))
        changed = client.get(url, headers={"if-none-match": first["ETag"]})
        assert "Autre nom" in changed.getvalue().decode()

    def test_the_sillon_lorrain_is_a_filter_with_its_counts(self, client):
        CommuneFactory(insee_code="54395", name="Nancy", latitude=48.69, longitude=6.175)
        CommuneFactory(insee_code="54547", name="Vandœuvre", latitude=48.656, longitude=6.171)
        imported(
            line(1), line(2, code_insee="54395", commune="Nancy"),
            line(3, code_insee="54547", commune="Vandœuvre"),
        )  # fmt: skip

        page = client.get(reverse("places:list"), {"pole": "nancy"})
        drawn = client.get(reverse("places:map"))

        assert [place.reference for place in page.context["page"]] == ["lieu-2", "lieu-3"]
        assert [(name, count) for name, _url, count in drawn.context["poles"]] == [("Nancy", 2)]
        assert "Vandœuvre" in drawn.content.decode()
        unknown = client.get(reverse("places:list"), {"pole": "metz"}).context["page"]
        assert unknown.paginator.count == 3


LIST_QUERIES = 2


@pytest.mark.django_db
@pytest.mark.usefixtures("commits")
class TestHistory:
    def told(self, reference):
        rows = PlaceChange.objects.filter(place__reference=reference).order_by("pk")
        return [(row.kind, row.fields) for row in rows]

    def test_each_import_leaves_what_it_changed(self):
        imported(line(1), line(2))
        imported(line(1, nom="Autre nom", telephone="+33387000000"), line(2))
        imported(line(2), withdrawn=1)
        imported(line(1), line(2))

        assert self.told("lieu-2") == [("new", {})]
        assert self.told("lieu-1") == [
            ("new", {}),
            ("changed", {"name": ["Maison numérique 1", "Autre nom"], "telephone": []}),
            ("withdrawn", {}),
            ("returned", {"name": ["Autre nom", "Maison numérique 1"], "telephone": []}),
        ]

    def test_long_words_are_cut_and_no_past_address_is_kept(self):
        imported(line(courriels="ancien@lieu.example", presentation_detail="a" * 300))
        imported(line(courriels="nouveau@lieu.example", presentation_detail="b" * 300))

        [_new, (_kind, fields)] = self.told("lieu-1")
        assert fields == {"mailboxes": [], "description": ["a" * 200 + "…", "b" * 200 + "…"]}

    def test_the_history_outlives_the_import(self):
        entry = imported(line())

        PlaceImport.objects.all().delete()

        assert PlaceChange.objects.get().file == entry.name


@pytest.fixture
def editor(client, settings):
    settings.STAFF_MFA_REQUIRED = False
    return sign_in(client, Role.EDITOR)


@pytest.mark.django_db
@pytest.mark.usefixtures("commits")
class TestStaff:
    def sent(self, client, *lines, **fields):
        CommuneFactory()
        file = SimpleUploadedFile("lieux.csv", as_csv(lines))
        given = {"file": file, "origin": ORIGIN, "kind": PlaceKind.LAB} | fields
        client.post(reverse("admin:directory_placeimport_upload"), given)
        entry = PlaceImport.objects.latest("pk")
        tasks.run_place_import(import_id=entry.pk)
        return entry

    def page(self, client, entry):
        return client.get(reverse("admin:directory_placeimport_change", args=[entry.pk]))

    def act(self, client, entry, verb, **given):
        address = reverse("admin:directory_placeimport_act", args=[entry.pk, verb])
        answer = client.post(address, given, follow=True)
        tasks.run_place_import(import_id=entry.pk)
        return answer

    def test_a_file_is_read_then_written_with_its_kind(self, client, editor):
        entry = self.sent(client, line())

        assert self.page(client, entry).context["may_write"]
        client.get(reverse("admin:directory_placeimport_act", args=[entry.pk, "ecrire"]))
        assert not Place.objects.exists()
        self.act(client, entry, "ecrire")

        assert Place.objects.get().kind == PlaceKind.LAB
        detail = client.get(reverse("admin:directory_place_change", args=[Place.objects.get().pk]))
        assert "Ajouté · lieux.csv" in detail.content.decode()
        changes = client.get(reverse("admin:directory_placechange_changelist"))
        assert "Maison numérique 1" in changes.content.decode()

    def test_withdrawing_asks_for_the_number(self, client, editor):
        self.act(client, self.sent(client, line(1), line(2)), "ecrire")
        entry = self.sent(client, line(1))

        assert 'name="withdrawn"' in self.page(client, entry).content.decode()
        for typed in ("", "deux", "2"):
            refused = self.act(client, entry, "ecrire", withdrawn=typed)
            assert "tapez leur nombre" in refused.content.decode()
        self.act(client, entry, "ecrire", withdrawn="1")

        assert Place.objects.listed().count() == 1

    def test_a_refused_file_is_shown_line_by_line_and_abandoned(self, client, editor):
        entry = self.sent(client, line(nom=""))

        page = self.page(client, entry)
        assert not page.context["may_write"]
        assert "nom" in page.content.decode()
        self.act(client, entry, "abandonner")

        entry.refresh_from_db()
        assert entry.status == ImportStatus.ABANDONED

    def test_an_import_whose_worker_died_is_rung_again(self, client, editor, rung):
        CommuneFactory()
        entry = places.start_import(
            file=ContentFile(as_csv([line()])), name="lieux.csv", origin=ORIGIN, by_id=None,
            now=NOW - timedelta(days=1),
        )  # fmt: skip
        rung.clear()

        assert self.page(client, entry).context["may_relaunch"]
        address = reverse("admin:directory_placeimport_act", args=[entry.pk, "relancer"])
        client.post(address)

        assert rung == [{"import_id": entry.pk}]

    def test_buttons_ask_for_the_permission(self, client, settings):
        settings.STAFF_MFA_REQUIRED = False
        sign_in(client, Role.RECEPTION)
        entry = checked(as_csv([line()]))

        address = reverse("admin:directory_placeimport_act", args=[entry.pk, "ecrire"])
        assert client.post(address).status_code == 403
        assert client.get(reverse("admin:directory_placeimport_upload")).status_code == 403


@pytest.mark.django_db
@pytest.mark.usefixtures("commits")
def test_the_api_gives_the_places_page_by_page(client):
    imported(line(1), line(2, horaires=""))

    first = client.get(reverse("api:places"), {"limit": 1, "commune": "57630"})
    second = client.get(first.json()["next"])

    assert [row["id"] for row in first.json()["results"]] == ["lieu-1"]
    assert [row["id"] for row in second.json()["results"]] == ["lieu-2"]
    assert second.json()["next"] is None
    assert "courriels" not in first.json()["results"][0]
