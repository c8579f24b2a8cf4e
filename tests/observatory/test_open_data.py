"""Open files that keep to their schema, a catalogue that can be harvested, frames for others."""

import csv
import io
import json
import re
from datetime import UTC, date, datetime, timedelta
from urllib.parse import urlsplit
from xml.etree import ElementTree as ET

import pytest
from django.urls import reverse

from observatory import catalogue, datasets
from observatory.models import DatasetFile, Publication, ServiceLevel
from observatory.services import open_data, publications
from observatory.survey_enums import PublicationKind
from tests.directory.clusters import grappe
from tests.directory.factories import CommuneFactory, UserFactory, published_card
from tests.events.factories import published as published_session

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("commits")]
NOW = datetime(2026, 11, 28, 3, 20, tzinfo=UTC)
DATASETS = list(datasets.datasets)


def a_row_of_each():
    published_card(name="=Atelier")
    published_session(seats=10, slug="une-date")
    CommuneFactory()
    study = Publication.objects.create(
        kind=PublicationKind.STUDY, title="Étude", summary="Deux phrases."
    )
    study.parts.create(position=1, title="Partie")
    publications.publish(publication_id=study.pk, by_id=UserFactory().pk, now=NOW)
    grappe()
    ServiceLevel.objects.create(
        promise="first_call", measured_on=date(2026, 11, 27), cases=6, value=2, kept="83.3"
    )


def read(response):
    text = b"".join(response.streaming_content).decode()
    return list(csv.DictReader(io.StringIO(text)))


CASTS = {
    "string": str,
    "integer": int,
    "number": float,
    "boolean": {"true": True, "false": False}.__getitem__,
    "date": date.fromisoformat,
    "datetime": lambda text: datetime.strptime(text, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC),
}


def faults(field, text):
    """What a cell breaks of its field, as Table Schema has it."""
    rules = field.get("constraints", {})
    if text == "":
        return ["required"] if rules.get("required") else []
    try:
        value = CASTS[field["type"]](text)
    except (ValueError, KeyError):
        return [field["type"]]
    checks = {
        "pattern": lambda rule: re.fullmatch(rule, text),
        "enum": lambda rule: value in rule,
        "minimum": lambda rule: value >= rule,
        "maximum": lambda rule: value <= rule,
    }
    return [name for name, check in checks.items() if name in rules and not check(rules[name])]


@pytest.mark.parametrize("entry", DATASETS, ids=lambda entry: entry.key)
def test_each_file_keeps_to_its_schema(client, entry):
    a_row_of_each()
    open_data.write(entry, now=NOW)

    rows = read(client.get(reverse("open_data:file", args=[entry.key])))

    fields = entry.schema["fields"]
    assert list(rows[0] if rows else entry.columns) == [field["name"] for field in fields]
    found = {
        (field["name"], fault)
        for row in rows
        for field in fields
        for fault in faults(field, row[field["name"]])
    }
    assert found == set()
    keys = [tuple(row[name] for name in entry.schema["primaryKey"]) for row in rows]
    assert len(keys) == len(set(keys))
    examples = {
        (field["name"], fault)
        for field in fields
        for fault in faults(field, str(field["example"]).replace("False", "false"))
    }
    assert examples == set()


@pytest.mark.parametrize(
    "key", ["prestataires", "services", "agenda", "communes", "grappes", "promesses"]
)
def test_what_there_is_is_in_the_file(client, key):
    a_row_of_each()
    open_data.write(datasets.dataset(key), now=NOW)

    assert read(client.get(reverse("open_data:file", args=[key])))


def test_a_name_never_becomes_a_formula(client):
    a_row_of_each()
    open_data.write(datasets.dataset("prestataires"), now=NOW)

    (row,) = read(client.get(reverse("open_data:file", args=["prestataires"])))

    assert row["nom"] == "'=Atelier"


def test_a_file_is_written_again_only_when_it_differs():
    a_row_of_each()
    entry = datasets.dataset("prestataires")
    assert open_data.write(entry, now=NOW)

    assert not open_data.write(entry, now=NOW + timedelta(days=1))

    row = DatasetFile.objects.get(dataset="prestataires")
    assert (row.changed_at, row.checked_at) == (NOW, NOW + timedelta(days=1))
    published_card(name="Autre")
    old = row.file.name
    assert open_data.write(entry, now=NOW + timedelta(days=2))
    row.refresh_from_db()
    assert row.row_count == 2
    assert not row.file.storage.exists(old)


