"""The published cards and the taxonomy as resources of the API."""

from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.urls import reverse
from django.utils.timezone import localdate
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from rest_framework.exceptions import NotFound

from directory.api import examples
from directory.api.documents import keys
from directory.api.serializers import (
    ProviderQuestion,
    ProviderSerializer,
    ServiceQuestion,
    ServiceSerializer,
    SignatorySerializer,
)
from directory.filters import DEFAULT_RADIUS_KM, PlaceField
from directory.models import Adhesion, Provider, Service
from directory.models.providers import ProviderQuerySet
from directory.reference import taxonomy, territories
from directory.search.lexemes import parse
from directory.search.results import Criteria
from emn.lib.api.reading import Asked, listing, one, page, reads, single

TAG = gettext_lazy("Annuaire")


@reads(
    answer=listing(ProviderSerializer),
    question=ProviderQuestion,
    tag=TAG,
    summary=gettext_lazy("Les prestataires dont la fiche est publiée"),
    description=gettext_lazy(
        "Les mêmes filtres que la liste de l’annuaire, sous les mêmes noms. L’ordre est celui des "
        "clés, et non celui d’une recherche : il ne change pas d’un jour à l’autre, pour que l’on "
        "puisse tout lire page après page."
    ),
    example=examples.PROVIDER,
)
def providers(asked: Asked) -> Asked:
    """List the published cards that answer, by their key."""
    after = int(asked.get("cursor", 0))
    found = keys(_criteria(asked), after=after, limit=asked["limit"] + 1)
    return page(
        _shown(),
        keys=found,
        asked=asked,
        address=reverse("api:providers"),
        source=_source(),
    )


@reads(
    answer=single(ProviderSerializer),
    tag=TAG,
    summary=gettext_lazy("Un prestataire, par le nom de sa fiche"),
    place={"slug": r"^[-a-zA-Z0-9_]+$"},
    example=examples.PROVIDER,
)
def provider(_asked: Asked, slug: str) -> Asked:
    """Show one published card."""
    found = _shown().filter(slug=slug).first()
    if found is None:
        raise NotFound(_("Aucune fiche publiée ne porte ce nom."))
    return one(found, source=_source())


@reads(
    answer=listing(ServiceSerializer),
    question=ServiceQuestion,
    tag=TAG,
    summary=gettext_lazy("Les services que les prestataires peuvent proposer"),
    example=examples.SERVICE,
)
def services(asked: Asked) -> Asked:
    """List the services of the taxonomy by their key."""
    rows = Service.objects.select_related("category")
    return page(rows, asked=asked, address=reverse("api:services"), source=_source())


@reads(
    answer=single(ServiceSerializer),
    tag=TAG,
    summary=gettext_lazy("Un service, par son code"),
    place={"code": r"^[a-z0-9]+([.-][a-z0-9]+)*$"},
    example=examples.SERVICE,
)
def service(_asked: Asked, code: str) -> Asked:
    """Show one service."""
    found = Service.objects.select_related("category").filter(code=code).first()
    if found is None:
        raise NotFound(_("Nous ne connaissons pas de service sous ce code."))
    return one(found, source=_source())


@reads(
    answer=listing(SignatorySerializer),
    question=ServiceQuestion,
    tag=TAG,
    summary=gettext_lazy("Le registre des signataires de la charte"),
    description=gettext_lazy(
        "Les adhésions que montre le registre public. Le registre entier, avec les textes et "
        "l’historique, est à /charte/signataires.json."
    ),
    example=examples.SIGNATORY,
)
def signatories(asked: Asked) -> Asked:
    """List the public adhesions by their key."""
    rows = Adhesion.objects.public(on=localdate()).select_related("company", "charter")
    source = f"{settings.CENTRE_NAME}, {_('registre de la charte e-TIC')}"
    return page(rows, asked=asked, address=reverse("api:signatories"), source=source)


def _shown() -> ProviderQuerySet:
    """Return the published cards that the index knows."""
    rows = Provider.objects.published().with_place().select_related("document")
    return rows.filter(document__isnull=False)


def _source() -> str:
    return f"{settings.CENTRE_NAME}, {_('annuaire des prestataires')}"


def _criteria(asked: Asked) -> Criteria:
    """Return the search; what names nothing is told, for it would only give an empty answer.

    Raises NotFound.
    """
    facets = ("charte", "classe", "territoire", "langue", "taille", "metier")
    chosen: dict[str, list[Any]] = {name: [asked[name]] for name in facets if name in asked}
    if name := asked.get("service"):
        chosen["service"] = [
            entry.pk
            for entry in taxonomy().values()
            if name in {entry.code, entry.slug, entry.category_code, entry.category_slug}
        ]
        if not chosen["service"]:
            raise NotFound(_("Nous ne connaissons ni service ni famille sous ce nom."))
    if "territoire" in chosen and asked["territoire"] not in territories():
        raise NotFound(_("Nous ne connaissons pas d’intercommunalité sous ce SIREN."))
    try:
        place = PlaceField(required=False).clean(asked.get("commune", ""))
    except ValidationError as unknown:
        raise NotFound(unknown.messages[0]) from unknown
    return Criteria(
        query=parse(asked.get("q", "")),
        place=place,
        radius_km=asked.get("rayon", DEFAULT_RADIUS_KM),
        chosen=chosen,
    )
