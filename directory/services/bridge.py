"""An ad of the solidarity bridge: written, confirmed from its mailbox, renewed, ended.

Nobody posts for an organisation: what was typed becomes an ad by a button on the page of a link
that was sent to the address given; then somebody of the centre reads it (mechanics 1.10).
"""

import secrets
from datetime import datetime
from typing import Any

from django.conf import settings
from django.core import signing
from django.db import transaction
from django.urls import reverse
from django.utils.text import slugify
from django.utils.translation import gettext as _
from django.utils.translation import override

from directory.bridge.rules import LIVES_FOR, MOST_ALIVE_PER_MAILBOX, RENEWED_AFTER
from directory.enums import AdEnding, AdStatus
from directory.models import AdReply, Company, SolidarityAd
from emn.accounts.retention import periods
from emn.lib.db import advisory_lock
from emn.lib.errors import DomainError
from emn.lib.page_cache import touch
from emn.lib.text import fold
from emn.mailings.services import queue_email

CONFIRM, FOLLOW, REPLY = "confirm", "follow", "reply"
_LONGEST_SLUG = 80


class BridgeRefused(DomainError):
    """The ad or the reply cannot be written, confirmed or moved so."""


# --- Links ---


def token(row_id: int, purpose: str) -> str:
    """Return the secret that opens one page of one ad, or of one reply (REPLY)."""
    return signing.dumps(row_id, salt=f"directory.bridge.{purpose}")


def ad_of(value: str, purpose: str) -> SolidarityAd | None:
    """Return the ad that the secret opens; None when it opens nothing, or no more.

    The link that confirms lasts as long as what nobody confirmed is kept.
    """
    lasts = periods()["unconfirmed_solidarity"].length if purpose == CONFIRM else None
    try:
        ad_id = signing.loads(value, salt=f"directory.bridge.{purpose}", max_age=lasts)
    except signing.BadSignature:
        return None
    rows = SolidarityAd.objects.select_related("commune__epci")
    return rows.filter(pk=ad_id, forgotten_at=None).first()


def reply_of(value: str) -> AdReply | None:
    """Return the reply that the secret opens; None when it opens nothing, or no more."""
    try:
        reply_id = signing.loads(value, salt=f"directory.bridge.{REPLY}")
    except signing.BadSignature:
        return None
    rows = AdReply.objects.select_related("ad__commune__epci")
    return rows.filter(pk=reply_id, forgotten_at=None, ad__forgotten_at=None).first()


def path(row_id: int, purpose: str, language: str) -> str:
    """Return the address of the page that the secret opens, without the host."""
    with override(language):
        return reverse(f"bridge:{purpose}", args=[token(row_id, purpose)])


def link(row_id: int, purpose: str, language: str) -> str:
    """Return the same as a message writes it."""
    return settings.PUBLIC_URL + path(row_id, purpose, language)


# --- What the author does ---


@transaction.atomic(durable=True)
def deposit_ad(*, side: str, values: dict[str, Any], language: str, now: datetime) -> SolidarityAd:
    """Keep what was written and ask its mailbox to confirm; nobody else reads it yet."""
    words = slugify(fold(values["title"]))[:_LONGEST_SLUG].strip("-") or "annonce"
    ad = SolidarityAd.objects.create(
        side=side,
        slug=f"{words}-{secrets.token_hex(3)}",
        language=language,
        created_at=now,
        **values,
    )
    tell_author(ad, "confirm", now=now, unsolicited=True)
    return ad


@transaction.atomic(durable=True)
def confirm_ad(*, ad_id: int, now: datetime) -> SolidarityAd:
    """Put the ad before the centre: its author has pressed the button. Twice is once.

    Raises SolidarityAd.DoesNotExist, or BridgeRefused (too many ads in progress at this address).
    """
    ad = locked(ad_id)
    if ad.status != AdStatus.UNCONFIRMED:
        return ad
    advisory_lock(f"directory.bridge:{ad.contact_email}")
    alive = SolidarityAd.objects.alive().filter(contact_email=ad.contact_email)
    if alive.count() >= MOST_ALIVE_PER_MAILBOX:
        raise BridgeRefused(
            _("Vous avez déjà %(count)s annonces en cours. Terminez-en une d’abord.")
            % {"count": MOST_ALIVE_PER_MAILBOX}
        )
    ad.status, ad.confirmed_at, ad.company = AdStatus.WAITING, now, company_of(ad)
    ad.save(update_fields=["status", "confirmed_at", "company"])
    tell_author(ad, "confirmed", now=now)
    return ad


