"""The names of what a cube is cut by: territories, activities, sizes, periods."""

from django.conf import settings
from django.utils.translation import gettext as _

from emn.lib.page_cache import kept
from emn.territory.enums import NafLevel, Nomenclature
from emn.territory.models import Commune, NafCode
from observatory.indicator_enums import Size


@kept
def territory_labels() -> dict[str, str]:
    """Return code → name: the département, its EPCI, its communes. One query."""
    communes = Commune.objects.in_departement(settings.DEPARTEMENT).select_related("epci")
    names = {settings.DEPARTEMENT: settings.DEPARTEMENT_NAME}
    for commune in communes.order_by("pk"):
        names[commune.pk] = commune.name
        if commune.epci is not None:
            names[commune.epci.pk] = str(commune.epci)
    return names


@kept
def activity_labels() -> dict[str, str]:
    """Return code → label of the divisions and sub-classes of the NAF."""
    rows = NafCode.objects.filter(
        nomenclature=Nomenclature.NAF_REV_2, level__in=(NafLevel.DIVISION, NafLevel.SUBCLASS)
    )
    return dict(rows.order_by("pk").values_list("code", "label"))


def size_label(code: str) -> str:
    """Return a size in words."""
    sizes = {
        "1": _("une personne"),
        "2-10": _("2 à 10 personnes"),
        "11-49": _("11 à 49 personnes"),
        "50+": _("50 personnes et plus"),
        "?": _("taille inconnue"),
    }
    return str(Size(code).label) if code in Size.values else sizes.get(code, code)


def period_label(code: str) -> str:
    """Return a period in words: 2026, « 3e trimestre 2026 », « 11/2026 »."""
    year, _sign, part = code.partition("-")
    if not part:
        return year
    if part.startswith("T"):
        return _("T%(quarter)s %(year)s") % {"quarter": part[1:], "year": year}
    return f"{part}/{year}"
