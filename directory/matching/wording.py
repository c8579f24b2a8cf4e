"""Why a provider is proposed, in words: the three criteria that brought most points."""

from collections.abc import Mapping

from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from directory.matching.ranking import FITS, Ranked


def main_reasons(points: Mapping[str, int], facts: Mapping[str, int]) -> list[str]:
    """Return the reasons of one proposal, the weightiest first."""
    ranked = Ranked(card=0, total=0, points=dict(points), facts=dict(facts))
    return [_REASONS[key](facts) for key in ranked.main_reasons]


def _skill(facts: Mapping[str, int]) -> str:
    count = facts["siblings"]
    if not count:
        return _("Propose le service demandé")
    return ngettext(
        "Propose le service demandé et %(count)d autre de la même famille",
        "Propose le service demandé et %(count)d autres de la même famille",
        count,
    ) % {"count": count}


def _proximity(facts: Mapping[str, int]) -> str:
    if not facts["distance_m"]:
        return _("Dans la commune même")
    return _("À %(km)s km") % {"km": number_format(max(1, round(facts["distance_m"] / 1_000)))}


def _sector(facts: Mapping[str, int]) -> str:
    if year := facts["reference_year"]:
        return _("Une référence dans votre métier en %(year)d") % {"year": year}
    return _("Travaille pour votre métier")


def _budget(facts: Mapping[str, int]) -> str:
    if facts["budget"] == FITS:
        return _("Un prix indiqué qui entre dans votre budget")
    return _("Prix sur devis")


def _load(facts: Mapping[str, int]) -> str:
    count = facts["open_requests"]
    if not count:
        return _("Disponible : aucune demande en cours")
    return ngettext("%(count)d demande en cours", "%(count)d demandes en cours", count) % {
        "count": count
    }


_REASONS = {
    "skill": _skill,
    "proximity": _proximity,
    "sector": _sector,
    "budget": _budget,
    "load": _load,
}
