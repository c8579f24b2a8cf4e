"""Reads of the directory that return more than a queryset."""

from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any
from urllib.parse import quote_plus

from django.core.paginator import Page, Paginator
from django.http import QueryDict
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from directory.enums import ClientSize, SpokenLanguage
from directory.filters import DEFAULT_RADIUS_KM, LARGEST_RADIUS_KM, FacetFilter, SearchForm
from directory.models import Provider
from directory.reference import ServiceEntry, former_terms, taxonomy, territories
from directory.search.lexemes import LONGEST_QUERY, parse
from directory.search.results import Card, Counts, Criteria, cards, count, mend
from directory.structured_data import provider_json_ld

CARDS_PER_PAGE = 20
CHOICES_SHOWN = 8
SERVICES_SHOWN = 4
WIDER_KM = 50


@dataclass(frozen=True, slots=True)
class Choice:
    """A link that changes the search: its words, its address, how many cards it leaves."""

    label: str
    url: str
    count: int = 0
    chosen: bool = False


@dataclass(frozen=True, slots=True)
class FacetGroup:
    """A facet as the page shows it; `more` are the choices kept folded."""

    name: str
    label: str
    choices: list[Choice]
    more: list[Choice]


@dataclass(frozen=True, slots=True)
class Line:
    """A card as the list shows it, in the language of the page."""

    card: Card
    url: str
    services: list[str]
    more_services: int
    languages: list[str]
    distance_km: int | None


@dataclass(frozen=True)
class SearchPage:
    """Everything the list shows. `mended`: slips were set right to find something."""

    form: SearchForm
    typed: str
    criteria: Criteria
    mended: bool
    page: Page[Any]
    lines: list[Line]
    facets: list[FacetGroup]
    chips: list[Choice]
    parameters: QueryDict

    @property
    def words_read(self) -> str:
        """The words that were searched, once mended."""
        return " ".join(self.criteria.query.words)

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
    def list_address(self) -> str:
        """The same search in the list."""
        return reverse("directory:list") + address(self.parameters)

    @property
    def ways_out(self) -> list[Choice]:
        """What to try when nothing answers: fewer filters, a wider area, no place at all."""
        ways = []
        if self.criteria.chosen:
            without = address(self.parameters, **dict.fromkeys(self.criteria.chosen))
            ways.append(Choice(_("Retirer les filtres"), without))
        if (place := self.criteria.place) is not None:
            wider = int(min(LARGEST_RADIUS_KM, max(WIDER_KM, self.criteria.radius_km * 2)))
            ways += [
                Choice(
                    _("Chercher à %(radius)s km autour de %(place)s")
                    % {"radius": wider, "place": place.name},
                    address(self.parameters, rayon=wider),
                ),
                Choice(
                    _("Chercher dans tout le territoire"),
                    address(self.parameters, commune=None, rayon=None),
                ),
            ]
        return ways


def search(parameters: QueryDict, *, now: datetime) -> SearchPage:
    """Answer the directory's list, in few queries whatever the parameters.

    Nothing a visitor types makes this fail: a value that cannot be read is said in the form and
    left out of the search.
    """
    form, chosen, asked = read(parameters)
    criteria, counts = best_reading(asked)
    page = _CountedPaginator(counts.total, CARDS_PER_PAGE).get_page(parameters.get("page"))
    found = []
    if counts.total:
        offset = (page.number - 1) * CARDS_PER_PAGE
        day = timezone.localdate(now)
        found = cards(criteria, day=day, offset=offset, limit=CARDS_PER_PAGE)
    groups = _facet_groups(counts, chosen, parameters)
    return SearchPage(
        form=form,
        typed=(form.cleaned_data.get("q") or "")[:LONGEST_QUERY],
        criteria=criteria,
        mended=criteria.query.words != asked.query.words,
        page=page,
        lines=_lines(found),
        facets=groups,
        chips=_chips(chosen, criteria, parameters),
        parameters=parameters,
    )


def read(parameters: QueryDict) -> tuple[SearchForm, dict[str, str], Criteria]:
    """Return the checked form, the facets as the address names them, and the search they ask."""
    form = SearchForm(parameters)
    form.is_valid()
    chosen = FacetFilter(parameters).chosen
    if slug := chosen.get("service"):
        chosen["service"] = former_terms().get(slug, slug)
    values: dict[str, Any] = dict(chosen)
    if slug := chosen.get("service"):
        values["service"] = [
            entry.pk for entry in taxonomy().values() if slug in {entry.slug, entry.category_slug}
        ]
    criteria = Criteria(
        query=parse(form.cleaned_data.get("q") or ""),
        place=form.cleaned_data.get("commune"),
        radius_km=form.cleaned_data.get("rayon") or DEFAULT_RADIUS_KM,
        chosen=values,
    )
    return form, chosen, criteria


