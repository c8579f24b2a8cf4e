"""What the centre does for a person: takes it off the lists as it asked."""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from emn.lib.errors import DomainError
from emn.mailings.enums import ActMethod
from emn.mailings.models import Subscriber
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
