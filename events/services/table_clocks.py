"""The clocks of the tables: invitations at J−21, computing that was lost, the question at J+90."""

import logging
from collections.abc import Callable
from datetime import datetime

from events.services import outcomes, tables, timetables

logger = logging.getLogger(__name__)


def tick(*, now: datetime) -> int:
    """Do all that is due; return how many acts. One that fails is logged and stays due."""
    done = timetables.recover(now=now)
    done += _each(timetables.due_gone(now=now), timetables.free_gone, now=now)
    done += _each(timetables.due_tellings(now=now), timetables.tell_due, now=now)
    done += _each(tables.due_invitations(now=now), tables.invite, now=now)
    return done + _each(outcomes.due_questions(now=now), outcomes.ask, now=now)


def _each(keys: list[int], act: Callable[[int, datetime], int], *, now: datetime) -> int:
    done = 0
    for key in keys:
        try:
            done += act(key, now)
        except Exception:
            logger.exception("a clock of the tables failed on row %s", key)
    return done
