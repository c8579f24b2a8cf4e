"""The mention of every page and the statement come from the last audit (R5.02)."""

from datetime import date
from decimal import Decimal

import pytest
from django.db import IntegrityError

from emn.pages.enums import Conformity

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("rate", "level"),
    [
        (None, Conformity.NONE),
        ("0", Conformity.NONE),
        ("49.99", Conformity.NONE),
        ("50", Conformity.PARTIAL),
        ("99.99", Conformity.PARTIAL),
        ("100", Conformity.TOTAL),
    ],
)
def test_conformity_follows_the_thresholds_of_the_law(rate, level):
    assert Conformity.of(Decimal(rate) if rate else None) == level


def test_footer_says_non_conforme_when_there_was_no_audit(client):
    html = client.get("/").content.decode()

    assert "Accessibilité\u00a0: non conforme" in html


def test_footer_follows_the_last_audit(client, make_audit):
    make_audit("100", audited_on=date(2024, 1, 1))
    make_audit("72.5", audited_on=date(2026, 1, 1))

    html = client.get("/").content.decode()

    assert "Accessibilité\u00a0: partiellement conforme" in html


def test_statement_shows_the_last_audit(client, make_audit):
    make_audit("72.5", non_conformities="La carte n’a pas d’équivalent.", exemptions="Archives")

    html = client.get("/accessibilite/").content.decode()

    for words in (
        "72,50\u00a0%",
        "RGAA 4.1.2",
        "1er septembre 2026",
        "Cabinet Voyelle",
        "La carte n’a pas d’équivalent.",
        "Archives",
        "Défenseur des droits",
        "mailto:contact@emn.example",
    ):
        assert words in html


def test_statement_without_an_audit_says_why_it_is_non_conforme(client):
    html = client.get("/accessibilite/").content.decode()

    assert "non conforme" in html
    assert "Aucun audit" in html


@pytest.mark.parametrize("rate", ["-0.01", "100.01"])
def test_audit_refuses_a_rate_that_is_no_percentage(make_audit, rate):
    with pytest.raises(IntegrityError, match="rate_is_a_percentage"):
        make_audit(rate)
