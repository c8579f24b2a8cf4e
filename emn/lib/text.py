"""Folding and stemming of words: the same at write and at query (architecture, flow 2)."""

import re
import threading
import unicodedata
from functools import lru_cache

import Stemmer

_SIGNS = str.maketrans({"œ": "oe", "æ": "ae", "ß": "ss", "’": "'", "ʼ": "'"})
_COMBINING = re.compile(
    "[\u0300-\u036f\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f]+"  # those of Latin
)
_WORD = re.compile(r"[a-z0-9]+(?:[.+#&][a-z0-9]+)*[+#]*")
_ELISION = re.compile(r"\b(?:l|d|j|m|t|s|c|n|qu|jusqu|lorsqu|puisqu)'(?=\w)")
_LANGUAGES = {"fr": "french", "de": "german", "en": "english"}


def fold(value: str) -> str:
    """Return `value` in lower case, without accents, ligatures, typographic signs or elisions.

    >>> fold("L’Œuvre d’été")
    'oeuvre ete'
    """
    plain = value.lower()
    if not plain.isascii():
        plain = _COMBINING.sub("", unicodedata.normalize("NFKD", plain.translate(_SIGNS)))
    plain = plain.replace("`", "'")
    if "'" in plain:
        plain = _ELISION.sub("", plain)
    return " ".join(plain.split())


def words(value: str) -> list[str]:
    """Split into folded words; «c++», «r&d» and «web2.0» stay whole."""
    return folded_words(fold(value))


def folded_words(folded: str) -> list[str]:
    """Split a text that is folded already."""
    return _WORD.findall(folded)


class _Stemmers(threading.local):
    """The stemmers of this thread: one may not serve two threads at once."""

    def __init__(self) -> None:
        self.of = {code: Stemmer.Stemmer(name) for code, name in _LANGUAGES.items()}


_stemmers = _Stemmers()


@lru_cache(maxsize=50_000)
def stem(word: str, language: str = "fr") -> str:
    """Return the folded stem of one word in `language` (fr, de or en)."""
    return fold(_stemmers.of[language].stemWord(word.lower()))


def digits(value: str) -> str:
    """Return the ASCII digits of `value`, in order."""
    return "".join(sign for sign in value if sign in "0123456789")
