"""Every page that anyone may open, under parameters that nobody would write: never a failure.

The names are all those that the portal reads, and all are given at once: a page takes its own.
"""

import re

import pytest
from django.conf import settings

from emn.lib import access
from tests.architecture.urls import every_page
from tests.directory.factories import published_card
from tests.observatory.publications import published_study

pytestmark = pytest.mark.django_db

VALUES = [
    "", "a%00b", "%ED%A0%80", "-1", "9" * 30, "%D9%A3", "x" * 300, "2026-02-30", "0001-01-01",
    "9999-12-31", "%27%3C%5C",
]  # fmt: skip
_READ = re.compile(r'GET\.(?:get|getlist)\(\s*"(\w+)"|\n    (\w+) = (?:forms|filters)\.')
OPEN = {access.PUBLIC, access.OPEN_FORM, access.TOKEN}
APPS = ("directory", "diagnostics", "emn", "events", "observatory")


def names():
    for app in APPS:
        for path in (settings.BASE_DIR / app).rglob("*.py"):
            for found in _READ.findall(path.read_text(encoding="utf-8")):
                yield from filter(None, found)


def test_no_page_fails_whatever_its_parameters(client):
    published_card(slug="exemple")
    published_study()
    asked = sorted({*names(), "page", "cursor", "limit"})
    pages = [page.path for page in every_page() if access.access_of(page.view) in OPEN]
    queries = ["&".join(f"{name}={value}" for name in asked) for value in VALUES]
    queries.append("&".join(f"{name}=1&{name}=2" for name in asked))
    answers = []

    for path in pages:
        if client.get(path).status_code == 200:
            answers += [client.get(f"{path}?{query}").status_code for query in queries]

    assert len(asked) > 100
    assert len(answers) > 1_000
    assert set(answers) <= {200, 301, 302, 400, 404, 429}
