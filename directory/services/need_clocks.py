"""The clocks of needs (mechanics 3.4): each tick does what is due, once, whatever the workers.

Every act stamps the need, or the proposal, in the transaction of the message it sends: a tick that
is killed leaves the rest due, and two ticks at once do nothing twice.
"""

from datetime import datetime, timedelta
from functools import partial

from django.conf import settings
from django.db import transaction
from django.db.models import Count, Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import override

from directory.enums import ClosingReason, ProposalStatus
from directory.matching.ranking import MORE, PROPOSED
from directory.models import Need, Proposal
from directory.models.needs import OPEN_PROPOSALS, counting_as
from directory.services import proposals, trust_requests
from directory.services.needs import (
    end_quietly,
    end_without_provider,
    tell_company,
    tell_provider,
)
from emn.lib.clocks import each

WARN_AFTER = timedelta(days=9)  # since the company confirmed, without any contact
ADVISER_AFTER = timedelta(days=21)
CLOSE_AFTER = timedelta(days=45)
ASK_AFTER = timedelta(days=10)  # since the first contact
ASK_LATER_AFTER = timedelta(days=152)  # five months
SILENT_AFTER = timedelta(days=30)  # since that last question, without an answer
LASTS_AFTER = timedelta(days=365)  # since that last question, even when the work was under way
AT_ONCE = 500


def tick(*, now: datetime) -> int:
    """Do all that is due; return how many acts. One that fails is logged and stays due."""
    return sum(
        # One after another: who was silent is replaced in the same tick.
        each(due(now), act, now=now)
        for due, act in (
            (_overdue, _expire),
            (_lacking, _propose),
            (_without_exchange, ask_exchange),
            (partial(_waiting, stamp="warned_at", after=WARN_AFTER), warn),
            (partial(_waiting, stamp="adviser_called_at", after=ADVISER_AFTER), call_adviser),
            (partial(_waiting, stamp=None, after=CLOSE_AFTER), close_honestly),
            (partial(_in_contact, stamp="asked_at", after=ASK_AFTER), ask_satisfaction),
            (partial(_in_contact, stamp="asked_later_at", after=ASK_LATER_AFTER), ask_later),
            (_forsaken, close_quietly),
            (_unheard, _record_silence),
        )
    )


def _overdue(now: datetime) -> list[int]:
    rows = Proposal.objects.overdue(now=now).order_by("expires_at", "pk")
    return list(rows.values_list("pk", flat=True)[:AT_ONCE])


def _lacking(now: datetime) -> list[int]:
    """Return the needs in search of providers: what a lost task left, or new cards may answer."""
    counting = Count("proposals", filter=counting_as("proposals__"))
    rows = (
        Need.objects.filter(status__in=proposals.PROPOSABLE, forgotten_at=None)
        .filter(qualified_at__lte=now)
        .annotate(counting=counting, asked=Count("proposals"))
        .filter(
            Q(counting__lt=PROPOSED) | Q(more_asked=True, counting__lt=PROPOSED + MORE),
            Q(asked__lt=proposals.MOST_PROVIDERS) | Q(counting=0, unanswered_at=None),
        )
    )
    return list(rows.order_by("-qualified_at", "-pk").values_list("pk", flat=True)[:AT_ONCE])


def _waiting(now: datetime, *, stamp: str | None, after: timedelta) -> list[int]:
    """Return the needs that no provider has accepted so long after, not stamped yet."""
    rows = Need.objects.without_contact().filter(confirmed_at__lte=now - after, forgotten_at=None)
    if stamp:
        rows = rows.filter(**{stamp: None})
    return list(rows.order_by("confirmed_at", "pk").values_list("pk", flat=True)[:AT_ONCE])


def _in_contact(now: datetime, *, stamp: str, after: timedelta) -> list[int]:
    """Return the needs to ask about so long after the first contact, also those that have ended."""
    rows = Need.objects.filter(
        contact_at__lte=now - after, forgotten_at=None, **{stamp: None}
    ).exclude(closing_reason=ClosingReason.NOT_SERIOUS)
    return list(rows.order_by("contact_at", "pk").values_list("pk", flat=True)[:AT_ONCE])


def _without_exchange(now: datetime) -> list[int]:
    """Return the proposals whose five working days are over without a word in the thread."""
    today = timezone.localdate(now)
    rows = Proposal.objects.without_exchange(now=now).filter(need__forgotten_at=None)
    found = rows.order_by("answered_at", "pk").only("pk", "answered_at")[:AT_ONCE]
    return [row.pk for row in found if row.exchange_before and row.exchange_before < today]


@transaction.atomic(durable=True)
def ask_exchange(proposal_id: int, now: datetime) -> bool:
    """Remind a provider that took a request of its word, and ask the company whether it called."""
    need = _held(Proposal.objects.values_list("need", flat=True).get(pk=proposal_id))
    rows = Proposal.objects.without_exchange(now=now).select_related("provider__company")
    proposal = rows.filter(pk=proposal_id).first()
    if need is None or proposal is None or not need.is_alive:
        return False
    proposal.need, proposal.exchange_asked_at = need, now
    proposal.save(update_fields=["exchange_asked_at"])
    tell_provider(proposal, "exchange_late", now=now)
    tell_company(need, "exchange_asked", now=now, stamp=proposal.pk, proposal=proposal)
    return True


