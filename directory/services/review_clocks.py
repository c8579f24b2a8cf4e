"""The clocks of reviews: each tick does what is due, once, whatever the workers."""

import logging
from collections.abc import Callable, Iterable
from datetime import datetime

from django.db import transaction

from directory.services import review_counting as counting
from directory.services import review_rights as rights
from directory.services import reviews

logger = logging.getLogger(__name__)


def tick(*, now: datetime) -> int:
    """Do all that is due; return how many acts. One that fails is logged and stays due."""
    done = _each(
        reviews.missions_to_invite(now=now),
        lambda pk: reviews.invite_client(mission_id=pk, now=now),
    )
    done += _each(
        reviews.invitations_to_remind(now=now),
        lambda pk: reviews.remind_client(invitation_id=pk, now=now),
    )
    done += _each(
        rights.due_replies(now=now), lambda pk: rights.publish_due_reply(reply_id=pk, now=now)
    )
    done += _each(counting.cards_with_a_queue(), lambda pk: admit_queue(provider_id=pk, now=now))
    return done + reviews.draw_clients(now=now)


@transaction.atomic(durable=True)
def admit_queue(*, provider_id: int, now: datetime) -> int:
    """Give their slot to the reviews of a card whose day has come (M2)."""
    counting.hold_graph()
    admitted = counting.admit(provider_id, now=now)
    if admitted:
        counting.show([provider_id], now=now)
    return admitted


def _each(keys: Iterable[int], act: Callable[[int], int]) -> int:
    done = 0
    for key in keys:
        try:
            done += act(key)
        except Exception:
            logger.exception("a clock of reviews failed on row %s", key)
    return done
