"""The second voice: the company opens a link, its people answer, it reads the sums.

The page of the link knows nobody: no account, no cookie, no address counted; what stops abuse is
the end, the cap and the button that closes it, and the company’s page says so.
"""

import segno
from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.safestring import mark_safe
from django.utils.translation import get_language
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_safe

from diagnostics.forms import VoiceLinkForm
from diagnostics.models import VoiceLink
from diagnostics.services import voices as services
from diagnostics.voice_words import lines_of
from directory.models import Company
from emn.accounts.requests import MemberRequest
from emn.lib.access import member, token
from emn.lib.errors import DomainError
from emn.questionnaires.forms import PageForm
from emn.questionnaires.paths import Page
from emn.questionnaires.services import definition_of

_METHODS = ["GET", "HEAD", "POST"]


@member
@require_http_methods(_METHODS)
def voices(request: MemberRequest, company_id: int) -> HttpResponse:
    """Show the link of a company of the person and what came of it; its buttons open and close."""
    companies = Company.objects.filter(memberships__user=request.user)
    company = get_object_or_404(companies, pk=company_id)
    form = VoiceLinkForm(request.POST if request.POST.get("do") == "open" else None)
    now = timezone.now()
    if request.method == "POST" and request.POST.get("do") == "close":
        services.close_links(company_id=company.pk, user_id=request.user.pk)
        return redirect(request.path)
    if form.is_valid():
        try:
            services.open_link(
                company_id=company.pk, user_id=request.user.pk, days=form.cleaned_data["days"],
                most=form.cleaned_data["most"], now=now,
            )  # fmt: skip
        except DomainError as refusal:
            form.add_error(None, refusal.message)
        else:
            return redirect(request.path)
    link = (
        VoiceLink.objects.filter(company=company).select_related("version").order_by("-pk").first()
    )
    url = settings.PUBLIC_URL + reverse("diagnostics:voice", args=[link.key]) if link else ""
    drawn = segno.make(url or "-", error="m").svg_inline(
        svgclass="qr", lineclass=None, omitsize=True, border=2
    )
    context = {
        "company": company,
        "form": form,
        "link": link,
        "is_open": link is not None and services.is_open(link, today=timezone.localdate(now)),
        "url": url,
        "qr": mark_safe(drawn) if link else "",  # noqa: S308 -- drawn by us
        "lines": lines_of(link) if link else [],
    }
    status = 422 if form.is_bound else 200
    return render(request, "diagnostics/voices.html", context, status=status)


@csrf_exempt
@token
@require_http_methods(_METHODS)
def voice(request: HttpRequest, key: str) -> HttpResponse:
    """Ask the eight questions, and add the answers to the sums."""
    link = _link(key)
    now = timezone.now()
    if not services.is_open(link, today=timezone.localdate(now)):
        return render(request, "diagnostics/voice_closed.html", status=410)
    definition = definition_of(link.version_id)
    section = definition.sections[0]
    page = Page(section.code, section, tuple(definition.questions.values()))
    form = PageForm(
        request.POST if request.method == "POST" else None, page=page, answers={}, revisions={}
    )
    if form.is_valid():
        try:
            services.answer(key=key, values=form.values, now=now)
        except DomainError:
            return render(request, "diagnostics/voice_closed.html", status=410)
        return redirect("diagnostics:voice_kept", key)
    context = {
        "form": form,
        "title": definition.title.say(get_language() or "fr"),
        "company": link.company,
        "ends_on": link.ends_on,
    }
    return render(
        request, "diagnostics/voice.html", context, status=422 if form.is_bound else 200
    )  # fmt: skip


@token
@require_safe
def voice_kept(request: HttpRequest, key: str) -> HttpResponse:
    """Say that it is kept, and that it cannot be found again."""
    return render(request, "diagnostics/voice_kept.html", {"company": _link(key).company})


def _link(key: str) -> VoiceLink:
    rows = VoiceLink.objects.select_related("company").filter(key=key)
    found = rows.first() if key.isascii() else None
    if found is None:
        raise Http404
    return found
