"""The clocks of the showrooms: each tick does what is due, once, whatever the workers."""

import logging
from collections.abc import Callable, Iterable
from datetime import datetime

from django.conf import settings
from django.db import transaction
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import override

from directory.models import Provider
from directory.services.telling import people_of
from emn.mailings.services import queue_email
from events.models import Demonstration, ShowroomStatement, Visit
from events.models.registrations import HOLDING
from events.services import notebooks, showrooms
from events.showroom_reading import figures, half_before, half_end, half_label, shown_by

logger = logging.getLogger(__name__)


def tick(*, now: datetime) -> int:
    """Do all that is due; return how many acts. One that fails is logged and stays due."""
    done = 0
    acts: list[tuple[Iterable[int], Callable[[int], int]]] = [
        (_without_notebooks(now), lambda key: notebooks.ensure_notebooks(visit_id=key)),
        (notebooks.due_to_send(now=now), lambda key: notebooks.send(notebook_id=key, now=now)),
        (notebooks.due_to_ask(now=now), lambda key: notebooks.ask(notebook_id=key, now=now)),
        (_leaving(now), lambda key: showrooms.warn_leaving(demonstration_id=key, now=now)),
        (_without_statement(now), lambda key: tell_half(provider_id=key, now=now)),
    ]
    for keys, act in acts:
        for key in keys:
            try:
                done += act(key)
            except Exception:
                logger.exception("a clock of showrooms failed on row %s", key)
    return done


def _without_notebooks(now: datetime) -> list[int]:
    rows = Visit.objects.filter(
        session__ends_at__gt=now,
        session__registrations__status__in=HOLDING,
        session__registrations__notebook=None,
        session__registrations__forgotten_at=None,
    )
    return list(rows.order_by("pk").values_list("pk", flat=True).distinct())


def _leaving(now: datetime) -> list[int]:
    rows = Demonstration.objects.leaving(on=timezone.localdate(now)).filter(warned_at=None)
    return list(rows.order_by("pk").values_list("pk", flat=True))


def _without_statement(now: datetime) -> list[int]:
    """Return the cards with a demonstration in the half-year that ended, not told of it yet."""
    first = half_before(timezone.localdate(now))
    shown = Demonstration.objects.published().filter(
        entered_on__lt=half_end(first), leaves_on__gt=first, exhibitor__isnull=False
    )
    told = ShowroomStatement.objects.filter(half_on=first)
    rows = Provider.objects.published().filter(pk__in=shown.values("exhibitor"))
    rows = rows.exclude(pk__in=told.values("provider"))
    return list(rows.order_by("pk").values_list("pk", flat=True))


@transaction.atomic(durable=True)
def tell_half(*, provider_id: int, now: datetime) -> bool:
    """Send the figures of the half-year that ended to a card’s people, once."""
    first = half_before(timezone.localdate(now))
    provider = Provider.objects.select_for_update(of=("self",)).get(pk=provider_id)
    _row, made = ShowroomStatement.objects.get_or_create(
        provider=provider, half_on=first, defaults={"sent_at": now}
    )
    if not made:
        return False
    shown = shown_by([provider.pk]).filter(entered_on__lt=half_end(first), leaves_on__gt=first)
    lines = figures(shown, provider_ids=[provider.pk], since=first, until=half_end(first))
    for person in people_of(provider.company_id):
        with override(person.language):
            page = settings.PUBLIC_URL + reverse("showrooms:mine")
            period = half_label(first)
        queue_email(
            to=person.email,
            template="events/showrooms/emails/figures",
            context={"provider": provider, "lines": lines, "period": period, "page_url": page},
            language=person.language,
            dedup_key=f"events.showroom_figures:{provider.pk}:{first}:{person.pk}",
            now=now,
        )
    return True
