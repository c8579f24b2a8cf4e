"""When to read a project again, and what looks like a secret: pure."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from directory.reversibility.reminders import is_stale, next_reminder
from directory.reversibility.secrets import looks_secret
from emn.lib.calendar import add_months

days = st.dates(date(2020, 1, 1), date(2060, 1, 1))


@given(days, st.integers(0, 4_000))
def test_the_next_reminder_is_the_first_whole_six_months_later(since, later):
    after = since + timedelta(days=later)

    found = next_reminder(since, after=after)

    steps = [add_months(since, 6 * step) for step in range(1, 30)]
    assert found == next(day for day in steps if day > after)


@pytest.mark.parametrize(
    ("since", "after", "day"),
    [
        (date(2026, 8, 31), date(2026, 8, 31), date(2027, 2, 28)),
        (date(2026, 8, 31), date(2027, 2, 28), date(2027, 8, 31)),
        (date(2026, 11, 28), date(2028, 6, 1), date(2028, 11, 28)),
    ],
)
def test_worked_reminders(since, after, day):
    assert next_reminder(since, after=after) == day


def test_stale_after_six_months_and_never_checked_is_stale():
    assert is_stale(None, on=date(2026, 1, 1))
    assert not is_stale(date(2026, 1, 31), on=date(2026, 7, 30))
    assert is_stale(date(2026, 1, 31), on=date(2026, 7, 31))


@pytest.mark.parametrize(
    "text",
    [
        "mot de passe : Soleil2024",
        "Mot de passe=azerty",
        "mdp: toto",
        "le mot de passe est fleur1978",
        "Passwort: Sommer",
        "code PIN : 4512",
        "clé API : abcd",
        "Soleil2024!",
        "admin / P@ssw0rd",
        "aZ3kPq9LmN2xVb7TrY5w",
        "postgres://site:motdepasse@db.example/site",
        "https://lea:secret@exemple.fr/",
        "-----BEGIN OPENSSH PRIVATE KEY-----",
        "AKIAIOSFODNN7EXAMPLE",
        "ghp_0123456789abcdefghijABCDEFGHIJ012345",
        "sk_live_4eC39HqLyjWDarjtT1zdp7dc",
    ],
)
def test_what_looks_like_a_secret_is_seen(text):
    assert looks_secret(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "OVH, contrat AB12345-ovh, au nom de la gérante",
        "Mot de passe dans le coffre-fort de la comptable",
        "le mot de passe est chez Léa Meyer",
        "https://www.ovh.com/manager/#/web/configuration",
        "gerante@boulangerie.example",
        "Contrat n° 2024-118 du 3 mars 2024",
        "SIRET 00098000100019",
        "Disque externe 4 To, rangé au domicile",
        "GitHub, organisation boulangerie-des-trois-eveches",
        "WordPress 6.7, thème libre (GPL-2.0-or-later)",
        "Export CSV/UTF-8 sur demande, 5 jours ouvrés, 0 €",
        "C++17 et R&D : licence MIT",
        "gestionnaire de mots de passe Bitwarden de l’entreprise",
    ],
)
def test_what_people_write_is_taken(text):
    assert not looks_secret(text)


@given(st.text(alphabet=st.characters(categories=("Ll", "Zs")), max_size=80))
def test_plain_words_are_taken_unless_they_announce_a_secret(text):
    announced = any(
        word in text
        for word in (
            "pass",
            "pin",
            "mdp",
            "secret",
            "mot",
            "jeton",
            "token",
            "pwd",
            "api",
            "kennwort",
            "clé",
        )
    )
    assert announced or not looks_secret(text)
