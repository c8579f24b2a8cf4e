"""What bounds an open link: anybody holds it, so its answers are counted, in all and by whence.

Counters are keyed hashes of a network, never of who answered what, and end with their hour or with
the survey (`emn.lib.rate_limit`).
"""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone

from emn.lib.rate_limit import Hit, allow, both_allowed, client_network
from observatory.models import Survey

HOUR_S, DAY_S = 3600, 86_400
NETWORK_PER_HOUR = 60  # answers of one /24 or /48: a fair, a whole company
NETWORK_IN_ALL = 200
SURVEY_PER_HOUR = 300


def full(request: HttpRequest, survey: Survey) -> HttpResponse:
    """Say that the survey has all the answers that it takes."""
    return render(request, "observatory/surveys/full.html", {"survey": survey}, status=410)


def held_back(request: HttpRequest, survey: Survey) -> HttpResponse | None:
    """Count an answer about to be handed in; return the page that says to wait, if it must."""
    now, network = timezone.now(), f"{survey.pk}:{client_network(request)}"
    assert survey.closes_on is not None
    left_s = DAY_S * (1 + (survey.closes_on - timezone.localdate(now)).days)
    by_network = both_allowed(
        Hit("surveys.network_hour", network, NETWORK_PER_HOUR, HOUR_S),
        Hit("surveys.network", network, NETWORK_IN_ALL, left_s),
        now=now,
    )
    if all(by_network) and allow(
        scope="surveys.hour", key=str(survey.pk), limit=SURVEY_PER_HOUR, period_s=HOUR_S, now=now
    ):
        return None
    answer = render(request, "observatory/surveys/wait.html", {"survey": survey}, status=429)
    answer["Retry-After"] = str(HOUR_S)
    return answer
