"""Lists, readers and envois for the tests of letters."""

from datetime import UTC, datetime
from itertools import count

from emn.mailings.addresses import mailbox_hash
from emn.mailings.enums import Basis, DeliveryState, ListKind, SubscriptionStatus
from emn.mailings.models import (
    Campaign,
    Delivery,
    MailingList,
    Subscriber,
    Subscription,
    Suppression,
)
from emn.mailings.services import drafts

NOW = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)
_number = count()


def mailing_list(code="lettre", kind=ListKind.NEWSLETTER):
    name = {"lettre": "La lettre"}.get(code, code)
    values = {"kind": kind, "name_fr": name, "description_fr": "Une fois par mois."}
    return MailingList.objects.get_or_create(code=code, defaults=values)[0]


def reader(to=None, *, status=SubscriptionStatus.CONFIRMED, basis=Basis.CONSENT, **fields):
    email = fields.pop("email", f"lectrice{next(_number)}@firme.example")
    values = {"language": "fr", "created_at": NOW, "last_contact_at": NOW} | fields
    person = Subscriber.objects.create(email=email, mailbox_hash=mailbox_hash(email), **values)
    subscribe(person, to or mailing_list(), status=status, basis=basis)
    return person


def subscribe(person, to, *, status=SubscriptionStatus.CONFIRMED, basis=Basis.CONSENT):
    return Subscription.objects.create(
        subscriber=person,
        list=to,
        status=status,
        basis=basis,
        requested_at=NOW,
        confirmed_at=None if status == SubscriptionStatus.PENDING else NOW,
        ended_at=NOW if status == SubscriptionStatus.ENDED else None,
    )


def block(person):
    return Suppression.objects.create(
        mailbox_hash=person.mailbox_hash, reason="hard", created_at=NOW
    )


def received(person, letter, at):
    return Delivery.objects.create(
        campaign=letter,
        subscriber=person,
        mailbox_hash=person.mailbox_hash,
        domain="firme.example",
        language=person.language,
        state=DeliveryState.SENT,
        next_attempt_at=at,
        settled_at=at,
    )


def campaign(to=None, **fields):
    values = {"title": "Lettre de décembre", "created_at": NOW, "is_archived": True} | fields
    return Campaign.objects.create(list=to or mailing_list(), **values)


def add_block(letter, kind="text", settings=(), **words):
    """Write a block; each language is given as the values of its form, or as its text alone."""
    given = {
        code: {"text": value} if isinstance(value, str) else value for code, value in words.items()
    }
    return drafts.save_block(campaign_id=letter.pk, kind=kind, settings=dict(settings), words=given)


def written(letter=None, languages=("fr",), text="Bonjour à toutes et à tous."):
    """Return an envoi with a subject and a text in each language."""
    letter = letter or campaign()
    drafts.save_editions(
        campaign_id=letter.pk,
        editions={
            code: {"subject": f"Des nouvelles ({code})", "preheader": ""} for code in languages
        },
        now=NOW,
    )
    add_block(letter, **dict.fromkeys(languages, text))
    return letter
