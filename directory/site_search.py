"""The directory's answers to « Rechercher » (see emn.lib.site_search)."""

from collections.abc import Callable
from typing import TypeVar
from urllib.parse import urlencode

from django.db.models import Model, Q, QuerySet
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from directory.filters import DEFAULT_RADIUS_KM
from directory.models import Cluster, Place, SolidarityAd
from directory.queries import taglines
from directory.reference import taxonomy
from directory.search.lexemes import parse
from directory.search.reading import answer, read_sentence
from directory.search.results import Criteria
from emn.lib.site_search import NOTHING, SearchHit, SearchHits
from emn.lib.text import stem, words
from emn.territory.models import Commune
from emn.territory.queries import communes_matching

Found = TypeVar("Found", bound=Model)


def search_providers(asked: str, limit: int) -> SearchHits:
    """Return the first cards of the directory's own search."""
    sentence = read_sentence(asked)
    place = Commune.objects.filter(pk=sentence.commune_code).first()
    if not sentence.query and place is None:
        return NOTHING
    criteria = Criteria(query=sentence.query, place=place, radius_km=DEFAULT_RADIUS_KM)
    found = answer(criteria, may_widen=True)
    if not found.total:
        return NOTHING
    cards = found.page(day=timezone.localdate(), offset=0, limit=limit)
    told = taglines(cards)
    return SearchHits(
        total=found.total,
        hits=[
            SearchHit(
                title=card.name,
                url=reverse("directory:provider", args=[card.slug]),
                summary=" · ".join(
                    part for part in (told[card.pk].text, card.commune_name) if part
                ),
                language=told[card.pk].language,
            )
            for card in cards
        ],
        more_url=reverse("directory:list") + "?" + urlencode({"q": asked}),
    )


def search_services(asked: str, limit: int) -> SearchHits:
    """Return the services whose name, in the language of the page, holds a word of the question."""
    wanted = {stem(word) for word in parse(asked).words}
    scored = [
        (len(wanted & {stem(word) for word in words(entry.name)}), -rank, entry)
        for rank, entry in enumerate(taxonomy().values())
    ]
    found = [entry for score, _rank, entry in sorted(scored, reverse=True, key=_score) if score]
    return SearchHits(
        total=len(found),
        hits=[
            SearchHit(
                title=entry.name,
                url=reverse("directory:list") + "?" + urlencode({"service": entry.slug}),
                summary=entry.category_name,
            )
            for entry in found[:limit]
        ],
    )


def search_communes(asked: str, limit: int) -> SearchHits:
    """Return the communes of that name: each leads to the providers around it."""
    found = communes_matching(asked, limit=limit)
    return SearchHits(
        total=len(found),
        hits=[
            SearchHit(
                title=commune.name,
                url=reverse("directory:list") + "?" + urlencode({"commune": commune.pk}),
                summary=_("Les prestataires à 20 km au plus"),
            )
            for commune in found
        ],
    )


def search_places(asked: str, limit: int) -> SearchHits:
    """Return the places of the ecosystem whose name holds what was asked."""
    rows = Place.objects.listed().filter(name__icontains=asked).select_related("commune")
    return _hits(
        rows.order_by("name", "pk"),
        limit,
        lambda place: SearchHit(
            title=place.name,
            url=place.get_absolute_url(),
            summary=f"{place.get_kind_display()} · {place.commune.name}",
        ),
        more_url=reverse("places:list") + "?" + urlencode({"q": asked[:100]}),
    )


def search_ads(asked: str, limit: int) -> SearchHits:
    """Return the ads of the solidarity bridge whose title holds what was asked."""
    rows = SolidarityAd.objects.published().filter(title__icontains=asked)
    return _hits(
        rows.select_related("commune").order_by("-published_at", "-pk"),
        limit,
        lambda ad: SearchHit(
            title=ad.title,
            url=ad.get_absolute_url(),
            summary=f"{ad.get_side_display()} · {ad.get_kind_display()} · {ad.commune.name}",
            language=ad.language,
        ),
        more_url=reverse("bridge:list"),
    )


def search_clusters(asked: str, limit: int) -> SearchHits:
    """Return the public grappes whose name or objective holds what was asked."""
    holds = Q(name__icontains=asked) | Q(objective__icontains=asked)
    return _hits(
        Cluster.objects.public().filter(holds).order_by("name", "pk"),
        limit,
        lambda cluster: SearchHit(
            title=cluster.name,
            url=cluster.get_absolute_url(),
            summary=cluster.objective,
            language="fr",
        ),
        more_url=reverse("clusters:list"),
    )


def _hits(
    rows: QuerySet[Found], limit: int, hit: Callable[[Found], SearchHit], *, more_url: str
) -> SearchHits:
    """Return the first rows, and how many there are; one query when there is none."""
    hits = [hit(row) for row in rows[:limit]]
    return SearchHits(total=rows.count(), hits=hits, more_url=more_url) if hits else NOTHING


def _score(entry: tuple[int, int, object]) -> tuple[int, int]:
    return entry[0], entry[1]
