"""Who sits in a case of the committee: a panel drawn by college, members recused with the reason.

A panel is filled from the mandates that run that day: up to `seats_a_college` members of each
college, those who sat least often first. Who has a link to a party is recused by the portal itself,
when the panel is drawn, when the vote opens and at each vote. The panel of an appeal has no member
of the first one (R1.05), which a trigger also refuses.
"""

from collections import Counter
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import Count, Q
from django.utils import timezone
from django.utils.translation import gettext as _

from directory.complaints import recusal
from directory.complaints.rules import rules
from directory.enums import CaseInstance, CaseStatus, College, RecusalReason
from directory.models import (
    CommitteeCase,
    CommitteeMandate,
    CommitteeMember,
    CommitteeSeat,
    CommitteeVote,
    Complaint,
    Proposal,
    TrustContest,
)
from directory.trust_clients import group_of
from emn.lib.calendar import add_months
from emn.lib.db import violation_as
from emn.lib.errors import DomainError
from emn.mailings.services import queue_email


class CaseRefused(DomainError):
    """The case cannot be opened, heard, voted on or decided so."""


def open_case(
    *,
    complaint: Complaint | None,
    contest: TrustContest | None,
    instance: CaseInstance,
    ground: str,
    now: datetime,
) -> CommitteeCase:
    """Open a case and draw its panel, in the caller’s transaction. Raises CaseRefused."""
    is_appeal = instance == CaseInstance.APPEAL
    days = rules().appeal_decision_days if is_appeal else rules().committee_days
    case = CommitteeCase(
        complaint=complaint,
        contest=contest,
        instance=instance,
        opened_at=now,
        due_on=timezone.localdate(now) + timedelta(days=days),
        ground=ground,
    )
    with violation_as(
        CaseRefused(_("Le comité est déjà saisi de cet appel.")),
        model=CommitteeCase,
        constraint="directory_committeecase_once_a_contest",
    ):
        case.save()
    draw(case, now=now)
    return case


@transaction.atomic(durable=True)
def complete_panel(*, case_id: int, now: datetime) -> int:
    """Fill the seats that lack a member: a mandate has begun, or someone was recused."""
    case = locked_case(case_id)
    require(case, CaseStatus.OPEN, CaseStatus.VOTING)
    return draw(case, now=now)


@transaction.atomic(durable=True)
def recuse(*, seat_id: int, reason: RecusalReason, by_id: int, now: datetime) -> CommitteeSeat:
    """Recuse a member, at its own word; a vote it has cast goes. Raises CaseRefused."""
    case = locked_case(CommitteeSeat.objects.values_list("case", flat=True).get(pk=seat_id))
    require(case, CaseStatus.OPEN, CaseStatus.VOTING)
    seat = case.seats.select_for_update(of=("self",)).get(pk=seat_id)
    _recuse(seat, reason, now=now)
    draw(case, now=now)
    return seat


def draw(case: CommitteeCase, *, now: datetime) -> int:
    """Recuse who must be, then fill the colleges; return how many members were seated."""
    refresh_recusals(case, now=now)
    seated = Counter(case.seats.filter(recused_at=None).values_list("college", flat=True))
    links = Links(case, now=now)
    barred = set(case.seats.values_list("member", flat=True)) | sat_before(case)
    mandates = (
        CommitteeMandate.objects.running(on=timezone.localdate(now))
        .exclude(member__in=barred)
        .select_related("member")
        .annotate(times=Count("member__seats", filter=Q(member__seats__recused_at=None)))
        .order_by("times", "member", "pk")
    )
    added = 0
    for mandate in mandates:
        if mandate.member_id in barred or seated[mandate.college] >= rules().seats_a_college:
            continue
        barred.add(mandate.member_id)
        why = links.reason_of(mandate.member)
        CommitteeSeat.objects.create(
            case=case,
            member=mandate.member,
            college=mandate.college,
            recusal=why or "",
            recused_at=now if why else None,
        )
        if why is None:
            seated[mandate.college] += 1
            added += 1
            _convene(case, mandate.member, now=now)
    return added


