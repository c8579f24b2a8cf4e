"""Entering and leaving grappes: a firm's own promise, an animator's answer, never one for another.

Whoever is responsible for a company commits it; whoever is responsible for an animator's company
answers those who ask. `as_staff`: the centre acts, for grappes without animator too.
"""

from collections.abc import Iterable
from datetime import datetime

from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from directory.enums import ClusterMemberStatus, ClusterRole, MembershipRole
from directory.models import Cluster, ClusterMember, Company, MemberSkill
from directory.services.telling import responsible_for, tell_each
from emn.accounts.models import User
from emn.lib.db import violation_as
from emn.lib.errors import DomainError
from emn.lib.page_cache import touch
from emn.lib.rate_limit import allow

Status = ClusterMemberStatus
ASKED_PER_DAY = 5  # of one company: animators are not to be pestered
_DAY_S = 24 * 3600


class ClusterRefused(DomainError):
    """The grappe cannot be entered, answered or left so."""


def ask_to_join(
    *,
    cluster_id: int,
    company_id: int,
    user_id: int,
    kind: str,
    contribution: str,
    skill_ids: Iterable[int],
    motive: str,
    now: datetime,
) -> ClusterMember:
    """Accept the charter for a company and ask to enter a public grappe; its animators are told.

    Raises Cluster.DoesNotExist (not public), Company.DoesNotExist (not responsible for it) or
    ClusterRefused (closed, already in, invited or asking, too often in a day).
    """
    if not allow(
        scope="directory.clusters",
        key=str(company_id),
        limit=ASKED_PER_DAY,
        period_s=_DAY_S,
        now=now,
    ):  # before the transaction: a rollback would take the hit back
        raise ClusterRefused(_("Cinq demandes par jour au plus : reprenez demain."))
    member = ClusterMember(
        cluster_id=cluster_id, company_id=company_id, kind=kind, contribution=contribution,
        motive=motive, status=Status.ASKED, opened_at=now, agreed_at=now, agreed_by_id=user_id,
    )  # fmt: skip
    return _ask(member, skill_ids, now=now)


@transaction.atomic(durable=True)
def _ask(member: ClusterMember, skill_ids: Iterable[int], *, now: datetime) -> ClusterMember:
    open_rows = Cluster.objects.public().select_for_update(of=("self",), no_key=True)
    cluster = open_rows.get(pk=member.cluster_id)
    assert member.agreed_by_id is not None
    company = Company.objects.bound_by(member.agreed_by_id).get(pk=member.company_id)
    refuse_closed(company)
    begin(member)
    declare(member, skill_ids)
    tell_each(animators(cluster.pk), "cluster_asked", occasion=member.pk, now=now, member=member)
    return member


@transaction.atomic(durable=True)
def invite(
    *, cluster_id: int, company_id: int, kind: str, role: str, now: datetime
) -> ClusterMember:
    """Offer a company to enter, in the centre's name: nothing is shown until it says yes.

    Raises ClusterRefused (over, closed, already in, or nobody would read the invitation).
    """
    cluster = Cluster.objects.select_for_update(of=("self",)).get(pk=cluster_id)
    _refuse_ended(cluster)
    company = Company.objects.get(pk=company_id)
    refuse_closed(company)
    readers = list(responsible_for(company.pk))
    if not readers:
        raise ClusterRefused(
            _("Personne n’est responsable de cette entreprise sur le portail : rattachez-la.")
        )
    member = ClusterMember(
        cluster=cluster, company=company, kind=kind, role=role, status=Status.INVITED, opened_at=now
    )
    begin(member)
    tell_each(readers, "cluster_invited", occasion=member.pk, now=now, member=member)
    return member


@transaction.atomic(durable=True)
def accept_invitation(
    *, member_id: int, user_id: int, contribution: str, skill_ids: Iterable[int], now: datetime
) -> ClusterMember:
    """Enter where the centre invites. Raises ClusterMember.DoesNotExist or ClusterRefused."""
    member = _own(member_id, user_id)
    _refuse_unless(member, Status.INVITED)
    _refuse_ended(member.cluster)
    member.status, member.contribution = Status.MEMBER, contribution
    member.agreed_at = member.joined_at = now
    member.agreed_by_id = user_id
    member.save()
    declare(member, skill_ids)
    touch()
    return member