def test_a_data_set_that_fails_holds_no_other_back(monkeypatch, caplog):
    failing = datasets.dataset("prestataires")
    monkeypatch.setitem(failing.__dict__, "rows", lambda: 1 / 0)
    a_row_of_each()

    open_data.write_all(now=NOW)

    assert not DatasetFile.objects.filter(dataset="prestataires").exists()
    assert DatasetFile.objects.count() == len(DATASETS) - 1
    assert "prestataires" in caplog.text


def test_a_file_has_validators_and_can_be_read_from_any_site(client):
    open_data.write(datasets.dataset("services"), now=NOW)
    address = reverse("open_data:file", args=["services"])

    first = client.get(address)
    again = client.get(address, headers={"If-None-Match": first["ETag"]})
    b"".join(first)  # which closes the file

    assert first["Content-Type"] == "text/csv; charset=utf-8"
    assert first["Access-Control-Allow-Origin"] == "*"
    assert not first.cookies
    assert again.status_code == 304


@pytest.mark.parametrize("path", ["rien.csv", "rien/", "rien/schema.json"])
def test_an_unknown_data_set_is_not_found(client, path):
    assert client.get(f"/donnees/{path}").status_code == 404


def test_a_file_that_is_not_written_yet_is_not_found(client):
    assert client.get(reverse("open_data:file", args=["agenda"])).status_code == 404
    assert "s’écrit cette nuit" in client.get(reverse("open_data:home")).content.decode()


def test_the_page_leads_to_files_schemas_and_catalogues(client, django_assert_num_queries):
    a_row_of_each()
    open_data.write_all(now=NOW)

    with django_assert_num_queries(1):
        catalogue.listed()
    html = client.get(reverse("open_data:home")).content.decode()

    for entry in DATASETS:
        assert reverse("open_data:file", args=[entry.key]) in html
        assert reverse("open_data:schema", args=[entry.key]) in html


# --- The catalogue ---

RDF = {f"{{{address}}}": f"{prefix}:" for prefix, address in catalogue.NAMESPACES.items()}


def short(tag):
    for address, prefix in RDF.items():
        tag = tag.replace(address, prefix)
    return tag


def resources(node, name):
    prefix, _colon, local = name.partition(":")
    about = f"{{{catalogue.NAMESPACES['rdf']}}}resource"
    return [
        child.get(about) for child in node.findall(f"{{{catalogue.NAMESPACES[prefix]}}}{local}")
    ]


@pytest.fixture
def harvested(client):
    a_row_of_each()
    open_data.write_all(now=NOW)
    response = client.get(reverse("open_data:rdf"))
    assert response["Content-Type"] == "application/rdf+xml; charset=utf-8"
    return ET.fromstring(response.content)  # noqa: S314 -- our own


def by_kind(root, kind):
    return [node for node in root if short(node.tag) == kind]


def test_the_catalogue_has_what_a_harvester_asks_of_each_data_set(harvested):
    (whole,) = by_kind(harvested, "dcat:Catalog")
    found = by_kind(harvested, "dcat:Dataset")

    about = f"{{{catalogue.NAMESPACES['rdf']}}}about"
    assert resources(whole, "dcat:dataset") == [node.get(about) for node in found]
    assert len(found) == len(DATASETS)
    for node in found:
        told = {short(child.tag) for child in node}
        assert {
            "dct:identifier", "dct:title", "dct:description", "dcat:keyword", "dct:modified",
            "dcat:theme", "dct:accrualPeriodicity", "dct:spatial", "dct:license",
            "dct:publisher", "dcat:contactPoint", "dcat:distribution", "dcat:landingPage",
        } <= told  # fmt: skip
        assert resources(node, "dct:spatial") == ["http://id.insee.fr/geo/departement/57"]


def test_each_distribution_is_described_and_can_be_had(client, harvested):
    found = by_kind(harvested, "dcat:Distribution")
    about = f"{{{catalogue.NAMESPACES['rdf']}}}about"
    named = [
        address
        for node in by_kind(harvested, "dcat:Dataset")
        for address in resources(node, "dcat:distribution")
    ]

    assert [node.get(about) for node in found] == named
    for node in found:
        (address,) = resources(node, "dcat:accessURL")
        response = client.get(urlsplit(address).path)
        b"".join(response)  # which closes the file
        assert response.status_code == 200
        assert resources(node, "dct:license") == [catalogue.LICENCE_URL]
        for schema in resources(node, "dct:conformsTo"):
            assert client.get(urlsplit(schema).path).json()["fields"]


