"""The pages of the indicators, their files, and the API."""

import csv
import gzip
import io
import json
import re

import pytest

from observatory.models import Chart
from observatory.services import charts, indicators
from tests.observatory.register import BORDER, FORBACH, NOW, places, unit

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("commits")]
PAGE = "/observatoire/etablissements-tic/"


@pytest.fixture
def stock(monkeypatch):
    monkeypatch.setattr(indicators, "_draw_later", lambda _release_id: None)
    places()
    for _number in range(3):
        unit(opened=2018)
    unit(opened=2024, commune=FORBACH)
    return indicators.publish(code="etablissements-tic", now=NOW)


def words(response):
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", response.content.decode()))


def test_the_first_page_lists_every_indicator_even_without_a_figure(client):
    answer = client.get("/observatoire/")

    assert answer.status_code == 200
    assert words(answer).count("Pas encore de chiffre publié.") == 17


@pytest.mark.usefixtures("stock")
def test_the_first_page_shows_the_last_figure(client):
    assert "4 établissements 2026 (provisoire)" in words(client.get("/observatoire/"))


@pytest.mark.usefixtures("stock")
def test_a_page_says_figure_table_method_source_licence_and_how_to_cite(client):
    said = words(client.get(PAGE))

    for expected in (
        "4 établissements",
        "2026 (provisoire)",
        "CA Forbach Porte de France",
        "NAF rév. 2",
        "Licence Ouverte 2.0",
        "2027-01-01",
        "etablissements-tic/v1/",
        "première publication",
    ):
        assert expected in said


@pytest.mark.parametrize("more", [0, 3])
def test_a_page_asks_as_many_questions_whatever_it_shows(client, django_assert_num_queries, stock,
                                                         more):  # fmt: skip
    for number in range(more):
        unit("62.02A", opened=2020 + number, commune=FORBACH, band="12")
        indicators.publish(code="etablissements-tic", now=NOW)

    with django_assert_num_queries(QUERIES):
        client.get(PAGE)


QUERIES = 9


def test_an_unknown_indicator_is_not_found(client):
    for address in ("", "communes/", "cadre/", "v1/"):
        assert client.get(f"/observatoire/inconnu/{address}").status_code == 404
    for extension in ("csv", "json", "svg"):
        assert client.get(f"/observatoire/inconnu.{extension}").status_code == 404
    assert client.get(f"{PAGE}v9/").status_code == 404


def test_a_protected_indicator_without_a_figure_says_why(client):
    assert "à partir de 11 réponses" in words(client.get("/observatoire/besoins-par-famille/"))


def test_an_older_release_says_so_and_keeps_its_figure(client, stock):
    unit(opened=2026)
    indicators.publish(code="etablissements-tic", now=NOW)

    old = words(client.get(stock.get_absolute_url()))

    assert "Ancienne version" in old
    assert "4 établissements" in old
    assert "5 établissements" in words(client.get(PAGE))


@pytest.mark.usefixtures("stock")
@pytest.mark.parametrize("encoding", ["gzip", "identity"])
def test_the_csv_is_read_by_whoever_does_and_does_not_unpack(client, encoding):
    answer = client.get(
        "/observatoire/etablissements-tic.csv", headers={"accept-encoding": encoding}
    )
    content = answer.content if encoding == "identity" else gzip.decompress(answer.content)

    lines = list(csv.DictReader(io.StringIO(content.decode(), newline="")))
    assert answer["Content-Type"] == "text/csv; charset=utf-8"
    assert answer["Access-Control-Allow-Origin"] == "*"
    assert answer.get("Content-Encoding", "identity") == encoding
    assert {line["unite"] for line in lines} == {"établissements"}
    assert all(line["valeur"] or line["statut"] for line in lines)


@pytest.mark.usefixtures("stock")
def test_a_file_that_has_not_changed_is_not_sent_again(client):
    known = client.get("/observatoire/etablissements-tic.csv")["ETag"]

    again = client.get("/observatoire/etablissements-tic.csv", headers={"if-none-match": known})

    assert (again.status_code, again.content) == (304, b"")


@pytest.mark.usefixtures("stock")
def test_json_and_csv_of_a_release_have_an_address_for_good(client):
    answer = client.get(f"{PAGE}v1.json")

    assert json.loads(answer.content)["version"] == 1
    assert client.get(f"{PAGE}v1.csv").status_code == 200
    assert client.get(f"{PAGE}v2.csv").status_code == 404


@pytest.mark.usefixtures("stock")
def test_any_site_may_embed_the_frame_and_no_other_page(client):
    frame = client.get(f"{PAGE}cadre/")

    assert "frame-ancestors *" in frame["Content-Security-Policy"]
    assert "X-Frame-Options" not in frame
    assert client.get(PAGE)["X-Frame-Options"] == "DENY"


def test_charts_are_drawn_in_each_language_for_both_widths_without_style(client, stock):
    charts.draw(release_id=stock.pk)
    charts.draw(release_id=stock.pk)

    drawn = Chart.objects.filter(view="evolution")
    assert {(chart.language, chart.width) for chart in drawn} == {
        (language, width) for language in ("fr", "de", "en") for width in ("wide", "narrow")
    }
    for chart in Chart.objects.all():
        assert "style=" not in chart.svg
        assert not re.search(r'(fill|stroke)="#', chart.svg)
    page = client.get(PAGE).content.decode()
    assert page.count('class="chart-drawing"') == 2  # the evolution, wide and narrow
    picture = client.get("/observatoire/etablissements-tic.svg").content.decode()
    assert "var(" not in picture
    assert "Établissements du secteur numérique" in picture


def test_what_has_no_charts_is_drawn_by_the_night(stock):
    assert charts.draw_missing() == 1
    assert charts.draw_missing() == 0
    assert stock.charts.exists()


@pytest.mark.usefixtures("stock")
def test_communes_have_a_page_of_their_own_where_the_indicator_has_them(client):
    assert "Forbach" in words(client.get(f"{PAGE}communes/"))
    indicators.publish(code="intensite-numerique", now=NOW)
    assert client.get("/observatoire/intensite-numerique/communes/").status_code == 404


# --- API ---


@pytest.mark.usefixtures("stock")
def test_the_api_lists_indicators_and_pages_of_cells(client):
    listed = client.get("/api/v1/indicators/").json()["results"]
    cells = client.get("/api/v1/indicators/etablissements-tic/?limit=5").json()

    assert [entry["code"] for entry in listed] == ["etablissements-tic"]
    assert len(cells["results"]) == 5
    following = client.get(cells["next"].replace("http://127.0.0.1:8000", "")).json()
    assert following["results"][0]["id"] > cells["results"][-1]["id"]


@pytest.mark.usefixtures("stock")
def test_the_api_keeps_whole_cells_and_knows_no_other(client):
    address = "/api/v1/indicators/etablissements-tic/"
    found = client.get(f"{address}?niveau=E&territoire={BORDER}&periode=2026").json()["results"]

    assert {(cell["activity"], cell["size"]) for cell in found} == {
        ("", ""), ("62", ""), ("62.01Z", ""), ("", "1-9"),
    }  # fmt: skip
    assert client.get(f"{address}?taille=1-9").status_code == 400
    assert client.get("/api/v1/indicators/inconnu/").status_code == 404


@pytest.mark.usefixtures("stock")
@pytest.mark.parametrize("limit", [1, 100])
def test_a_page_of_the_api_asks_at_most_five_questions(
    client, django_assert_max_num_queries, limit
):
    with django_assert_max_num_queries(5):
        client.get(f"/api/v1/indicators/etablissements-tic/?limit={limit}")
