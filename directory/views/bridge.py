"""The solidarity bridge: the list, an ad, and what its author and those who reply do.

No page needs a cookie: whoever writes acts in nobody's name, and on the others the secret of the
address is the proof. Links open pages; buttons act.
"""

from typing import Any

from django import forms
from django.core.exceptions import ObjectDoesNotExist
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_safe

from directory.bridge_forms import AdFilterForm, AdForm, AuthorCountForm, CountForm, ReplyForm
from directory.bridge_reports import given_so_far
from directory.bridge_wording import counted, counted_as_given
from directory.enums import AdSide
from directory.models import AdReply, SolidarityAd
from directory.services import bridge as services
from directory.services import bridge_replies as replies
from emn.lib.access import open_form, public, token
from emn.lib.db import posted_key
from emn.lib.errors import DomainError

PER_PAGE = 20
_METHODS = ["GET", "HEAD", "POST"]


@public
@require_safe
def contract_address(_request: HttpRequest) -> HttpResponse:
    """Lead from /solidarite/, the address of the public contract, to the list."""
    return redirect("bridge:list", permanent=True)


@public
@require_safe
def ads(request: HttpRequest) -> HttpResponse:
    """List what is offered and what is needed, narrowed."""
    form = AdFilterForm(request.GET)
    rows = form.narrowed(SolidarityAd.objects.published()).select_related("commune")
    page = Paginator(rows.order_by("-published_at", "-pk"), PER_PAGE).get_page(
        request.GET.get("page")
    )
    context = {
        "form": form,
        "page": page,
        "lines": [
            {"ad": row, "meta": (counted(row.kind, row.quantity), row.commune.name)} for row in page
        ],
        "is_narrowed": bool(form.asked),
        "given": [counted_as_given(row.kind, row.total, since=row.since) for row in given_so_far()],
    }
    return render(request, "directory/bridge/list.html", context)


@public
@require_safe
def ad(request: HttpRequest, slug: str) -> HttpResponse:
    """Show one ad, without anybody's address."""
    rows = SolidarityAd.objects.published().select_related("commune__epci")
    found = get_object_or_404(rows, slug=slug)
    context = {"ad": found, "quantity": counted(found.kind, found.quantity)}
    return render(request, "directory/bridge/ad.html", context)


@csrf_exempt
@open_form
@require_http_methods(_METHODS)
def new(request: HttpRequest, side: AdSide) -> HttpResponse:
    """Write an ad; the answer is the same whatever the address."""
    form = AdForm(request.POST if request.method == "POST" else None, request=request, side=side)
    if form.is_valid():
        services.deposit_ad(
            side=side, values=form.values(), language=_language(), now=timezone.now()
        )
        return redirect("bridge:sent")
    context = {"form": form, "is_offer": side == AdSide.OFFER}
    return render(request, "directory/bridge/new.html", context)


@csrf_exempt
@open_form
@require_http_methods(_METHODS)
def reply(request: HttpRequest, slug: str) -> HttpResponse:
    """Write to the author of an ad; the answer is the same whatever the address."""
    found = get_object_or_404(SolidarityAd.objects.published(), slug=slug)
    form = ReplyForm(request.POST if request.method == "POST" else None, request=request)
    if form.is_valid():
        try:
            replies.deposit_reply(
                ad_id=found.pk, values=form.values(), language=_language(), now=timezone.now()
            )
        except SolidarityAd.DoesNotExist as gone:  # it has ended meanwhile
            raise Http404 from gone
        return redirect("bridge:sent")
    return render(request, "directory/bridge/answer.html", {"form": form, "ad": found})


@public
@require_safe
def sent(request: HttpRequest) -> HttpResponse:
    """Say what comes next, the same for every address."""
    return render(request, "directory/bridge/sent.html")


@csrf_exempt
@token
@require_http_methods(_METHODS)
def confirm(request: HttpRequest, token: str) -> HttpResponse:
    """Show the ad that is about to go to the centre; only the button sends it."""
    found = services.ad_of(token, services.CONFIRM)
    if found is None:
        raise Http404(_("Ce lien ne mène plus nulle part."))
    refusal = ""
    if request.method == "POST":
        try:
            found = services.confirm_ad(ad_id=found.pk, now=timezone.now())
        except ObjectDoesNotExist as gone:  # forgotten meanwhile
            raise Http404 from gone
        except DomainError as refused:
            refusal = refused.message
    context = {
        "ad": found,
        "quantity": counted(found.kind, found.quantity),
        "refusal": refusal,
        "follow_url": services.path(found.pk, services.FOLLOW, _language()),
    }
    return render(request, "directory/bridge/confirm.html", context)


