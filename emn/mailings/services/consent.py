"""Subscribing, confirming, choosing, leaving: each act leaves a line in the register of consents.

A list only ever writes to a mailbox whose owner has confirmed from it: what is typed in a form
is a request, that the link of a message turns into a consent (R2.03). Opening that link changes
nothing, since security gateways open links too.
"""

import hashlib
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from urllib.parse import urlsplit

from django.conf import settings
from django.core import signing
from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils.translation import gettext_lazy, override

from emn.lib.db import advisory_lock
from emn.mailings import links, tokens
from emn.mailings.addresses import mailbox_hash
from emn.mailings.enums import (
    ActMethod,
    Basis,
    ConsentAct,
    SubscriptionStatus,
    SuppressionReason,
)
from emn.mailings.models import (
    ConsentRecord,
    ConsentText,
    MailingList,
    OutboundEmail,
    Subscriber,
    Subscription,
    Suppression,
)
from emn.mailings.rendering import render
from emn.mailings.services.outbox import queue_email

CONFIRM_WITHIN: Final = timedelta(days=7)
SILENCE: Final = timedelta(days=3 * 365)  # R2.05; emn/accounts/data/retention.json says the same
STAY_NOTICE: Final = timedelta(days=30)  # what a silent person has to answer
ASKED_A_RUN = 1_000
_SALT = "emn.mailings.confirm"
_BOUNCES = (SuppressionReason.HARD, SuppressionReason.SOFT)
CONSENT = gettext_lazy(
    "J’accepte de recevoir à cette adresse ce que j’ai coché. %(centre)s garde l’adresse jusqu’à "
    "ma désinscription, possible d’un clic dans chaque message, ou trois ans sans signe de ma "
    "part, et ne la donne à personne."
)


# --- What is accepted ---


def consent_words() -> str:
    """Return what a form says above its button, in the current language."""
    return CONSENT % {"centre": settings.CENTRE_NAME}


def text_of(mailing_list: MailingList) -> str:
    """Return the whole text that a person accepts for one list, in the current language."""
    return f"{mailing_list.name}\n{mailing_list.description}\n{consent_words()}"


@dataclass(frozen=True, kw_only=True)
class Page:
    """Where a person acted: the form's address, without any secret, and the language it spoke."""

    url: str
    language: str


# --- Asking and confirming ---


@dataclass(frozen=True, kw_only=True)
class Wishes:
    """How a person would like to be written to; no topic and no territory mean all of them."""

    language: str
    epci_code: str = ""
    topics: Sequence[str] = ()


@transaction.atomic(durable=True)
def request_subscription(
    *, email: str, list_ids: Collection[int], wishes: Wishes, page: Page, now: datetime
) -> None:
    """Note what is asked for and have its mailbox confirm it; the visitor is told the same anyway.

    What a person has confirmed is never undone nor changed by whoever types its address: it is
    reminded of it. What a list sends it without its consent goes on meanwhile. A blocked mailbox
    gets nothing, and staff sees that it asks, unless messages only came back from it: confirming
    will show that it lives.
    """
    email = email.strip().lower()
    box = mailbox_hash(email)
    advisory_lock(f"mailings.consent:{box}")
    if _ask_review(box, now=now):
        _render_for_nobody(email, wishes.language)
        return
    wished = {
        "email": email,
        "language": wishes.language,
        "epci_code": wishes.epci_code,
        "topics": list(wishes.topics),
    }
    # An import that writes the same address meanwhile is waited for, then read as known.
    subscriber, created = Subscriber.objects.select_for_update().get_or_create(
        mailbox_hash=box, defaults=wished | {"created_at": now, "last_contact_at": now}
    )
    if not created and not subscriber.subscriptions.confirmed().exists():
        for name, value in wished.items():
            setattr(subscriber, name, value)
        subscriber.save()
    asked = MailingList.objects.filter(pk__in=list_ids)
    if not _came_back(box).exists():  # else a link that is followed shows that the mailbox lives
        agreed = subscriber.subscriptions.confirmed().filter(basis=Basis.CONSENT).values("list")
        asked = asked.exclude(pk__in=agreed)
    lists = list(asked.in_order())
    if not lists:
        write_to(subscriber, "already", now=now, unsolicited=True)
        return
    started = [entry for entry in lists if _make_pending(subscriber, entry, now=now)]
    _record(box, started, ConsentAct.REQUESTED, ActMethod.FORM, now=now, page=page)
    token = signing.dumps([subscriber.pk, [entry.pk for entry in lists]], salt=_SALT)
    write_to(
        subscriber,
        "confirm",
        now=now,
        unsolicited=True,
        lists=lists,
        confirm_url=links.page_url("confirm", token, subscriber),
    )


