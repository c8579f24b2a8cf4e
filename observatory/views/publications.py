"""Publications: the list, each with its document and its table, the feed."""

import io
from typing import Any

from django.conf import settings
from django.contrib.syndication.views import Feed
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.feedgenerator import Rss201rev2Feed
from django.utils.safestring import mark_safe
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_safe

from emn.lib.access import public
from emn.lib.pdf import pdf_response
from emn.lib.structured_data import json_ld
from emn.lib.tables import write_csv
from emn.mailings import markup
from observatory.models import Publication
from observatory.publication_reading import (
    BAR_WIDTH,
    EditionReader,
    change_lines,
    method_lines,
    sections_of,
)
from observatory.share import publication_words

PER_PAGE, FEED_SIZE = 20, 20


def _published() -> QuerySet[Publication]:
    return Publication.objects.published().defer("pdf")


@public
@require_safe
def publications(request: HttpRequest) -> HttpResponse:
    """List them, the newest first (two queries)."""
    page = Paginator(_published(), PER_PAGE).get_page(request.GET.get("page"))
    return render(request, "observatory/publications/publications.html", {"page": page})


@public
@require_safe
def publication(request: HttpRequest, reference: str) -> HttpResponse:
    """Show one: its text, its figures with their table twins, its method."""
    rows = _published().select_related("edition__survey__version", "replaces", "replaced_by")
    found = get_object_or_404(rows, reference=reference)
    parts = list(found.parts.order_by("position", "pk"))
    before, changed = change_lines(found)
    context: dict[str, Any] = {
        "publication": found,
        "sections": [
            {
                "part": section.part,
                "question": section.question,
                "blocks": section.blocks,
                "text": mark_safe(markup.to_html(section.part.text, link=str)),  # noqa: S308 -- escaped there
            }
            for section in sections_of(found, parts)
        ],
        "bar_width": BAR_WIDTH,
        "before": before,
        "changes": changed,
        "method": method_lines(found.edition) if found.edition else [],
        "is_volunteers": bool(found.edition and found.edition.method["weighting"] == "volunteers"),
        "structured": json_ld(_described(found)),
        "share": publication_words(found),
    }
    return render(request, "observatory/publications/publication.html", context)


@public
@require_safe
def document(request: HttpRequest, reference: str) -> HttpResponse:
    """Give its PDF."""
    found = get_object_or_404(Publication.objects.published(), reference=reference)
    assert found.pdf is not None, "by the constraint of the table"
    return pdf_response(bytes(found.pdf), f"{reference}.pdf")


@public
@require_safe
def table(request: HttpRequest, reference: str) -> HttpResponse:
    """Give the frozen figures as CSV."""
    reader = _reader(reference)
    content = io.BytesIO()
    write_csv(content, reader.rows())
    response = HttpResponse(content.getvalue(), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{reference}.csv"'
    return response


@public
@require_safe
def data(request: HttpRequest, reference: str) -> HttpResponse:
    """Give the frozen figures and their method as JSON."""
    edition = _reader(reference).edition
    return JsonResponse(
        {
            "reference": reference,
            "licence": "Licence Ouverte 2.0",
            "method": edition.method,
            "figures": edition.figures,
        }
    )


def _reader(reference: str) -> EditionReader:
    rows = _published().select_related("edition__survey")
    found = get_object_or_404(rows, reference=reference)
    if found.edition is None:
        raise Http404
    return EditionReader(found.edition)


def _described(found: Publication) -> dict[str, Any]:
    assert found.published_at is not None
    return {
        "@context": "https://schema.org",
        "@type": "Report",
        "name": found.title,
        "abstract": found.summary,
        "identifier": found.reference,
        "datePublished": found.published_at.date().isoformat(),
        "publisher": {"@type": "Organization", "name": settings.CENTRE_NAME},
        "url": _whole(found.get_absolute_url()),
    }


def _whole(path: str) -> str:
    return f"{settings.PUBLIC_URL}{path}"


class PublicationFeed(Feed):  # type: ignore[type-arg]  # not generic at run time
    """The last publications."""

    feed_type = Rss201rev2Feed

    def title(self) -> str:
        """Name the feed."""
        return _("%(centre)s : publications de l’observatoire") % {"centre": settings.CENTRE_NAME}

    def description(self) -> str:
        """Say what it holds."""
        return _("Études, audits et éditions du baromètre, les plus récents d’abord.")

    def link(self) -> str:
        """Lead to the list."""
        return _whole(reverse("publications:list"))

    def feed_url(self) -> str:
        """Name itself."""
        return _whole(reverse("publications:feed"))

    def items(self) -> QuerySet[Publication]:
        """Return the last ones."""
        return _published()[:FEED_SIZE]

    def item_title(self, item: Any) -> str:
        """Return the title."""
        return str(item.title)

    def item_description(self, item: Any) -> str:
        """Return the summary."""
        return str(item.summary)

    def item_link(self, item: Any) -> str:
        """Return its page."""
        return _whole(item.get_absolute_url())

    def item_pubdate(self, item: Any) -> Any:
        """Return when it was published."""
        return item.published_at


@public
@require_GET
def feed(request: HttpRequest) -> HttpResponse:
    """Give the feed; its ETag alone says whether it changed, as for every page that is kept."""
    response = PublicationFeed()(request)
    del response["Last-Modified"]
    return response
