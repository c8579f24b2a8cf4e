"""Words to lexemes, the same way at write and at query. Pure: no Django, no database.

A lexeme is the folded stem of a word in one language. A card's text is stemmed in its own language;
a query does not say its language, so each of its words stands for its stem in every one.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from emn.lib.text import digits, fold, folded_words, stem

LANGUAGES = ("fr", "de", "en")
LONGEST_QUERY = 200  # signs
MOST_WORDS = 8
NAME, SERVICES, TEXT = FIELDS = ("n", "s", "t")  # where a card holds a word
_LONGEST_LEXEME = 60  # signs: what is longer is no word
_STOP_WORDS = frozenset(
    word
    for line in (
        # French
        "a ai ameliorer au aux avec avoir besoin bonjour ce ces cet cette changer chercher chez",
        "cherche comment creer dans de des dois du elle en entreprise est et etre faire faut ici",
        "il ils j je l la le les leur ma me mes mettre moi mon monter ne nos notre nous on ou par",
        "pas peu plus pour pres proche qu quand que quel quelle quelqu quelqu'un qui refaire sa",
        "sans se ses societe son sont sur ta te tes toi ton tres trouver tu un une veux voudrais",
        "vos votre vous y",
        # German
        "aber als am an auch auf aus bei bin brauche brauchen das dem den der die ein eine einem",
        "einen einer es fuer fur habe ich ihr im in ist kann mein meine meinen meiner mich mir mit",
        "mochte nach neue neuen neues oder sie sind suche suchen uber um und uns unser unsere von",
        "vor wie wir wo zu zum zur",
        # English
        "an and are at be by can company do for from get have help how i in is it looking make me",
        "my near need new of or our set some somebody someone that the their they this to up want",
        "we who with you your",
    )
    for word in line.split()
)
_SIREN_DIGITS, _SIRET_DIGITS = 9, 14
_SIRET = re.compile(r"^[\d\s.]{9,20}$")
_HYPHENED = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)+")
_DOTTED = re.compile(r"(?:[a-z0-9]\.)+[a-z0-9]$")


@dataclass(frozen=True)
class Text:
    """A piece of a card: its words, the field they count for and their language."""

    content: str
    field: str
    language: str = "fr"


def tokens(content: str) -> list[str]:
    """Return the folded words; « S.E.O. » is one of them.

    >>> tokens("Le S.E.O., c’est l’essentiel")
    ['le', 'seo', 'est', 'essentiel']
    """
    return _folded_tokens(fold(content))


def _folded_tokens(folded: str) -> list[str]:
    found = folded_words(folded)
    if "." not in folded:
        return found
    return [
        word.replace(".", "") if "." in word and _DOTTED.match(word) else word for word in found
    ]


@dataclass(frozen=True)
class Words:
    """What some texts of a card are found by: their terms, and their words as they are typed."""

    terms: frozenset[str]
    words: frozenset[str]


def card_words(texts: Iterable[Text]) -> Words:
    """Return the terms, field and lexeme, such as « n:dupont » or « s:sit », and the words.

    A hyphenated word is held in one piece too, so that « ecommerce » finds « e-commerce ».
    """
    terms, held = set(), set()
    for text in texts:
        folded = fold(text.content)
        found = set(_folded_tokens(folded))
        if "-" in folded:
            found.update(word.replace("-", "") for word in _HYPHENED.findall(folded))
        for word in found:
            lexeme = stem(word, text.language)
            if lexeme and len(lexeme) <= _LONGEST_LEXEME:
                terms.add(f"{text.field}:{lexeme}")
        held |= found
    return Words(frozenset(terms), frozenset(held))


def lexemes(word: str) -> list[str]:
    """Return the stems of a query's word in French, German and English, each once."""
    stems = dict.fromkeys(stem(word, language) for language in LANGUAGES)
    return [lexeme for lexeme in stems if lexeme and len(lexeme) <= _LONGEST_LEXEME]


@dataclass(frozen=True)
class Query:
    """What a visitor typed, ready to be searched.

    `words` are the folded words that carry meaning; `number` the SIREN or SIRET when the visitor
    typed one; `shortened` says that the end was left out.
    """

    words: tuple[str, ...]
    number: str = ""
    shortened: bool = False

    def __bool__(self) -> bool:
        return bool(self.words or self.number)


def parse(typed: str) -> Query:
    """Read what a visitor typed; never fails, whatever the signs.

    >>> parse("Je cherche un site, à Metz").words
    ('site', 'metz')
    """
    shortened = len(typed) > LONGEST_QUERY
    typed = typed[:LONGEST_QUERY]
    number = digits(typed)
    if _SIRET.match(typed.strip()) and _SIREN_DIGITS <= len(number) <= _SIRET_DIGITS:
        length = _SIRET_DIGITS if len(number) == _SIRET_DIGITS else _SIREN_DIGITS
        return Query(words=(), number=number[:length], shortened=shortened)
    return query_of(tokens(typed), shortened=shortened)


def query_of(found: Iterable[str], *, shortened: bool = False) -> Query:
    """Return the query of these folded words: each telling one once, eight at most."""
    once = list(dict.fromkeys(found))
    telling = [word for word in once if word not in _STOP_WORDS] or once
    return Query(
        words=tuple(telling[:MOST_WORDS]), shortened=shortened or len(telling) > MOST_WORDS
    )