@dataclass(frozen=True)
class Confirmation:
    """What a confirmation link is about: whose, and where each of its lists stands now."""

    subscriber: Subscriber
    subscriptions: Sequence[Subscription]
    is_stopped: bool = False

    @property
    def pending(self) -> list[MailingList]:
        """The lists that still wait for the person's word; all of them when its mail came back."""
        return [
            entry.list
            for entry in self.subscriptions
            if entry.waits_for_a_word or (self.is_stopped and entry.has_consent)
        ]

    @property
    def confirmed(self) -> list[MailingList]:
        """The lists that the person agreed to receive."""
        return [entry.list for entry in self.subscriptions if entry.has_consent]


def confirmation_of(token: str) -> Confirmation | None:
    """Return what the token confirms; None when it is ours no more, or after seven days."""
    try:
        subscriber_id, list_ids = signing.loads(token, salt=_SALT, max_age=CONFIRM_WITHIN)
    except signing.BadSignature:
        return None
    subscriber = Subscriber.objects.filter(pk=subscriber_id).first()
    if subscriber is None:
        return None
    about = subscriber.subscriptions.filter(list__in=list_ids).select_related("list")
    return Confirmation(
        subscriber,
        list(about.order_by("list__position", "pk")),
        _came_back(subscriber.mailbox_hash).exists(),
    )


@transaction.atomic(durable=True)
def confirm(*, confirmation: Confirmation, page: Page, now: datetime) -> None:
    """Start what the person asked for and welcome it. Twice, or at once, is the same as once.

    A list left since stays left: the link does not bring it back. Raises Subscriber.DoesNotExist.
    """
    subscriber = _locked(confirmation.subscriber.pk)
    about = [entry.pk for entry in confirmation.subscriptions]
    waiting = subscriber.subscriptions.waiting_for_a_word().filter(pk__in=about)
    box = subscriber.mailbox_hash
    lists = _start(subscriber, waiting, now=now)
    kept = [entry.list for entry in confirmation.subscriptions if entry.has_consent]
    if _came_back(box).update(lifted_at=now) and kept:
        _record(box, kept, ConsentAct.RENEWED, ActMethod.LINK, now=now, page=page)
        _heard(subscriber, now=now)
    if not lists:
        return
    _record(box, lists, ConsentAct.CONFIRMED, ActMethod.LINK, now=now, page=page)
    write_to(subscriber, "welcome", now=now, lists=lists)


# --- Choosing and leaving ---


@transaction.atomic(durable=True)
def update_preferences(
    *, subscriber_id: int, list_ids: Collection[int], wishes: Wishes, page: Page, now: datetime
) -> None:
    """Write what a person chose on its own page: lists kept, added, left, and how it is written to.

    Raises Subscriber.DoesNotExist.
    """
    subscriber = _locked(subscriber_id)
    box = subscriber.mailbox_hash
    subscriber.language = wishes.language
    subscriber.epci_code = wishes.epci_code
    subscriber.topics = list(wishes.topics)
    subscriber.save()
    confirmed = set(subscriber.subscriptions.confirmed().values_list("list", flat=True))
    added = list(MailingList.objects.filter(pk__in=set(list_ids) - confirmed).in_order())
    for entry in added:
        _make_pending(subscriber, entry, now=now)
    _start(subscriber, subscriber.subscriptions.filter(list__in=added), now=now)
    _record(box, added, ConsentAct.CONFIRMED, ActMethod.FORM, now=now, page=page)
    left = subscriber.subscriptions.filter(list__in=confirmed - set(list_ids))
    end(left, method=ActMethod.FORM, now=now, page=page)
    _heard(subscriber, now=now)
    if added:
        _ask_review(box, now=now)


@transaction.atomic(durable=True)
def unsubscribe(
    *, subscriber_id: int, list_id: int = links.EVERY_LIST, method: ActMethod, now: datetime
) -> None:
    """Leave one list, or all of them; twice, or once erased, changes nothing more."""
    subscriber = Subscriber.objects.select_for_update().filter(pk=subscriber_id).first()
    if subscriber is None:
        return
    left = subscriber.subscriptions.all()
    if list_id != links.EVERY_LIST:
        left = left.filter(list=list_id)
    end(left, method=method, now=now)


