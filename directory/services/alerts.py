"""Following a search by e-mail: asked, confirmed from the mailbox, told, renewed, stopped.

The address is only ever written to once its owner has pressed a button on the page of a link that
was sent there; opening that link changes nothing, since security gateways open links too.
"""

import hashlib
from collections.abc import Sequence
from datetime import datetime, time, timedelta
from urllib.parse import urlsplit

from django.conf import settings
from django.core import signing
from django.db import transaction
from django.http import QueryDict
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy, override
from pyroaring import BitMap

from directory.enums import AlertFrequency
from directory.models import Provider, SearchAlert, SearchDocument
from directory.models.alerts import LONGEST_SEARCH
from directory.queries import read
from directory.search.reading import without_slips
from directory.search.results import Criteria, find
from directory.wording import search_in_words
from emn.accounts.models import NOTICE_BEFORE_DELETION
from emn.accounts.retention import periods
from emn.lib.clocks import each
from emn.lib.db import advisory_lock
from emn.lib.errors import DomainError
from emn.mailings.addresses import mailbox_hash
from emn.mailings.services import queue_email

MOST_PER_MAILBOX = 10
SENT_AT = time(7)  # local time
MONDAY = 0
# A card may be committed a little after the instant it was written at: look back, tell once.
OVERLAP = timedelta(hours=1)
CARDS_IN_A_DIGEST = 10
DIGESTS_A_RUN = 1_000
CONSENT = gettext_lazy(
    "En demandant cette alerte, vous acceptez de recevoir à cette adresse les nouvelles fiches qui "
    "répondent à cette recherche, et rien d’autre. Chaque message porte un lien qui l’arrête."
)
CONFIRM, MANAGE, STOP = "confirm", "manage", "stop"


class AlertRefused(DomainError):
    """The search cannot be followed."""


# --- Links sent to the mailbox ---


def token(alert_id: int, purpose: str) -> str:
    """Return the secret that lets its holder do one thing with one alert."""
    return signing.dumps(alert_id, salt=f"directory.alerts.{purpose}")


def alert_of(value: str, purpose: str) -> SearchAlert | None:
    """Return the alert that the secret opens, stopped or not; None when it opens nothing.

    The link that confirms dies with what it confirms, after 7 days; the others last.
    """
    max_age = periods()["unconfirmed_alert"].length if purpose == CONFIRM else None
    try:
        alert_id = signing.loads(value, salt=f"directory.alerts.{purpose}", max_age=max_age)
    except signing.BadSignature:
        return None
    return SearchAlert.objects.filter(pk=alert_id).first()


def link(alert: SearchAlert, purpose: str) -> str:
    """Return the absolute address of one of an alert's pages, in its language."""
    return settings.PUBLIC_URL + path(alert, purpose)


def path(alert: SearchAlert, purpose: str) -> str:
    """Return the same without the host: what a page links to, whatever host it was read on."""
    with override(alert.language):
        return reverse(f"directory:alert_{purpose}", args=[token(alert.pk, purpose)])


# --- Asking and confirming ---