@csrf_exempt
@token
@require_http_methods(_METHODS)
def follow(request: HttpRequest, token: str) -> HttpResponse:
    """Say where the ad stands and who replied; every decision is a button."""
    found = services.ad_of(token, services.FOLLOW)
    if found is None:
        raise Http404(_("Ce lien ne mène plus nulle part."))
    refusal = ""
    if request.method == "POST":
        try:
            act = _decide(request, found)
        except ObjectDoesNotExist as gone:  # forgotten meanwhile
            raise Http404 from gone
        except DomainError as refused:
            refusal = refused.message
        else:
            return redirect(f"{request.path}?dit={act}")
    received = found.replies.sent().filter(forgotten_at=None).order_by("-confirmed_at", "-pk")
    context = {
        "ad": found,
        "quantity": counted(found.kind, found.quantity),
        "lines": [_line(found, row) for row in received],
        "refusal": refusal,
        "said": request.GET.get("dit", ""),
    }
    return render(request, "directory/bridge/follow.html", context)


def _decide(request: HttpRequest, found: SolidarityAd) -> str:
    """Do what the button says; return the word for what was done."""
    now, act = timezone.now(), request.POST.get("do", "")
    if act == "renew":
        services.renew_ad(ad_id=found.pk, now=now)
    elif act == "withdraw":
        services.withdraw_ad(ad_id=found.pk, now=now)
    elif act == "count":
        rows = found.replies.sent().filter(forgotten_at=None)
        row = rows.filter(pk=posted_key(request.POST.get("reply"))).first()
        if row is None:
            raise Http404
        given = _valid(AuthorCountForm(request.POST))
        said = replies.count_by_author(
            reply_id=row.pk, count=given["count"], keeps_open=given["keeps_open"], now=now
        )
        return "count" if said.counted_at is None else "counted"
    else:
        raise Http404
    return act


def _line(found: SolidarityAd, row: AdReply) -> dict[str, Any]:
    """Return one reply as the author of the ad reads it."""
    return {
        "reply": row,
        "own": _said(found.kind, row.author_count),
        "theirs": _said(found.kind, row.replier_count),
        "agreed": counted(found.kind, row.agreed),
        "is_open": row.author_count is None and row.replier_count is not None,
        "form": AuthorCountForm(auto_id=f"id_{row.pk}_%s", initial={"count": row.replier_count}),
    }


@csrf_exempt
@token
@require_http_methods(_METHODS)
def follow_reply(request: HttpRequest, token: str) -> HttpResponse:
    """Send one's reply, then say what was given; only buttons act."""
    row = services.reply_of(token)
    if row is None:
        raise Http404(_("Ce lien ne mène plus nulle part."))
    said = row.author_count if row.replier_count is None else row.replier_count
    refusal, initial = "", {"count": said}
    form = CountForm(initial=initial)
    if request.method == "POST":
        try:
            if row.confirmed_at is None:
                replies.confirm_reply(reply_id=row.pk, now=timezone.now())
                return redirect(f"{request.path}?dit=sent")
            form = CountForm(request.POST, initial=initial)
            if form.is_valid():
                count = form.cleaned_data["count"]
                replies.count_by_replier(reply_id=row.pk, count=count, now=timezone.now())
                return redirect(f"{request.path}?dit=count")
        except ObjectDoesNotExist as gone:  # forgotten meanwhile
            raise Http404 from gone
        except DomainError as refused:
            refusal = refused.message
    kind = row.ad.kind
    context = {
        "reply": row,
        "ad": row.ad,
        "form": form,
        "refusal": refusal,
        "own": _said(kind, row.replier_count),
        "theirs": _said(kind, row.author_count),
        "agreed": counted(kind, row.agreed),
        "said": request.GET.get("dit", ""),
    }
    return render(request, "directory/bridge/reply.html", context)


def _said(kind: str, count: int | None) -> str:
    """Return what a side says in words; nothing before it has spoken."""
    return "" if count is None else counted(kind, count)


def _valid(form: forms.Form) -> dict[str, Any]:
    if not form.is_valid():
        raise services.BridgeRefused(_("Donnez un nombre, de 0 à 1 000."))
    return form.cleaned_data


def _language() -> str:
    return get_language() or "fr"
