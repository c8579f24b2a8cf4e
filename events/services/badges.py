"""Badges of those who come: one alone at once, a whole sheet by the worker."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils.translation import get_language, override
from django.utils.translation import gettext as _

from emn.lib.commit import after_commit
from emn.lib.errors import DomainError
from emn.lib.pdf import render_pdf
from events.enums import BadgeLayout
from events.models import BadgeSheet, Registration, Session
from events.models.registrations import EXPECTED
from events.tasks import write_badges

TEMPLATE = "events/door/badges.typ"


class NoBadge(DomainError):
    """There is nobody to print a badge for."""


@dataclass(frozen=True)
class Sheet:
    """A sheet of labels, in millimetres; the rest of the page is its margins."""

    page: tuple[float, float]
    columns: int
    rows: int
    label: tuple[float, float]
    corner: tuple[float, float]  # of the first label, from the left and the top
    gap: float  # between columns; rows touch


SHEETS = {
    BadgeLayout.TEN: Sheet((210, 297), 2, 5, (85, 54), (15, 13.5), 10),
    BadgeLayout.FOURTEEN: Sheet((210, 297), 2, 7, (99.1, 38.1), (4.65, 15.15), 2.5),
    BadgeLayout.ONE: Sheet((85, 54), 1, 1, (85, 54), (0, 0), 0),
}


@transaction.atomic(durable=True)
def ask(*, session_id: int, layout: str, now: datetime) -> BadgeSheet:
    """Have a sheet composed by the worker, for all who have a seat. Raises NoBadge."""
    session = Session.objects.get(pk=session_id)
    count = session.registrations.filter(status__in=EXPECTED, forgotten_at=None).seats()
    if not count:
        raise NoBadge(_("Personne n’a encore de place : il n’y a pas de badge à imprimer."))
    sheet = BadgeSheet.objects.create(
        session=session, layout=BadgeLayout(layout), count=count, asked_at=now
    )
    after_commit(partial(write_badges.delay, sheet_id=sheet.pk, language=get_language() or "fr"))
    return sheet


def write(*, sheet_id: int, language: str, now: datetime) -> bool:
    """Compose a sheet that was asked for; return whether there was one to do. Safe to run twice."""
    sheet = BadgeSheet.objects.select_related("session").filter(pk=sheet_id).first()
    if sheet is None or sheet.finished_at is not None:
        return False
    BadgeSheet.objects.filter(pk=sheet_id).update(started_at=now)
    rows = sheet.session.registrations.filter(status__in=EXPECTED, forgotten_at=None)
    with override(language):
        content = _composed(sheet.session, rows.order_by("full_name", "pk"), sheet.layout, now=now)
    done = BadgeSheet.objects.filter(pk=sheet_id, finished_at=None)
    return bool(done.update(content=content, finished_at=now))


def one(entry: Registration, *, now: datetime) -> bytes:
    """Return the badge of one person, and of those who come along: about 30 ms."""
    return _composed(entry.session, [entry], BadgeLayout.ONE, now=now)


def _composed(
    session: Session, entries: Iterable[Registration], layout: str, *, now: datetime
) -> bytes:
    sheet = SHEETS[BadgeLayout(layout)]
    data: dict[str, Any] = {
        "title": _("Badges : %(title)s") % {"title": session.title},
        "centre": settings.CENTRE_NAME,
        "language": get_language() or "fr",
        "session": session.title,
        "badges": [badge for entry in entries for badge in _badges(entry)],
        "page": sheet.page, "columns": sheet.columns, "rows": sheet.rows,
        "label": sheet.label, "corner": sheet.corner, "gap": sheet.gap,
    }  # fmt: skip
    return render_pdf(TEMPLATE, data, at=now)


def _badges(entry: Registration) -> list[dict[str, str]]:
    """Return the person's, then one for each who comes along: to fill in by hand without a name."""
    along = [*entry.companions, *[""] * entry.seats][: entry.seats - 1]
    return [{"name": name, "company": entry.company_name} for name in (entry.full_name, *along)]
