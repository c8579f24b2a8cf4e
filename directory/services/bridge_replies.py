"""Replies to the ads of the solidarity bridge, and what each side says was given.

The ad is locked before the reply, everywhere: two acts on one ad wait for each other.
"""

from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from directory.bridge.rules import MOST_REPLIES_PER_AD
from directory.enums import AdEnding
from directory.models import AdReply, SolidarityAd
from directory.services.bridge import (
    BridgeRefused,
    company_of,
    end,
    locked,
    tell_author,
    tell_replier,
)
from emn.lib.db import violation_as
from emn.lib.page_cache import touch


@transaction.atomic(durable=True)
def deposit_reply(*, ad_id: int, values: dict[str, Any], language: str, now: datetime) -> AdReply:
    """Keep a reply and ask its mailbox to confirm; the author of the ad hears nothing yet.

    Raises SolidarityAd.DoesNotExist (not online).
    """
    ad = SolidarityAd.objects.published().get(pk=ad_id)
    reply = ad.replies.create(language=language, created_at=now, **values)
    tell_replier(reply, "reply_confirm", now=now, unsolicited=True)
    return reply


@transaction.atomic(durable=True)
def confirm_reply(*, reply_id: int, now: datetime) -> AdReply:
    """Send the reply to the author of the ad: its mailbox has confirmed. Twice is once.

    Raises AdReply.DoesNotExist, or BridgeRefused (ad not online, replied already, too many).
    """
    reply = _locked_reply(reply_id)
    if reply.confirmed_at is not None:
        return reply
    if not reply.ad.is_published:
        raise BridgeRefused(_("Cette annonce n’est plus en ligne : votre réponse ne part pas."))
    if reply.ad.replies.sent().count() >= MOST_REPLIES_PER_AD:
        raise BridgeRefused(_("Cette annonce a déjà beaucoup de réponses : elle n’en prend plus."))
    reply.confirmed_at, reply.company = now, company_of(reply)
    with violation_as(
        BridgeRefused(_("Vous avez déjà répondu à cette annonce.")),
        model=AdReply,
        constraint="directory_adreply_once_per_mailbox",
    ):
        reply.save(update_fields=["confirmed_at", "company"])
    tell_author(
        reply.ad, "reply", now=now, stamp=reply.pk, reply=reply, reply_to=reply.contact_email
    )
    return reply


@transaction.atomic(durable=True)
def count_by_author(*, reply_id: int, count: int, keeps_open: bool, now: datetime) -> AdReply:
    """Write what the author of the ad says was given; the ad ends here unless some is left.

    Raises AdReply.DoesNotExist, or BridgeRefused (never sent, both have spoken).
    """
    reply = _locked_reply(reply_id)
    _say(reply, "author_count", count, now=now)
    if reply.replier_count is None:
        tell_replier(reply, "count_asked_replier", now=now)
    if count and reply.ad.is_published and not keeps_open:
        done = AdEnding.GIVEN if reply.ad.is_offer else AdEnding.HELPED
        end(reply.ad, done, now=now)
    return reply


@transaction.atomic(durable=True)
def count_by_replier(*, reply_id: int, count: int, now: datetime) -> AdReply:
    """Write what the one who replied says was given.

    Raises AdReply.DoesNotExist, or BridgeRefused (never sent, both have spoken).
    """
    reply = _locked_reply(reply_id)
    _say(reply, "replier_count", count, now=now)
    if reply.author_count is None:
        tell_author(reply.ad, "count_asked", now=now, stamp=reply.pk, reply=reply)
    return reply


def _locked_reply(reply_id: int) -> AdReply:
    """Return the reply with its ad, both for the length of the transaction."""
    ad = locked(AdReply.objects.values_list("ad_id", flat=True).get(pk=reply_id))
    reply = ad.replies.select_for_update(of=("self",)).get(pk=reply_id, forgotten_at=None)
    reply.ad = ad
    return reply


def _say(reply: AdReply, side: str, count: int, *, now: datetime) -> None:
    if reply.confirmed_at is None:
        raise BridgeRefused(_("Cette réponse n’est pas encore partie."))
    if reply.counted_at is not None:
        raise BridgeRefused(
            _("Vous vous êtes prononcés tous les deux. Une erreur ? Écrivez au centre.")
        )
    setattr(reply, side, count)
    if reply.author_count is not None and reply.replier_count is not None:
        reply.counted_at = now
        touch()
    reply.save(update_fields=[side, "counted_at"])
