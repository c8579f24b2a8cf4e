import gzip
import re
from concurrent.futures import ThreadPoolExecutor

import brotli
import pytest
from django.db import connection, transaction
from django.http import HttpResponse
from django.utils import timezone
from django.utils.translation import get_language, override

from emn.lib.forms import blank_page
from emn.lib.page_cache import Generations, PageCache, forget_changes, kept, read_generation, touch


class Site:
    """A WSGI application that counts what it is asked, and a clock that the test moves."""

    def __init__(self, headers=None, status="200 OK"):
        self.asked = 0
        self.status = status
        self.headers = headers or [
            ("Content-Type", "text/html; charset=utf-8"),
            ("Cache-Control", "public, max-age=1"),
        ]
        self.generation = (0, 0)
        self.now = 0.0
        generations = Generations(read=lambda: self.generation, clock=lambda: self.now)
        self.cache = PageCache(self, generations=generations, clock=lambda: self.now)

    def __call__(self, environ, start_response):
        self.asked += 1
        start_response(self.status, self.headers)
        return [f"<p>{self.asked}</p>".encode() * 200]

    def get(self, path="/", **environ):
        got = {}

        def start_response(status, headers):
            got.update(status=status, headers=dict(headers))

        environ = {"REQUEST_METHOD": "GET", "PATH_INFO": path, "QUERY_STRING": ""} | environ
        got["body"] = b"".join(self.cache(environ, start_response))
        return got


def test_a_public_page_is_built_once():
    site = Site()

    first, second = site.get(), site.get()

    assert site.asked == 1
    assert first == second


def test_a_page_is_built_again_within_a_second_of_a_change():
    site = Site()
    site.get()

    site.generation = (1, 1)
    site.now += 1.0

    assert site.get()["body"].startswith(b"<p>2</p>")


def test_a_page_is_built_again_when_it_has_been_kept_long_enough():
    site = Site()
    site.get()

    site.now += 61.0
    site.get()

    assert site.asked == 2


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ([("Cache-Control", "private, no-store")], "200 OK"),
        ([], "200 OK"),
        ([("Cache-Control", "public"), ("Set-Cookie", "a=b")], "200 OK"),
        ([("Cache-Control", "public"), ("Vary", "Cookie")], "200 OK"),
        ([("Cache-Control", "public")], "404 Not Found"),
    ],
)
def test_an_answer_that_is_not_for_everybody_is_never_kept(headers, status):
    site = Site(headers=[*headers, ("Content-Type", "text/html")], status=status)

    site.get()
    site.get()

    assert site.asked == 2


def test_a_fragment_is_never_answered_with_a_page():
    site = Site()
    site.get()

    site.get(HTTP_HX_REQUEST="true")

    assert site.asked == 2


@pytest.mark.parametrize(
    ("encoding", "decode"), [("br", brotli.decompress), ("gzip", gzip.decompress)]
)
def test_a_page_is_sent_compressed_to_whoever_accepts_it(encoding, decode):
    site = Site()
    plain = site.get()

    packed = site.get(HTTP_ACCEPT_ENCODING=f"deflate, {encoding}")

    assert packed["headers"]["Content-Encoding"] == encoding
    assert decode(packed["body"]) == plain["body"]


def test_a_page_asked_for_again_is_compressed_better_and_once(monkeypatch):
    levels = []
    compress = brotli.compress
    monkeypatch.setattr(
        brotli,
        "compress",
        lambda body, quality: levels.append(quality) or compress(body, quality=quality),
    )
    site = Site()

    first, *others = (site.get(HTTP_ACCEPT_ENCODING="br") for _visit in range(4))

    assert levels == [1, 5]
    assert {brotli.decompress(page["body"]) for page in others} == {
        brotli.decompress(first["body"])
    }


def test_a_page_already_held_is_not_sent_again():
    site = Site()
    etag = site.get()["headers"]["ETag"]

    again = site.get(HTTP_IF_NONE_MATCH=etag)

    assert (again["status"], again["body"]) == ("304 Not Modified", b"")


def test_head_answers_without_a_body_and_keeps_the_page_for_get():
    site = Site()

    head = site.get(REQUEST_METHOD="HEAD")
    page = site.get()

    assert head["body"] == b""
    assert int(head["headers"]["Content-Length"]) == len(page["body"])
    assert site.asked == 1


