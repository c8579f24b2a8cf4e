"""What the centre's own pages say where they are shared, and whether a picture is drawn."""

from collections.abc import Iterator

from django.conf import settings
from django.utils import timezone
from django.utils.text import capfirst
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from emn.lib.page_cache import generations, keep
from emn.lib.social_cards import Words
from emn.pages.enums import PageKind
from emn.pages.models import Page, SocialCard
from emn.pages.reading import FRENCH, Reading, readings


def general() -> Words:
    """Return what the centre's own picture says: home, and each page that has none of its own."""
    line = capfirst(_("le numérique, près de chez vous"))
    return Words(section="", title=settings.CENTRE_NAME, line=line)


def page_words(reading: Reading) -> Words:
    """Return what is said of a page or of a piece of news."""
    sections = {PageKind.NEWS: _("Actualités"), PageKind.HELP: _("L’aide du portail")}
    section = sections.get(PageKind(reading.page.kind), "")
    return Words(section=section, title=reading.version.title, line=reading.version.summary)


def all_words() -> Iterator[Words]:
    """Yield what the centre's pages say in the current language (three queries)."""
    yield general()
    now = timezone.now()
    rows = list(Page.objects.shown(now=now).filter(picture="").order_by("pk"))
    yield from map(page_words, readings(rows, language=get_language() or FRENCH, now=now))


def picture(words: Words | None) -> Words | None:
    """Return the picture to show: that of the page, else the centre's, else none yet."""
    return next((each for each in (words, general()) if each and _is_drawn(each.digest)), None)


def _is_drawn(digest: str) -> bool:
    """Whether it is, as far as this process may know without keeping a page waiting."""
    if generations.now() is None:  # inside a transaction nothing is told
        return False
    return keep(("pages.social_card", digest), SocialCard.objects.filter(pk=digest).exists)