def test_json_ld_says_the_same(client, harvested):
    told = json.loads(client.get(reverse("open_data:json_ld")).content)

    assert [entry["dct:identifier"] for entry in told["dcat:dataset"]] == [
        entry.key for entry in DATASETS
    ]


def test_the_catalogue_is_french_under_every_address(client):
    assert (
        b'xml:lang="fr">Donn\xc3\xa9es ouvertes' in client.get("/de/donnees/catalogue.rdf").content
    )


# --- Frames ---


@pytest.mark.parametrize("name", ["directory", "agenda"])
def test_a_frame_may_stand_in_any_site_and_keeps_nothing_of_visitors(client, name):
    a_row_of_each()

    response = client.get(reverse(f"widgets:{name}"))

    html = response.content.decode()
    assert "frame-ancestors *" in response["Content-Security-Policy"]
    assert "script-src 'self'" in response["Content-Security-Policy"]
    assert "X-Frame-Options" not in response
    assert not response.cookies
    assert "public" in response["Cache-Control"]
    assert "<form" not in html
    assert "<script" not in html
    assert '<base target="_blank">' in html


@pytest.mark.parametrize("name", ["widgets:guide", "open_data:home", "promises"])
def test_no_other_page_may_be_framed(client, name):
    response = client.get(reverse(name))

    assert "frame-ancestors 'none'" in response["Content-Security-Policy"]
    assert response["X-Frame-Options"] == "DENY"


def test_the_frame_of_the_directory_leads_to_the_same_search(client):
    published_card(name="Atelier du Sillon")

    html = client.get(
        reverse("widgets:directory"), {"q": "sillon", "inconnu": "x"}
    ).content.decode()

    assert "Atelier du Sillon" in html
    assert "/annuaire/?q=sillon" in html
    assert "inconnu" not in html


def test_the_frame_of_the_agenda_shows_the_next_dates(client, monkeypatch):
    published_session(seats=10, slug="une-date")
    monkeypatch.setattr("django.utils.timezone.now", lambda: NOW)

    html = client.get(reverse("widgets:agenda")).content.decode()

    assert "/agenda/une-date/" in html


# --- Sessions in the API ---


@pytest.mark.parametrize("count", [1, 100])
def test_a_page_of_sessions_costs_the_same(client, count, django_assert_max_num_queries):
    for number in range(count):
        published_session(seats=10, slug=f"date-{number}")

    with django_assert_max_num_queries(5):
        answer = client.get("/api/v1/sessions/", {"limit": 100}).json()

    assert len(answer["results"]) == count


def test_a_session_says_what_its_page_says_and_not_where_to_connect(client):
    published_session(
        seats=5, remote=5, mode="hybrid", remote_url="https://visio.example/secret", slug="hybride"
    )

    response = client.get("/api/v1/sessions/hybride/")

    told = response.json()["result"]
    assert told["mode"] == "hybrid"
    assert told["starts_at"] == "2026-12-08T18:00:00+01:00"
    assert "secret" not in response.content.decode()


def test_drafts_and_private_sessions_are_not_in_the_api(client):
    published_session(seats=5, is_private=True, slug="privee")

    assert client.get("/api/v1/sessions/").json()["results"] == []
    assert client.get("/api/v1/sessions/privee/").status_code == 404


def test_sessions_are_asked_by_kind_and_day_page_after_page(client):
    for number in range(3):
        published_session(seats=5, slug=f"date-{number}")
    published_session(seats=5, slug="atelier", kind="workshop")

    first = client.get("/api/v1/sessions/", {"limit": 2, "type": "conference"}).json()
    assert [row["slug"] for row in first["results"]] == ["date-0", "date-1"]
    parts = urlsplit(first["next"])
    rest = client.get(f"{parts.path}?{parts.query}").json()
    assert [row["slug"] for row in rest["results"]] == ["date-2"]
    assert rest["next"] is None
    late = client.get("/api/v1/sessions/", {"depuis": "2026-12-09"}).json()
    assert late["results"] == []
