"""Micro-surveys of the letter: a link opens the page with its answer chosen, a button records.

No cookie. The page that follows is the same for everybody, whether the answer counted or not: who
holds a letter learns nothing of whether its reader had answered.
"""

from contextlib import suppress
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import get_language
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_safe

from emn.lib.access import public, token
from emn.lib.rate_limit import limited
from emn.lib.translated import Said, said
from emn.mailings import tokens
from emn.questionnaires.definition import SOURCE_LANGUAGE
from observatory.micro_survey_forms import MicroSurveyForm
from observatory.models import MicroSurvey
from observatory.services.surveys import micro
from observatory.services.surveys.errors import SurveyClosed

ANSWERS_PER_HOUR = 60  # of one address: a whole office may share one


@csrf_exempt
@token
@require_http_methods(["GET", "HEAD", "POST"])
@limited(scope="surveys.micro", limit=ANSWERS_PER_HOUR, period_s=3600)
def answer(request: HttpRequest, code: str, reader: str) -> HttpResponse:
    """Ask, with the answer of the link chosen; keep what the button sends."""
    numbers = tokens.read(tokens.VOTER, reader) if reader.isascii() else None
    if numbers is None:
        raise Http404
    survey = get_object_or_404(MicroSurvey, code=code)
    now, (subscriber_id,) = timezone.now(), numbers
    if not subscriber_id or not survey.is_open(now=now):  # nobody’s: a preview, the archive
        return redirect(survey)
    form = MicroSurveyForm(
        request.POST if request.method == "POST" else None,
        questions=micro.questions_of(survey),
        language=get_language() or SOURCE_LANGUAGE,
        initial=request.GET.dict(),
    )
    if form.is_valid():
        with suppress(SurveyClosed):  # the page says so
            micro.answer(code=code, subscriber_id=subscriber_id, answers=form.cleaned_data, now=now)
        return redirect(survey)
    context = {"survey": survey, "title": _title(survey), "form": form}
    status = 422 if form.is_bound else 200
    return render(request, "observatory/micro_surveys/answer.html", context, status=status)


@public
@require_safe
def thermometer(request: HttpRequest, code: str) -> HttpResponse:
    """Show the results once it is over; until then, when they will be read."""
    survey = get_object_or_404(MicroSurvey, code=code)
    lines = _lines(survey) if survey.sealed_at else []
    context = {"survey": survey, "title": _title(survey), "lines": lines}
    return render(request, "observatory/micro_surveys/thermometer.html", context)


def _title(survey: MicroSurvey) -> Said:
    return said({SOURCE_LANGUAGE: survey.title}, get_language() or SOURCE_LANGUAGE)


def _lines(survey: MicroSurvey) -> list[dict[str, Any]]:
    """Return each question with what was counted; no option where that is secret."""
    language = get_language() or SOURCE_LANGUAGE
    lines = []
    for question in micro.questions_of(survey):
        counted = survey.results.get(question.code, {})
        shares = counted.get("shares", {})
        options = question.options if shares else ()
        lines.append(
            {
                "text": said(question.text.of, language),
                "n": counted.get("n"),
                "options": [
                    {
                        "label": said(option.label.of, language),
                        "percent": shares.get(option.code, 0),
                    }
                    for option in options
                ],
            }
        )
    return lines
