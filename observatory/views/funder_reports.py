"""What a funder reads by the link that staff handed over; the public page of the funders."""

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from emn.lib.access import public, token
from observatory.models import Agreement, ReportShare
from observatory.report_documents import document_response, parts, shown
from observatory.report_links import share_of


def _share(secret: str) -> ReportShare:
    found = share_of(secret, now=timezone.now())
    if found is None:
        raise Http404
    return found


@token
@require_safe
def report(request: HttpRequest, secret: str) -> HttpResponse:
    """Show a frozen report to whoever holds its link."""
    share = _share(secret)
    rows = share.report.figures.order_by("position", "pk")
    context = {
        "share": share,
        "report": share.report,
        "secret": secret,
        "figures": [
            {
                "row": row, "value": shown(row.value, row.unit),
                "target": shown(row.target) if row.target is not None else "",
                "parts": parts(row),
            }
            for row in rows
        ],
        "documents": share.report.documents.defer("content").order_by("format", "pk"),
    }  # fmt: skip
    return render(request, "observatory/funder_report.html", context)


@token
@require_safe
def report_file(request: HttpRequest, secret: str, name: str) -> HttpResponse:
    """Send the PDF or the CSV of it."""
    return document_response(_share(secret).report, name)


@public
@require_safe
def funders(request: HttpRequest) -> HttpResponse:
    """Say who funds the centre, what for and how much (R7.14)."""
    return render(
        request, "observatory/funders.html", {"agreements": Agreement.objects.published()}
    )
