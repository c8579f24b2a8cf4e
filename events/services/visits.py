"""Slots of visits: opened by the centre, booked by scenario through the registrations’ service."""

import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import override

from emn.accounts.models import User
from emn.lib.db import advisory_lock, violation_as
from emn.lib.errors import DomainError
from emn.lib.page_cache import touch
from events.enums import (
    AccessFeature,
    Availability,
    HostRole,
    Scenario,
    SessionKind,
    SessionStatus,
)
from events.models import (
    CapacityPool,
    Room,
    Session,
    Showroom,
    Theme,
    Visit,
    VisitHost,
    VisitNotebook,
)
from events.models.visits import CODE_LENGTH
from events.services import registrations
from events.services.sessions import free_slug, write_terms

MOST_AT_ONCE = 60  # slots opened in one go: a term of weekly afternoons
LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"  # no O, 0, I nor 1


class VisitRefused(DomainError):
    """The slot cannot be opened, or booked, so."""


@transaction.atomic(durable=True)
def open_visits(
    *,
    showroom_id: int,
    scenarios: Sequence[Scenario],
    starts: Sequence[datetime],
    length: timedelta,
    seats: int,
    group_limit: int,
    host_id: int,
    invited: dict[HostRole, str],
    now: datetime,
) -> list[Visit]:
    """Put slots on the agenda, all of them or none.

    `host_id`: the agent who receives; `invited`: names of those who hold the other roles.

    Raises VisitRefused (nothing to open, in the past, the room is taken, the host is elsewhere).
    """
    if not starts or not scenarios:
        raise VisitRefused(_("Choisissez au moins un jour et un scénario."))
    if len(starts) > MOST_AT_ONCE:
        raise VisitRefused(
            _("Ouvrez %(count)s créneaux au plus à la fois.") % {"count": MOST_AT_ONCE}
        )
    if min(starts) <= now:
        raise VisitRefused(_("Un créneau est à venir."))
    showroom = Showroom.objects.select_related("room").get(pk=showroom_id)
    Room.objects.select_for_update().get(pk=showroom.room_id)
    advisory_lock(f"events.host:{host_id}")
    host = User.objects.get(pk=host_id, is_staff=True, is_active=True)
    made = []
    for start in sorted(set(starts)):
        end = start + length
        if _is_hosting(host_id, start, end):
            raise VisitRefused(
                _("%(name)s reçoit déjà une visite le %(day)s à cette heure.")
                % {"name": host.full_name or host.email, "day": f"{start:%d/%m/%Y}"}
            )
        refusal = VisitRefused(
            _("Le showroom est déjà pris le %(day)s à cette heure.") % {"day": f"{start:%d/%m/%Y}"}
        )
        with violation_as(refusal, model=Session, constraint="events_session_no_double_booking"):
            made.append(
                _open(
                    showroom, scenarios, start, end, seats=seats, group_limit=group_limit, now=now
                )
            )
        VisitHost.objects.create(
            visit=made[-1], role=HostRole.HOST, agent=host, full_name=host.full_name
        )
        for role, name in invited.items():
            VisitHost.objects.create(visit=made[-1], role=role, full_name=name)
    touch()
    return made


def _is_hosting(host_id: int, start: datetime, end: datetime) -> bool:
    others = Session.objects.exclude(status=SessionStatus.CANCELLED)
    return others.filter(visit__hosts__agent=host_id, starts_at__lt=end, ends_at__gt=start).exists()


def _open(
    showroom: Showroom, scenarios: Sequence[Scenario], start: datetime, end: datetime, *,
    seats: int, group_limit: int, now: datetime,
) -> Visit:  # fmt: skip
    session = Session(
        kind=SessionKind.VISIT, status=SessionStatus.PUBLISHED, room=showroom.room,
        starts_at=start, ends_at=end, group_limit=group_limit, access=[AccessFeature.STEP_FREE],
        created_at=now, changed_at=now, published_at=now,
    )  # fmt: skip
    for code, _name in settings.LANGUAGES:
        with override(code):
            setattr(session, f"title_{code}", _title(showroom, scenarios, code))
            setattr(session, f"summary_{code}", getattr(showroom, f"summary_{code}") or "")
    session.slug = free_slug(session)
    session.save()
    session.themes.set(Theme.objects.filter(slug__in=_themes_of(showroom)))
    CapacityPool.objects.create(session=session, size=seats)
    write_terms(session)
    return Visit.objects.create(
        session=session, showroom=showroom, scenarios=[str(code) for code in scenarios]
    )


def _title(showroom: Showroom, scenarios: Sequence[Scenario], language: str) -> str:
    name = getattr(showroom, f"name_{language}") or showroom.name
    if len(scenarios) == 1:
        values = {"showroom": name, "scenario": scenarios[0].label}
        return _("Visite : %(showroom)s, scénario %(scenario)s") % values
    return _("Visite : %(showroom)s") % {"showroom": name}


def _themes_of(showroom: Showroom) -> list[str]:
    return {"showroom-2": ["batiment"]}.get(showroom.room.slug, [])


def book(
    *,
    visit: Visit,
    scenario: Scenario,
    full_name: str,
    email: str,
    company_name: str,
    siret: str,
    people: int,
    language: str,
    now: datetime,
    pool_id: int | None = None,
    companions: Sequence[str] = (),
    answers: Sequence[tuple[str, str]] = (),
) -> Availability:
    """Register for a visit, and open the notebook that goes with it, in one transaction.

    Raises what `registrations.register` does, and VisitRefused (not one of the slot's scenarios).
    """
    if scenario not in visit.scenarios:
        raise VisitRefused(_("Ce créneau n’est pas ouvert à ce scénario : choisissez-en un autre."))
    return registrations.register(
        session_id=visit.session_id, pool_id=pool_id, full_name=full_name, email=email,
        company_name=company_name, siret=siret, people=people, language=language, now=now,
        companions=companions, answers=answers,
        along=lambda key: open_notebook(visit.pk, key, scenario),
    )  # fmt: skip


def open_notebook(visit_id: int, registration_id: int, scenario: str) -> VisitNotebook:
    """Give a registration its notebook; an inner step.

    The registrations of a visit are made one at a time, under the lock of its seats: a code that is
    free stays free.
    """
    taken = set(VisitNotebook.objects.filter(visit=visit_id).values_list("code", flat=True))
    while (code := "".join(secrets.choice(LETTERS) for _n in range(CODE_LENGTH))) in taken:
        pass
    return VisitNotebook.objects.create(
        registration_id=registration_id, visit_id=visit_id, scenario=scenario, code=code
    )
