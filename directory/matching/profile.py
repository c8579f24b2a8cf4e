"""What the register suggests of a company as a client: its size, its trade. Pure.

The company corrects both: a suggestion is never written without it.
"""

# INSEE, tranche d'effectif: its code → the client sizes of the cards.
_SIZES = {
    "0": ("00",),
    "1-9": ("01", "02", "03"),
    "10-49": ("11", "12"),
    "50-249": ("21", "22", "31"),
    "250+": ("32", "41", "42", "51", "52", "53"),
}
_SIZE_OF = {band: size for size, bands in _SIZES.items() for band in bands}
# Divisions of the NAF (rév. 2 and 2025 share them here), first to last included.
_DIVISIONS = (
    (1, 3, "agriculture"),
    (5, 39, "industrie"),
    (41, 43, "btp"),
    (45, 47, "commerce"),
    (49, 53, "transport"),
    (55, 56, "hotellerie-restauration"),
    (68, 68, "immobilier"),
    (84, 84, "public"),
    (86, 88, "sante-social"),
    (94, 94, "association"),
    (95, 96, "artisanat"),
)
_CRAFTS = ("10.71", "10.13B", "10.82")  # bakers, butchers, chocolate makers
_SERVICES = "services"


def client_size(headcount_band: str) -> str:
    """Return the client size of a headcount band, empty when it is not known.

    >>> [client_size(band) for band in ("00", "12", "NN", "")]
    ['0', '10-49', '', '']
    """
    return _SIZE_OF.get(headcount_band, "")


def client_sector(naf_code: str) -> str:
    """Return the trade of an activity code, empty when there is none.

    >>> [client_sector(code) for code in ("10.71C", "43.21A", "62.01Z", "")]
    ['artisanat', 'btp', 'services', '']
    """
    if not naf_code[:2].isdigit():
        return ""
    if naf_code.startswith(_CRAFTS):
        return "artisanat"
    division = int(naf_code[:2])
    return next(
        (sector for first, last, sector in _DIVISIONS if first <= division <= last), _SERVICES
    )
