"""The requests that one's cards received, should their e-mail be lost."""

from django.core.paginator import Paginator
from django.db.models import Case, Value, When
from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from directory.enums import ProposalStatus
from directory.models import Proposal, Provider
from directory.services import needs as services
from emn.accounts.requests import MemberRequest
from emn.lib.access import member

PER_PAGE = 20


@member
@require_safe
def received(request: MemberRequest) -> HttpResponse:
    """List what was put to one's cards: what waits for an answer first, then the last."""
    rows = Proposal.objects.filter(
        provider__in=Provider.objects.of(request.user), need__forgotten_at=None
    ).select_related("need__service", "need__commune", "provider")
    waiting = When(status=ProposalStatus.SENT, expires_at__gt=timezone.now(), then=Value(0))
    ordered = rows.order_by(Case(waiting, default=Value(1)), "-sent_at", "-pk")
    page = Paginator(ordered, PER_PAGE).get_page(request.GET.get("page"))
    lines = [(row, services.token(row.pk, services.ANSWER)) for row in page.object_list]
    context = {"page": page, "lines": lines, "now": timezone.now()}
    return render(request, "directory/needs/received.html", context)