@transaction.atomic(durable=True)
def request_alert(
    *, email: str, parameters: str, frequency: str, language: str, now: datetime
) -> None:
    """Write the alert and ask its mailbox to confirm; the visitor is told the same in any case.

    A search already followed is not started again: its mailbox is reminded of it. A mailbox keeps
    a few alerts; what strangers ask in its name pushes out only what nobody confirmed.

    Raises AlertRefused when the search is too long, whoever asks.
    """
    if len(parameters) > LONGEST_SEARCH:
        raise AlertRefused("Cette recherche est trop longue : gardez les mots qui comptent.")
    email = email.strip().lower()
    box = mailbox_hash(email)
    advisory_lock(f"directory.alerts:{box}")
    own = SearchAlert.objects.alive().filter(mailbox_hash=box)
    alert = own.filter(parameters=parameters).first()
    if alert is not None and alert.is_active:
        _write_to(alert, "already", now=now, unsolicited=True)
        return
    active = list(own.active().order_by("pk")[:MOST_PER_MAILBOX])
    if len(active) == MOST_PER_MAILBOX:
        _write_to(active[0], "limit", now=now, unsolicited=True)
        return
    pending = own.filter(confirmed_at=None).exclude(parameters=parameters)
    kept = pending.order_by("-requested_at", "-pk").values("pk")[: MOST_PER_MAILBOX - 1]
    pending.exclude(pk__in=list(kept.values_list("pk", flat=True))).delete()
    alert, _created = own.update_or_create(
        mailbox_hash=box,
        parameters=parameters,
        defaults={
            "email": email,
            "frequency": frequency,
            "language": language,
            "consent_text_hash": _consent_hash(language),
            "requested_at": now,
        },
    )
    _write_to(alert, "confirm", now=now, unsolicited=True)


@transaction.atomic(durable=True)
def confirm_alert(*, alert_id: int, now: datetime) -> SearchAlert:
    """Start the alert: from now on, new answers are told. Pressing twice changes nothing.

    Raises SearchAlert.DoesNotExist when it was stopped or purged.
    """
    alert = _alive(alert_id)
    if alert.confirmed_at is None:
        alert.confirmed_at = alert.renewed_at = alert.seen_until = now
        alert.next_digest_at = next_digest(alert.frequency, now=now)
        alert.known = _matches(_criteria(alert.parameters), None).serialize()
        alert.save()
    return alert


# --- Changing and stopping ---


@transaction.atomic(durable=True)
def renew_alert(*, alert_id: int, frequency: str, now: datetime) -> SearchAlert:
    """Keep a confirmed alert for one more year, at the frequency its owner wants.

    Raises SearchAlert.DoesNotExist when it is not active.
    """
    alert = _alive(alert_id)
    if alert.confirmed_at is None:
        raise SearchAlert.DoesNotExist
    alert.renewed_at = now
    if alert.frequency != frequency:
        alert.frequency = frequency
        alert.next_digest_at = next_digest(frequency, now=now)
    alert.save(update_fields=["renewed_at", "frequency", "next_digest_at"])
    return alert


@transaction.atomic(durable=True)
def stop_alert(*, alert_id: int, now: datetime) -> None:
    """Stop the alert and forget the address; stopping twice changes nothing."""
    SearchAlert.objects.alive().filter(pk=alert_id).update(stopped_at=now, email="", known=b"")


# --- Telling ---


def send_due_digests(*, now: datetime) -> int:
    """Write the digests whose hour has come; return how many alerts were read.

    One that fails is logged, stays due, and does not hold the others back.
    """
    due = SearchAlert.objects.due(now=now).order_by("next_digest_at", "pk")
    keys = list(due.values_list("pk", flat=True)[:DIGESTS_A_RUN])
    return each(keys, lambda key, now: send_digest(alert_id=key, now=now), now=now)


@transaction.atomic(durable=True)
def send_digest(*, alert_id: int, now: datetime) -> bool:
    """Tell a due alert its new cards, if any; return False when another worker has it or had it.

    The row lock makes the claim, and the message, what is known and the next date are committed
    together: a crash leaves the alert due, and nothing is told twice.
    """
    due = SearchAlert.objects.due(now=now).filter(pk=alert_id)
    alert = due.select_for_update(of=("self",), skip_locked=True).first()
    if alert is None or alert.seen_until is None:
        return False
    known = BitMap.deserialize(bytes(alert.known)) if alert.known else BitMap()
    changed = BitMap(_changed_since(alert.seen_until - OVERLAP)) - known
    new = _matches(_criteria(alert.parameters), list(changed)) if changed else BitMap()
    if new:
        _write_digest(alert, new, now=now)
    alert.known = (known | new).serialize()
    alert.seen_until = now
    alert.next_digest_at = next_digest(alert.frequency, now=now)
    alert.save(update_fields=["known", "seen_until", "next_digest_at"])
    return True


