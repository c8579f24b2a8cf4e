"""The glossary names each model as the portal does."""

import re
from collections import Counter

import pytest
from django.utils.translation import override

from tests.architecture.test_code import OWN_MODELS, ROOT

_ROW = re.compile(r"^\| (?P<term>[^|]+) \| `(?P<identifier>[^`|]+)` \|", re.MULTILINE)
ENTRIES = [
    (row["term"], row["identifier"])
    for row in _ROW.finditer((ROOT / "docs" / "glossary.md").read_text(encoding="utf-8"))
]


@pytest.mark.parametrize("model", OWN_MODELS, ids=lambda model: model._meta.label)
def test_model_is_in_the_glossary_under_its_french_name(model):
    with override("fr"):
        name = str(model._meta.verbose_name)

    terms = [term for term, identifier in ENTRIES if identifier == model.__name__]

    assert terms == [name]


def test_one_term_has_one_identifier_and_one_identifier_one_term():
    terms = Counter(term for term, _identifier in ENTRIES)
    identifiers = Counter(identifier for _term, identifier in ENTRIES)

    assert (max(terms.values()), max(identifiers.values())) == (1, 1)
