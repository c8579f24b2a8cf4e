"""What figures and publications say where they are shared."""

from collections.abc import Iterator

from django.utils.translation import gettext as _

from emn.lib.social_cards import Words
from observatory.indicator_reading import Summary, summaries
from observatory.models import Publication
from observatory.publication_texts import Reading, readings


def indicator_words(summary: Summary) -> Words:
    """Return the indicator's title and its last figure, what it is where there is none."""
    line = summary.text
    if summary.value:
        what = ", ".join(filter(None, (summary.lead, summary.period)))
        line = f"{summary.value} {summary.counted} · {what}"
    return Words(section=_("Observatoire"), title=summary.title, line=line)


def publication_words(reading: Reading) -> Words:
    """Return its title and its summary."""
    return Words(section=_("Publications"), title=reading.title.text, line=reading.summary.text)


def all_indicator_words() -> Iterator[Words]:
    """Yield what the indicators say in the current language (two queries)."""
    yield from map(indicator_words, summaries())


def all_publication_words() -> Iterator[Words]:
    """Yield what the publications say in the current language (two queries)."""
    yield from map(publication_words, readings(Publication.objects.published()))