def best_reading(asked: Criteria) -> tuple[Criteria, Counts]:
    """Return the search that answers: as typed, else with its slips mended, else word by word."""
    counts = count(asked)
    if counts.total or not asked.query.words:
        return asked, counts
    mended = mend(asked)
    if mended != asked:
        counts = count(mended)
    if counts.total or len(mended.query.words) == 1:
        return mended, counts
    loose = replace(mended, every=False)
    return loose, count(loose)


class _CountedPaginator(Paginator):  # type: ignore[type-arg]  # not generic at run time
    """Pages over a number that is already known; the cards are fetched apart."""

    def __init__(self, total: int, per_page: int) -> None:
        super().__init__([], per_page)
        self.count = total


def _lines(found: list[Card]) -> list[Line]:
    entries = taxonomy()
    spoken = {code: str(label) for code, label in SpokenLanguage.choices if code != "fr"}
    lines = []
    for card in found:
        services = [entries[pk].name for pk in card.service_ids if pk in entries]
        lines.append(
            Line(
                card=card,
                url=reverse("directory:provider", args=[card.slug]),
                services=services[:SERVICES_SHOWN],
                more_services=max(0, len(services) - SERVICES_SHOWN),
                languages=[spoken[code] for code in card.languages if code in spoken],
                distance_km=None if card.distance_km is None else round(card.distance_km),
            )
        )
    return lines


def _facet_names() -> dict[str, dict[str, tuple[str, str]]]:
    """Return facet → key in the index → (value in the address, words)."""
    return {
        "service": {str(pk): (entry.slug, entry.name) for pk, entry in taxonomy().items()},
        "territoire": {siren: (siren, name) for siren, name in territories().items()},
        "langue": {code: (code, str(label)) for code, label in SpokenLanguage.choices},
        "taille": {code: (code, str(label)) for code, label in ClientSize.choices},
    }


def _facet_groups(
    counts: Counts, chosen: dict[str, str], parameters: QueryDict
) -> list[FacetGroup]:
    names = _facet_names()
    labels = {
        "service": _("Service"),
        "territoire": _("Territoire"),
        "langue": _("Langue de travail"),
        "taille": _("Taille des clients"),
    }
    groups = []
    for name, label in labels.items():
        without = address(parameters, **{name: None})
        sign = "" if without == "?" else "&"
        choices: list[Choice] = []
        found = counts.facets.get(name, {}).items()
        for key, number in sorted(found, key=lambda entry: (-entry[1], entry[0])):
            if key not in names[name]:
                continue
            value, text = names[name][key]
            if value == chosen.get(name):
                choices.insert(0, Choice(text, without, number, chosen=True))
            else:
                url = f"{without}{sign}{name}={quote_plus(value)}"
                choices.append(Choice(text, url, number))
        if choices:
            groups.append(FacetGroup(name, label, choices[:CHOICES_SHOWN], choices[CHOICES_SHOWN:]))
    return groups


def _chips(chosen: dict[str, str], criteria: Criteria, parameters: QueryDict) -> list[Choice]:
    """Return the filters that are set, each with the address that removes it.

    A value that names nothing is shown as it was typed: it filters too.
    """
    labels = {name: dict(values.values()) for name, values in _facet_names().items()}
    for entry in taxonomy().values():
        labels["service"].setdefault(entry.category_slug, entry.category_name)
    chips = [
        Choice(labels[name].get(value, value), address(parameters, **{name: None}), chosen=True)
        for name, value in chosen.items()
    ]
    if criteria.place is not None:
        label = _("Près de %(place)s") % {"place": criteria.place.name}
        chips.append(Choice(label, address(parameters, commune=None, rayon=None)))
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


@dataclass(frozen=True, slots=True)
class CardDetail:
    """Everything a provider's page shows, in the language of the page."""

    provider: Provider
    services: list[ServiceEntry]
    months_since_confirmed: int | None
    json_ld: str


def card_detail(provider_id: int, *, today: date) -> CardDetail:
    """Read a published card whole, in one query (two when the taxonomy is not in memory)."""
    rows = Provider.objects.with_place().select_related("document")
    provider = rows.get(pk=provider_id)
    entries = taxonomy()
    services = [entries[pk] for pk in provider.document.service_ids if pk in entries]
    return CardDetail(
        provider=provider,
        services=services,
        months_since_confirmed=provider.months_since_confirmed(today=today),
        json_ld=provider_json_ld(provider, services),
    )
