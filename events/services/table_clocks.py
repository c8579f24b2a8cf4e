"""The clocks of the tables: what changed, invitations at J−21, lost computing, question at J+90."""

from datetime import datetime

from emn.lib.clocks import each
from events.services import evenings, outcomes, tables, timetables


def tick(*, now: datetime) -> int:
    """Do all that is due; return how many acts. One that fails is logged and stays due."""
    done = timetables.recover(now=now)
    done += each(evenings.due_changes(now=now), evenings.tell_providers, now=now)
    done += each(timetables.due_gone(now=now), timetables.free_gone, now=now)
    done += each(timetables.due_tellings(now=now), _tell, now=now)
    done += each(tables.due_invitations(now=now), tables.invite, now=now)
    return done + each(outcomes.due_questions(now=now), outcomes.ask, now=now)


def _tell(evening_id: int, now: datetime) -> int:
    return timetables.tell(evening_id=evening_id, now=now)