def test_the_cache_stays_within_its_bytes(monkeypatch):
    monkeypatch.setattr("emn.lib.page_cache.MAX_BYTES", 20_000)
    site = Site()

    for number in range(50):
        site.get(f"/{number}/")

    assert len(site.cache._pages) < 10


def blank_form(rf, header):
    """A site of one blank form, which answers with this header, behind the page cache."""
    site = Site([("Content-Type", "text/html"), header])

    def page(environ, start_response):
        site.asked += 1
        start_response("200 OK", site.headers)
        request = rf.get("/")
        request.META = environ
        shown = HttpResponse(f'<p>{site.asked}<input name="challenge" value="none">')
        return list(blank_page(request, shown))

    site.cache.application = page
    return site


def test_a_blank_form_is_kept_but_for_its_challenge(rf):
    site = blank_form(rf, ("Cache-Control", "private, no-store"))

    pages = [site.get(HTTP_ACCEPT_ENCODING="br") for _page in range(2)]

    found = [re.fullmatch(rb'<p>1<input name="challenge" value="(.{30,})">', page["body"])
             for page in pages]  # fmt: skip
    assert site.asked == 1
    assert found[0][1] != found[1][1]
    assert [page["headers"]["Content-Length"] for page in pages] == [
        str(len(page["body"])) for page in pages
    ]
    assert pages[1]["headers"]["Cache-Control"] == "private, no-store"
    assert "ETag" not in pages[1]["headers"]
    assert site.get(REQUEST_METHOD="HEAD")["body"] == b""

    site.generation, site.now = (1, 1), 1.0
    assert site.get()["body"].startswith(b"<p>2")


def test_a_blank_form_that_sets_a_cookie_is_not_kept(rf):
    site = blank_form(rf, ("Set-Cookie", "a=b"))

    assert [site.get()["body"][:4] for _page in range(2)] == [b"<p>1", b"<p>2"]


@pytest.mark.django_db(transaction=True)
def test_a_change_is_seen_when_it_commits_and_not_before():
    before = read_generation()

    def seen_elsewhere():
        try:
            return read_generation()
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as elsewhere:
        with transaction.atomic():
            touch()
            during = elsewhere.submit(seen_elsewhere).result()
        after = elsewhere.submit(seen_elsewhere).result()

    assert during == before
    assert after != before


@pytest.mark.django_db(transaction=True)
def test_a_change_that_commits_late_is_still_seen():
    """A smaller id that commits after a larger one must not be missed."""

    def commit_another():
        try:
            touch()
            return read_generation()
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as elsewhere, transaction.atomic():
        touch()
        seen = elsewhere.submit(commit_another).result()

    assert read_generation() != seen


@pytest.mark.django_db
def test_old_changes_are_forgotten():
    empty = read_generation()
    touch()
    touch()

    forget_changes(before=timezone.now())

    count, _total = generation = read_generation()
    assert count == 1
    assert generation != empty


def test_a_page_kept_again_weighs_once():
    site = Site()

    for _minute in range(5):
        site.get()
        site.now += 61.0

    assert site.cache._bytes == next(iter(site.cache._pages.values())).weight


def test_a_page_built_before_a_change_is_not_kept_after_it():
    site = Site()
    ask = site.__class__.__call__

    def changed_meanwhile(environ, start_response):
        site.generation = (1, 1)
        site.now += 1.0
        site.cache(environ | {"PATH_INFO": "/other/"}, lambda *_: None)  # another visitor sees it
        return ask(site, environ, start_response)

    site.cache.application = lambda environ, start: (
        changed_meanwhile(environ, start)
        if environ["PATH_INFO"] == "/"
        else ask(site, environ, start)
    )
    site.get("/")

    assert ("/", "", "") not in site.cache._pages


@pytest.mark.django_db
def test_what_is_kept_is_built_again_after_a_change_and_for_each_language():
    built = []
    answer = kept(lambda: built.append(get_language()) or len(built))

    assert (answer(), answer()) == (1, 1)
    with override("de"):
        assert answer() == 2
    touch()
    assert answer() == 3