def _forsaken(now: datetime) -> list[int]:
    """Return the needs whose company has answered no more since the last question."""
    rows = Need.objects.alive().filter(
        Q(asked_later_at__lte=now - SILENT_AFTER, later_outcome="")
        | Q(asked_later_at__lte=now - LASTS_AFTER),
        forgotten_at=None,
    )
    return list(rows.order_by("asked_later_at", "pk").values_list("pk", flat=True)[:AT_ONCE])


def _unheard(now: datetime) -> list[int]:
    """Return the requests never answered whose longest delay has run out."""
    until = trust_requests.unanswered_until(now=now)
    rows = Proposal.objects.filter(
        status=ProposalStatus.SILENT, recorded_at=None, need__forgotten_at=None
    )
    due = rows.filter(sent_at__date__lte=until) if until else rows.none()
    return list(due.order_by("sent_at", "pk").values_list("pk", flat=True)[:AT_ONCE])


def _record_silence(proposal_id: int, now: datetime) -> bool:
    return proposals.record_silence(proposal_id=proposal_id, now=now)


def _expire(proposal_id: int, now: datetime) -> bool:
    return proposals.expire(proposal_id=proposal_id, now=now)


def _propose(need_id: int, now: datetime) -> bool:
    return proposals.propose(need_id=need_id, now=now) > 0


@transaction.atomic(durable=True)
def warn(need_id: int, now: datetime) -> bool:
    """Tell the company the truth at nine days: who was asked, and that nobody has accepted."""
    need = _held(need_id)
    if need is None or need.contact_at or need.warned_at or not need.is_alive:
        return False
    need.warned_at = now
    need.save(update_fields=["warned_at"])
    asked = need.proposals.count()
    waiting = need.proposals.filter(status__in=OPEN_PROPOSALS).count()
    tell_company(need, "warning", now=now, asked=asked, waiting=waiting)
    return True


@transaction.atomic(durable=True)
def call_adviser(need_id: int, now: datetime) -> bool:
    """Put the need before an adviser at twenty-one days (the queue « à faire aujourd’hui »)."""
    need = _held(need_id)
    if need is None or need.contact_at or need.adviser_called_at or not need.is_alive:
        return False
    need.adviser_called_at = now
    need.save(update_fields=["adviser_called_at"])
    return True


@transaction.atomic(durable=True)
def close_honestly(need_id: int, now: datetime) -> bool:
    """End at forty-five days a need that nobody took, and say what else there is."""
    need = _held(need_id)
    if need is None or need.contact_at or not need.is_alive:
        return False
    if need.qualified_at is not None:  # else nobody looked for a provider: that is ours to mend
        need.unanswered_at = need.unanswered_at or now
        need.save(update_fields=["unanswered_at"])
    end_without_provider(need, ClosingReason.NO_PROVIDER, now=now)
    with override(need.language):
        wider = reverse("directory:list") + (
            f"?service={need.service.slug}" if need.service else ""
        )
    tell_company(need, "closed", now=now, wider_url=settings.PUBLIC_URL + wider)
    return True


@transaction.atomic(durable=True)
def ask_satisfaction(need_id: int, now: datetime) -> bool:
    """Ask, ten days after the first contact: were you called, was it useful, where do you stand."""
    return _ask(need_id, "asked_at", "satisfaction", now=now)


@transaction.atomic(durable=True)
def ask_later(need_id: int, now: datetime) -> bool:
    """Ask « et maintenant ? » five months after."""
    return _ask(need_id, "asked_later_at", "later", now=now)


@transaction.atomic(durable=True)
def close_quietly(need_id: int, now: datetime) -> bool:
    """End a need of which nobody will hear any more: contact data are read no longer."""
    need = _held(need_id)
    if need is None or need.asked_later_at is None or not need.is_alive:
        return False
    lasts = LASTS_AFTER if need.later_outcome else SILENT_AFTER
    if need.asked_later_at + lasts > now:  # the company has answered meanwhile
        return False
    end_quietly(need, now=now)
    return True


def _ask(need_id: int, stamp: str, kind: str, *, now: datetime) -> bool:
    need = _held(need_id)
    if need is None or getattr(need, stamp):
        return False
    setattr(need, stamp, now)
    need.save(update_fields=[stamp])
    tell_company(need, kind, now=now, days=SILENT_AFTER.days)
    return True


def _held(need_id: int) -> Need | None:
    """Return the need, locked; None when another worker has it, or it is gone."""
    rows = Need.objects.select_for_update(of=("self",), skip_locked=True)
    return rows.select_related("service").filter(pk=need_id, forgotten_at=None).first()
