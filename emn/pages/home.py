"""The last news, on the home page."""

from collections.abc import Mapping

from django.utils import timezone
from django.utils.translation import get_language

from emn.pages.models import Page
from emn.pages.reading import FRENCH, readings

ON_HOME = 3


def last_news() -> Mapping[str, object]:
    """Return what the block shows (two queries)."""
    now = timezone.now()
    rows = list(Page.objects.news().shown(now=now)[:ON_HOME])
    return {"news": readings(rows, language=get_language() or FRENCH, now=now)}
