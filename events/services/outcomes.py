"""What came of the tables: one question to both sides after 90 days, and the share it gives."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from emn.lib.page_cache import touch
from events.enums import MeetingOutcome, SessionStatus
from events.models import Evening, Meeting, Participant
from events.models.rendezvous import OUTCOME_AFTER
from events.services.rendezvous import RendezvousRefused, tell_participant
from events.services.timetables import plan_of

STOPS_AFTER = timedelta(days=180)  # an evening imported late asks nothing of the past
FEWEST_SHOWN = 5  # answered meetings below which no share is published
AT_ONCE = 300


@dataclass(frozen=True)
class Conversion:
    """What the meetings of an evening came to, in meetings; both sides together.

    A contract counts when one of the two says so: `both_say` of them are said by both.
    """

    meetings: int
    answered: int
    contracts: int
    both_say: int
    in_progress: int
    nothing: int

    @property
    def is_shown(self) -> bool:
        """Whether there are enough answers for a share."""
        return self.answered >= FEWEST_SHOWN

    @property
    def percent(self) -> int:
        """Contracts among the meetings answered for."""
        return round(100 * self.contracts / self.answered) if self.answered else 0


def due_questions(*, now: datetime) -> list[int]:
    """Return the participants to ask what came of their tables."""
    rows = Participant.objects.reachable().filter(
        outcome_asked_at=None,
        evening__session__status=SessionStatus.PUBLISHED,
        evening__session__ends_at__lte=now - OUTCOME_AFTER,
        evening__session__ends_at__gt=now - STOPS_AFTER,
    )
    held = Meeting.objects.took_place()
    rows = rows.filter(Q(pk__in=held.values("company")) | Q(pk__in=held.values("provider")))
    return list(rows.order_by("pk").values_list("pk", flat=True)[:AT_ONCE])


@transaction.atomic(durable=True)
def ask(participant_id: int, now: datetime) -> int:
    """Ask one participant, once; 0 when it was done."""
    rows = Participant.objects.select_for_update(of=("self",), skip_locked=True)
    me = (
        rows.select_related("evening__session", "registration", "provider")
        .filter(pk=participant_id, outcome_asked_at=None)
        .first()
    )
    if me is None:
        return 0
    me.outcome_asked_at = now
    me.save(update_fields=["outcome_asked_at"])
    tell_participant(me, "tables_outcome", now=now, stamp="")
    return 1


@transaction.atomic(durable=True)
def answer(
    *, participant_id: int, answers: Mapping[int, tuple[str, str]], now: datetime
) -> int:  # fmt: skip
    """Write what one side says of its meetings: meeting → (outcome, why); return how many.

    A later answer replaces the earlier. Raises RendezvousRefused (too early, nothing says why).
    """
    me = Participant.objects.select_related("evening__session").get(pk=participant_id)
    if me.evening.session.ends_at > now:
        raise RendezvousRefused(_("La soirée n’est pas passée."))
    mine = {one.pk: one for one in plan_of(me)}
    side = "company" if me.is_company else "provider"
    done = 0
    for pk, (outcome, why) in sorted(answers.items()):
        meeting = mine.get(pk)
        if meeting is None:
            raise Meeting.DoesNotExist
        if outcome == MeetingOutcome.NOTHING and not why.strip():
            raise RendezvousRefused(
                _("Dites en quelques mots pourquoi rien n’a suivi avec %(name)s.")
                % {"name": meeting.other(me).shown_name}
            )
        setattr(meeting, f"{side}_outcome", MeetingOutcome(outcome).value)
        setattr(meeting, f"{side}_why", why.strip())
        meeting.save(update_fields=[f"{side}_outcome", f"{side}_why"])
        done += 1
    touch()
    return done


def conversion(evening: Evening) -> Conversion:
    """Return what the meetings of an evening came to."""
    return conversion_of(
        evening.meetings.took_place().values_list("company_outcome", "provider_outcome")
    )


def conversion_of(pairs: object) -> Conversion:
    """Count pairs of (company's word, provider's word), empty for no answer."""
    rows = [tuple(pair) for pair in pairs]  # type: ignore[attr-defined]
    answered = [pair for pair in rows if any(pair)]
    contracts = [pair for pair in answered if MeetingOutcome.CONTRACT in pair]
    going = [
        pair for pair in answered if pair not in contracts and MeetingOutcome.IN_PROGRESS in pair
    ]
    return Conversion(
        meetings=len(rows),
        answered=len(answered),
        contracts=len(contracts),
        both_say=sum(pair == (MeetingOutcome.CONTRACT,) * 2 for pair in contracts),
        in_progress=len(going),
        nothing=len(answered) - len(contracts) - len(going),
    )
