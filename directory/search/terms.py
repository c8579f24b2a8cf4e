"""The names of the terms that are not words: facets, communes, numbers. Pure.

« =langue:de » and the like sort between postings.KEPT_FROM and KEPT_UNTIL: processes keep their
cards in memory. Numbers are read when asked for.
"""

EVERY = "=*"
COMMUNE = "=commune"
FACET_NAMES = ("service", "territoire", "langue", "taille", "metier")


def facet_prefix(facet: str) -> str:
    """Return how the terms of a facet start."""
    return f"={facet}:"


def facet_term(facet: str, value: object) -> str:
    """Return the term of one value of a facet."""
    return f"={facet}:{value}"


def commune_term(insee_code: str) -> str:
    """Return the term of a commune."""
    return f"{COMMUNE}:{insee_code}"


def number_term(number: str) -> str:
    """Return the term of a SIRET, or of the SIREN that starts it."""
    return f"#{number}"
