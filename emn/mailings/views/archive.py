"""Letters for everyone: the archive, its feed, and the links that letters lead through."""

from typing import Any

from django.conf import settings
from django.core.paginator import Paginator
from django.db.models import Case, IntegerField, QuerySet, Value, When
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.utils.feedgenerator import Rss201rev2Feed
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_safe

from emn.lib.access import public
from emn.lib.feeds import UndatedFeed
from emn.mailings import tokens
from emn.mailings.clicks import note_click
from emn.mailings.composing import as_public_page
from emn.mailings.models import Campaign, CampaignLink, Edition

PAGE_SIZE = 20
FEED_SIZE = 20


@public
@require_safe
def link(request: HttpRequest, token: str) -> HttpResponse:
    """Lead to the address that the letter holds, and to no other; count the click."""
    numbers = tokens.read(tokens.LINK, token) or [0]
    found = get_object_or_404(CampaignLink, pk=numbers[0])
    note_click(request, found.pk, now=timezone.now())
    return HttpResponseRedirect(found.url, headers={"Cache-Control": "no-store"})


@public
@require_GET
def archives(request: HttpRequest) -> HttpResponse:
    """List the letters, the last first."""
    page = Paginator(_editions(), PAGE_SIZE).get_page(request.GET.get("page"))
    return render(request, "mailings/archive_list.html", {"page": page})


@public
@require_GET
def archive(request: HttpRequest, slug: str) -> HttpResponse:
    """Show a letter as everyone may read it, in the page's language when it was written in it."""
    edition = get_object_or_404(_editions(), campaign__slug=slug)
    content = _content(edition)
    return render(request, "mailings/archive_detail.html", {"edition": edition, "content": content})


def _editions() -> QuerySet[Edition]:
    """Return one edition a letter: in the current language, else in French, else in any."""
    rank = Case(
        When(language=get_language(), then=Value(0)),
        When(language=settings.LANGUAGE_CODE, then=Value(1)),
        default=Value(2),
        output_field=IntegerField(),
    )
    best = (
        Edition.objects.filter(campaign__in=Campaign.objects.archived())
        .order_by("campaign", rank, "pk")
        .distinct("campaign")
    )
    return (
        Edition.objects.filter(pk__in=best.values("pk"))
        .select_related("campaign__list")
        .order_by("-campaign__started_at", "-pk")
    )


def _content(edition: Edition) -> SafeString:
    return mark_safe(as_public_page(edition.html))  # noqa: S308 -- escaped when it was composed


class ArchiveFeed(UndatedFeed):
    """The last letters, whole, in the language of the address."""

    feed_type = Rss201rev2Feed

    def title(self) -> str:
        """Name the feed."""
        return _("%(centre)s : lettres envoyées") % {"centre": settings.CENTRE_NAME}

    def description(self) -> str:
        """Say what it holds."""
        return _("Ce que nous avons envoyé à nos abonnés, le plus récent d’abord.")

    def link(self) -> str:
        """Lead to the archive."""
        return _public(reverse("mailings:archives"))

    def feed_url(self) -> str:
        """Name itself."""
        return _public(reverse("mailings:archive_feed"))

    def items(self) -> QuerySet[Edition]:
        """Return the last letters."""
        return _editions()[:FEED_SIZE]

    def item_title(self, item: Any) -> str:
        """Return the subject."""
        return str(item.subject)

    def item_description(self, item: Any) -> str:
        """Return the content."""
        return _content(item)

    def item_link(self, item: Any) -> str:
        """Return the letter's page."""
        return _public(reverse("mailings:archive", args=[item.campaign.slug]))

    def item_pubdate(self, item: Any) -> Any:
        """Return when it left."""
        return item.campaign.started_at


def _public(path: str) -> str:
    return f"{settings.PUBLIC_URL}{path}"


archive_feed = public(require_GET(ArchiveFeed()))
