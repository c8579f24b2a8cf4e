"""Reads of the directory that return more than a queryset."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import quote_plus

from django.core.paginator import Page, Paginator
from django.db.models import F
from django.http import QueryDict
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from directory.enums import ClientSize, SpokenLanguage
from directory.filters import DEFAULT_RADIUS_KM, LARGEST_RADIUS_KM, FacetFilter, SearchForm
from directory.models import SearchDocument
from directory.reference import taxonomy, territories
from directory.search.lexemes import Query, parse
from directory.search.results import (
    Documents,
    correct,
    each_of,
    facet_counts,
    in_order,
    matching,
    near,
)
from emn.territory.models import Commune

CARDS_PER_PAGE = 20
CHOICES_SHOWN = 8
SERVICES_SHOWN = 4


@dataclass(frozen=True)
class Choice:
    """A link that changes the search: its words, its address, how many cards it leaves."""

    label: str
    url: str
    count: int = 0
    chosen: bool = False


@dataclass(frozen=True)
class FacetGroup:
    """A facet as the page shows it; `more` are the choices kept folded."""

    name: str
    label: str
    choices: list[Choice]
    more: list[Choice]


@dataclass(frozen=True)
class Line:
    """A card as the list shows it; `distance_km` only when a place was asked for."""

    card: SearchDocument
    url: str
    services: list[str]
    more_services: int
    languages: list[str]
    distance_km: int | None


@dataclass
class SearchPage:
    """Everything the list shows."""

    form: SearchForm
    typed: str
    query: Query
    corrected: bool
    relaxed: bool
    place: Commune | None
    radius_km: int
    documents: Documents
    page: Page[Any]
    lines: list[Line]
    facets: list[FacetGroup]
    chips: list[Choice]
    parameters: QueryDict

    @property
    def words_read(self) -> str:
        """The words that were searched, once mended."""
        return " ".join(self.query.words)

    @property
    def kept_parameters(self) -> list[tuple[str, str]]:
        """The facets that a new question keeps, as hidden fields."""
        asked = {*self.form.fields, "page"}
        return [(name, str(value)) for name, value in self.parameters.items() if name not in asked]

    @property
    def map_address(self) -> str:
        """The same search on the map."""
        return reverse("directory:map") + address(self.parameters)

    @property
    def ways_out(self) -> list[Choice]:
        """What to try when nothing answers: fewer filters, a wider area, no place at all."""
        ways = []
        facets = [name for name in FacetFilter.base_filters if name in self.parameters]
        if facets:
            ways.append(
                Choice(_("Retirer les filtres"), address(self.parameters, **dict.fromkeys(facets)))
            )
        if self.place is not None:
            wider = min(LARGEST_RADIUS_KM, max(50, self.radius_km * 2))
            ways += [
                Choice(
                    _("Chercher à %(radius)s km autour de %(place)s")
                    % {"radius": wider, "place": self.place.name},
                    address(self.parameters, rayon=wider),
                ),
                Choice(
                    _("Chercher dans tout le territoire"),
                    address(self.parameters, commune=None, rayon=None),
                ),
            ]
        return ways


def search(parameters: QueryDict, *, now: datetime) -> SearchPage:
    """Answer the directory's list: at most 12 queries, whatever the parameters.

    Nothing a visitor types makes this fail: a value that cannot be read is said in the form and
    left out of the search.
    """
    form = SearchForm(parameters)
    form.is_valid()
    typed = form.cleaned_data.get("q") or ""
    place = form.cleaned_data.get("commune")
    radius_km = form.cleaned_data.get("rayon") or DEFAULT_RADIUS_KM
    facets = FacetFilter(parameters)

    asked = parse(typed)
    query = correct(asked)
    found, relaxed = _found(query, place, radius_km)
    ordered = in_order(
        facets.narrow(found), day=timezone.localdate(now), by_distance=place is not None
    )
    page = Paginator(ordered, CARDS_PER_PAGE).get_page(parameters.get("page"))
    groups = _facet_groups(found, facets, parameters)
    return SearchPage(
        form=form,
        typed=typed[:200],
        query=query,
        corrected=query.words != asked.words,
        relaxed=relaxed,
        place=place,
        radius_km=radius_km,
        documents=ordered,
        page=page,
        lines=_lines(page),
        facets=groups,
        chips=_chips(groups, form, parameters),
        parameters=parameters,
    )


def _found(query: Query, place: Commune | None, radius_km: int) -> tuple[Documents, bool]:
    """Return the rows that answer, and whether only some of the words had to do."""
    documents = SearchDocument.objects.all()
    if place is not None:
        documents = near(documents, place, radius_km)
    found = matching(documents, query)
    if len(query.words) > 1 and not found.exists():
        return matching(documents, query, every=False), True
    return found, False


def _lines(page: Page[Any]) -> list[Line]:
    entries = taxonomy()
    spoken = {code: str(label) for code, label in SpokenLanguage.choices if code != "fr"}
    lines = []
    for card in page.object_list:
        services = [entries[pk].name for pk in card.service_ids if pk in entries]
        distance = getattr(card, "distance_km", None)
        lines.append(
            Line(
                card=card,
                url=reverse("directory:provider", args=[card.slug]),
                services=services[:SERVICES_SHOWN],
                more_services=max(0, len(services) - SERVICES_SHOWN),
                languages=[spoken[code] for code in card.languages if code in spoken],
                distance_km=None if distance is None else round(distance),
            )
        )
    return lines


def _facet_groups(found: Documents, facets: FacetFilter, parameters: QueryDict) -> list[FacetGroup]:
    counts = facet_counts(
        {
            "service": (facets.narrow(found, leave_out="service"), each_of("service_ids")),
            "territoire": (facets.narrow(found, leave_out="territoire"), F("epci_code")),
            "langue": (facets.narrow(found, leave_out="langue"), each_of("languages")),
            "taille": (facets.narrow(found, leave_out="taille"), each_of("client_sizes")),
        }
    )
    # Facet → key in the index → (value in the address, words).
    names: dict[str, dict[str, tuple[str, str]]] = {
        "service": {str(pk): (service.slug, service.name) for pk, service in taxonomy().items()},
        "territoire": {siren: (siren, name) for siren, name in territories().items()},
        "langue": {code: (code, str(label)) for code, label in SpokenLanguage.choices},
        "taille": {code: (code, str(label)) for code, label in ClientSize.choices},
    }
    labels = {
        "service": _("Service"),
        "territoire": _("Territoire"),
        "langue": _("Langue de travail"),
        "taille": _("Taille des clients"),
    }
    groups = []
    for name, label in labels.items():
        chosen = facets.chosen.get(name)
        without = address(parameters, **{name: None})
        choices: list[Choice] = []
        for facet in sorted(counts[name], key=lambda facet: (-facet.count, facet.key)):
            if facet.key not in names[name]:
                continue
            value, text = names[name][facet.key]
            if value == chosen:
                choices.insert(0, Choice(text, without, facet.count, chosen=True))
            else:
                sign = "" if without == "?" else "&"
                url = f"{without}{sign}{name}={quote_plus(value)}"
                choices.append(Choice(text, url, facet.count))
        if choices:
            groups.append(FacetGroup(name, label, choices[:CHOICES_SHOWN], choices[CHOICES_SHOWN:]))
    return groups


def _chips(groups: list[FacetGroup], form: SearchForm, parameters: QueryDict) -> list[Choice]:
    """Return the filters that are set, each with the address that removes it."""
    chips = [
        choice for group in groups for choice in (*group.choices, *group.more) if choice.chosen
    ]
    place = form.cleaned_data.get("commune")
    if place is not None:
        chips.append(
            Choice(
                label=_("Près de %(place)s") % {"place": place.name},
                url=address(parameters, commune=None, rayon=None),
                chosen=True,
            )
        )
    return chips


def address(parameters: QueryDict, **changes: str | int | None) -> str:
    """Return the query string with `changes` applied (None removes), back on the first page."""
    changed = parameters.copy()
    changed.pop("page", None)
    for name, value in changes.items():
        changed.pop(name, None)
        if value is not None:
            changed[name] = str(value)
    return f"?{changed.urlencode()}"
