"""What the centre does for a person: takes it off the lists as it asked, informs it."""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from emn.lib.errors import DomainError
from emn.mailings.enums import ActMethod, ConsentAct
from emn.mailings.models import ConsentRecord, Subscriber
from emn.mailings.models.consent import SubscriptionQuerySet
from emn.mailings.services.consent import end


class NotSubscribed(DomainError):
    """The person receives none of these lists."""


@transaction.atomic(durable=True)
def unsubscribe_by_staff(
    *, subscriber_id: int, list_ids: list[int], request: str, now: datetime
) -> None:
    """Take a person off these lists; `request`, how it was asked, is the proof of the withdrawal.

    Raises NotSubscribed, Subscriber.DoesNotExist.
    """
    subscriber = Subscriber.objects.select_for_update().get(pk=subscriber_id)
    left = subscriber.subscriptions.filter(list__in=list_ids)
    if not end(left, method=ActMethod.STAFF, now=now, source=request):
        raise NotSubscribed(_("Cette personne ne reçoit plus ces listes."))


def record_informed(*, subscriptions: SubscriptionQuerySet, now: datetime) -> None:
    """Note, in the caller's transaction, which of these had to be told of article 14, and were.

    Called with those whose message carried the notice (R2.10); again, it changes nothing.
    """
    told = subscriptions.to_be_informed().values_list("subscriber__mailbox_hash", "list")
    ConsentRecord.objects.bulk_create(
        (
            ConsentRecord(
                mailbox_hash=box,
                list_id=list_id,
                act=ConsentAct.INFORMED,
                method=ActMethod.IMPORT,
                at=now,
            )
            for box, list_id in told.order_by("pk")
        ),
        batch_size=1_000,
    )
