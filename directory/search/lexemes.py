"""Words to lexemes, the same way at write and at query. Pure: no Django, no database.

A lexeme is the folded stem of a word in one language. A card's text is stemmed in its own language;
a query does not say its language, so each of its words stands for its stem in every one.
"""

import re
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from emn.lib.text import stem, words

LANGUAGES = ("fr", "de", "en")
LONGEST_QUERY = 200  # signs
MOST_WORDS = 8
_POSITIONS = 4  # a word repeated more often says nothing more
_STOP_WORDS = frozenset(
    word
    for line in (
        # French
        "a ai au aux avec besoin ce ces cet cette chez cherche comment dans de des du elle en",
        "entreprise est et faire faut ici il ils j je l la le les leur ma me mes moi mon ne nos",
        "notre nous on ou par pas peu plus pour pres proche qu que quel quelle qui sa sans se ses",
        "son sont sur ta te tes toi ton tres trouver tu un une veux voudrais vos votre vous y",
        # German
        "aber als am an auch auf aus bei bin brauche das dem den der die ein eine einem einen",
        "einer es fuer fur habe ich ihr im in ist mein meine mich mir mit nach oder sie sind",
        "suche uber um und uns unser unsere von vor wie wir wo zu zum zur",
        # English
        "an and are at be by company for from have help how i in is it looking me my need near of",
        "or our some that the their they this to want we with you your",
    )
    for word in line.split()
)
_SIREN_DIGITS, _SIRET_DIGITS = 9, 14
_SIRET = re.compile(r"^[\d\s.]{9,20}$")


@dataclass(frozen=True)
class Text:
    """A piece of a card: its words, the weight of its place (A, B or C) and its language."""

    content: str
    weight: str
    language: str = "fr"


def vector(texts: Iterable[Text]) -> str:
    """Return PostgreSQL's text form of a tsvector: `'sit':1B,7C 'web':2B`."""
    places: dict[str, list[str]] = defaultdict(list)
    position = 0
    for text in texts:
        for word in words(text.content):
            position = min(position + 1, 16_383)
            if len(found := places[stem(word, text.language)]) < _POSITIONS:
                found.append(f"{position}{text.weight}")
    return " ".join(f"'{lexeme}':{','.join(at)}" for lexeme, at in places.items() if lexeme)


@dataclass(frozen=True)
class Query:
    """What a visitor typed, ready to be searched.

    `words` are the folded words that carry meaning; `siret` the 9 to 14 digits when the visitor
    typed a number; `shortened` says that the end was left out.
    """

    words: tuple[str, ...]
    siret: str = ""
    shortened: bool = False

    def __bool__(self) -> bool:
        return bool(self.words or self.siret)

    def expression(self, *, weights: str = "", every: bool = True) -> str:
        """Return PostgreSQL's text form of a tsquery over all words, or over any of them."""
        return (" & " if every else " | ").join(
            f"({word_expression(word, weights=weights)})" for word in self.words
        )


def word_expression(word: str, *, weights: str = "") -> str:
    """Return the tsquery of one word: its stem in French, German or English."""
    suffix = f":{weights}" if weights else ""
    stems = dict.fromkeys(stem(word, language) for language in LANGUAGES)
    return " | ".join(f"'{lexeme}'{suffix}" for lexeme in stems if lexeme)


def parse(typed: str) -> Query:
    """Read what a visitor typed; never fails, whatever the signs.

    >>> parse("Je cherche un site, à Metz").words
    ('site', 'metz')
    """
    shortened = len(typed) > LONGEST_QUERY
    typed = typed[:LONGEST_QUERY]
    digits = re.sub(r"\D", "", typed)
    if _SIRET.match(typed.strip()) and _SIREN_DIGITS <= len(digits) <= _SIRET_DIGITS:
        return Query(words=(), siret=digits, shortened=shortened)
    found = list(dict.fromkeys(words(typed)))
    telling = [word for word in found if word not in _STOP_WORDS] or found
    return Query(
        words=tuple(telling[:MOST_WORDS]),
        shortened=shortened or len(telling) > MOST_WORDS,
    )