@transaction.atomic(durable=True)
def decide(
    *,
    member_id: int,
    by_id: int,
    accepted: bool,
    reason: str,
    as_staff: bool = False,
    now: datetime,
) -> ClusterMember:
    """Let a company in, or say why not; those responsible for it are told.

    Raises ClusterMember.DoesNotExist (not one of the person's grappes) or ClusterRefused (nothing
    to answer, no reason given).
    """
    member = _for_animator(member_id, by_id, as_staff=as_staff)
    _refuse_unless(member, Status.ASKED)
    _refuse_ended(member.cluster)
    if not accepted and not reason.strip():
        raise ClusterRefused(_("Dites pourquoi : l’entreprise lira ces mots."))
    member.decided_by_id, member.reason, member.motive = by_id, reason.strip(), ""
    if accepted:
        member.status, member.joined_at = Status.MEMBER, now
    else:
        member.status, member.ended_at = Status.REFUSED, now
    member.save()
    _tell_member(member, "cluster_accepted" if accepted else "cluster_refused", now=now)
    touch()
    return member


@transaction.atomic(durable=True)
def withdraw(*, member_id: int, user_id: int, now: datetime) -> ClusterMember:
    """Take a request back, or say no to an invitation."""
    member = _own(member_id, user_id)
    _refuse_unless(member, Status.ASKED, Status.INVITED)
    member.status, member.ended_at, member.motive = Status.WITHDRAWN, now, ""
    member.save()
    return member


@transaction.atomic(durable=True)
def leave(*, member_id: int, user_id: int, now: datetime) -> ClusterMember:
    """Leave at once, without a reason to give; the animators are told."""
    member = _own(member_id, user_id)
    _refuse_unless(member, Status.MEMBER)
    member.status, member.ended_at = Status.LEFT, now
    member.save()
    others = animators(member.cluster_id).exclude(pk__in=responsible_for(member.company_id))
    tell_each(others, "cluster_left", occasion=member.pk, now=now, member=member)
    touch()
    return member


@transaction.atomic(durable=True)
def remove(
    *, member_id: int, by_id: int, reason: str, as_staff: bool = False, now: datetime
) -> ClusterMember:
    """Put a member out, with a reason that it reads."""
    member = _for_animator(member_id, by_id, as_staff=as_staff)
    _refuse_unless(member, Status.MEMBER)
    if not reason.strip():
        raise ClusterRefused(_("Dites pourquoi : l’entreprise lira ces mots."))
    member.status, member.ended_at = Status.REMOVED, now
    member.decided_by_id, member.reason = by_id, reason.strip()
    member.save()
    _tell_member(member, "cluster_removed", now=now)
    touch()
    return member


@transaction.atomic(durable=True)
def write_contribution(
    *, member_id: int, user_id: int, contribution: str, skill_ids: Iterable[int]
) -> ClusterMember:
    """Write what the member brings. Raises ClusterMember.DoesNotExist or ClusterRefused."""
    member = _own(member_id, user_id)
    _refuse_unless(member, Status.MEMBER)
    member.contribution = contribution
    member.save(update_fields=["contribution"])
    declare(member, skill_ids)
    touch()
    return member


@transaction.atomic(durable=True)
def give_role(*, member_id: int, kind: str, role: str) -> ClusterMember:
    """Say anew what a member is and does, in the centre's name."""
    member = _locked().get(pk=member_id)
    _refuse_unless(member, Status.MEMBER, Status.INVITED, Status.ASKED)
    member.kind, member.role = kind, role
    member.save(update_fields=["kind", "role"])
    touch()
    return member


