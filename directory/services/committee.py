"""The committee at work: hearings, the vote, the reasoned decision, its publication (R1.05, R1.06).

The parties are heard, the vote opens, each member votes a step of the ladder, the vote closes when
each college has voted; what the votes gave (`complaints.ballot`) is then written down with its
reasons, applied and mailed to both parties, in one transaction. The case is locked by each of
these: a vote is cast before the closing, or refused; of two decisions one is taken.
"""

from collections.abc import Iterable
from datetime import date, datetime, timedelta

from django.db import transaction
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.text import slugify
from django.utils.translation import gettext as _

from directory.charter.rules import rules as charter_rules
from directory.complaints import ballot
from directory.complaints.rules import rules
from directory.enums import (
    CaseInstance,
    CaseStatus,
    CharterClause,
    College,
    ComplaintEventKind,
    ComplaintSide,
    ContestStatus,
    Measure,
)
from directory.models import (
    CommitteeCase,
    CommitteeSeat,
    CommitteeVote,
    Complaint,
    Provider,
    TrustContest,
)
from directory.services import complaint_ledger, sanctions
from directory.services.complaints import locked, move
from directory.services.panels import (
    CaseRefused,
    empty_colleges,
    locked_case,
    open_case,
    refresh_recusals,
    require,
)
from emn.lib.calendar import add_months
from emn.lib.page_cache import touch
from emn.mailings.services import queue_email

MOST_IN_CONTEST = 1  # a contest is accepted (0) or rejected (1)
SHORTEST_NAME = 4  # signs: a shorter one is found in too many words


@transaction.atomic(durable=True)
def note_hearing(
    *, case_id: int, side: ComplaintSide, heard_on: date, words: str, now: datetime
) -> CommitteeCase:
    """Write down what a party said, or when it was invited and did not come.

    Raises CaseRefused (vote opened, day to come, nothing said).
    """
    case = locked_case(case_id)
    require(case, CaseStatus.OPEN)
    if side == ComplaintSide.COMPLAINANT and case.complaint_id is None:
        raise CaseRefused(_("Cette affaire n’oppose le prestataire à personne."))
    if not words.strip():
        raise CaseRefused(_("Dites ce que la partie a dit, ou quand elle a été invitée."))
    opened_on = timezone.localdate(case.opened_at)
    if not opened_on <= heard_on <= timezone.localdate(now):
        raise CaseRefused(_("Une audition a lieu entre la saisine et aujourd’hui."))
    setattr(case, f"{side}_heard_on", heard_on)
    setattr(case, f"{side}_words", words.strip())
    case.save(update_fields=[f"{side}_heard_on", f"{side}_words"])
    return case


@transaction.atomic(durable=True)
def open_vote(*, case_id: int, now: datetime) -> CommitteeCase:
    """Let the panel vote. Raises CaseRefused (a party not heard, a college without member)."""
    case = locked_case(case_id)
    require(case, CaseStatus.OPEN)
    heard = [case.provider_heard_on]
    if case.complaint_id is not None:
        heard.append(case.complainant_heard_on)
    if not all(heard):
        raise CaseRefused(_("Les deux parties sont entendues, ou invitées, avant le vote."))
    refresh_recusals(case, now=now)
    _require_colleges(empty_colleges(case))
    case.status, case.vote_opened_at = CaseStatus.VOTING, now
    case.save(update_fields=["status", "vote_opened_at"])
    return case


@transaction.atomic(durable=True)
def cast(*, seat_id: int, measure: int | None, by_id: int, now: datetime) -> CommitteeVote:
    """Write down the vote of a member, who is told of it; until the closing the last one counts.

    Raises CommitteeSeat.DoesNotExist, CaseRefused (vote not open, member recused).
    """
    seat = CommitteeSeat.objects.only("case").get(pk=seat_id)
    case = locked_case(seat.case_id)
    require(case, CaseStatus.VOTING)
    refresh_recusals(case, now=now)
    seat = case.seats.select_related("member").get(pk=seat_id)
    if seat.recused_at is not None:
        raise CaseRefused(
            _("%(name)s est récusé : %(reason)s. Ce vote n’est pas reçu.")
            % {"name": seat.member.name, "reason": seat.get_recusal_display()}
        )
    if case.contest_id is not None and measure is not None and measure > MOST_IN_CONTEST:
        raise CaseRefused(_("Une contestation est accueillie ou rejetée."))
    vote, _created = CommitteeVote.objects.update_or_create(
        seat=seat, defaults={"measure": measure, "cast_at": now, "recorded_by_id": by_id}
    )
    queue_email(
        to=seat.member.contact_email,
        template="directory/complaints/emails/vote",
        context={"case": case, "member": seat.member, "words": vote_words(case, measure)},
        dedup_key=f"directory.case_vote:{vote.pk}:{now.isoformat()}",
        now=now,
    )
    return vote


