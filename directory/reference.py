"""The lists that nearly every page names, read once until they change (emn.lib.page_cache.kept)."""

from dataclasses import dataclass

from directory.models import Service
from emn.lib.page_cache import kept
from emn.territory.models import Epci


@dataclass(frozen=True, slots=True)
class ServiceEntry:
    """A service as lists and facets show it, in the language of the page."""

    pk: int
    slug: str
    name: str
    category_slug: str
    category_name: str


@kept
def taxonomy() -> dict[int, ServiceEntry]:
    """Return every service by its key, in the taxonomy's order."""
    return {
        service.pk: ServiceEntry(
            pk=service.pk,
            slug=service.slug,
            name=service.name,
            category_slug=service.category.slug,
            category_name=service.category.name,
        )
        for service in Service.objects.in_order().select_related("category")
    }


@kept
def territories() -> dict[str, str]:
    """Return the name in use of every EPCI, by SIREN."""
    return {epci.siren: str(epci) for epci in Epci.objects.order_by("pk")}
