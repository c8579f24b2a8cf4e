"""The flash diagnostic on paper: its questions for anybody, its report for who holds the link."""

from datetime import datetime
from functools import lru_cache

from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from diagnostics.benchmark_words import beside
from diagnostics.models import ReferentialVersion
from diagnostics.progress_words import progress_of
from diagnostics.report_documents import report_pdf
from diagnostics.reports import report_of
from diagnostics.views.flash import RESULT_WITH, diagnostic_of
from diagnostics.voice_words import voices_of
from emn.lib.access import public, token
from emn.lib.rate_limit import too_many_requests, wait_s
from emn.questionnaires import services as questionnaires
from emn.questionnaires.paper import paper_pdf

REFERENCE_SIGNS = 8
REPORTS_PER_HOUR = 20  # of one link: each is compiled for the plan that was asked


@public
@require_safe
def paper(request: HttpRequest) -> HttpResponse:
    """Give the questions on paper, to prepare them or to fill them in by hand."""
    version = ReferentialVersion.objects.published().defer("content").first()
    if version is None or version.published_at is None:
        raise Http404
    content = _paper(version.flash_id, version.number, version.published_at, get_language() or "fr")
    response = HttpResponse(content, content_type="application/pdf")
    response["Content-Disposition"] = 'inline; filename="diagnostic-numerique.pdf"'
    return response


@lru_cache(maxsize=8)
def _paper(flash_id: int, number: str, at: datetime, _language: str) -> bytes:
    """Return the sheet of a published version: anybody may ask for it, it is made once a process.

    `_language`: the current one, in which it is made.
    """
    reference = _("Référentiel %(version)s") % {"version": number}
    return paper_pdf(questionnaires.definition_of(flash_id), reference=reference, at=at)


@token
@require_safe
def document(request: HttpRequest, key: str) -> HttpResponse:
    """Give the report as a PDF, with the plan that the page showed; so many an hour for a link."""
    diagnostic = diagnostic_of(key, *RESULT_WITH)
    if diagnostic.result is None:
        raise Http404
    now = timezone.now()
    wait = wait_s(
        scope="diagnostics.report", key=key, limit=REPORTS_PER_HOUR, period_s=3600, now=now
    )
    if wait:
        return too_many_requests(request, wait=wait)
    report = report_of(diagnostic, now=now)
    plan = report.plan(request.GET.get("budget", ""), request.GET.get("heures", ""))
    reference = diagnostic.run.pk.hex[:REFERENCE_SIGNS].upper()
    content = report_pdf(
        report, plan=plan, reference=reference, progress=progress_of(diagnostic),
        others=beside(diagnostic), voices=voices_of(diagnostic),
    )  # fmt: skip
    response = HttpResponse(content, content_type="application/pdf")
    response["Content-Disposition"] = (
        f'attachment; filename="diagnostic-numerique-{reference.lower()}.pdf"'
    )
    return response
