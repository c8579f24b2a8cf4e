"""The places and the register as resources of the API."""

import re

from django.urls import reverse
from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from rest_framework.exceptions import NotFound

from emn.lib.api.reading import Asked, listing, one, page, reads, single
from emn.lib.page_cache import kept
from emn.territory.api import examples
from emn.territory.api.serializers import (
    INSEE_CODE,
    SIREN,
    SIRET,
    CommuneQuestion,
    CommuneSerializer,
    EpciQuestion,
    EpciSerializer,
    EstablishmentQuestion,
    EstablishmentSerializer,
)
from emn.territory.enums import ImportState
from emn.territory.models import Commune, Epci, Establishment, ImportRun, SectorDefinition

SECTOR = "tic"
PLACES = gettext_lazy("Territoire")
REGISTER = gettext_lazy("Registre")
PLACES_SOURCE = "INSEE (code officiel géographique 2026), DGCL, La Poste, IGN (Admin Express)"


@reads(
    answer=listing(CommuneSerializer),
    question=CommuneQuestion,
    tag=PLACES,
    summary=gettext_lazy("Les communes du département et de ses voisins"),
    example=examples.COMMUNE,
)
def communes(asked: Asked) -> Asked:
    """List the communes in the order of their codes."""
    rows = Commune.objects.select_related("epci")
    if code := asked.get("departement"):
        rows = rows.in_departement(code)
    if siren := asked.get("territoire"):
        rows = rows.filter(epci=siren)
    return page(rows, asked=asked, address=reverse("api:communes"), source=PLACES_SOURCE)


@reads(
    answer=single(CommuneSerializer),
    tag=PLACES,
    summary=gettext_lazy("Une commune, par son code INSEE"),
    place={"insee_code": INSEE_CODE},
    example=examples.COMMUNE,
)
def commune(_asked: Asked, insee_code: str) -> Asked:
    """Show one commune."""
    found = Commune.objects.select_related("epci").filter(pk=insee_code).first()
    if found is None:
        raise NotFound(_("Nous ne connaissons pas de commune sous ce code INSEE."))
    return one(found, source=PLACES_SOURCE)


@reads(
    answer=listing(EpciSerializer),
    question=EpciQuestion,
    tag=PLACES,
    summary=gettext_lazy("Les intercommunalités"),
    example=examples.EPCI,
)
def epcis(asked: Asked) -> Asked:
    """List the groupings in the order of their SIREN."""
    rows = Epci.objects.all()
    return page(rows, asked=asked, address=reverse("api:epcis"), source=PLACES_SOURCE)


@reads(
    answer=single(EpciSerializer),
    tag=PLACES,
    summary=gettext_lazy("Une intercommunalité, par son SIREN"),
    place={"siren": SIREN},
    example=examples.EPCI,
)
def epci(_asked: Asked, siren: str) -> Asked:
    """Show one grouping."""
    found = Epci.objects.filter(pk=siren).first()
    if found is None:
        raise NotFound(_("Nous ne connaissons pas d’intercommunalité sous ce SIREN."))
    return one(found, source=PLACES_SOURCE)


@reads(
    answer=listing(EstablishmentSerializer),
    question=EstablishmentQuestion,
    tag=REGISTER,
    summary=gettext_lazy("Les établissements du secteur du numérique en activité"),
    description=gettext_lazy(
        "Établissements actifs du secteur des technologies de l’information et de la "
        "communication, tel que l’INSEE et l’OCDE le définissent en NAF rév. 2. Ceux que l’INSEE "
        "ne diffuse pas librement n’y sont pas."
    ),
    example=examples.ESTABLISHMENT,
)
def establishments(asked: Asked) -> Asked:
    """List the open establishments of the sector that may be shown, by SIRET."""
    rows = Establishment.objects.diffusible().open().with_activity_label()
    sector = digital_sector()
    rows = rows.in_sector(sector) if sector else rows.none()
    if code := asked.get("commune"):
        rows = rows.filter(commune=code)
    if siren := asked.get("territoire"):
        rows = rows.filter(commune__epci=siren)
    if code := asked.get("activite"):
        rows = rows.filter(naf_code__startswith=code)
    return page(
        rows.select_related("commune"),
        asked=asked,
        address=reverse("api:establishments"),
        source=f"{register_source()} – {sector}" if sector else register_source(),
    )


@reads(
    answer=single(EstablishmentSerializer),
    tag=REGISTER,
    summary=gettext_lazy("Un établissement, par son SIRET"),
    description=gettext_lazy(
        "Tout établissement du département que le registre connaît, quel que soit son secteur. "
        "Quand l’INSEE ne le diffuse pas librement, ni nom, ni rue, ni position."
    ),
    place={"siret": SIRET},
    example=examples.ESTABLISHMENT,
)
def company(_asked: Asked, siret: str) -> Asked:
    """Show one establishment as the register holds it; the State's search is never asked here."""
    if not re.match(SIRET, siret):
        raise NotFound(_("Un SIRET compte 14 chiffres, sans espace."))
    rows = Establishment.objects.select_related("commune").with_activity_label()
    found = rows.filter(pk=siret).first()
    if found is None:
        raise NotFound(_("Le registre du département ne connaît pas ce SIRET."))
    return one(found, source=register_source())


@kept
def digital_sector() -> SectorDefinition | None:
    """Return the perimeter of the digital sector, its latest version."""
    return SectorDefinition.objects.filter(code=SECTOR).order_by("-version", "pk").first()


@kept
def register_source() -> str:
    """Return whom to cite, and of which day (R5.08)."""
    written = ImportRun.objects.filter(state=ImportState.WRITTEN).order_by("-finished_at", "-pk")
    last = written.first()
    if last is None:
        return "INSEE, base SIRENE"
    return (
        f"INSEE, base SIRENE, import du {date_format(localtime(last.finished_at), 'DATE_FORMAT')}"
    )
