import json
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

import pytest
from django.utils import timezone

from emn.territory.lookup import lookup, search_by_name, search_by_siren
from emn.territory.recherche_entreprises import RegisterUnavailable
from emn.territory.services.register import import_register

pytestmark = pytest.mark.django_db
SIRET = "41816609600069"


def company(**changed):
    """One result in the documented shape, about a firm that does not exist."""
    row = {
        "siret": SIRET,
        "adresse": "1 RUE DU MOULIN 57400 SARREBOURG",
        "code_postal": "57400",
        "commune": "57630",
        "libelle_commune": "SARREBOURG",
        "date_creation": "2011-05-23",
        "etat_administratif": "A",
        "activite_principale": "62.01Z",
        "tranche_effectif_salarie": None,
        "liste_enseignes": None,
        "nom_commercial": None,
        "statut_diffusion_etablissement": "O",
    }
    return {
        "siren": SIRET[:9],
        "nom_complet": "ATELIER INVENTE",
        "statut_diffusion": "O",
        "siege": row | changed,
        "matching_etablissements": [row | changed],
    }


@contextmanager
def api(settings, *, results=(), status=200, body=None, failures=0):
    """A server on this machine that speaks the API's contract; yields the questions it got."""
    asked = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            asked.append(parse_qs(urlsplit(self.path).query))
            failing = len(asked) <= failures
            content = body or json.dumps({"results": list(results), "total_results": len(results)})
            self.send_response(500 if failing else status)
            self.send_header("Content-Type", "text/html" if body else "application/json")
            self.end_headers()
            self.wfile.write(content.encode())

        def log_message(self, *args):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    settings.RECHERCHE_ENTREPRISES_URL = f"http://127.0.0.1:{server.server_port}"
    try:
        yield asked
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def test_lookup_knows_nothing_without_a_register_and_without_the_api():
    assert lookup(SIRET) is None


@pytest.mark.parametrize("number", ["41816609600068", "abc", "", "4181660960006"])
def test_lookup_asks_nobody_about_a_number_that_cannot_be(settings, number):
    with api(settings, results=[company()]) as asked:
        assert lookup(number) is None

    assert asked == []


def test_lookup_asks_the_api_for_what_the_register_does_not_know(settings):
    with api(settings, results=[company()]) as asked:
        facts = lookup(SIRET)

    assert asked[0]["q"] == [SIRET]
    assert (facts.name, facts.street, facts.commune_code) == (
        "ATELIER INVENTE",
        "1 RUE DU MOULIN",
        "57630",
    )
    assert facts.created_on.isoformat() == "2011-05-23"


@pytest.mark.parametrize(
    "changed",
    [
        {"statut_diffusion_etablissement": "P"},
        {"nom_commercial": "[NON-DIFFUSIBLE]", "adresse": "[NON-DIFFUSIBLE]"},
    ],
)
def test_lookup_shows_neither_name_nor_street_of_a_masked_unit(settings, changed):
    with api(settings, results=[company(**changed)]):
        facts = lookup(SIRET)

    assert (facts.name, facts.street, facts.commune_code) == (None, None, "57630")


def test_lookup_finds_nothing_when_the_api_finds_nothing(settings):
    with api(settings, results=[]):
        assert lookup(SIRET) is None


def test_lookup_asks_again_after_one_failure(settings):
    with api(settings, results=[company()], failures=1) as asked:
        assert lookup(SIRET) is not None

    assert len(asked) == 2


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (429, "<html>Too many requests</html>"),
        (500, "<html>Error</html>"),
        (200, "<html>Maintenance</html>"),
        (200, '{"results": [{"siren": null}]}'),
    ],
)
def test_lookup_says_that_the_register_does_not_answer(settings, status, body):
    with (
        api(settings, status=status, body=body),
        pytest.raises(RegisterUnavailable, match="ne répond pas"),
    ):
        lookup(SIRET)


def test_lookup_says_so_when_nobody_listens(settings):
    with api(settings):
        pass

    with pytest.raises(RegisterUnavailable):
        lookup(SIRET)


def test_search_by_name_keeps_to_the_departement(settings):
    elsewhere = company(commune="75107", siret="41816609600077")
    with api(settings, results=[elsewhere, company()]) as asked:
        found = search_by_name("atelier")

    assert asked[0]["departement"] == ["57"]
    assert [facts.siret for facts in found] == [SIRET]


def test_a_siren_leads_to_the_establishments_of_the_firm_and_of_no_other(settings):
    other = company(siret="80295478500028") | {"siren": "802954785"}
    with api(settings, results=[other, company()]) as asked:
        found = search_by_siren(SIRET[:9])

    assert asked[0]["departement"] == ["57"]
    assert [facts.siret for facts in found] == [SIRET]


@pytest.mark.parametrize("typed", ["", "\x00", "%", "a" * 10_000, "' OR 1=1"])
def test_search_by_name_survives_anything_typed(typed):
    assert search_by_name(typed) == []


@pytest.mark.parametrize("file", ["62", "metz", "130025265"])
def test_real_answers_are_read(settings, shared_data, file):
    """The shape of real answers, some of them older than the contract."""
    real = (shared_data / "api" / f"recherche_entreprises_search_{file}.json").read_text()
    from emn.territory.recherche_entreprises import search

    with api(settings, body=real):
        found = search("quelque chose")

    assert found
    assert all(len(facts.siret) == 14 for facts in found)


def test_a_real_establishment_of_the_stock_is_found_by_number_and_by_name(
    settings, tmp_path, shared_data
):
    settings.DEPARTEMENT = "01"
    settings.DATA_DIR = tmp_path
    stock = shared_data / "sirene" / "etablissements_geo_2025_echantillon.csv"
    import_register(paths=[stock], write=True, now=timezone.now())

    facts = lookup("02548040100899")

    assert (facts.name, facts.street, facts.postcode) == ("BARRAULT", "165 RUE DU FORT", "01440")
    assert search_by_name("barrault") == [facts]
    assert search_by_siren("025480401") == [facts]
    assert lookup("01694083500032").naf_nomenclature == "NAP"
