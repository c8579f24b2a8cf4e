"""Reads of the directory that return more than a queryset."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import cached_property
from typing import Any, NamedTuple
from urllib.parse import quote_plus, urlencode

from django.core.paginator import Page, Paginator
from django.db import connection
from django.db.models import FilteredRelation, Q
from django.http import QueryDict
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from directory.cards import Words
from directory.charter.terms import signatory_since
from directory.enums import ClientSector, ClientSize, SpokenLanguage, TrustClass
from directory.filters import DEFAULT_RADIUS_KM, LARGEST_RADIUS_KM, FacetFilter, SearchForm
from directory.models import Provider
from directory.reference import former_terms, taxonomy, territories
from directory.search.lexemes import LONGEST_QUERY, parse
from directory.search.reading import WIDER_KM, Sentence, answer, read_sentence
from directory.search.results import Card, Criteria, Found
from directory.search.suggestions import nearest_services
from directory.search.terms import TRUST, facet_term
from directory.statements import CLASS_WORDS
from emn.lib.page_cache import kept
from emn.territory.models import Commune

CARDS_PER_PAGE = 20
CHOICES_SHOWN = 8
SERVICES_SHOWN = 4


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


@dataclass(frozen=True)
class Line:
    """A card as the list shows it; its words, in the language of the page, only when written."""

    card: Card

    @cached_property
    def signatory_since(self) -> date | None:
        """Since when its company is a signatory of the charter; None when it is not today."""
        return self.card.signatory_since(on=timezone.localdate())

    @property
    def url(self) -> str:
        """Return the address of the card's page."""
        return reverse("directory:provider", args=[self.card.slug])

    @property
    def distance_km(self) -> int | None:
        """Return the distance in whole kilometres, None when the search has no place."""
        return None if self.card.distance_km is None else round(self.card.distance_km)

    @property
    def trust_words(self) -> str:
        """Return what the class of trust means, empty without one."""
        return str(CLASS_WORDS.get(self.card.trust_class, ""))

    @property
    def services(self) -> list[str]:
        """Return the names of the first services."""
        return self._services[:SERVICES_SHOWN]

    @property
    def more_services(self) -> int:
        """Return how many services are left unnamed."""
        return max(0, len(self._services) - SERVICES_SHOWN)

    @property
    def languages(self) -> list[str]:
        """Return the names of the working languages but French, which all speak."""
        return [str(SpokenLanguage(code).label) for code in self.card.languages if code != "fr"]

    @property
    def _services(self) -> list[str]:
        entries = taxonomy()
        return [entries[pk].name for pk in self.card.service_ids if pk in entries]


@dataclass(frozen=True)
class SearchPage:
    """Everything the list shows. `mended`: slips were set right; `widened`: looked farther away.

    `placeless`: the changes of the address that take the place out, wherever it was given.
    """

    form: SearchForm
    typed: str
    found: Found
    mended: bool
    widened: bool
    page: Page[Any]
    day: date
    facets: list[FacetGroup]
    chips: list[Choice]
    parameters: QueryDict
    placeless: dict[str, str | None]

    @cached_property
    def lines(self) -> list[Line]:
        """The cards of the page, read when they are shown: the map shows none."""
        if not self.found.total:
            return []
        offset = self.page.start_index() - 1
        cards = self.found.page(day=self.day, offset=offset, limit=CARDS_PER_PAGE)
        return [Line(card) for card in cards]

    @property
    def criteria(self) -> Criteria:
        """The search that was answered in the end."""
        return self.found.criteria

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
        """What to try when nothing answers: the services like the words, fewer filters, farther."""
        ways = [
            Choice(
                _("Voir le service « %(service)s »") % {"service": service.name},
                f"?service={service.slug}",
            )
            for service in nearest_services(self.criteria.query.words)
            if self.found.replica.having([facet_term("service", service.pk)])
        ]
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
                    address(self.parameters, **self.placeless),
                ),
            ]
        return ways


