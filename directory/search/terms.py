"""The names of the terms that are not words: facets, communes, numbers. Pure.

« =langue:de » and the like sort between postings.KEPT_FROM and KEPT_UNTIL: processes keep their
cards in memory. Numbers are read when asked for.
"""

from datetime import date

EVERY = "=*"
COMMUNE = "=commune"
CHARTER = "charte"
TRUST = "classe"  # of trust: written by whoever computes it, not with the card
FACET_NAMES = (CHARTER, TRUST, "service", "territoire", "langue", "taille", "metier")


def facet_prefix(facet: str) -> str:
    """Return how the terms of a facet start."""
    return f"={facet}:"


def facet_term(facet: str, value: object) -> str:
    """Return the term of one value of a facet."""
    return f"={facet}:{value}"


def trust_terms(letter: str) -> list[str]:
    """Return the term of a trust class; of none, no term."""
    return [facet_term(TRUST, letter)] if letter else []


def charter_term(first: date, last: date) -> str:
    """Return the term of the days of [first, last), on which a card shows the charter's badge."""
    return facet_term(CHARTER, f"{first.isoformat()}..{last.isoformat()}")


def shows_badge(term: str, *, on: date) -> bool:
    """Tell whether a card of that term shows the badge that day: no term needs a midnight task."""
    first, _dots, last = term.removeprefix(facet_prefix(CHARTER)).partition("..")
    return first <= on.isoformat() < last


def commune_term(insee_code: str) -> str:
    """Return the term of a commune."""
    return f"{COMMUNE}:{insee_code}"


def number_term(number: str) -> str:
    """Return the term of a SIRET, or of the SIREN that starts it."""
    return f"#{number}"
