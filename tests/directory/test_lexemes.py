import pytest
from django.db import connection
from hypothesis import given
from hypothesis import strategies as st

from directory.search.lexemes import Query, Text, card_words, lexemes, parse, tokens


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ("Je cherche un site, à Metz", ("site", "metz")),
        ("refaire mon SITE", ("site",)),
        ("référencement d’été", ("referencement", "ete")),
        ("R&D et C++", ("r&d", "c++")),
        ("ein neues Kassensystem für mein Geschäft", ("kassensystem", "geschaft")),
        ("le la les", ("le", "la", "les")),
        ("%_%' OR 1=1 --", ("1",)),
        ("site\x00web", ("site", "web")),
    ],
)
def test_parse_keeps_the_words_that_carry_meaning(typed, words):
    assert parse(typed).words == words


@pytest.mark.parametrize(
    ("typed", "siret"),
    [
        ("418 166 096", "418166096"),
        ("41816609600069", "41816609600069"),
        ("418.166.096 00069", "41816609600069"),
    ],
)
def test_parse_reads_a_siren_or_a_siret(typed, siret):
    assert parse(typed) == Query(words=(), number=siret)


def test_parse_says_that_it_shortened_a_very_long_query():
    query = parse("site " * 2_000)

    assert query.shortened
    assert query.words == ("site",)


def test_card_terms_say_in_which_field_a_word_stands_and_join_hyphens():
    terms = card_words([Text("Sites & Cie", "n"), Text("un e-commerce", "s")]).terms

    assert terms == {"n:sit", "n:ci", "s:un", "s:e", "s:commerc", "s:ecommerc"}


def test_an_acronym_with_dots_is_the_acronym():
    assert tokens("Le S.E.O. et la R.G.P.D") == ["le", "seo", "et", "la", "rgpd"]


@pytest.mark.django_db
@given(typed=st.text(max_size=300), content=st.text(max_size=300))
def test_postgresql_takes_every_term_of_a_card_and_of_a_query(typed, content):
    terms = card_words([Text(content, "t")]).terms
    asked = [f"t:{lexeme}" for word in parse(typed).words for lexeme in lexemes(word)]

    with connection.cursor() as cursor:
        cursor.execute("SELECT %s::text[] && %s::text[]", [sorted(terms), asked])

    assert all(len(term) <= 80 for term in [*terms, *asked])


@given(st.text(max_size=100))
def test_a_card_that_holds_the_words_typed_answers_them(content):
    """Stemming is the same on both sides: a query equal to the text has only known stems."""
    held = card_words([Text(content, "t")]).terms

    for word in parse(content).words:
        assert held & {f"t:{lexeme}" for lexeme in lexemes(word)} or not lexemes(word)
