"""What the strict content security policy would block must not be written at all."""

import re
from pathlib import Path

import allauth
import pytest

ROOT = Path(__file__).resolve().parents[2] / "templates"
# allauth's pages that the portal shows as they are.
ALLAUTH = Path(allauth.__file__).parent / "templates"
SHOWN = ("account", "allauth", "mfa", "socialaccount")
# Mail has neither policy nor style sheet: its own rules are inlined when it is written.
PAGES = [
    path
    for path in sorted(ROOT.rglob("*.html"))
    if not {"emails", "email", "mailings"} & set(path.relative_to(ROOT).parts)
] + [
    path
    for folder in SHOWN
    for path in sorted((ALLAUTH / folder).rglob("*.html"))
    if not (ROOT / path.relative_to(ALLAUTH)).exists() and "phone" not in path.name
]
FORBIDDEN = {
    "inline script": re.compile(
        r"<script(?![^>]*\bsrc=)(?![^>]*type=\"application/(?:ld\+)?json\")", re.IGNORECASE
    ),
    "inline style sheet": re.compile(r"<style\b", re.IGNORECASE),
    "style attribute": re.compile(r"<[^>{]+\sstyle=", re.IGNORECASE),
    "event attribute": re.compile(r"<[^>{]+\son[a-z]+=", re.IGNORECASE),
    "javascript address": re.compile(r"=[\"']javascript:", re.IGNORECASE),
    "third party": re.compile(r"<(?:script|link|img|iframe)[^>]+(?:src|href)=[\"'](?:https?:)?//"),
}


@pytest.mark.parametrize("path", PAGES, ids=lambda path: "/".join(path.parts[-3:]))
def test_template_needs_nothing_that_the_policy_forbids(path):
    text = path.read_text(encoding="utf-8")

    found = [what for what, pattern in FORBIDDEN.items() if pattern.search(text)]

    assert found == []


@pytest.mark.parametrize(
    ("what", "text"),
    [
        ("inline script", "<script>alert(1)</script>"),
        ("inline style sheet", "<style>p {}</style>"),
        ("style attribute", '<p style="color: red">'),
        ("event attribute", '<a href="/" onclick="go()">'),
        ("javascript address", '<a href="javascript:go()">'),
        ("third party", '<script src="https://cdn.example/a.js">'),
    ],
)
def test_what_is_forbidden_is_seen(what, text):
    assert FORBIDDEN[what].search(text)


def test_a_row_is_its_own_item_of_the_list():
    nested = re.compile(r"<li>\s*\{% row\b")

    assert [path.name for path in PAGES if nested.search(path.read_text(encoding="utf-8"))] == []


# A number of the context is written for people, “1 234” from a thousand on; not for a browser.
ATTRIBUTE = re.compile(r"""[\w-]+=(?:"([^"<>]*)"|'([^'<>]*)')""")
NUMBER = re.compile(
    r"\{\{ *((?:[\w.]+\.)?(?:pk|[a-z]+_id|budget|hours_a_month|\w+_cents|\w+_page_number"
    r"|start_index)) *\}\}"
)
NOT_NUMBERS = {"client_id", "field.auto_id"}


def _numbers_for_people(text):
    return [
        name
        for values in ATTRIBUTE.findall(text)
        for name in NUMBER.findall("".join(values))
        if name not in NOT_NUMBERS
    ]


def test_a_number_in_an_attribute_is_written_for_the_browser():
    found = {
        str(path.relative_to(ROOT)): names
        for path in sorted(ROOT.rglob("*.html"))
        if (names := _numbers_for_people(path.read_text(encoding="utf-8")))
    }

    assert found == {}


def test_a_number_written_for_people_is_seen():
    assert _numbers_for_people('<input value="{{ entry.pk }}"><a href="?p={{ budget }}#x">') == [
        "entry.pk",
        "budget",
    ]
    assert _numbers_for_people('<input value="{{ entry.pk|stringformat:"s" }}">') == []