def vote_words(case: CommitteeCase, measure: int | None) -> str:
    """Return a vote in words."""
    if measure is None:
        return _("Abstention")
    return CommitteeCase(contest_id=case.contest_id, measure=measure).measure_words()


@transaction.atomic(durable=True)
def close_vote(*, case_id: int, now: datetime) -> CommitteeCase:
    """Count the votes. Raises CaseRefused when a college has not voted, or all abstained."""
    case = locked_case(case_id)
    require(case, CaseStatus.VOTING)
    refresh_recusals(case, now=now)  # a link may have come since a member voted (R1.06)
    votes = votes_of(case)
    missing = ballot.colleges_without_vote(votes, colleges=College.values)
    _require_colleges([College(value) for value in missing])
    step = ballot.taken(votes)
    if step is None:
        raise CaseRefused(_("Tous se sont abstenus : rien n’est décidé, le vote reste ouvert."))
    case.status, case.vote_closed_at, case.measure = CaseStatus.VOTED, now, step
    case.save(update_fields=["status", "vote_closed_at", "measure"])
    return case


def votes_of(case: CommitteeCase) -> list[ballot.Vote]:
    """Return the votes of who is not recused, as the ballot counts them."""
    rows = CommitteeVote.objects.filter(seat__case=case, seat__recused_at=None)
    return list(rows.order_by("pk").values_list("seat__college", "measure"))


@transaction.atomic(durable=True)
def decide(
    *,
    case_id: int,
    reasons: str,
    clauses: Iterable[str] = (),
    suspended_until: date | None = None,
    by_id: int,
    now: datetime,
) -> CommitteeCase:
    """Write the decision that the votes gave, apply it, and mail its statement to both parties.

    What cannot be undone, the withdrawal, waits for the end of the appeal. Raises CaseRefused (vote
    not closed, no reasons, no clause, a suspension without its day).
    """
    complaint_id = CommitteeCase.objects.values_list("complaint", flat=True).get(pk=case_id)
    complaint = None if complaint_id is None else locked(complaint_id)
    case = locked_case(case_id)
    require(case, CaseStatus.VOTED)
    assert case.measure is not None
    if not reasons.strip():
        raise CaseRefused(_("Une décision est motivée : dites pourquoi."))
    case.reasons, case.decided_at, case.decided_by_id = reasons.strip(), now, by_id
    case.status = CaseStatus.DECIDED
    if complaint is None:
        case.save()
        _decide_contest(case, now=now)
        return case
    chosen = set(clauses)
    case.clauses = [code for code in CharterClause.values if code in chosen]
    if case.measure > Measure.NONE and not case.clauses:
        raise CaseRefused(_("Dites quels engagements n’ont pas été tenus."))
    if case.measure == Measure.SUSPENSION:
        confirmed = _confirmed_end(case)
        case.suspended_until = (
            confirmed
            if confirmed is not None and suspended_until in {None, confirmed}
            else _suspension_end(suspended_until, now=now)
        )
    if case.measure == Measure.PUBLIC_WARNING:
        today = timezone.localdate(now)
        case.warning_until = add_months(today, rules().public_warning_months)
    case.save()
    case.complaint = complaint
    complaint_ledger.hold(complaint.siren)
    if case.instance == CaseInstance.FIRST:
        move(complaint, ComplaintEventKind.DECIDED, by_id=by_id, now=now)
        _take_effect(complaint, case, by_id=by_id, now=now)
    else:
        _decide_appeal(complaint, case, by_id=by_id, now=now)
    sanctions.state_reasons(case, now=now)
    return case


def _take_effect(complaint: Complaint, case: CommitteeCase, *, by_id: int, now: datetime) -> None:
    """Apply the sanction, then say the outcome in the ledger, then show it."""
    if case.measure != Measure.WITHDRAWAL or case.instance == CaseInstance.APPEAL:
        sanctions.apply(case, by_id=by_id, now=now)
    complaint.outcome = "unfounded" if case.measure == Measure.NONE else "upheld"
    complaint.save(update_fields=["outcome"])
    complaint_ledger.say_outcome(complaint, case=case, now=now)
    if case.measure == Measure.PUBLIC_WARNING:
        complaint_ledger.say_warning(complaint, case, now=now)
    complaint_ledger.show_again(complaint.siren)


