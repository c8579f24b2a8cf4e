"""The legal pages in « Rechercher »: found by the words of their title and a few others."""

from dataclasses import dataclass

from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from emn.lib.site_search import SearchHit, SearchHits
from emn.lib.text import stem
from emn.lib.text import words as split


@dataclass(frozen=True)
class _Page:
    title: str | Promise
    words: str | Promise
    url_name: str


PAGES = (
    _Page(_("La lettre"), _("newsletter infolettre abonnement courriel"), "mailings:subscribe"),
    _Page(_("Accessibilité"), _("handicap RGAA lecteur d’écran"), "pages:accessibility"),
    _Page(_("Mentions légales"), _("éditeur hébergeur adresse contact"), "pages:legal_notice"),
    _Page(_("Données personnelles"), _("RGPD cookies vie privée droits"), "pages:personal_data"),
)


def search_pages(asked: str, limit: int) -> SearchHits:
    """Return the pages that hold every word of the question."""
    wanted = {stem(word) for word in split(asked)}
    hits = [
        SearchHit(title=str(page.title), url=reverse(page.url_name))
        for page in PAGES
        if wanted and wanted <= {stem(word) for word in split(f"{page.title} {page.words}")}
    ]
    return SearchHits(total=len(hits), hits=hits[:limit])
