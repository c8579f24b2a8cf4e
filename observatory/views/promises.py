"""What the centre promises, and whether it keeps it."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from emn.lib.access import public
from observatory.promise_queries import FEWEST_CASES, PROMISES, latest, since


@public
@require_safe
def promises(request: HttpRequest) -> HttpResponse:
    """Show each promise with its last reading."""
    readings = latest()
    measured_on = max((row.measured_on for row in readings.values()), default=None)
    context = {
        "rules": [(rule, readings.get(key)) for key, rule in PROMISES.items()],
        "measured_on": measured_on,
        "since": since(measured_on) if measured_on else None,
        "fewest": FEWEST_CASES,
    }
    return render(request, "observatory/promises.html", context)