def search(parameters: QueryDict, *, now: datetime) -> SearchPage:
    """Answer the directory's list, in few queries whatever the parameters.

    Nothing a visitor types makes this fail: a value that cannot be read is said in the form and
    left out of the search.
    """
    form, chosen, sentence, asked = read(parameters)
    found = answer(asked, may_widen=not form.cleaned_data.get("rayon"))
    placeless = _placeless(sentence, asked, found.criteria)
    page = _CountedPaginator(found.total, CARDS_PER_PAGE).get_page(parameters.get("page"))
    return SearchPage(
        form=form,
        typed=(form.cleaned_data.get("q") or "")[:LONGEST_QUERY],
        found=found,
        mended=not set(found.criteria.query.words) <= set(asked.query.words),
        widened=found.criteria.place is not None and found.criteria.radius_km > asked.radius_km,
        page=page,
        day=timezone.localdate(now),
        facets=_facet_groups(found, chosen, parameters),
        chips=_chips(chosen, found.criteria, placeless, parameters),
        parameters=parameters,
        placeless=placeless,
    )


def read(parameters: QueryDict) -> tuple[SearchForm, dict[str, str], Sentence, Criteria]:
    """Return the checked form, the facets as the address names them, and the search they ask.

    A place that the words name counts as the place, unless one is given apart.
    """
    form = SearchForm(parameters)
    form.is_valid()
    any_facet = FacetFilter.base_filters.keys() & parameters.keys()
    chosen = FacetFilter(parameters).chosen if any_facet else {}
    if slug := chosen.get("service"):
        chosen["service"] = former_terms().get(slug, slug)
    values: dict[str, list[Any]] = {name: [value] for name, value in chosen.items()}
    if slug := chosen.get("service"):
        values["service"] = [
            entry.pk for entry in taxonomy().values() if slug in {entry.slug, entry.category_slug}
        ]
    typed = form.cleaned_data.get("q") or ""
    place = form.cleaned_data.get("commune")
    sentence = Sentence(parse(typed)) if place else read_sentence(typed)
    if sentence.commune_code:
        place = Commune.objects.select_related("epci").get(pk=sentence.commune_code)
    criteria = Criteria(
        query=sentence.query,
        place=place,
        radius_km=form.cleaned_data.get("rayon") or DEFAULT_RADIUS_KM,
        chosen=values,
    )
    return form, chosen, sentence, criteria


class _CountedPaginator(Paginator):  # type: ignore[type-arg]  # not generic at run time
    """Pages over a number that is already known; the cards are fetched apart."""

    def __init__(self, total: int, per_page: int) -> None:
        super().__init__([], per_page)
        self.count = total


class _FacetValue(NamedTuple):
    """A value of a facet: as the address gives it, the same quoted, and in words."""

    value: str
    quoted: str
    words: str


@kept
def _facet_values() -> dict[str, dict[str, _FacetValue]]:
    """Return facet → key in the index → value."""
    named: dict[str, list[tuple[str, str, str]]] = {
        "charte": [("oui", "oui", _("Signataires de la charte e-TIC"))],
        "classe": [(letter, letter, str(label)) for letter, label in TrustClass.choices],
        "service": [(str(pk), entry.slug, entry.name) for pk, entry in taxonomy().items()],
        "territoire": [(siren, siren, name) for siren, name in territories().items()],
        "langue": [(code, code, str(label)) for code, label in SpokenLanguage.choices],
        "taille": [(code, code, str(label)) for code, label in ClientSize.choices],
        "metier": [(code, code, str(label)) for code, label in ClientSector.choices],
    }
    return {
        facet: {key: _FacetValue(value, quote_plus(value), words) for key, value, words in values}
        for facet, values in named.items()
    }


