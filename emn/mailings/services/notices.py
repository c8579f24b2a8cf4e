"""Telling imported people where their address comes from, and how to be left alone.

Source: RGPD, article 14: within a month, and with the first message at the latest; R2.10. The
notice is a message of its own, ahead of any letter: `services.delivery` holds a letter for whoever
was not told yet.
"""

import logging
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Final

from django.conf import settings
from django.db import transaction
from django.db.models import Exists, F, OuterRef
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import override

from emn.mailings.enums import ActMethod, Basis, ConsentAct
from emn.mailings.models import (
    ConsentRecord,
    ConsentText,
    MailingList,
    Subscriber,
    SubscriberImport,
    Subscription,
    Suppression,
)
from emn.mailings.models.consent import SubscriptionQuerySet
from emn.mailings.services.consent import keep_words, write_to

logger = logging.getLogger(__name__)

BATCH = 100  # people a transaction
A_RUN = 500  # people every five minutes: the messages of services queue behind no more than these
GROUNDS: Final[Mapping[str, str | Promise]] = {
    Basis.CONSENT: _("vous avez donné votre accord (RGPD, article 6.1.a)."),
    Basis.PROFESSION: _(
        "votre métier. Nous avons un intérêt légitime à informer les professionnels (RGPD, article "
        "6.1.f), et ne vous écrivons que sur ce qui touche votre fonction."
    ),
    Basis.GENERIC: _(
        "c’est l’adresse générale d’un organisme, que nous avons un intérêt légitime à informer "
        "(RGPD, article 6.1.f)."
    ),
}
RIGHTS = _(
    "%(centre)s, %(address)s, est responsable de ces données : votre adresse, votre langue et, "
    "si nous les connaissons, votre fonction, votre territoire et vos thèmes. Elles ne servent "
    "qu’à ces envois ; seuls notre hébergeur et notre relais de courrier les traitent, pour "
    "nous. Nous les gardons jusqu’à votre désinscription, ou trois ans sans signe de votre part. "
    "Vous pouvez à tout moment les consulter, les corriger, les recevoir dans un fichier, en "
    "limiter l’usage, les faire effacer, retirer votre accord ou vous opposer aux envois, sans "
    "dire pourquoi : par les liens de ce message, ou en écrivant à notre délégué à la protection "
    "des données, %(dpo)s. Vous pouvez aussi saisir la CNIL (https://www.cnil.fr)."
)


@dataclass(frozen=True)
class About:
    """What the notice says of one list: what it sends, on what ground, whence the address."""

    name: str
    description: str
    ground: str
    source: str


def inform(*, now: datetime) -> int:
    """Queue the notice of those whose turn has come, a few batches; return how many people.

    Blocked mailboxes are not written to: they are told when the block is lifted.
    """
    informed = 0
    while informed < A_RUN and (count := _inform_batch(now=now)):
        informed += count
    if late := _due().filter(inform_by__lt=now).count():
        logger.error("%s imported subscriptions were not told within the month", late)
    return informed


def rights(language: str) -> str:
    """Return what every notice says of the person's data and rights."""
    values = {
        "centre": settings.CENTRE_NAME,
        "address": settings.CENTRE_ADDRESS,
        "dpo": settings.DPO_EMAIL,
    }
    with override(language):
        return RIGHTS % values


# --- Steps ---


def _due() -> SubscriptionQuerySet:
    blocked = Suppression.objects.active().filter(mailbox_hash=OuterRef("subscriber__mailbox_hash"))
    return Subscription.objects.to_be_informed().filter(~Exists(blocked))


@transaction.atomic(durable=True)
def _inform_batch(*, now: datetime) -> int:
    """Tell the next people, each of all its lists at once; return how many, 0 when none is left.

    Who is being informed or changed elsewhere is left for the next run.
    """
    first = _due().order_by("inform_by", "pk").values_list("subscriber", flat=True)[:BATCH]
    people = Subscriber.objects.select_for_update(skip_locked=True).filter(pk__in=set(first))
    by_pk = {person.pk: person for person in people.order_by("pk")}
    entries: dict[int, list[Subscription]] = defaultdict(list)
    due = _due().filter(subscriber__in=by_pk).select_related("list")
    for entry in due.order_by("list__position", "list", "pk"):
        entries[entry.subscriber_id].append(entry)
    proofs = _proofs([person.mailbox_hash for person in by_pk.values()])
    words = cache(_words_kept)
    records = []
    for pk, told in entries.items():
        person = by_pk[pk]
        email = write_to(
            person,
            "imported",
            now=now,
            abouts=[_about(person, entry, proofs) for entry in told],
            rights=rights(person.language),
        )
        records += [
            ConsentRecord(
                mailbox_hash=person.mailbox_hash,
                list_id=entry.list_id,
                act=ConsentAct.INFORMED,
                method=ActMethod.IMPORT,
                text=words(entry.list, entry.basis, person.language, now),
                source=email.message_id,
                at=now,
            )
            for entry in told
        ]
    ConsentRecord.objects.bulk_create(records)
    done = [entry.pk for told in entries.values() for entry in told]
    Subscription.objects.filter(pk__in=done).update(inform_by=None)
    _count(entries, by_pk, proofs, now=now)
    return len(entries)


Proofs = Mapping[tuple[str, int], Sequence[ConsentRecord]]


def _proofs(boxes: Sequence[str]) -> Proofs:
    """Return what the register says of the imports of each mailbox and list, oldest first."""
    found: dict[tuple[str, int], list[ConsentRecord]] = defaultdict(list)
    rows = ConsentRecord.objects.filter(mailbox_hash__in=boxes, act=ConsentAct.IMPORTED)
    for row in rows.order_by("at", "pk"):
        found[row.mailbox_hash, row.list_id].append(row)
    return found


def _about(person: Subscriber, entry: Subscription, proofs: Proofs) -> About:
    rows = proofs.get((person.mailbox_hash, entry.list_id), [])
    with override(person.language):
        return About(
            name=entry.list.name,
            description=entry.list.description,
            ground=str(GROUNDS[entry.basis]),
            source=rows[-1].source if rows else "",
        )


def _words_kept(mailing_list: MailingList, basis: str, language: str, now: datetime) -> ConsentText:
    """Keep what every notice about that list says, on that ground and in that language."""
    with override(language):
        words = (mailing_list.name, mailing_list.description, str(GROUNDS[basis]), rights(language))
        return keep_words("\n".join(words), now=now)


def _count(
    entries: Mapping[int, Sequence[Subscription]],
    people: Mapping[int, Subscriber],
    proofs: Proofs,
    *,
    now: datetime,
) -> None:
    """Note on each import how many of its people were told, and when the last."""
    told: Counter[int | None] = Counter()
    for pk, rows in entries.items():
        for entry in rows:
            found = proofs.get((people[pk].mailbox_hash, entry.list_id), [])
            told.update({proof.import_number for proof in found})
    for number, count in sorted((key, count) for key, count in told.items() if key is not None):
        SubscriberImport.objects.filter(pk=number).update(
            informed_count=F("informed_count") + count, informed_at=now
        )