@transaction.atomic(durable=True)
def announce_endings(*, now: datetime) -> int:
    """Write to those whose alert ends within 30 days, once each; return how many end."""
    begins = now - periods()["active_alert"].length + NOTICE_BEFORE_DELETION
    ending = list(SearchAlert.objects.active().filter(renewed_at__lte=begins).order_by("pk"))
    for alert in ending:
        renewed_on = timezone.localdate(alert.renewed_at)
        key = f"directory.alert_ending:{alert.pk}:{renewed_on.isoformat()}"
        _write_to(alert, "ending", now=now, dedup_key=key)
    return len(ending)


def next_digest(frequency: str, *, now: datetime) -> datetime:
    """Return the next morning, or the next Monday morning, in local time."""
    today = timezone.localdate(now)
    days = 1 if frequency == AlertFrequency.DAILY else (MONDAY - today.weekday() - 1) % 7 + 1
    morning = datetime.combine(today + timedelta(days=days), SENT_AT)
    return timezone.make_aware(morning)


# --- Steps ---


def _criteria(parameters: str) -> Criteria:
    """Return the search as the list reads it, slips set right, but never loosened to any word."""
    *_form, asked = read(QueryDict(parameters))
    return without_slips(asked)


def _matches(criteria: Criteria, ids: Sequence[int] | None) -> BitMap:
    """Return which of these cards answer the search; which of all cards when `ids` is None."""
    answers = find(criteria).answers
    return answers if ids is None else answers & BitMap(ids)


def _changed_since(instant: datetime) -> Sequence[int]:
    """Return the published cards written after `instant`."""
    changed = SearchDocument.objects.filter(written_at__gt=instant)
    return list(changed.order_by("pk").values_list("pk", flat=True))


def _alive(alert_id: int) -> SearchAlert:
    return SearchAlert.objects.alive().select_for_update(of=("self",)).get(pk=alert_id)


def _consent_hash(language: str) -> str:
    with override(language):
        return hashlib.sha256(str(CONSENT).encode()).hexdigest()


def _write_digest(alert: SearchAlert, new: BitMap, *, now: datetime) -> None:
    cards = Provider.objects.published().with_place().filter(pk__in=list(new))
    shown = list(cards.order_by("-published_at", "pk")[:CARDS_IN_A_DIGEST])
    if not shown:
        return
    assert alert.seen_until is not None
    _write_to(
        alert,
        "digest",
        now=now,
        dedup_key=f"directory.alert:{alert.pk}:{alert.seen_until.isoformat()}",
        cards=shown,
        count=len(new),
        more=len(new) - len(shown),
    )


def _write_to(
    alert: SearchAlert,
    kind: str,
    *,
    now: datetime,
    dedup_key: str | None = None,
    unsolicited: bool = False,
    **context: object,
) -> None:
    """Write one message to the alert's mailbox, in its language, with its links."""
    stop = link(alert, STOP)
    with override(alert.language):
        search = search_in_words(alert.parameters)
        list_path = reverse("directory:list")
    queue_email(
        to=alert.email,
        template=f"directory/emails/alert_{kind}",
        context=context
        | {
            "alert": alert,
            "search": search,
            "search_url": f"{settings.PUBLIC_URL}{list_path}?{alert.parameters}",
            "confirm_url": link(alert, CONFIRM),
            "manage_url": link(alert, MANAGE),
            "stop_url": stop,
        },
        # Only what writes again and again can be stopped by the mailbox itself (RFC 8058).
        headers={
            "List-Id": f"<alertes.{urlsplit(settings.PUBLIC_URL).hostname}>",
            "List-Unsubscribe": f"<{stop}>",
            "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
        }
        if alert.is_active
        else None,
        language=alert.language,
        dedup_key=dedup_key,
        unsolicited=unsolicited,
        now=now,
    )
