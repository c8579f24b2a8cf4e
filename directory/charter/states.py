"""The states of an adhesion and the only ways between them. Pure. Source: rules R1.02."""

from directory.enums import AdhesionEventKind as Kind
from directory.enums import AdhesionStatus as Status

IN_PREPARATION = (Status.DRAFT, Status.SIGNED, Status.CHECK)
STANDING = (Status.ACTIVE, Status.SUSPENDED)  # the register names them; dates say the rest
ENDED = (Status.WITHDRAWN, Status.EXPIRED, Status.RESIGNED, Status.REFUSED)

# What happens → from which states, to which one. `STARTED` makes the row.
TRANSITIONS: dict[Kind, tuple[tuple[Status, ...], Status]] = {
    Kind.STARTED: ((), Status.DRAFT),
    Kind.SIGNED: ((Status.DRAFT,), Status.SIGNED),
    Kind.SUBMITTED: ((Status.SIGNED,), Status.CHECK),
    Kind.SENT_BACK: ((Status.CHECK,), Status.SIGNED),
    Kind.ACTIVATED: ((Status.CHECK,), Status.ACTIVE),
    Kind.REFUSED: ((Status.CHECK,), Status.REFUSED),
    Kind.SUSPENDED: ((Status.ACTIVE,), Status.SUSPENDED),
    Kind.RESUMED: ((Status.SUSPENDED,), Status.ACTIVE),
    Kind.RENEWED: ((Status.ACTIVE,), Status.EXPIRED),
    Kind.WITHDRAWN: (STANDING, Status.WITHDRAWN),
    Kind.EXPIRED: (STANDING, Status.EXPIRED),
    Kind.CLOSED: (STANDING, Status.EXPIRED),
    Kind.RESIGNED: ((Status.SIGNED, Status.CHECK, *STANDING), Status.RESIGNED),
}

# What everyone may read of an adhesion that was once in force.
PUBLIC_KINDS = (
    Kind.ACTIVATED, Kind.SUSPENDED, Kind.RESUMED, Kind.RENEWED, Kind.WITHDRAWN, Kind.EXPIRED,
    Kind.CLOSED, Kind.RESIGNED,
)  # fmt: skip


def leads_to(kind: Kind, status: str) -> Status | None:
    """Return the state that `kind` leads to from `status`, None when it may not happen there."""
    origins, target = TRANSITIONS[kind]
    return target if status in origins else None