def sat_before(case: CommitteeCase) -> set[int]:
    """Return the members who sat in the first decision of what this case is the appeal of."""
    if case.instance != CaseInstance.APPEAL or case.complaint_id is None:
        return set()
    rows = CommitteeSeat.objects.filter(
        case__complaint=case.complaint_id, case__instance=CaseInstance.FIRST, recused_at=None
    )
    return set(rows.values_list("member", flat=True))


def refresh_recusals(case: CommitteeCase, *, now: datetime) -> list[CommitteeSeat]:
    """Recuse each seated member who has got a link to a party; return them."""
    links = Links(case, now=now)
    found = []
    rows = case.seats.filter(recused_at=None).select_related("member")
    for seat in rows.select_for_update(of=("self",)).order_by("pk"):
        if why := links.reason_of(seat.member):
            _recuse(seat, why, now=now)
            found.append(seat)
    return found


def empty_colleges(case: CommitteeCase) -> list[College]:
    """Return the colleges without a member who may vote."""
    seated = set(case.seats.filter(recused_at=None).values_list("college", flat=True))
    return [college for college in College if college.value not in seated]


class Links:
    """Who is tied to the parties of a case."""

    def __init__(self, case: CommitteeCase, *, now: datetime) -> None:
        parties = parties_of(case)
        self.parties = frozenset(parties | {group_of(siren) for siren in parties})
        self.competitors = frozenset(_competitors(self.parties, now=now))

    def reason_of(self, member: CommitteeMember) -> RecusalReason | None:
        """Return why the member may not sit, None when it may."""
        declared = {member.siren, *member.linked_sirens} - {""}
        return recusal.reason_of(
            siren=member.siren,
            linked=declared | {group_of(siren) for siren in declared},
            parties=self.parties,
            competitors=self.competitors,
        )


def parties_of(case: CommitteeCase) -> set[str]:
    """Return the SIREN of the provider and of the complainant, as far as they have one."""
    if case.complaint is not None:
        return {case.complaint.siren, case.complaint.client_siren} - {""}
    assert case.contest is not None
    provider = case.contest.file.provider
    return set() if provider is None else {provider.company.siren}


def _competitors(parties: frozenset[str], *, now: datetime) -> set[str]:
    """Return the SIREN of who was proposed, within 12 months, where a party was too."""
    since = add_months(timezone.localdate(now), -rules().competitor_months)
    recent = Proposal.objects.filter(sent_at__date__gte=since)
    theirs = Q(pk__in=[])
    for siren in parties:
        theirs |= Q(provider__company__siret__startswith=siren)
    rivals = recent.filter(need__in=recent.filter(theirs).values("need")).exclude(theirs)
    return {siret[:9] for siret in rivals.values_list("provider__company__siret", flat=True)}


def _recuse(seat: CommitteeSeat, reason: RecusalReason, *, now: datetime) -> None:
    if seat.recused_at is not None:
        raise CaseRefused(_("Ce membre est déjà récusé."))
    CommitteeVote.objects.filter(seat=seat).delete()
    seat.recusal, seat.recused_at = reason, now
    seat.save(update_fields=["recusal", "recused_at"])


def _convene(case: CommitteeCase, member: CommitteeMember, *, now: datetime) -> None:
    queue_email(
        to=member.contact_email,
        template="directory/complaints/emails/convened",
        context={"case": case, "member": member, "centre": settings.CENTRE_NAME},
        dedup_key=f"directory.case_convened:{case.pk}:{member.pk}",
        now=now,
    )


def locked_case(case_id: int) -> CommitteeCase:
    """Return the case, locked; whoever also locks its complaint does so before."""
    rows = CommitteeCase.objects.select_for_update(of=("self",))
    return rows.select_related("complaint__company", "contest__file__provider__company").get(
        pk=case_id
    )


def require(case: CommitteeCase, *statuses: CaseStatus) -> None:
    """Raise CaseRefused unless the case is in one of these states."""
    if case.status not in statuses:
        raise CaseRefused(
            _("Cette affaire est dans l’état « %(status)s » : cette action n’est plus possible.")
            % {"status": case.get_status_display()}
        )
