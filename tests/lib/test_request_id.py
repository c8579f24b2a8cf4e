"""One identifier in the answer, in each line of the log, and in the tasks a request asks for."""

import json
import logging
import sys
from wsgiref.util import setup_testing_defaults

import pytest
from django.db import IntegrityError, transaction

from emn.lib import request_id
from emn.lib.logs import JsonFormatter
from emn.lib.request_id import RequestIds
from tests.accounts.conftest import make_user


def ask(said="", seen=None):
    """Ask a small application through the middleware; return the identifier of the answer."""
    environ = {}
    setup_testing_defaults(environ)
    if said:
        environ["HTTP_X_REQUEST_ID"] = said
    answered = []

    def application(_environ, start_response):
        if seen is not None:
            seen.append(request_id.current())
        start_response("200 OK", [("Content-Type", "text/plain")])
        return [b""]

    RequestIds(application)(environ, lambda _status, headers: answered.extend(headers))
    return dict(answered)["X-Request-ID"]


def test_an_identifier_that_comes_in_goes_on():
    seen = []

    assert ask("balancer-0001", seen) == "balancer-0001"
    assert seen == ["balancer-0001"]
    assert request_id.current() == ""


@pytest.mark.parametrize("said", ["", "court", "a" * 65, "abc\r\nSet-Cookie: a=b", "espace ici"])
def test_one_that_is_missing_or_unfit_is_replaced(said):
    given = ask(said)

    assert given != said
    assert len(given) == 16
    assert ask(said) != given


def line(record):
    return json.loads(JsonFormatter().format(record))


def record(message, *arguments, **more):
    made = logging.LogRecord("django.request", logging.ERROR, __file__, 1, message, arguments, None)
    made.__dict__.update(more)
    return made


def test_each_line_of_the_log_holds_it():
    with request_id.known_as("balancer-0001"):
        assert line(record("x"))["request_id"] == "balancer-0001"
    assert "request_id" not in line(record("x"))


def test_the_log_says_a_route_and_never_an_address_that_is_a_secret(rf):
    class Match:
        route = "lettre/preferences/<str:token>/"

    request = rf.get("/lettre/preferences/s3cret/")
    request.resolver_match = Match()

    told = line(record("%s: %s", "Not Found", request.path, request=request))["message"]

    assert told == "Not Found: /lettre/preferences/<str:token>/"
    request.resolver_match = None
    assert (
        "s3cret" not in line(record("%s: %s", "Not Found", request.path, request=request)).values()
    )


def test_the_portal_answers_with_one(db):
    from emn.wsgi import application

    environ = {"REQUEST_METHOD": "POST", "PATH_INFO": "/sante/", "HTTP_X_REQUEST_ID": "abcdefgh"}
    setup_testing_defaults(environ)
    answered = []

    application(environ, lambda _status, headers, *_more: answered.extend(headers))

    assert dict(answered)["X-Request-ID"] == "abcdefgh"


@pytest.mark.django_db
def test_a_traceback_of_the_database_quotes_no_value():
    address = "elise@firm.example"  # said once: a traceback shows the lines of its code
    make_user(address)
    try:
        with transaction.atomic():
            make_user(address)
    except IntegrityError:
        told = line(record("failed", exc_info=sys.exc_info()))["traceback"]

    assert "elise" not in told
    assert "accounts_user" in told
    assert "23505" in told
    assert 'File "' in told
