"""What users read keeps the spaces of French: no line may begin with a lone « ? »."""

import re
from pathlib import Path

import pytest
from django.conf import settings

ROOT = Path(settings.BASE_DIR)
TEMPLATES = sorted(
    file for file in (ROOT / "templates").rglob("*") if file.suffix in {".html", ".txt"}
)
MESSAGES = re.compile(
    r"""\{% translate (?:"(.*?)"|'(.*?)')"""
    r"""|\b_\(\s*"(.*?)"\s*\)"""
    r"""|\{% blocktranslate[^%]*%\}(.*?)\{% endblocktranslate""",
    re.DOTALL,
)
BREAKABLE = re.compile(r" [:;!?»](?=\s|$|<)|« ")


def messages(text):
    return ["".join(found) for found in MESSAGES.findall(text)]


@pytest.mark.parametrize("file", TEMPLATES, ids=lambda file: str(file.relative_to(ROOT)))
def test_french_message_breaks_no_line_before_its_double_signs(file):
    wrong = [text for text in messages(file.read_text()) if BREAKABLE.search(text)]

    assert wrong == []


# `{{ day|date:"j F" }}`, `{% now "j F" %}`, `date_format(day, "j F")`: each language orders a day,
# and writes the first of a month, in its own way, so that formats of days are named
# (emn/formats), never spelled out.
SPELLED = re.compile(r"""(?:\|(?:date|time):|\bnow |\b\w*format\([^()"']*(?:\([^()]*\))?[^()"']*)"""
                     r"""(["'])(?P<format>[^"'_]*?(?<!\\)[jS][^"'_]*)\1""")  # fmt: skip
SOURCES = [
    file
    for app in ("emn", "directory", "events", "diagnostics", "observatory")
    for file in sorted((ROOT / app).rglob("*.py"))
]


def test_no_format_of_a_day_is_spelled_out():
    wrong = [
        f"{file.relative_to(ROOT)}: {found['format']}"
        for file in [*TEMPLATES, *SOURCES]
        for found in SPELLED.finditer(file.read_text())
    ]

    assert wrong == []


@pytest.mark.parametrize(
    "text",
    [
        '{{ day|date:"j F" }}',
        "{{ day|date:'l j F, H:i' }}",
        '{% now "jS F Y" %}',
        'date_format(day, "j F Y")',
        "date_format(timezone.localtime(at), 'j F Y')",
        'date_format(monday, "j F" if short else "DATE_FORMAT")',
    ],
)
def test_a_format_that_is_spelled_out_is_seen(text):
    assert SPELLED.search(text)


@pytest.mark.parametrize(
    "text", ['{{ day|date:"DATE_FORMAT" }}', 'date_format(day, "F Y")', '{{ day|date:"Y-m-d" }}']
)
def test_a_format_without_the_day_or_by_its_name_is_let_be(text):
    assert not SPELLED.search(text)


# A double sign or a quotation mark that stands in no message is French in every language:
# `quoted`, `colon` and `semicolon` (emn/lib/templatetags/french.py) write those of the reader.
COPY = re.compile(
    r"""\{% blocktranslate.*?\{% endblocktranslate %\}|\{% translate .*?%\}|\{#.*?#\}"""
    r"""|\{% comment.*?\{% endcomment %\}|\b_\((?:"[^"]*"|'[^']*')\)""",
    re.DOTALL,
)
FRENCH_SIGN = re.compile("[«»]|(?:\u00a0|&nbsp;|\u202f)[:;?!]")
ONLY_FRENCH = ("admin", "gallery.html")  # the staff's workplace, and its list of components


@pytest.mark.parametrize(
    "file",
    [file for file in TEMPLATES if not set(ONLY_FRENCH) & set(file.relative_to(ROOT).parts)],
    ids=lambda file: str(file.relative_to(ROOT)),
)
def test_no_french_sign_stands_outside_a_message(file):
    assert FRENCH_SIGN.findall(COPY.sub("", file.read_text())) == []


def test_a_french_sign_outside_a_message_is_seen():
    text = '{% translate "Où\u00a0?" %} «\u00a0{{ answer }}\u00a0»\u00a0: {{ level }}'

    assert FRENCH_SIGN.findall(COPY.sub("", text)) == ["«", "»", "\u00a0:"]
