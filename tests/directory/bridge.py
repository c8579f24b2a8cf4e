"""Ads of the solidarity bridge and replies to them, for the tests."""

from datetime import timedelta

from directory.enums import AdKind, AdSide
from directory.services import bridge, bridge_handling, bridge_replies
from emn.mailings.models import OutboundEmail
from tests.directory.factories import NOW, CommuneFactory, UserFactory

AUTHOR = "paul@coup-de-pouce.example"
REPLIER = "lea@boulangerie.example"
SIRET = "41816609600069"
RNA = "W572001234"
TEXT = "Notre atelier reçoit dix personnes par semaine et n’a que deux machines."


def values(**changed):
    return {
        "kind": AdKind.EQUIPMENT,
        "title": "Quatre ordinateurs pour notre atelier",
        "text": TEXT,
        "quantity": 4,
        "erases_disks": True,
        "commune": CommuneFactory(),
        "organisation": "Le Coup de Pouce",
        "number": RNA,
        "contact_name": "Paul Klein",
        "contact_email": AUTHOR,
    } | changed


def unconfirmed(*, side=AdSide.NEED, now=NOW, **changed):
    return bridge.deposit_ad(side=side, values=values(**changed), language="fr", now=now)


def waiting(*, now=NOW, **fields):
    return bridge.confirm_ad(ad_id=unconfirmed(now=now, **fields).pk, now=now)


def published(*, now=NOW, **fields):
    ad = waiting(now=now, **fields)
    return bridge_handling.publish_ad(ad_id=ad.pk, by_id=UserFactory().pk, now=now)


def offer(**fields):
    given = {"side": AdSide.OFFER, "number": SIRET, "organisation": "Boulangerie"}
    return published(**given | fields)


def unsent(ad, *, email=REPLIER, now=NOW, **changed):
    given = {
        "text": "Nous en avons deux de trop, en bon état.",
        "organisation": "Boulangerie des Trois Évêchés",
        "number": SIRET,
        "contact_name": "Léa Meyer",
        "contact_email": email,
    }
    return bridge_replies.deposit_reply(ad_id=ad.pk, values=given | changed, language="fr", now=now)


def replied(ad, *, now=NOW, **fields):
    reply = unsent(ad, now=now, **fields)
    return bridge_replies.confirm_reply(reply_id=reply.pk, now=now)


def counted_by_both(ad, own, theirs, *, now=NOW, **fields):
    reply = replied(ad, **fields)
    bridge_replies.count_by_replier(reply_id=reply.pk, count=theirs, now=now)
    return bridge_replies.count_by_author(
        reply_id=reply.pk, count=own, keeps_open=True, now=now + timedelta(minutes=1)
    )


def mails(kind):
    return OutboundEmail.objects.filter(kind=f"directory/bridge/emails/{kind}").order_by("pk")
