"""The centre's pages and news, and the feeds of the latter."""

from typing import Any

from django.conf import settings
from django.core.paginator import Paginator
from django.db.models import Q
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.feedgenerator import Atom1Feed, Rss201rev2Feed
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from emn.lib.access import public
from emn.lib.feeds import UndatedFeed
from emn.lib.structured_data import json_ld
from emn.pages.models import Page
from emn.pages.reading import FRENCH, Reading, readings
from emn.pages.share import page_words

PER_PAGE, FEED_SIZE = 12, 20


def _language() -> str:
    return get_language() or FRENCH


@public
@require_safe
def page(request: HttpRequest, slug: str) -> HttpResponse:
    """Show a page, the one it stands under and those that stand under it (two queries)."""
    now = timezone.now()
    wanted = Q(slug=slug) | Q(parent__slug=slug) | Q(children__slug=slug)
    rows = Page.objects.pages().shown(now=now).filter(wanted).distinct()
    found = readings(list(rows), language=_language(), now=now)
    shown = next((each for each in found if each.page.slug == slug), None)
    if shown is None:
        raise Http404
    context = {
        "reading": shown,
        "share": page_words(shown),
        "above": next((each for each in found if each.page.pk == shown.page.parent_id), None),
        "under": [each for each in found if each.page.parent_id == shown.page.pk],
    }
    return render(request, "pages/content/page.html", context)


@public
@require_safe
def news_list(request: HttpRequest) -> HttpResponse:
    """List the news, the latest first (three queries)."""
    now = timezone.now()
    rows = Page.objects.news().shown(now=now)
    page = Paginator(rows, PER_PAGE).get_page(request.GET.get("page"))
    news = readings(list(page.object_list), language=_language(), now=now)
    return render(request, "pages/content/news_list.html", {"page": page, "news": news})


@public
@require_safe
def news(request: HttpRequest, slug: str) -> HttpResponse:
    """Show a piece of news (two queries)."""
    now = timezone.now()
    rows = Page.objects.news().shown(now=now).filter(slug=slug)
    found = readings(list(rows), language=_language(), now=now)
    if not found:
        raise Http404
    shown = found[0]
    context = {
        "reading": shown,
        "share": page_words(shown),
        "structured": json_ld(_described(shown)),
    }
    return render(request, "pages/content/news.html", context)


def _described(shown: Reading) -> dict[str, Any]:
    version, page = shown.version, shown.page
    assert page.shown_from is not None, "it is shown"
    assert version.shown_from is not None, "it is shown"
    return {
        "@context": "https://schema.org",
        "@type": "NewsArticle",
        "headline": version.title,
        "abstract": version.summary,
        "inLanguage": version.language,
        "datePublished": page.shown_from.isoformat(),
        "dateModified": version.shown_from.isoformat(),
        "image": shown.picture_address,
        "publisher": {"@type": "Organization", "name": settings.CENTRE_NAME},
        "url": _whole(shown.url),
    }


def _whole(path: str) -> str:
    return f"{settings.PUBLIC_URL}{path}"


class NewsFeed(UndatedFeed):
    """The last news as RSS."""

    feed_type: Any = Rss201rev2Feed
    name = "news:rss"

    def author_name(self) -> str:
        """Say who writes: an Atom feed must (RFC 4287, 4.1.1)."""
        return settings.CENTRE_NAME

    def title(self) -> str:
        """Name the feed."""
        return _("%(centre)s : actualités") % {"centre": settings.CENTRE_NAME}

    def description(self) -> str:
        """Say what it holds."""
        return _("Les nouvelles du centre, les dernières d’abord.")

    subtitle = description

    def link(self) -> str:
        """Lead to the list."""
        return _whole(reverse("news:list"))

    def feed_url(self) -> str:
        """Name itself."""
        return _whole(reverse(self.name))

    def items(self) -> list[Reading]:
        """Return the last ones (two queries)."""
        now = timezone.now()
        rows = list(Page.objects.news().shown(now=now)[:FEED_SIZE])
        return readings(rows, language=_language(), now=now)

    def item_title(self, item: Any) -> str:
        """Return the title."""
        return str(item.version.title)

    def item_description(self, item: Any) -> str:
        """Return the summary."""
        return str(item.version.summary)

    def item_link(self, item: Any) -> str:
        """Return its page."""
        return _whole(item.url)

    def item_pubdate(self, item: Any) -> Any:
        """Return when it appeared."""
        return item.page.shown_from

    def item_updateddate(self, item: Any) -> Any:
        """Return when these words appeared."""
        return item.version.shown_from


class NewsAtom(NewsFeed):
    """The last news as Atom."""

    feed_type = Atom1Feed
    name = "news:atom"


rss = public(require_safe(NewsFeed()))
atom = public(require_safe(NewsAtom()))
