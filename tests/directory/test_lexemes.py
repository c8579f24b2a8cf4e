import pytest
from django.db import connection
from hypothesis import given
from hypothesis import strategies as st

from directory.search.lexemes import Query, Text, parse, vector


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ("Je cherche un site, à Metz", ("site", "metz")),
        ("refaire mon SITE", ("refaire", "site")),
        ("référencement d’été", ("referencement", "ete")),
        ("R&D et C++", ("r&d", "c++")),
        ("ein neues Kassensystem für mein Geschäft", ("neues", "kassensystem", "geschaft")),
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
    assert parse(typed) == Query(words=(), siret=siret)


def test_parse_says_that_it_shortened_a_very_long_query():
    query = parse("site " * 2_000)

    assert query.shortened
    assert query.words == ("site",)


def test_vector_gives_each_stem_its_places_and_weights():
    assert vector([Text("Sites", "A"), Text("un site web", "B")]) == "'sit':1A,3B 'un':2B 'web':4B"


@pytest.mark.django_db
@given(typed=st.text(max_size=300), content=st.text(max_size=300))
def test_postgresql_reads_every_vector_and_every_query(typed, content):
    query = parse(typed)

    with connection.cursor() as cursor:
        cursor.execute("SELECT %s::tsvector", [vector([Text(content, "C")])])
        if query.words:
            cursor.execute(
                "SELECT %s::tsquery, %s::tsquery",
                [query.expression(weights="AB"), query.expression(every=False)],
            )


@given(st.text(max_size=100))
def test_a_card_that_holds_the_words_typed_answers_them(content):
    """Stemming is the same on both sides: a query equal to the text has only known stems."""
    held = vector([Text(content, "C", "fr")])

    for word in parse(content).words:
        assert any(f"{lexeme}:" in held for lexeme in _stems(word))


def _stems(word):
    from directory.search.lexemes import word_expression

    return word_expression(word).split(" | ")