@transaction.atomic(durable=True)
def close(*, cluster_id: int, reason: str, now: datetime) -> Cluster:
    """End a grappe: its page goes, its figures stay; members and those who ask are told why."""
    cluster = Cluster.objects.select_for_update(of=("self",)).get(pk=cluster_id)
    _refuse_ended(cluster)
    if not reason.strip():
        raise ClusterRefused(_("Dites pourquoi : les membres liront ces mots."))
    cluster.ended_at, cluster.end_reason = now, reason.strip()
    cluster.save()
    rows = cluster.members.filter(status__in=(Status.MEMBER, Status.ASKED))
    for member in rows.select_related("company").order_by("pk"):
        _tell_member(member, "cluster_closed", now=now)
    cluster.members.filter(status__in=(Status.ASKED, Status.INVITED)).update(
        status=Status.WITHDRAWN, ended_at=now, motive=""
    )
    touch()
    return cluster


@transaction.atomic(durable=True)
def reopen(*, cluster_id: int) -> Cluster:
    """Let a grappe go on with those who were in."""
    cluster = Cluster.objects.select_for_update(of=("self",)).get(pk=cluster_id)
    cluster.ended_at, cluster.end_reason = None, ""
    cluster.save()
    touch()
    return cluster


def animators(cluster_id: int) -> QuerySet[User]:
    """Return who answers for the animators of a grappe."""
    rows = ClusterMember.objects.inside().filter(cluster=cluster_id, role=ClusterRole.ANIMATOR)
    people = User.objects.filter(
        is_active=True,
        memberships__role=MembershipRole.OWNER,
        memberships__company__in=rows.values("company"),
    )
    return people.distinct().order_by("pk")


def animates(cluster_id: int, user_id: int) -> bool:
    """Tell whether the person answers those who ask to enter this grappe."""
    return animators(cluster_id).filter(pk=user_id).exists()


def begin(member: ClusterMember) -> None:
    """Write a stay, or refuse it: a company has one at a time in a grappe."""
    with violation_as(
        ClusterRefused(_("Cette entreprise est déjà membre, invitée, ou attend une réponse.")),
        model=ClusterMember,
        constraint="directory_clustermember_one_alive",
    ):
        member.save()


def declare(member: ClusterMember, skill_ids: Iterable[int]) -> None:
    """Write the declared skills, of those alone that the objective needs."""
    needed = set(member.cluster.needed.values_list("service", flat=True))
    member.declared.all().delete()
    MemberSkill.objects.bulk_create(
        MemberSkill(member=member, service_id=key) for key in sorted(needed & set(skill_ids))
    )


def _locked() -> QuerySet[ClusterMember]:
    rows = ClusterMember.objects.select_related("cluster", "company")
    return rows.select_for_update(of=("self",))


def _own(member_id: int, user_id: int) -> ClusterMember:
    """Return a stay of a company that the person commits, one act on it at a time."""
    return _locked().get(pk=member_id, pk__in=ClusterMember.objects.bound_by(user_id).values("pk"))


def _for_animator(member_id: int, by_id: int, *, as_staff: bool) -> ClusterMember:
    member = _locked().get(pk=member_id)
    if not as_staff and not animates(member.cluster_id, by_id):
        raise ClusterMember.DoesNotExist
    return member


def _refuse_unless(member: ClusterMember, *statuses: ClusterMemberStatus) -> None:
    if member.status not in statuses:
        raise ClusterRefused(_("Cela a changé entre-temps : rechargez la page."))


def refuse_closed(company: Company) -> None:
    """Refuse an establishment that the register says closed."""
    if company.closed_on is not None:
        raise ClusterRefused(_("Le registre dit cet établissement fermé."))


def _refuse_ended(cluster: Cluster) -> None:
    if cluster.ended_at is not None:
        raise ClusterRefused(_("Cette grappe est close."))


def _tell_member(member: ClusterMember, template: str, *, now: datetime) -> None:
    occasion = f"{member.pk}:{now.isoformat()}"
    tell_each(
        responsible_for(member.company_id), template, occasion=occasion, now=now, member=member
    )
