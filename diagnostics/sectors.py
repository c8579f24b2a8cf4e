"""The families of activities that the benchmarks tell apart, by NAF division, in words."""

from typing import TYPE_CHECKING

from django.utils.translation import gettext_lazy as _

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise as StrPromise

# First and last division of each family; the divisions of NAF rév. 2 and NAF 2025 agree on these.
_FAMILIES: tuple[tuple[str, int, int, "StrPromise"], ...] = (
    ("farming", 1, 3, _("agriculture")),
    ("industry", 5, 39, _("industrie et artisanat de production")),
    ("building", 41, 43, _("bâtiment")),
    ("trade", 45, 47, _("commerce et automobile")),
    ("transport", 49, 53, _("transport")),
    ("hosting", 55, 56, _("hôtels, cafés, restaurants")),
    ("digital", 58, 63, _("numérique et communication")),
    ("services", 64, 82, _("services aux entreprises")),
    ("people", 84, 99, _("santé, éducation, services aux personnes")),
)


def sector_of(naf_code: str) -> str:
    """Return the family of an activity code («10.71C»), empty when it is none."""
    division = naf_code[:2]
    if not division.isdecimal():
        return ""
    return next(
        (code for code, first, last, _words in _FAMILIES if first <= int(division) <= last), ""
    )


def sector_words(sector: str) -> str:
    """Say a family."""
    return next((str(words) for code, _first, _last, words in _FAMILIES if code == sector), "")
