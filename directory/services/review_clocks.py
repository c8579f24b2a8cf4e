"""The clocks of reviews: each tick does what is due, once, whatever the workers."""

from datetime import datetime

from django.db import transaction

from directory.services import review_counting as counting
from directory.services import review_rights as rights
from directory.services import reviews
from emn.lib.clocks import each


def tick(*, now: datetime) -> int:
    """Do all that is due; return how many acts. One that fails is logged and stays due."""
    done = each(
        reviews.missions_to_invite(now=now),
        lambda pk, now: reviews.invite_client(mission_id=pk, now=now),
        now=now,
    )
    done += each(
        reviews.invitations_to_remind(now=now),
        lambda pk, now: reviews.remind_client(invitation_id=pk, now=now),
        now=now,
    )
    done += each(
        rights.due_replies(now=now),
        lambda pk, now: rights.publish_due_reply(reply_id=pk, now=now),
        now=now,
    )
    done += each(
        counting.cards_with_a_queue(),
        lambda pk, now: admit_queue(provider_id=pk, now=now),
        now=now,
    )
    return done + reviews.draw_clients(now=now)


@transaction.atomic(durable=True)
def admit_queue(*, provider_id: int, now: datetime) -> int:
    """Give their slot to the reviews of a card whose day has come (M2)."""
    counting.hold_graph()
    admitted = counting.admit(provider_id, now=now)
    if admitted:
        counting.show([provider_id], now=now)
    return admitted
