"""The lists that nearly every page names, read once until they change (emn.lib.page_cache.kept)."""

from dataclasses import dataclass

from directory.models import Service, TermRedirect
from directory.search.lexemes import Query
from directory.search.results import Criteria, find
from emn.lib.page_cache import kept
from emn.territory.models import Epci

POPULAR_SHOWN = 8


@dataclass(frozen=True, slots=True)
class ServiceEntry:
    """A service as lists and facets show it, in the language of the page."""

    pk: int
    code: str
    slug: str
    name: str
    description: str
    category_code: str
    category_slug: str
    category_name: str


@kept
def taxonomy() -> dict[int, ServiceEntry]:
    """Return every service by its key, in the taxonomy's order."""
    return {
        service.pk: ServiceEntry(
            pk=service.pk,
            code=service.code,
            slug=service.slug,
            name=service.name,
            description=service.description,
            category_code=service.category.code,
            category_slug=service.category.slug,
            category_name=service.category.name,
        )
        for service in Service.objects.in_order().select_related("category")
    }


@kept
def former_terms() -> dict[str, str]:
    """Return the address of each removed service or family, and the one that took its place."""
    rows = TermRedirect.objects.order_by("pk")
    found = rows.values_list("slug", "service__slug", "category__slug")
    return {slug: service or category or "" for slug, service, category in found}


@kept
def territories() -> dict[str, str]:
    """Return the name in use of every EPCI, by SIREN."""
    return {epci.siren: str(epci) for epci in Epci.objects.order_by("pk")}


@kept
def popular_services() -> list[ServiceEntry]:
    """Return the services that most cards offer, at most one a family, for the home page."""
    counts = find(Criteria(query=Query(words=()))).counts("service")
    entries = taxonomy()
    best: dict[str, ServiceEntry] = {}
    for key in sorted(counts, key=lambda key: (-counts[key], int(key))):
        if entry := entries.get(int(key)):
            best.setdefault(entry.category_slug, entry)
    return list(best.values())[:POPULAR_SHOWN]


@dataclass(frozen=True, slots=True)
class Coverage:
    """What the directory covers: published cards, communes where they are, cards in German."""

    cards: int
    communes: int
    in_german: int


@kept
def coverage() -> Coverage:
    """Count what the directory covers."""
    found = find(Criteria(query=Query(words=())))
    return Coverage(
        cards=found.total,
        communes=len(found.spots()),
        in_german=found.counts("langue").get("de", 0),
    )
