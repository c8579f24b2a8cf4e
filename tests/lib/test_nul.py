"""A NUL finds nothing in an address and is a blank in a query, whatever the page."""

import pytest

from tests.architecture.urls import every_page

pytestmark = pytest.mark.django_db


def test_an_address_with_a_nul_finds_nothing(client):
    paths = [page.path.replace("exemple", "a%00b") for page in every_page()]
    asked = [path for path in paths if "%00" in path]

    assert len(asked) > 100
    assert [path for path in asked if client.get(path).status_code != 404] == []


@pytest.mark.parametrize(
    "address",
    ["/besoins/nouveau/?entreprise=", "/plaintes/nouvelle/?q=", "/showrooms/carnet/?code="],
)
@pytest.mark.parametrize("typed", ["%00", "a%00b", "%0%000"])
def test_a_query_with_a_nul_is_answered(client, address, typed):
    assert client.get(address + typed).status_code == 200


def test_the_api_refuses_a_nul_in_its_own_words(client):
    refusal = client.get("/api/v1/providers/?q=a%00b")

    assert refusal.status_code == 400
    assert refusal["Content-Type"] == "application/problem+json"