@transaction.atomic(durable=True)
def object_to_lists(*, subscriber_id: int, method: ActMethod, now: datetime) -> None:
    """Forget a person who wants no list to write again: only the fingerprint of its mailbox stays.

    Raises Subscriber.DoesNotExist. Source: RGPD, article 21; R2.05.
    """
    subscriber = _locked(subscriber_id)
    end(subscriber.subscriptions.all(), method=method, now=now)
    Suppression.objects.active().update_or_create(
        mailbox_hash=subscriber.mailbox_hash,
        lifted_at=None,
        defaults={"reason": SuppressionReason.OBJECTION},
        create_defaults={"reason": SuppressionReason.OBJECTION, "created_at": now},
    )
    subscriber.delete()


@transaction.atomic(durable=True)
def renew(*, subscriber_id: int, page: Page, now: datetime) -> None:
    """Note that a person stays, for three more years (R2.05). Raises Subscriber.DoesNotExist."""
    subscriber = _locked(subscriber_id)
    lists = list(MailingList.objects.filter(subscriptions__in=subscriber.subscriptions.confirmed()))
    _record(subscriber.mailbox_hash, lists, ConsentAct.RENEWED, ActMethod.LINK, now=now, page=page)
    _heard(subscriber, now=now)


# --- Growing old ---


@transaction.atomic(durable=True)
def ask_to_stay(*, now: datetime) -> int:
    """Ask those who were silent for nearly three years whether to go on; return how many.

    Asked once: 30 days of silence more, and they are erased. A blocked mailbox is not written to.
    """
    silent = Subscriber.objects.filter(
        Exists(Subscription.objects.confirmed().filter(subscriber=OuterRef("pk"))),
        asked_to_stay_at=None,
        last_contact_at__lt=now - SILENCE + STAY_NOTICE,
    ).select_for_update(skip_locked=True)
    people = list(silent.order_by("last_contact_at", "pk")[:ASKED_A_RUN])
    blocked = set(
        Suppression.objects.active()
        .filter(mailbox_hash__in=[person.mailbox_hash for person in people])
        .values_list("mailbox_hash", flat=True)
    )
    for person in people:
        if person.mailbox_hash not in blocked:
            write_to(person, "stay", now=now, last_day=now + STAY_NOTICE)
    Subscriber.objects.filter(pk__in=[person.pk for person in people]).update(asked_to_stay_at=now)
    return len(people)


def silent_and_asked(now: datetime, cutoff: datetime) -> Q:
    """Tell who was silent since `cutoff` and did not answer for 30 days either."""
    return Q(last_contact_at__lt=cutoff, asked_to_stay_at__lte=now - STAY_NOTICE)


def forget(subscribers: QuerySet[Subscriber], *, now: datetime) -> None:
    """Erase people, in the caller's transaction; that they are off the lists stays on record."""
    alive = Subscription.objects.confirmed().filter(subscriber__in=subscribers)
    asked = alive.filter(subscriber__asked_to_stay_at__isnull=False)
    end(asked, method=ActMethod.RETENTION, now=now)
    end(alive, method=ActMethod.FORM, now=now)
    Subscriber.objects.filter(pk__in=subscribers.values("pk")).delete()


def leave(*, box: str, list_id: int = links.EVERY_LIST, method: ActMethod, now: datetime) -> None:
    """End what a mailbox receives, one list or all, in the caller's transaction."""
    left = Subscription.objects.filter(subscriber__mailbox_hash=box)
    if list_id != links.EVERY_LIST:
        left = left.filter(list=list_id)
    end(left, method=method, now=now)


# --- Steps ---


def _locked(subscriber_id: int) -> Subscriber:
    return Subscriber.objects.select_for_update().get(pk=subscriber_id)


def _ask_review(box: str, *, now: datetime) -> bool:
    """Tell whether a mailbox is blocked for more than bounces, and note for staff that it asks."""
    blocks = Suppression.objects.active().filter(mailbox_hash=box).exclude(reason__in=_BOUNCES)
    blocks.filter(review_asked_at=None).update(review_asked_at=now)
    return blocks.exists()


def _came_back(box: str) -> QuerySet[Suppression]:
    """Return the block of a mailbox whose messages only came back."""
    return Suppression.objects.active().filter(mailbox_hash=box, reason__in=_BOUNCES)


def _render_for_nobody(email: str, language: str) -> None:
    """Take the time of a message that is not written: how long an answer takes tells nothing."""
    someone = Subscriber(pk=0, email=email, language=language)
    render(
        template="mailings/emails/confirm",
        context={"subscriber": someone, "lists": [], "confirm_url": "", "unsubscribe_url": ""},
        language=language,
    )


