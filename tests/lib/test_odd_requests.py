"""A NUL finds nothing in an address and is a blank in a query; all is read as UTF-8."""

from io import BytesIO

import pytest
from django.core.handlers.wsgi import WSGIRequest

from emn.lib.odd_requests import Utf8Alone
from tests.architecture.urls import every_page

pytestmark = pytest.mark.django_db
FORM = '--x\r\nContent-Disposition: form-data; name="email"\r\n\r\n{}\r\n--x--\r\n'


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


def received(rf, address, *, kind, body=b"", method="GET"):
    """Return the request that Django makes of what came over the wire."""
    made = []
    environ = rf._base_environ(
        PATH_INFO="/", QUERY_STRING=address, CONTENT_TYPE=kind, CONTENT_LENGTH=str(len(body)),
        REQUEST_METHOD=method, **{"wsgi.input": BytesIO(body)},
    )  # fmt: skip
    Utf8Alone(lambda environ, _start: made.append(WSGIRequest(environ)) or [])(environ, None)
    return made[0]


@pytest.mark.parametrize(
    "charset", ["hex", "idna", "undefined", "utf-16", "none", '"hex"', "hex; boundary=x"]
)
@pytest.mark.parametrize("said", ["; charset={}", ";CHARSET ={}", "; charset*=utf-8''{}"])
def test_all_is_read_as_utf_8_whatever_a_request_says(rf, charset, said):
    named = said.format(charset)
    form = f"multipart/form-data; boundary=x{named}"
    read = received(rf, "q=%C3%A9", kind=f"text/html{named}")
    sent = received(rf, "", kind=form, body=FORM.format("été").encode(), method="POST")

    assert read.GET["q"] == "é"
    assert sent.POST["email"] == "été"