def _decide_appeal(complaint: Complaint, case: CommitteeCase, *, by_id: int, now: datetime) -> None:
    """Confirm the first decision, or put this one in its place, retroactively."""
    first = complaint.cases.select_for_update(of=("self",)).get(instance=CaseInstance.FIRST)
    move(complaint, ComplaintEventKind.APPEAL_DECIDED, by_id=by_id, now=now)
    is_same = (first.measure, first.suspended_until) == (case.measure, case.suspended_until)
    if is_same:
        CommitteeCase.objects.filter(pk=case.pk).update(warning_until=None)
        case.warning_until = None
        sanctions.finish(first, by_id=by_id, now=now)
        return
    first.reversed_at = now
    first.save(update_fields=["reversed_at"])
    sanctions.lift(first, by_id=by_id, now=now)
    complaint_ledger.void_facts(first, now=now)
    _take_effect(complaint, case, by_id=by_id, now=now)


def _decide_contest(case: CommitteeCase, *, now: datetime) -> None:
    """Undo the contested fact when the provider is right; tell it."""
    assert case.contest is not None
    if case.measure == Measure.NONE and case.contest.event is not None:
        complaint_ledger.void_event(case.contest.event, case, now=now)
    sanctions.state_reasons(case, now=now)
    touch()


@transaction.atomic(durable=True)
def appeal_contest(*, contest_id: int, user_id: int, ground: str, now: datetime) -> CommitteeCase:
    """Bring a rejected contest of the index before the committee, within 30 days (rules 1.5).

    Raises TrustContest.DoesNotExist (not one’s own), CaseRefused (not rejected, late, no ground).
    """
    own = Provider.objects.filter(company__memberships__user=user_id)
    rows = TrustContest.objects.select_for_update(of=("self",)).filter(file__provider__in=own)
    contest = rows.get(pk=contest_id)
    if not may_appeal_contest(contest, on=timezone.localdate(now)):
        raise CaseRefused(_("Cette décision n’est pas, ou plus, susceptible d’appel."))
    if not ground.strip():
        raise CaseRefused(_("Dites ce que vous contestez dans la décision, et pourquoi."))
    return open_case(
        complaint=None,
        contest=contest,
        instance=CaseInstance.APPEAL,
        ground=ground.strip(),
        now=now,
    )


def may_appeal_contest(contest: TrustContest, *, on: date) -> bool:
    """Whether the provider may still appeal: rejected, 30 days ago at most."""
    if contest.status != ContestStatus.REJECTED or contest.decided_at is None:
        return False
    last = timezone.localdate(contest.decided_at) + timedelta(days=rules().appeal_days)
    return on <= last


@transaction.atomic(durable=True)
def publish(*, case_id: int, text: str, by_id: int, now: datetime) -> CommitteeCase:
    """Publish an anonymised account of a final decision, or publish it anew.

    Raises CaseRefused (appeal possible, no text, a party is still named in it).
    """
    case = locked_case(case_id)
    if case.complaint is None or not case.is_final:
        raise CaseRefused(_("Seule une décision définitive se publie."))
    if not text.strip():
        raise CaseRefused(_("Écrivez le texte anonymisé."))
    if named := names_in(text, case.complaint):
        raise CaseRefused(
            _("Ce texte nomme encore une partie : %(names)s.") % {"names": ", ".join(named)}
        )
    case.public_text, case.published_at = text.strip(), case.published_at or now
    case.save(update_fields=["public_text", "published_at"])
    touch()
    return case


def names_in(text: str, complaint: Complaint) -> list[str]:
    """Return the names, numbers and addresses of the parties that the text still holds."""
    cards = Provider.objects.filter(company__siret__startswith=complaint.siren)
    known = {
        complaint.siren,
        complaint.client_siren,
        complaint.company.name,
        complaint.client_name,
        complaint.contact_name,
        complaint.contact_email,
        complaint.reference,
        *complaint.contact_name.split(),
        *cards.values_list("name", flat=True),
        *cards.values_list("email", flat=True),
    }
    folded = f"-{slugify(text)}-"
    return sorted(
        name
        for name in known
        if len(name) >= SHORTEST_NAME and f"-{slugify(name)}-" in folded and slugify(name)
    )


def _require_colleges(missing: list[College]) -> None:
    if missing:
        raise CaseRefused(
            _("Chaque collège vote par un membre au moins. Il manque : %(list)s.")
            % {"list": ", ".join(str(college.label) for college in missing)}
        )


def _confirmed_end(case: CommitteeCase) -> date | None:
    """Return the end of the suspension that an appeal may confirm, served or not."""
    if case.instance != CaseInstance.APPEAL:
        return None
    first = CommitteeCase.objects.filter(complaint=case.complaint_id, instance=CaseInstance.FIRST)
    return first.values_list("suspended_until", flat=True).first()


def _suspension_end(until: date | None, *, now: datetime) -> date:
    today = timezone.localdate(now)
    last = add_months(today, charter_rules().suspension_most_months)
    if until is None or not today < until <= last:
        raise CaseRefused(
            _("Une suspension finit après aujourd’hui, et le %(day)s au plus tard.")
            % {"day": date_format(last, "DATE_FORMAT")}
        )
    return until
