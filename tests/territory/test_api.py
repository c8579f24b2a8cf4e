"""Places and the register under /api/v1/: what INSEE may not show is never named nor located."""

import pytest

from emn.territory.models import Commune, Epci, Establishment, ImportRun, SectorDefinition

pytestmark = pytest.mark.django_db
ESTABLISHMENTS = "/api/v1/establishments/"


@pytest.fixture
def places():
    epci = Epci.objects.create(siren="200039865", name="Metz Métropole", kind="METRO")
    facts = {"departement_code": "57", "population": 1, "area_km2": 1, "latitude": 49.1}
    for code, name, group in (("57463", "Metz", epci), ("57630", "Sarrebourg", None)):
        Commune.objects.create(
            insee_code=code,
            name=name,
            name_folded=name.lower(),
            postcodes=["57000"],
            epci=group,
            longitude=6.2,
            **facts,
        )
    SectorDefinition.objects.create(
        code="tic",
        version="2008",
        label="Secteur du numérique",
        nomenclature="NAFRev2",
        includes=["62"],
        excludes=["62.09"],
        source="essai",
    )


def establishment(rank, **values):
    siret = f"9{rank:08d}00011"
    defaults = {
        "siret": siret,
        "siren": siret[:9],
        "diffusion": "O",
        "is_masked": False,
        "state": "A",
        "is_head_office": True,
        "naf_code": "62.01Z",
        "naf_nomenclature": "NAFRev2",
        "legal_name": "ATELIER DU CODE",
        "street": "12 RUE DES CLERCS",
        "postcode": "57000",
        "town": "METZ",
        "commune_code": "57463",
        "commune_id": "57463",
        "latitude": 49.12,
        "longitude": 6.18,
    }
    return Establishment.objects.create(**defaults | values)


def masked(rank, **values):
    nothing = {"legal_name": "", "street": "", "latitude": None, "longitude": None}
    return establishment(rank, diffusion="P", is_masked=True, **nothing | values)


def read(client, address, status=200):
    response = client.get(address)
    assert response.status_code == status, response.content
    return response.json()


def sirets(client, query=""):
    return [row["siret"] for row in read(client, ESTABLISHMENTS + query)["results"]]


def test_only_open_diffusible_establishments_of_the_sector_are_listed(client, places):
    shown = establishment(1)
    masked(2)
    establishment(3, state="F")
    establishment(4, naf_code="56.10A")
    establishment(5, naf_code="62.09Z")
    establishment(6, naf_nomenclature="NAF1993")

    assert sirets(client) == [shown.siret]


def test_without_a_sector_nothing_is_listed(client):
    establishment(1, commune_id=None)

    assert sirets(client) == []


def test_a_masked_establishment_is_told_without_name_street_or_position(client, places):
    hidden = masked(1)

    row = read(client, f"/api/v1/companies/{hidden.siret}/")["result"]

    assert row["is_diffusible"] is False
    withheld = ("name", "legal_name", "street", "latitude", "longitude")
    assert {row[name] for name in withheld} == {None}
    assert (row["naf_code"], row["commune_code"]) == ("62.01Z", "57463")


def test_an_establishment_that_asks_to_be_hidden_leaves_at_once(client, places):
    row = establishment(1)
    assert sirets(client) == [row.siret]

    Establishment.objects.filter(pk=row.pk).update(
        diffusion="P", is_masked=True, legal_name="", street="", latitude=None, longitude=None
    )

    assert sirets(client) == []
    assert read(client, f"/api/v1/companies/{row.siret}/")["result"]["name"] is None


def test_a_company_is_found_by_its_siret_whatever_its_sector(client, places):
    bakery = establishment(1, naf_code="10.71C", usual_name="FOURNIL DU SILLON")

    row = read(client, f"/api/v1/companies/{bakery.siret}/")["result"]

    assert row["name"] == "FOURNIL DU SILLON"
    assert row["legal_name"] == "ATELIER DU CODE"
    assert row["commune_name"] == "Metz"
    assert read(client, "/api/v1/companies/00000000000000/", 404)["status"] == 404
    assert "14 chiffres" in read(client, "/api/v1/companies/1234/", 404)["detail"]


def test_filters_and_pages_of_the_establishments(client, places):
    first, second = establishment(1), establishment(2, naf_code="62.02A")
    away = establishment(3, commune_code="57630", commune_id="57630")

    assert sirets(client, "?commune=57630") == [away.siret]
    assert sirets(client, "?territoire=200039865") == [first.siret, second.siret]
    assert sirets(client, "?activite=62.02A") == [second.siret]
    assert sirets(client, f"?limit=1&cursor={first.siret}") == [second.siret]
    assert sirets(client, f"?cursor={away.siret}") == []


@pytest.mark.parametrize(
    "address",
    [
        "establishments/?commune=57%00",
        "establishments/?activite=';--",
        "establishments/?cursor=1",
        "communes/?departement=mosel",
        "communes/?cursor=zz",
        "epci/?limit=201",
        "epci/?territoire=1",
    ],
)
def test_a_wrong_parameter_is_refused(client, address):
    assert client.get(f"/api/v1/{address}").status_code == 400


def test_the_source_names_the_day_of_the_import(client, places):
    day = "2026-11-02T08:00:00Z"
    ImportRun.objects.create(
        state="written", departement_code="57", started_at=day, finished_at=day
    )

    assert "import du 2 novembre 2026" in read(client, ESTABLISHMENTS)["source"]


def test_communes_and_groupings(client, places):
    metz = read(client, "/api/v1/communes/57463/")["result"]

    assert metz["epci"] == {"siren": "200039865", "name": "Metz Métropole"}
    assert read(client, "/api/v1/communes/?territoire=200039865")["results"] == [metz]
    codes = [row["insee_code"] for row in read(client, "/api/v1/communes/")["results"]]
    assert codes == ["57463", "57630"]
    assert read(client, "/api/v1/communes/?departement=54")["results"] == []
    epci = read(client, "/api/v1/epci/200039865/")["result"]
    assert epci["kind_label"] == "métropole"
    assert read(client, "/api/v1/epci/")["results"] == [epci]
    for address in ("communes/99999/", "epci/1/"):
        assert read(client, f"/api/v1/{address}", 404)["title"] == "Introuvable"


@pytest.mark.parametrize("number", [1, 3])
def test_the_lists_ask_the_same_number_of_queries(
    client, places, django_assert_num_queries, number
):
    for rank in range(number):
        establishment(rank)

    client.get(ESTABLISHMENTS)

    for address in ("establishments/", "communes/", "epci/"):
        with django_assert_num_queries(2):  # the limit and the rows
            client.get(f"/api/v1/{address}")
