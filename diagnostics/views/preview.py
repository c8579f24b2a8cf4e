"""A questionnaire tried before it is published: the real pages, and nothing is saved.

What was answered so far travels in the page itself, as a hidden field; staff only.
"""

import json
from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import get_language, override

from diagnostics.assessing import assess
from diagnostics.referential import read
from emn.lib.documents import Document
from emn.questionnaires.definition import Definition
from emn.questionnaires.forms import PageForm, mirrored
from emn.questionnaires.paths import Page, Way, way
from emn.questionnaires.wording import said

MOST_SIGNS = 100_000
BACK = "avant"
NO_FILE = str(UUID(int=0))  # stands for a file, which a preview does not keep


def preview_page(
    request: HttpRequest, content: Mapping[str, Any], depth: str, *, leave: str
) -> HttpResponse:
    """Show the first page, or the one that follows what was answered; `leave`: where to go back."""
    language = request.GET.get("langue", "")
    with override(language if language in dict(settings.LANGUAGES) else "fr"):
        referential = read(content)
        definition = referential.definitions[depth]
        answers = _carried(request, definition)
        followed = way(definition, answers)
        shown: Page | None = followed.pages[0]
        form = None
        if request.method == "POST":
            shown = followed.page(request.POST.get("page", "")) or followed.pages[0]
            form = PageForm(request.POST, request.FILES, page=shown, answers=answers, revisions={})
            if form.is_valid() or request.POST.get("vers") == BACK:
                if form.is_valid():
                    answers = _with(answers, form.values)
                    followed = way(definition, answers)
                is_back = request.POST.get("vers") == BACK
                shown = (followed.before(shown) or shown) if is_back else followed.after(shown)
                form = None
        if shown is None:
            return _end(request, referential, depth, definition, answers, leave=leave)
        return _page(request, followed, answers, shown, form, leave=leave)


def _carried(request: HttpRequest, definition: Definition) -> dict[str, Any]:
    """Return the answers that the page carried, the unsound ones left out."""
    text = request.POST.get("carried", "")
    try:
        given = json.loads(text) if text and len(text) <= MOST_SIGNS else {}
    except (ValueError, RecursionError):
        given = {}
    return dict(way(definition, given).kept) if isinstance(given, dict) else {}


def _with(answers: Mapping[str, Any], values: Mapping[str, Any]) -> dict[str, Any]:
    merged = dict(answers) | {
        code: NO_FILE if isinstance(value, Document) else value for code, value in values.items()
    }
    return {code: value for code, value in merged.items() if value is not None}


def _page(
    request: HttpRequest,
    followed: Way,
    answers: Mapping[str, Any],
    shown: Page,
    form: PageForm | None,
    *,
    leave: str,
) -> HttpResponse:
    language = get_language() or "fr"
    is_alone = len(shown.questions) == 1
    codes = [entry.code for entry in followed.pages]
    context = {
        "form": form or PageForm(page=shown, answers=answers, revisions={}),
        "is_alone": is_alone,
        "title": (shown.questions[0].text if is_alone else shown.section.title).say(language),
        "section": shown.section.title.say(language),
        "intro": shown.section.intro.say(language),
        "mirrored": mirrored(shown),
        "refusal": "",
        "number": codes.index(shown.code) + 1 if shown.code in codes else 1,
        "count": len(codes),
        "minutes": followed.minutes_left,
        "shown": shown,
        "carried": json.dumps(answers, ensure_ascii=False),
        "leave": leave,
        "languages": settings.LANGUAGES,
        "alternates": [],
    }
    status = 422 if form is not None else 200
    return render(request, "diagnostics/preview.html", context, status=status)


def _end(
    request: HttpRequest,
    referential: Any,
    depth: str,
    definition: Definition,
    answers: Mapping[str, Any],
    *,
    leave: str,
) -> HttpResponse:
    """Show what the answers come to, without keeping any."""
    language = get_language() or "fr"
    result = assess(referential, depth, answers)
    followed = way(definition, answers)
    context = {
        "score": result["whole"]["shown"],
        "axes": [
            (axis.title.say(language), result["axes"][code]["shown"])
            for code, axis in referential.axes.items()
        ],
        "measures": [
            referential.advice[entry["code"]].levels[entry["level"] - 1].say(language)
            for entry in result["measures"]
        ],
        "lines": [
            (question.text.say(language), said(question, answers.get(question.code), language))
            for question in followed.shown
        ],
        "leave": leave,
    }
    return render(request, "diagnostics/preview_end.html", context)
