"""What places say where they are shared."""

from collections.abc import Iterator

from django.utils.translation import gettext as _

from directory.models import Place
from emn.lib.social_cards import Words


def place_words(place: Place) -> Words:
    """Return the name, the commune and, where there is one, the summary."""
    line = f"{place.commune.name} · {place.summary}" if place.summary else place.commune.name
    return Words(section=_("Lieux"), title=place.name, line=line)


def all_words() -> Iterator[Words]:
    """Yield what the public places say (one query)."""
    rows = Place.objects.listed().select_related("commune").order_by("pk")
    yield from map(place_words, rows)
