"""The catalogue of trainings, as everyone reads it."""

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.views.decorators.http import require_safe

from emn.lib.access import public
from emn.lib.translated import said_of
from events import training_catalogue as catalogue_queries
from events import training_queries, training_rules
from events.models import Training
from events.models.trainings import SHOWN_BEFORE
from events.money import withdrawal
from events.structured_data import training_json_ld


@public
@require_safe
def catalogue(request: HttpRequest) -> HttpResponse:
    """Show every training, with its next date."""
    lines = catalogue_queries.lines(now=timezone.now())
    return render(request, "events/trainings/catalogue.html", {"lines": lines})


@public
@require_safe
def training(request: HttpRequest, slug: str) -> HttpResponse:
    """Show all that is to be read before registering (R4.03), the dates, the results."""
    now = timezone.now()
    rows = Training.objects.published().with_page().select_related("product")
    found = get_object_or_404(rows, slug=slug)
    dates = catalogue_queries.dates(found, now=now)
    parts = [
        (Training.word_of(name), said_of(found, name))
        for name in (*SHOWN_BEFORE[1:], "certification")
        if getattr(found, name)
    ]
    context = {
        "training": found,
        "objectives": sorted(found.objectives.all(), key=lambda row: (row.position, row.pk)),
        "trainers": sorted(found.trainers.all(), key=lambda row: (row.name, row.pk)),
        "parts": parts,
        "dates": dates,
        "indicators": training_queries.indicators(found, now=now),
        "price": catalogue_queries.price(found),
        "nda": settings.SELLER["training_number"],
        "contact_email": settings.CONTACT_EMAIL,
        "free_days": training_rules.FREE_CANCELLATION_DAYS,
        "forfeit_percent": training_rules.FORFEIT_PERCENT,
        "withdrawal": withdrawal,
        "written_in": catalogue_queries.language_of(found),
        "json_ld": training_json_ld(found, dates),
    }
    return render(request, "events/trainings/training.html", context)


@public
@require_safe
def house_rules(request: HttpRequest) -> HttpResponse:
    """Show the règlement intérieur of trainees (Code du travail, art. L6352-3)."""
    return render(request, "events/trainings/house_rules.html")
