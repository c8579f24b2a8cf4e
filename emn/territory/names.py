"""The folded keys under which places and companies are searched: the same at write and query."""

from emn.lib.text import words

_ABBREVIATIONS = {"st": "saint", "ste": "sainte", "sts": "saints", "stes": "saintes"}


def place_key(name: str) -> str:
    """Return the words of a place name, folded, with «St» and «Ste» written out.

    >>> place_key("St-Avold"), place_key("L’Hôpital")
    ('saint avold', 'hopital')
    """
    return " ".join(_ABBREVIATIONS.get(word, word) for word in words(name))


def company_key(name: str) -> str:
    """Return the folded words of a company name.

    >>> company_key("SOCIÉTÉ D’ÉDITION & CIE")
    'societe edition cie'
    """
    if name.isascii() and name.replace(" ", "").isalnum():  # nine names of ten in the register
        return " ".join(name.lower().split())
    return " ".join(words(name)) if name else ""
