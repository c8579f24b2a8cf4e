"""Cards named in an address, `?fiche=slug&fiche=slug`: side by side, or as a list of favourites."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.http import QueryDict
from django.utils import timezone
from django.utils.translation import get_language

from directory.cards import ComposedCard, Words, composed
from directory.enums import SpokenLanguage
from directory.models import Provider
from directory.reference import ServiceEntry, taxonomy

PARAMETER = "fiche"
MOST_COMPARED = 3
MOST_FAVOURITES = 50
LONGEST_SLUG = 80  # Provider.slug


@dataclass(frozen=True)
class NamedCard:
    """A published card that an address names, with what a table or a row says of it.

    `shared`: the keys of the services that every card of the address offers; they come first.
    `without`: the query string of the same page without this card.
    """

    provider: Provider
    shown: ComposedCard
    services: list[ServiceEntry]
    shared: frozenset[int]
    without: str

    @property
    def tagline(self) -> Words:
        """What the card says of itself, in the language of the page if it can."""
        return self.shown.tagline_in(get_language() or "fr")

    @property
    def languages(self) -> list[str]:
        """The working languages, in words."""
        return [str(SpokenLanguage(code).label) for code in self.shown.languages]


@dataclass(frozen=True)
class NamedCards:
    """The published cards of an address, in its order.

    `missing`: what it names in vain, hidden cards included; `refused`: the names of the published
    cards beyond the limit.
    """

    cards: list[NamedCard]
    missing: list[str]
    refused: list[str]

    @property
    def query(self) -> str:
        """The query string that names these cards and nothing else."""
        return _query([card.provider.slug for card in self.cards])


def named_cards(parameters: QueryDict, *, most: int) -> NamedCards:
    """Read the cards that `parameters` name, `most` of them at the most; one query a list."""
    typed = (slug.replace("\x00", "")[:LONGEST_SLUG] for slug in parameters.getlist(PARAMETER))
    asked = list(dict.fromkeys(slug for slug in typed if slug))[: most + MOST_FAVOURITES]
    if not asked:
        return NamedCards([], [], [])
    rows = Provider.objects.published().with_place().with_content().prefetch_related("offers")
    found = {row.slug: row for row in rows.filter(slug__in=asked)}
    known = [slug for slug in asked if slug in found]
    return NamedCards(
        cards=_with_services([found[slug] for slug in known[:most]]),
        missing=[slug for slug in asked if slug not in found],
        refused=[found[slug].name for slug in known[most:]],
    )


def _with_services(providers: Sequence[Provider]) -> list[NamedCard]:
    offered = [{offer.service_id for offer in row.offers.all()} for row in providers]
    shared = frozenset.intersection(*map(frozenset, offered)) if len(offered) > 1 else frozenset()
    slugs = [row.slug for row in providers]
    today = timezone.localdate()
    cards = []
    for row, own in zip(providers, offered, strict=True):
        services = [entry for pk, entry in taxonomy().items() if pk in own]
        cards.append(
            NamedCard(
                provider=row,
                shown=composed(row, on=today),
                services=sorted(services, key=lambda entry: entry.pk not in shared),
                shared=shared,
                without=_query([slug for slug in slugs if slug != row.slug]),
            )
        )
    return cards


def _query(slugs: Sequence[str]) -> str:
    query = QueryDict(mutable=True)
    query.setlist(PARAMETER, list(slugs))
    return f"?{query.urlencode()}"
