"""Quotation marks, colons and semicolons of the reader's language."""

import pytest
from django.template import Context, Template
from django.utils import translation


@pytest.mark.parametrize(
    ("language", "shown"),
    [
        ("fr", "«\u00a0a &lt; b\u00a0»\u00a0: oui\u00a0; non"),
        ("de", "„a &lt; b“: oui; non"),
        ("en", "‘a &lt; b’: oui; non"),
    ],
)
def test_signs_are_those_of_the_language(language, shown):
    source = "{{ words|quoted|colon }} oui{% semicolon %}non"

    with translation.override(language):
        html = Template(source).render(Context({"words": "a < b"}))

    assert html == shown
