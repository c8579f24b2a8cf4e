"""The states of a complaint and the only ways between them. Pure. Source: rules R1.04, R1.05.

A court action is no state: it stops the clock of conciliation, and never the committee's.
"""

from directory.enums import ComplaintEventKind as Kind
from directory.enums import ComplaintStatus as Status

ENDED = (
    Status.CLOSED, Status.CONCILIATED, Status.NOTICED, Status.INADMISSIBLE, Status.WITHDRAWN,
)  # fmt: skip
EXAMINED = (Status.RECEIVED, Status.ACKNOWLEDGED)  # the provider knows nothing of it yet
UNDER_WAY = (Status.REPLY, Status.NO_REPLY, Status.CONCILIATION, Status.COMMITTEE)
OPEN = (*EXAMINED, *UNDER_WAY, Status.DECIDED, Status.APPEAL)

# What happens → from which states, to which one (None: the state stays). `FILED` makes the row.
TRANSITIONS: dict[Kind, tuple[tuple[Status, ...], Status | None]] = {
    Kind.FILED: ((), Status.UNCONFIRMED),
    Kind.CONFIRMED: ((Status.UNCONFIRMED,), Status.RECEIVED),
    Kind.ACKNOWLEDGED: ((Status.RECEIVED,), Status.ACKNOWLEDGED),
    Kind.INADMISSIBLE: ((Status.ACKNOWLEDGED,), Status.INADMISSIBLE),
    Kind.NOTICED: ((Status.ACKNOWLEDGED,), Status.NOTICED),
    Kind.ADMITTED: ((Status.ACKNOWLEDGED,), Status.REPLY),
    Kind.REPLIED: ((Status.REPLY, Status.NO_REPLY), Status.CONCILIATION),
    Kind.NO_REPLY: ((Status.REPLY,), Status.NO_REPLY),
    Kind.CONCILIATED: ((Status.CONCILIATION,), Status.CONCILIATED),
    Kind.REFERRED: ((Status.REPLY, Status.NO_REPLY, Status.CONCILIATION), Status.COMMITTEE),
    Kind.COURT: ((*EXAMINED, *UNDER_WAY), None),
    Kind.COURT_ENDED: ((*EXAMINED, *UNDER_WAY), None),
    Kind.DECIDED: ((Status.COMMITTEE,), Status.DECIDED),
    Kind.APPEALED: ((Status.DECIDED,), Status.APPEAL),
    Kind.APPEAL_DECIDED: ((Status.APPEAL,), Status.CLOSED),
    Kind.FINAL: ((Status.DECIDED,), Status.CLOSED),
    Kind.WITHDRAWN: ((*EXAMINED, *UNDER_WAY), Status.WITHDRAWN),
}


def leads_to(kind: Kind, status: str) -> Status | None:
    """Return the state after `kind` happens in `status`, None when it may not happen there."""
    origins, target = TRANSITIONS[kind]
    return (target or Status(status)) if status in origins else None
