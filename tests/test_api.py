"""The API as a whole: described, explained, cached, limited, open to scripts of any site."""

import json
import threading
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace

import pytest
from django.test import Client, RequestFactory

from emn import api
from emn.lib.api import policies
from emn.lib.page_cache import PageCache
from tests.directory.factories import published_card

pytestmark = pytest.mark.django_db
LIST = "/api/v1/services/"


def schema(client):
    return client.get("/api/v1/schema/").json()


def test_the_description_is_written_by_one_thread_at_a_time(monkeypatch):
    """The first two who asked at once had the library read a part that the other was resolving."""
    alone = threading.Lock()

    class Generator:
        def get_schema(self, *, public):
            is_alone = alone.acquire(blocking=False)
            crossed.wait()
            if is_alone:
                alone.release()
            return {"is_alone": is_alone}

    crossed = threading.Event()
    threading.Timer(0.2, crossed.set).start()
    monkeypatch.setattr(api, "SchemaGenerator", Generator)

    with ThreadPoolExecutor(2) as pool:
        written = list(pool.map(lambda _n: api.description.__wrapped__(), range(2)))

    assert written == [{"is_alone": True}] * 2


def test_the_description_names_every_resource_with_an_example(client):
    described = schema(client)

    assert described["openapi"].startswith("3.")
    assert sorted(described["paths"]) == [
        "/api/v1/clusters/",
        "/api/v1/communes/",
        "/api/v1/communes/{insee_code}/",
        "/api/v1/companies/{siret}/",
        "/api/v1/epci/",
        "/api/v1/epci/{siren}/",
        "/api/v1/establishments/",
        "/api/v1/indicators/",
        "/api/v1/indicators/{code}/",
        "/api/v1/places/",
        "/api/v1/providers/",
        "/api/v1/providers/{slug}/",
        "/api/v1/publications/",
        "/api/v1/publications/{reference}/",
        "/api/v1/services/",
        "/api/v1/services/{code}/",
        "/api/v1/sessions/",
        "/api/v1/sessions/{slug}/",
        "/api/v1/signatories/",
    ]
    for operations in described["paths"].values():
        assert set(operations) == {"get"}
        content = operations["get"]["responses"]["200"]["content"]["application/json"]
        assert content["examples"]


def test_each_example_has_the_fields_of_its_resource(client):
    described = schema(client)
    parts = described["components"]["schemas"]

    for operations in described["paths"].values():
        content = operations["get"]["responses"]["200"]["content"]["application/json"]
        value = next(iter(content["examples"].values()))["value"]
        envelope = parts[content["schema"]["$ref"].rsplit("/", 1)[1]]
        held = envelope["properties"].get("result") or envelope["properties"]["results"]["items"]
        item = parts[held["$ref"].rsplit("/", 1)[1]]
        example = value["result"] if "result" in value else value["results"][0]
        assert set(value) == set(envelope["properties"])
        assert set(example) == set(item["properties"])


def test_the_root_leads_everywhere(client):
    answer = client.get("/api/v1/").json()

    for address in (answer["documentation"], answer["schema"], *answer["resources"].values()):
        path = address.removeprefix("http://127.0.0.1:8000")
        assert client.get(path).status_code == 200


@pytest.mark.parametrize("prefix", ["", "/de", "/en"])
def test_the_guide_shows_each_resource(client, prefix):
    html = client.get(f"{prefix}/donnees/api/").content.decode()

    for path in schema(client)["paths"]:
        assert f"<code>{path}</code>" in html


def test_an_answer_is_public_and_without_cookie(client):
    response = client.get(LIST)

    assert "public" in response["Cache-Control"]
    assert not response.cookies
    assert response["Access-Control-Allow-Origin"] == "*"
    assert "ETag" in response["Access-Control-Expose-Headers"]


def test_the_preflight_lets_a_script_send_the_etag(client):
    response = client.options(LIST, headers={"Origin": "https://ailleurs.example"})

    assert response.status_code == 204
    assert response["Access-Control-Allow-Headers"] == "If-None-Match"
    assert response["Access-Control-Allow-Origin"] == "*"


def django_answer(environ, start_response):
    response = Client().get(environ["PATH_INFO"])
    start_response(f"{response.status_code} {response.reason_phrase}", list(response.items()))
    return [response.content]


def test_a_known_etag_is_answered_by_304(django_assert_num_queries):
    published_card()
    site = PageCache(django_answer, generations=SimpleNamespace(now=lambda: (1, 1)))

    def ask(**headers):
        told = {}
        environ = RequestFactory().get("/api/v1/providers/", **headers).environ
        body = b"".join(site(environ, lambda status, head: told.update(head, status=status)))
        return told, body

    first, body = ask()
    assert first["status"] == "200 OK"
    assert json.loads(body)["results"]
    with django_assert_num_queries(0):
        again, nothing = ask(HTTP_IF_NONE_MATCH=first["ETag"])
    assert (again["status"], nothing) == ("304 Not Modified", b"")
    assert again["Access-Control-Allow-Origin"] == "*"


@pytest.mark.parametrize("method", ["post", "put", "patch", "delete"])
def test_nothing_can_be_written(client, method):
    response = getattr(client, method)(LIST)

    assert response.status_code == 405
    assert response.json()["detail"] == "Cette interface se lit par GET."
    assert "GET" in response["Allow"]


def test_an_unknown_address_is_refused_in_the_api_s_own_words(client):
    response = client.get("/api/v1/rien/du/tout/")

    assert response.status_code == 404
    assert response["Content-Type"] == "application/problem+json"
    assert "/donnees/api/" in response.json()["detail"]
    assert response["Cache-Control"] == "no-store"


def test_beyond_the_limit_the_answer_says_when_to_come_back(client, monkeypatch):
    monkeypatch.setattr(policies, "QUESTIONS_PER_MINUTE", 2)

    statuses = [client.get(LIST).status_code for _ in range(2)]
    refused = client.get(LIST)

    assert statuses == [200, 200]
    assert refused.status_code == 429
    assert 0 < int(refused["Retry-After"]) <= 60
    assert "Revenez dans" in refused.json()["detail"]
    assert refused["Cache-Control"] == "no-store"
