"""What the agenda writes in the file of a company: the sessions where its people come."""

from collections.abc import Iterator

from django.utils.translation import gettext_lazy

from directory.dossier import Asked, Line, Step
from events.enums import RegistrationStatus, SessionKind
from events.models import Registration

_TOLD = (RegistrationStatus.REGISTERED, RegistrationStatus.CONFIRMED, RegistrationStatus.PRESENT)
_STEPS = {
    SessionKind.VISIT: Step(
        gettext_lazy("Vous avez essayé : dites ce qu’il vous faut, trois prestataires répondent."),
        "needs:new",
    ),
}
_MEASURE = Step(gettext_lazy("Et chez vous ? Faites le point en six minutes."), "diagnostics:start")


def sessions(asked: Asked) -> Iterator[Line]:
    """Yield where its people come or came; who they are stays theirs."""
    rows = Registration.objects.filter(company=asked.company, status__in=_TOLD)
    for entry in asked.newest(rows.select_related("session__series"), "session__starts_at"):
        came = entry.status == RegistrationStatus.PRESENT
        yield Line(
            pk=entry.pk,
            at=entry.session.starts_at,
            title=str(entry.session.title),
            detail=f"{entry.session.get_kind_display()} · {entry.get_status_display()}",
            href="" if entry.session.is_private else entry.session.get_absolute_url(),
            then=_STEPS.get(SessionKind(entry.session.kind), _MEASURE) if came else None,
        )
