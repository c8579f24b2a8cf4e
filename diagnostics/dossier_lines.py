"""What the diagnostics write in the file of a company: those it keeps, and visits of an adviser."""

from collections.abc import Iterator

from django.urls import reverse
from django.utils.translation import gettext_lazy

from diagnostics.enums import Depth
from diagnostics.models import Appointment, Diagnostic
from directory.dossier import Asked, Line, Step

ACT = Step(
    gettext_lazy("Passez à l’acte : décrivez votre besoin, trois prestataires vous répondent."),
    "needs:new",
)


def diagnostics(asked: Asked) -> Iterator[Line]:
    """Yield the diagnostics in the company’s file that are finished: kept or signed."""
    rows = Diagnostic.objects.filter(company=asked.company, result__isnull=False)
    for diagnostic in asked.newest(rows.select_related("run"), "claimed_at"):
        assert diagnostic.claimed_at is not None
        yield Line(
            pk=diagnostic.pk,
            at=diagnostic.claimed_at,
            title=diagnostic.get_depth_display(),
            detail=diagnostic.get_stage_display(),
            href=_page(diagnostic) if asked.reader else "",
            then=ACT,
        )


def visits(asked: Asked) -> Iterator[Line]:
    """Yield the visits of an adviser, made or to come."""
    rows = Appointment.objects.standing().filter(company=asked.company, diagnostic=None)
    for visit in asked.newest(rows, "starts_at"):
        yield Line(
            pk=visit.pk,
            at=visit.starts_at,
            title=str(visit._meta.verbose_name).capitalize(),
            href=reverse("diagnostics:appointment", args=[visit.pk]) if asked.reader else "",
        )


def _page(diagnostic: Diagnostic) -> str:
    """Return where the company reads it: the result itself, or its signed documents."""
    if diagnostic.depth == Depth.FLASH:
        return reverse("diagnostics:result", args=[diagnostic.run.key])
    return reverse("diagnostics:mine")