@transaction.atomic(durable=True)
def renew_ad(*, ad_id: int, now: datetime) -> SolidarityAd:
    """Keep a published ad online for one more period; once a day is enough.

    Raises BridgeRefused (not online).
    """
    ad = locked(ad_id)
    if not ad.is_published:
        raise BridgeRefused(_("Cette annonce n’est plus en ligne : écrivez-en une autre."))
    assert ad.expires_at is not None
    if now + LIVES_FOR - ad.expires_at < RENEWED_AFTER:
        return ad
    ad.expires_at, ad.reminded_at = now + LIVES_FOR, None
    ad.save(update_fields=["expires_at", "reminded_at"])
    touch()
    return ad


@transaction.atomic(durable=True)
def withdraw_ad(*, ad_id: int, now: datetime) -> SolidarityAd:
    """Take the ad away; those who replied are told. Raises BridgeRefused (ended already)."""
    ad = locked(ad_id)
    if not ad.is_alive:
        raise BridgeRefused(_("Cette annonce est déjà terminée."))
    end(ad, AdEnding.WITHDRAWN, now=now)
    return ad


# --- Steps that the other services share ---


def locked(ad_id: int) -> SolidarityAd:
    """Return the ad for the length of the transaction; whoever also locks replies comes here first.

    Raises SolidarityAd.DoesNotExist, also for one that was forgotten.
    """
    rows = SolidarityAd.objects.select_for_update(of=("self",)).select_related("commune__epci")
    return rows.get(pk=ad_id, forgotten_at=None)


def company_of(said: SolidarityAd | AdReply) -> Company | None:
    """Return the company that the number names, when the mailbox is one of its people's.

    A SIRET is public: whoever types one writes nothing in the file of a company.
    """
    return Company.objects.filter(
        siret=said.number,
        memberships__user__is_active=True,
        memberships__user__email=said.contact_email,
    ).first()


def end(ad: SolidarityAd, ending: AdEnding, *, now: datetime) -> None:
    """Close the ad and tell those who wait for a word of its author."""
    ad.status, ad.ending, ad.ended_at = AdStatus.CLOSED, ending, now
    ad.save(update_fields=["status", "ending", "ended_at"])
    tell_those_who_wait(ad, now=now)
    touch()


def tell_those_who_wait(ad: SolidarityAd, *, now: datetime) -> None:
    """Write to those whose reply had no word yet that the ad is over."""
    waiting = ad.replies.sent().filter(author_count=None, replier_count=None, forgotten_at=None)
    for reply in waiting.order_by("pk"):
        reply.ad = ad
        tell_replier(reply, "ended", now=now)


def tell_author(
    ad: SolidarityAd,
    kind: str,
    *,
    now: datetime,
    stamp: object = "",
    unsolicited: bool = False,
    reply_to: str = "",
    **context: object,
) -> None:
    """Write to the author of an ad, in its language, with the link that follows it."""
    links = {f"{purpose}_url": link(ad.pk, purpose, ad.language) for purpose in (CONFIRM, FOLLOW)}
    queue_email(
        to=ad.contact_email,
        template=f"directory/bridge/emails/{kind}",
        context={"ad": ad, "ad_url": settings.PUBLIC_URL + _page(ad), **links, **context},
        language=ad.language,
        dedup_key=f"directory.bridge_{kind}:{ad.pk}:{stamp}",
        unsolicited=unsolicited,
        reply_to=reply_to,
        secret=True,
        now=now,
    )


def tell_replier(
    reply: AdReply, kind: str, *, now: datetime, unsolicited: bool = False, **context: object
) -> None:
    """Write to the one who replied, in its language, with the link of its reply."""
    queue_email(
        to=reply.contact_email,
        template=f"directory/bridge/emails/{kind}",
        context={
            "ad": reply.ad,
            "reply": reply,
            "list_url": settings.PUBLIC_URL + _list(reply.language),
            "reply_url": link(reply.pk, REPLY, reply.language),
            **context,
        },
        language=reply.language,
        dedup_key=f"directory.bridge_{kind}:reply:{reply.pk}",
        unsolicited=unsolicited,
        secret=True,
        now=now,
    )


def _list(language: str) -> str:
    with override(language):
        return reverse("bridge:list")


def _page(ad: SolidarityAd) -> str:
    with override(ad.language):
        return ad.get_absolute_url()