def _make_pending(subscriber: Subscriber, mailing_list: MailingList, *, now: datetime) -> bool:
    """Put one list to confirm; tell whether it was not so already.

    What it sends without a consent goes on until there is one.
    """
    known = subscriber.subscriptions.filter(list=mailing_list)
    if known.confirmed().exists():
        return True
    again = known.filter(status=SubscriptionStatus.PENDING).exists()
    subscriber.subscriptions.update_or_create(
        list=mailing_list,
        defaults={
            "status": SubscriptionStatus.PENDING,
            "basis": Basis.CONSENT,
            "requested_at": now,
            "confirmed_at": None,
            "ended_at": None,
            "inform_by": None,
        },
    )
    return not again


def _start(
    subscriber: Subscriber, waiting: QuerySet[Subscription], *, now: datetime
) -> list[MailingList]:
    """Confirm what waits, as the person's own consent; return the lists."""
    started = list(waiting.select_related("list").order_by("list__position", "pk"))
    Subscription.objects.filter(pk__in=[entry.pk for entry in started]).update(
        status=SubscriptionStatus.CONFIRMED, basis=Basis.CONSENT, confirmed_at=now, inform_by=None
    )
    if started:
        _heard(subscriber, now=now)
    return [entry.list for entry in started]


def end(
    subscriptions: QuerySet[Subscription],
    *,
    method: ActMethod,
    now: datetime,
    page: Page | None = None,
    source: str = "",
) -> int:
    """End those that are alive, with a line each in the register; return how many.

    In the caller's transaction. `source`: how it was asked, when no page tells.
    """
    alive = subscriptions.exclude(status=SubscriptionStatus.ENDED)
    rows = list(alive.select_related("subscriber").order_by("pk"))
    ConsentRecord.objects.bulk_create(
        [
            ConsentRecord(
                mailbox_hash=row.subscriber.mailbox_hash,
                list_id=row.list_id,
                act=ConsentAct.WITHDRAWN,
                method=method,
                form_url=page.url if page else "",
                source=source,
                at=now,
            )
            for row in rows
        ],
        batch_size=1_000,
    )
    Subscription.objects.filter(pk__in=[row.pk for row in rows]).update(
        status=SubscriptionStatus.ENDED, ended_at=now
    )
    return len(rows)


def _heard(subscriber: Subscriber, *, now: datetime) -> None:
    """Count three years from now on."""
    subscriber.last_contact_at, subscriber.asked_to_stay_at = now, None
    subscriber.save(update_fields=["last_contact_at", "asked_to_stay_at"])


def _record(
    box: str,
    lists: Iterable[MailingList],
    act: ConsentAct,
    method: ActMethod,
    *,
    now: datetime,
    page: Page,
) -> None:
    """Append one line a list, with the words that the page showed."""
    for entry in lists:
        with override(page.language):
            words = text_of(entry)
        ConsentRecord.objects.create(
            mailbox_hash=box,
            list=entry,
            act=act,
            method=method,
            text=keep_words(words, now=now),
            form_url=page.url,
            at=now,
        )


def keep_words(words: str, *, now: datetime) -> ConsentText:
    """Return the row of these very words, in the caller's transaction."""
    digest = hashlib.sha256(words.encode()).hexdigest()
    text, _created = ConsentText.objects.get_or_create(
        sha256=digest, defaults={"text": words, "first_used_at": now}
    )
    return text


def write_to(
    subscriber: Subscriber,
    kind: str,
    *,
    now: datetime,
    unsolicited: bool = False,
    **context: object,
) -> OutboundEmail:
    """Write one message to a subscriber, in its language and the caller's transaction."""
    leave = tokens.make(tokens.LIST, subscriber.pk, links.EVERY_LIST)
    return queue_email(
        to=subscriber.email,
        template=f"mailings/emails/{kind}",
        context=context
        | {
            "subscriber": subscriber,
            "preferences_url": links.preferences_url(subscriber),
            "renew_url": links.renew_url(subscriber),
            "unsubscribe_url": links.unsubscribe_url(subscriber),
        },
        # What asks for a consent has nothing to be stopped yet (RFC 8058).
        headers=None
        if kind == "confirm"
        else {
            "List-Id": f"<lettre.{urlsplit(settings.PUBLIC_URL).hostname}>",
            "List-Unsubscribe": f"<{links.one_click_url(leave)}>",
            "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
        },
        language=subscriber.language,
        unsolicited=unsolicited,
        now=now,
    )
