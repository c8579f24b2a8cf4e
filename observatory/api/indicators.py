"""The indicators as resources of the API: the published, protected cube alone (R6.05)."""

from typing import Any

from django.conf import settings
from django.db.models import QuerySet
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from rest_framework import serializers
from rest_framework.exceptions import NotFound

from emn.lib.api.reading import (
    Asked,
    CodeField,
    ListQuestion,
    cursor_field,
    enveloped,
    listing,
    page,
    reads,
)
from observatory.indicator_enums import Flag, Level
from observatory.indicator_labels import territory_labels
from observatory.indicator_reading import language, latest_releases
from observatory.indicators.registry import Indicator, indicators, said
from observatory.models import Cell, Release

TAG = gettext_lazy("Observatoire")
INDICATOR = {
    "code": "etablissements-tic",
    "title": "Établissements du secteur numérique",
    "definition": "Établissements en activité au 31 décembre de l’année.",
    "unit": "établissements",
    "release": 3,
    "as_of": "2026-11-28",
    "cells": 18240,
    "url": "https://portail.example/observatoire/etablissements-tic/",
}
CELL = {
    "id": 40718,
    "level": "E",
    "territory": "200039865",
    "territory_name": "Eurométropole de Metz",
    "activity": "62",
    "size": "",
    "item": "",
    "period": "2025",
    "value": 412.0,
    "flag": "",
    "units": None,
}


class IndicatorSerializer(serializers.Serializer[Any]):
    """An indicator and its last release."""

    code = serializers.CharField(help_text=gettext_lazy("Code, tel que dans l’adresse."))
    title = serializers.CharField(help_text=gettext_lazy("Titre."))
    definition = serializers.CharField(help_text=gettext_lazy("Ce qui est compté."))
    unit = serializers.CharField(help_text=gettext_lazy("Unité."))
    release = serializers.IntegerField(help_text=gettext_lazy("Numéro de la dernière version."))
    as_of = serializers.DateField(help_text=gettext_lazy("Situation à cette date."))
    cells = serializers.IntegerField(help_text=gettext_lazy("Nombre de cases publiées."))
    url = serializers.URLField(help_text=gettext_lazy("Page, avec la fiche méthode."))


class CellSerializer(serializers.Serializer[Any]):
    """A cell of the cube, protected before it was published."""

    id = serializers.IntegerField(source="pk", help_text=gettext_lazy("Clé de la case."))
    level = serializers.ChoiceField(
        choices=Level.choices,
        help_text=gettext_lazy("Niveau : département, intercommunalité, commune ou autre."),
    )
    territory = serializers.CharField(help_text=gettext_lazy("Code du territoire."))
    territory_name = serializers.SerializerMethodField(
        help_text=gettext_lazy("Nom du territoire, vide s’il est ailleurs.")
    )
    activity = serializers.CharField(help_text=gettext_lazy("Code NAF ; vide : toutes."))
    size = serializers.CharField(help_text=gettext_lazy("Taille ; vide : toutes."))
    item = serializers.CharField(help_text=gettext_lazy("Poste ; vide : tous."))
    period = serializers.CharField(help_text=gettext_lazy("Période : 2026, 2026-T3 ou 2026-11."))
    value = serializers.FloatField(allow_null=True, help_text=gettext_lazy("Valeur."))
    flag = serializers.ChoiceField(
        choices=Flag.choices, allow_blank=True,
        help_text=gettext_lazy("Raison d’une absence : s, secret ; n, non significatif."),
    )  # fmt: skip
    units = serializers.IntegerField(
        allow_null=True, help_text=gettext_lazy("Nombre de répondants, quand il y en a.")
    )

    def get_territory_name(self, cell: Cell) -> str:
        """Name the place."""
        return territory_labels().get(cell.territory, "")


class IndicatorQuestion(ListQuestion):
    """The indicators have no filter; they fit one page."""

    cursor = cursor_field(r"^[a-z0-9-]{1,40}$")


class CellQuestion(ListQuestion):
    """The filters keep whole cells of the cube: none makes a new sum."""

    niveau = serializers.ChoiceField(
        choices=Level.choices, required=False, help_text=gettext_lazy("D, E, C ou O.")
    )
    territoire = CodeField(r"^[0-9A-Za-z_-]{1,20}$", help_text=gettext_lazy("Code du territoire."))
    periode = CodeField(
        r"^[0-9]{4}(-T[1-4]|-[01][0-9])?$", help_text=gettext_lazy("2026, 2026-T3 ou 2026-11.")
    )
    cursor = cursor_field(r"^[0-9]{1,18}$")


@reads(
    answer=listing(IndicatorSerializer),
    question=IndicatorQuestion,
    tag=TAG,
    summary=gettext_lazy("Les indicateurs publiés"),
    example=INDICATOR,
)
def indicator_list(asked: Asked) -> Asked:
    """List the indicators that have a release, in the order of their codes."""
    known = latest_releases()
    codes = sorted(code for code in known if code > asked.get("cursor", ""))
    shown = codes[: asked["limit"]]
    following = None
    if len(codes) > len(shown):
        address = reverse("api:indicators")
        following = f"{settings.PUBLIC_URL}{address}?limit={asked['limit']}&cursor={shown[-1]}"
    results = [_described(indicators()[code], known[code]) for code in shown]
    return enveloped({"next": following, "results": results}, source=settings.CENTRE_NAME)


@reads(
    answer=listing(CellSerializer),
    question=CellQuestion,
    tag=TAG,
    summary=gettext_lazy("Les cases d’un indicateur, dans sa dernière version"),
    description=gettext_lazy(
        "Seules les cases publiées existent : aucun filtre n’en calcule d’autres, pour que le "
        "secret statistique tienne. Les suites de pages restent dans une même version."
    ),
    place={"code": r"^[a-z0-9-]{1,40}$"},
    example=CELL,
)
def indicator_cells(asked: Asked, code: str) -> Asked:
    """List the cells of the last release."""
    release = latest_releases().get(code)
    if release is None:
        raise NotFound(_("Nous ne publions pas d’indicateur sous ce code."))
    cells: QuerySet[Cell] = Cell.objects.filter(release=release)
    for name, field in (("niveau", "level"), ("territoire", "territory"), ("periode", "period")):
        if value := asked.get(name):
            cells = cells.filter(**{field: value})
    names = ", ".join(dict.fromkeys(source["name"] for source in release.sources))
    return page(
        cells, asked=asked, address=reverse("api:indicator_cells", args=[code]),
        source=f"{names} – {settings.CENTRE_NAME}",
    )  # fmt: skip


def _described(indicator: Indicator, release: Release) -> dict[str, Any]:
    spoken = language()
    return {
        "code": indicator.code,
        "title": said(indicator.title, spoken),
        "definition": said(indicator.text, spoken),
        "unit": said(indicator.unit, spoken),
        "release": release.number,
        "as_of": release.as_of,
        "cells": release.cell_count,
        "url": settings.PUBLIC_URL + reverse("observatory:indicator", args=[indicator.code]),
    }