def _facet_groups(found: Found, chosen: dict[str, str], parameters: QueryDict) -> list[FacetGroup]:
    values = _facet_values()
    labels = {
        "charte": _("Engagement"),
        "classe": _("Classe de confiance"),
        "service": _("Service"),
        "territoire": _("Territoire"),
        "langue": _("Langue de travail"),
        "taille": _("Taille des clients"),
        "metier": _("Métier des clients"),
    }
    groups = []
    for name, label in labels.items():
        without = address(parameters, **{name: None})
        start = f"{without}{'' if without == '?' else '&'}{name}="
        choices: list[Choice] = []
        counts = found.counts(name).items()
        in_order = sorted(counts, key=lambda entry: (-entry[1], entry[0]))
        for key, number in sorted(counts) if name == TRUST else in_order:
            if (known := values[name].get(key)) is None:
                continue
            if known.value == chosen.get(name):
                choices.insert(0, Choice(known.words, without, number, chosen=True))
            else:
                choices.append(Choice(known.words, start + known.quoted, number))
        if choices:
            groups.append(FacetGroup(name, label, choices[:CHOICES_SHOWN], choices[CHOICES_SHOWN:]))
    return groups


def _placeless(sentence: Sentence, asked: Criteria, answered: Criteria) -> dict[str, str | None]:
    """Return what takes the place out of the address: of its fields, and of the words."""
    changes: dict[str, str | None] = {"commune": None, "rayon": None}
    if sentence.commune_code:
        changes["q"] = sentence.words_without_place or None
    elif asked.place is None and answered.place is not None:
        changes["q"] = " ".join(answered.query.words) or None
    return changes


def _chips(
    chosen: dict[str, str],
    criteria: Criteria,
    placeless: dict[str, str | None],
    parameters: QueryDict,
) -> list[Choice]:
    """Return the filters that are set, each with the address that removes it."""
    chips = _facet_chips(chosen, parameters) if chosen else []
    if criteria.place is not None:
        label = _("Près de %(place)s") % {"place": criteria.place.name}
        chips.append(Choice(label, address(parameters, **placeless)))
    return chips


def _facet_chips(chosen: dict[str, str], parameters: QueryDict) -> list[Choice]:
    """Return the facets that are set; a value that names nothing is shown as typed: it filters."""
    labels = {
        name: {known.value: known.words for known in values.values()}
        for name, values in _facet_values().items()
    }
    for entry in taxonomy().values():
        labels["service"].setdefault(entry.category_slug, entry.category_name)
    return [
        Choice(labels[name].get(value, value), address(parameters, **{name: None}), chosen=True)
        for name, value in chosen.items()
    ]


def address(parameters: QueryDict, **changes: str | int | None) -> str:
    """Return the query string with `changes` applied (None removes), back on the first page."""
    left = {
        name: values
        for name, values in parameters.lists()
        if name != "page" and name not in changes
    }
    set_to = {name: value for name, value in changes.items() if value is not None}
    return f"?{urlencode(left | set_to, doseq=True)}"


def taglines(cards: Sequence[Card]) -> dict[int, Words]:
    """Return what each card says of itself, in the language of the page if it does; one query."""
    language = get_language() or "fr"
    translated = FilteredRelation("translations", condition=Q(translations__language=language))
    rows = Provider.objects.filter(pk__in=[card.pk for card in cards]).annotate(own=translated)
    found = {
        pk: (written_in, own)
        for pk, written_in, own in rows.values_list("pk", "language", "own__tagline")
    }
    told = {}
    for card in cards:
        written_in, own = found.get(card.pk, (language, None))
        is_own = own and written_in != language
        told[card.pk] = Words(own, language) if is_own else Words(card.tagline, written_in)
    return told


class CardHead(NamedTuple):
    """Which card an address names, and which version of it is current."""

    pk: int
    name: str
    tagline: str
    written_at: datetime
    charter_since: date | None
    charter_from: date | None
    charter_until: date | None

    @property
    def signatory_since(self) -> date | None:
        """Since when its company is a signatory of the charter; None when it is not today."""
        return signatory_since(
            self.charter_since, self.charter_from, self.charter_until, on=timezone.localdate()
        )


def card_head(slug: str) -> CardHead | None:
    """Return the head of a published card; in SQL, for each visit of a card asks it."""
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT provider_id, name, tagline, written_at,
                      charter_since, charter_from, charter_until
               FROM "directory_searchdocument" WHERE slug = %s""",
            [slug],
        )
        row = cursor.fetchone()
    return None if row is None else CardHead(*row)
