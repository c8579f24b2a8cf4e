"""Publications: the list, each with its document and its table, the feed."""

import io
from typing import Any

from django.conf import settings
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.feedgenerator import Rss201rev2Feed
from django.utils.safestring import SafeString
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_safe

from emn.lib.access import public
from emn.lib.api.reading import LICENCE
from emn.lib.feeds import UndatedFeed
from emn.lib.pdf import pdf_response
from emn.lib.structured_data import json_ld
from emn.lib.tables import write_csv
from emn.lib.translated import Said
from emn.mailings import markup
from emn.pages.wording import own_address
from observatory.models import Publication, PublicationDocument
from observatory.publication_reading import (
    BAR_WIDTH,
    EditionReader,
    change_lines,
    method_lines,
    sections_of,
)
from observatory.publication_texts import FRENCH, Reading, readings
from observatory.share import publication_words

PER_PAGE, FEED_SIZE = 20, 20
RETRY_S = 60  # a document is made within a few seconds, or at the next sweep


def _published() -> QuerySet[Publication]:
    return Publication.objects.published()


@public
@require_safe
def publications(request: HttpRequest) -> HttpResponse:
    """List them, the newest first (two queries, three in a language that is translated to)."""
    page = Paginator(_published(), PER_PAGE).get_page(request.GET.get("page"))
    context = {"page": page, "readings": readings(page.object_list)}
    return render(request, "observatory/publications/publications.html", context)


@public
@require_safe
def publication(request: HttpRequest, reference: str) -> HttpResponse:
    """Show one: its text, its figures with their table twins, its method."""
    rows = _published().select_related("edition__survey__version", "replaces", "replaced_by")
    found = get_object_or_404(rows, reference=reference)
    newer = getattr(found, "replaced_by", None)
    reading, *others = readings([found, newer] if newer and newer.reference else [found])
    context = content_of(reading) | {
        "newer": others[0] if others else None,
        "structured": json_ld(_described(reading)),
        "share": publication_words(reading),
    }
    context |= _document_of(found, reading.language)
    return render(request, "observatory/publications/publication.html", context)


def content_of(reading: Reading) -> dict[str, Any]:
    """Return what the page shows of a publication, a draft too: its text, figures, method."""
    found = reading.publication
    parts = list(found.parts.order_by("position", "pk"))
    before, changed = change_lines(found)
    return {
        "publication": found,
        "reading": reading,
        "is_partial": reading.is_partial(parts),
        "is_stale": reading.is_stale(parts),
        "sections": [
            {
                "title": section.title,
                "text": section.text,
                "html": _html(section.text, reading.language),
                "caption": section.question if section.title.lang else section.title.text,
                "question": section.question,
                "blocks": section.blocks,
            }
            for section in sections_of(reading, parts)
        ],
        "bar_width": BAR_WIDTH,
        "before": before,
        "changes": changed,
        "method": method_lines(found.edition) if found.edition else [],
        "is_volunteers": bool(found.edition and found.edition.method["weighting"] == "volunteers"),
    }


def _document_of(found: Publication, language: str) -> dict[str, PublicationDocument | None]:
    """Return the last document made in a language, and the one that is being made."""
    rows = found.documents.filter(language=language).defer("content").order_by("-number", "-pk")
    last = list(rows[:2])
    return {
        "document": next((row for row in last if row.made_at), None),
        "awaited": next((row for row in last if not row.made_at), None),
    }


def _html(text: Said, language: str) -> SafeString:
    """Write a text; a link to a page of the portal leads to the reader's language."""
    return markup.to_html(text.text, link=lambda url: own_address(url, language=language))


@public
@require_safe
def document(request: HttpRequest, reference: str) -> HttpResponse:
    """Give the last PDF made in the language of the address; say so where there is none yet."""
    language = get_language() or FRENCH
    made = PublicationDocument.objects.made().filter(
        publication__in=_published().filter(reference=reference), language=language
    )
    found = made.first()
    if found is not None:
        assert found.content is not None, "by the constraint of the table"
        name = reference if language == FRENCH else f"{reference}-{language}"
        return pdf_response(bytes(found.content), f"{name}.pdf")
    publication = get_object_or_404(_published(), reference=reference)
    context = {"reading": readings([publication])[0]}
    response = render(
        request, "observatory/publications/document_awaited.html", context, status=503
    )
    response["Retry-After"], response["Cache-Control"] = str(RETRY_S), "no-store"
    return response


@public
@require_safe
def table(request: HttpRequest, reference: str) -> HttpResponse:
    """Give the frozen figures as CSV."""
    _found, reader = _with_figures(reference)
    content = io.BytesIO()
    write_csv(content, reader.rows())
    response = HttpResponse(content.getvalue(), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{reference}.csv"'
    return response


@public
@require_safe
def data(request: HttpRequest, reference: str) -> HttpResponse:
    """Give the frozen figures, their method and the words of the codes as JSON."""
    found, reader = _with_figures(reference)
    reading = readings([found])[0]
    parts = list(found.parts.order_by("position", "pk"))
    return JsonResponse(
        {
            "reference": reference,
            "licence": LICENCE,
            "language": reading.language,
            "is_older_than_french": reading.is_stale(parts),
            "title": _by_language(reading.title, reading.language),
            "summary": _by_language(reading.summary, reading.language),
            "method": reader.edition.method,
            "figures": reader.edition.figures,
            "words": reader.words(),
        }
    )


def _by_language(words: Said, language: str) -> dict[str, str]:
    """Write words under the language they are in, which is French for what is not translated."""
    return {words.lang or language: words.text}


def _with_figures(reference: str) -> tuple[Publication, EditionReader]:
    rows = _published().select_related("edition__survey")
    found = get_object_or_404(rows, reference=reference)
    if found.edition is None:
        raise Http404
    return found, EditionReader(found.edition)


def _described(reading: Reading) -> dict[str, Any]:
    found = reading.publication
    assert found.published_at is not None
    return {
        "@context": "https://schema.org",
        "@type": "Report",
        "name": reading.title.text,
        "inLanguage": reading.title.lang or reading.language,
        "abstract": reading.summary.text,
        "identifier": found.reference,
        "datePublished": found.published_at.date().isoformat(),
        "publisher": {"@type": "Organization", "name": settings.CENTRE_NAME},
        "url": _whole(found.get_absolute_url()),
    }


def _whole(path: str) -> str:
    return f"{settings.PUBLIC_URL}{path}"


class _MarkedFeed(Rss201rev2Feed):
    """A feed whose items say that they are in another language."""

    def item_attributes(self, item: Any) -> dict[str, str]:
        """Return the attributes of an item."""
        return {"xml:lang": item["lang"]} if item["lang"] else {}


class PublicationFeed(UndatedFeed):
    """The last publications."""

    feed_type = _MarkedFeed

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

    def items(self) -> list[Reading]:
        """Return the last ones."""
        return readings(_published()[:FEED_SIZE])

    def item_title(self, item: Any) -> str:
        """Return the title."""
        return str(item.title)

    def item_description(self, item: Any) -> str:
        """Return the summary."""
        return str(item.summary)

    def item_link(self, item: Any) -> str:
        """Return its page."""
        return _whole(item.url)

    def item_pubdate(self, item: Any) -> Any:
        """Return when it was published."""
        return item.publication.published_at

    def item_extra_kwargs(self, item: Any) -> dict[str, Any]:
        """Say which language its title is in, where it is not that of the feed."""
        return {"lang": item.title.lang}


feed = public(require_GET(PublicationFeed()))
