"""What members of grappes promise, by when: written by the firm, said to be kept by others."""

from datetime import date, datetime, timedelta

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from directory.enums import ClusterMemberStatus
from directory.models import ClusterCommitment, ClusterMember
from directory.services.clusters import ClusterRefused, animates
from emn.lib.page_cache import touch
from emn.lib.rate_limit import allow

MOST_OPEN = 20  # of one member
MADE_PER_DAY = 20  # by one member, those given up included
LONGEST = timedelta(days=3 * 365)


def promise(
    *, member_id: int, user_id: int, what: str, due_on: date, now: datetime
) -> ClusterCommitment:
    """Commit one's company to something, for a day to come.

    Raises ClusterMember.DoesNotExist (not responsible for it) or ClusterRefused.
    """
    if not allow(
        scope="directory.cluster_commitments",
        key=str(member_id),
        limit=MADE_PER_DAY,
        period_s=24 * 3600,
        now=now,
    ):  # before the transaction: a rollback would take the hit back
        raise ClusterRefused(_("Vingt engagements par jour au plus : reprenez demain."))
    return _promise(member_id, user_id, what=what, due_on=due_on, now=now)


@transaction.atomic(durable=True)
def _promise(
    member_id: int, user_id: int, *, what: str, due_on: date, now: datetime
) -> ClusterCommitment:
    rows = ClusterMember.objects.select_for_update(of=("self",)).select_related("cluster")
    member = rows.get(pk=member_id, pk__in=ClusterMember.objects.bound_by(user_id).values("pk"))
    today = timezone.localdate(now)
    if member.status != ClusterMemberStatus.MEMBER or member.cluster.ended_at is not None:
        raise ClusterRefused(_("Seul un membre d’une grappe ouverte s’y engage."))
    if not today <= due_on <= today + LONGEST:
        raise ClusterRefused(_("Choisissez un jour à venir, d’ici trois ans."))
    if member.commitments.filter(kept_on=None, dropped_on=None).count() >= MOST_OPEN:
        raise ClusterRefused(_("Vingt engagements en cours au plus : tenez-en d’abord."))
    commitment = member.commitments.create(
        what=what, due_on=due_on, made_at=now, made_by_id=user_id
    )
    touch()
    return commitment


@transaction.atomic(durable=True)
def keep(
    *, commitment_id: int, by_id: int, kept_on: date, as_staff: bool = False, now: datetime
) -> ClusterCommitment:
    """Say that it is done, and since when: an animator's word, never on its own, or the centre's.

    Raises ClusterCommitment.DoesNotExist (not one of the person's grappes) or ClusterRefused.
    """
    commitment = _locked(commitment_id)
    if not as_staff and not animates(commitment.member.cluster_id, by_id):
        raise ClusterCommitment.DoesNotExist
    if not as_staff and ClusterMember.objects.of(by_id).filter(pk=commitment.member_id).exists():
        raise ClusterRefused(_("Un autre animateur, ou le centre, dit si vous l’avez tenu."))
    made_on = timezone.localdate(commitment.made_at)
    if not made_on <= kept_on <= timezone.localdate(now):
        raise ClusterRefused(_("Ce jour est entre celui de l’engagement et aujourd’hui."))
    _refuse_ended(commitment)
    commitment.kept_on = kept_on
    commitment.save(update_fields=["kept_on"])
    touch()
    return commitment


@transaction.atomic(durable=True)
def drop(*, commitment_id: int, user_id: int, reason: str, now: datetime) -> ClusterCommitment:
    """Give it up, and say why: it stays on the page and counts as not kept."""
    commitment = _locked(commitment_id)
    if not ClusterMember.objects.bound_by(user_id).filter(pk=commitment.member_id).exists():
        raise ClusterCommitment.DoesNotExist
    _refuse_ended(commitment)
    if not reason.strip():
        raise ClusterRefused(_("Dites pourquoi : les autres membres liront ces mots."))
    commitment.dropped_on, commitment.drop_reason = timezone.localdate(now), reason.strip()
    commitment.save(update_fields=["dropped_on", "drop_reason"])
    touch()
    return commitment


def _locked(commitment_id: int) -> ClusterCommitment:
    rows = ClusterCommitment.objects.select_for_update(of=("self",)).select_related("member")
    return rows.get(pk=commitment_id)


def _refuse_ended(commitment: ClusterCommitment) -> None:
    if not commitment.is_open:
        raise ClusterRefused(_("Cela a changé entre-temps : rechargez la page."))
