"""The help: its answers by whom they are for, and each of them."""

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import get_language
from django.views.decorators.http import require_safe

from emn.lib.access import public
from emn.pages.enums import Audience
from emn.pages.models import Page
from emn.pages.reading import FRENCH, Reading, readings
from emn.pages.share import page_words


@public
@require_safe
def index(request: HttpRequest) -> HttpResponse:
    """List the answers by audience (two queries)."""
    found = _shown()
    groups = [
        (audience, [each for each in found if each.page.audience == audience])
        for audience in Audience
    ]
    context = {"groups": [group for group in groups if group[1]]}
    return render(request, "pages/help/index.html", context)


@public
@require_safe
def answer(request: HttpRequest, slug: str) -> HttpResponse:
    """Show an answer, and the others for the same audience (two queries)."""
    found = _shown()
    shown = next((each for each in found if each.page.slug == slug), None)
    if shown is None:
        raise Http404
    others = [
        each for each in found
        if each.page.audience == shown.page.audience and each is not shown
    ]  # fmt: skip
    context = {"reading": shown, "others": others, "share": page_words(shown)}
    return render(request, "pages/help/answer.html", context)


def _shown() -> list[Reading]:
    now = timezone.now()
    rows = list(Page.objects.help().shown(now=now))
    return readings(rows, language=get_language() or FRENCH, now=now)
