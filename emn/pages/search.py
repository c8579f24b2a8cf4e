"""Pages and news in « Rechercher », the legal pages by the words of their title and a few others.

What the centre writes counts in hundreds: the stems of each version are kept in memory, for it
never changes.
"""

from dataclasses import dataclass
from operator import itemgetter

from django.urls import reverse
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from emn.lib.page_cache import keep, keep_version
from emn.lib.site_search import SearchHit, SearchHits
from emn.lib.text import stem
from emn.lib.text import words as split
from emn.pages.models import Page
from emn.pages.reading import FRENCH, Reading, readings


@dataclass(frozen=True)
class _Page:
    title: str | Promise
    words: str | Promise
    url_name: str


PAGES = (
    _Page(_("L’aide du portail"), _("comment faire question mode d’emploi"), "help:index"),
    _Page(_("La lettre"), _("newsletter infolettre abonnement courriel"), "mailings:subscribe"),
    _Page(_("Accessibilité"), _("handicap RGAA lecteur d’écran"), "pages:accessibility"),
    _Page(_("Mentions légales"), _("éditeur hébergeur adresse contact"), "pages:legal_notice"),
    _Page(_("Données personnelles"), _("RGPD cookies vie privée droits"), "pages:personal_data"),
)


def search_pages(asked: str, limit: int) -> SearchHits:
    """Return the pages that hold every word of the question, those whose title does first."""
    language = get_language() or FRENCH
    wanted = {stem(word) for word in split(asked)}
    own = {stem(word, language) for word in split(asked)}
    hits = [
        SearchHit(title=str(page.title), url=reverse(page.url_name))
        for page in PAGES
        if wanted and wanted <= {stem(word) for word in split(f"{page.title} {page.words}")}
    ]
    found = [
        (not sought <= title, SearchHit(
            title=read.version.title, url=read.url, summary=read.version.summary,
            language=read.version.language,
        ))
        for read, title, words in keep("emn.pages.search", _written)
        if (sought := wanted if read.is_missing else own) and sought <= words
    ]  # fmt: skip
    hits += [hit for _elsewhere, hit in sorted(found, key=itemgetter(0))]
    return SearchHits(total=len(hits), hits=hits[:limit])


def _written() -> list[tuple[Reading, frozenset[str], frozenset[str]]]:
    """Return what is shown, the latest first, with the stems of its title and of all its words."""
    now = timezone.now()
    rows = list(Page.objects.shown(now=now).order_by("-shown_from", "-pk"))
    return [
        (read, *_stems(read)) for read in readings(rows, language=get_language() or FRENCH, now=now)
    ]


def _stems(read: Reading) -> tuple[frozenset[str], frozenset[str]]:
    version = read.version

    def of(text: str) -> frozenset[str]:
        return frozenset(stem(word, version.language) for word in split(text))

    return keep_version(
        ("emn.pages.search", version.pk, version.written_at),
        lambda: (of(version.title), of(f"{version.title} {version.summary} {version.text}")),
    )
