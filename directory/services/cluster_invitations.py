"""Inviting into a grappe by e-mail: the animator invites, the firm alone says yes.

What the animator reads back is the same for every address: whether it has an account, or its firm
is already in, is not told.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta

from django.core import signing
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from directory.enums import ClusterMemberStatus
from directory.models import Cluster, ClusterInvitation, ClusterMember, Company
from directory.services.clusters import (
    ClusterRefused,
    animates,
    animators,
    begin,
    declare,
    refuse_closed,
)
from directory.services.telling import tell_each
from emn.lib.page_cache import touch
from emn.lib.rate_limit import allow
from emn.mailings.services import queue_email

INVITATION_LIFE = timedelta(days=30)
INVITED_PER_DAY = 10  # by one grappe: mailboxes are not to be pestered in its name
_SALT = "directory.cluster_invitations"
_DAY_S = 24 * 3600


def token(invitation_id: int) -> str:
    """Return what names an invitation in an address, and that nobody can make up."""
    return signing.dumps(invitation_id, salt=_SALT)


def invitation_of(value: str, *, now: datetime) -> ClusterInvitation | None:
    """Return the invitation that may be accepted under that secret, None when there is none."""
    try:
        key = signing.loads(value, salt=_SALT)
    except signing.BadSignature:
        return None
    rows = ClusterInvitation.objects.open(now=now).select_related("cluster__theme")
    invitation = rows.filter(pk=key).first()
    return invitation if invitation and _stands(invitation) else None


def invite(
    *, cluster_id: int, by_id: int, email: str, language: str, sender: str, now: datetime
) -> None:
    """Invite an address; invited again, its month starts again, and one message a day is sent.

    `sender`: the name of the firm in whose name it goes. Raises Cluster.DoesNotExist (does not
    animate it) or ClusterRefused (closed, too many in a day).
    """
    if not animates(cluster_id, by_id):
        raise Cluster.DoesNotExist
    if not allow(
        scope="directory.cluster_invitations",
        key=str(cluster_id),
        limit=INVITED_PER_DAY,
        period_s=_DAY_S,
        now=now,
    ):  # before the transaction: a rollback would take the hit back
        raise ClusterRefused(_("Dix invitations par jour au plus : reprenez demain."))
    _invite(
        cluster_id=cluster_id, by_id=by_id, email=email.strip().lower(), language=language,
        sender=sender, now=now,
    )  # fmt: skip


@transaction.atomic(durable=True)
def _invite(
    *, cluster_id: int, by_id: int, email: str, language: str, sender: str, now: datetime
) -> None:
    cluster = _animated(cluster_id, by_id)
    invitation, _created = ClusterInvitation.objects.pending().update_or_create(
        cluster=cluster,
        email=email,
        defaults={
            "invited_by_id": by_id,
            "invited_at": now,
            "expires_at": now + INVITATION_LIFE,
        },
    )
    queue_email(
        to=email,
        template="directory/emails/cluster_invited_by_mail",
        context={
            "cluster": cluster,
            "sender": sender,
            "invitation": invitation,
            "token": token(invitation.pk),
        },
        dedup_key=f"directory.cluster_invitation:{invitation.pk}:{timezone.localdate(now)}",
        language=language,
        unsolicited=True,
        now=now,
    )


@transaction.atomic(durable=True)
def take_back(*, cluster_id: int, by_id: int, invitation_id: int, now: datetime) -> None:
    """Make an invitation worthless. Raises DoesNotExist (does not animate, no such invitation)."""
    cluster = _animated(cluster_id, by_id)
    rows = ClusterInvitation.objects.pending().select_for_update(of=("self",))
    invitation = rows.get(pk=invitation_id, cluster=cluster)
    invitation.cancelled_at = now
    invitation.save(update_fields=["cancelled_at"])


@transaction.atomic(durable=True)
def accept(
    *,
    invitation_id: int,
    company_id: int,
    user_id: int,
    kind: str,
    contribution: str,
    skill_ids: Iterable[int],
    now: datetime,
) -> ClusterMember:
    """Enter for a company, having accepted the charter; the animators are told.

    Raises ClusterInvitation.DoesNotExist (over), Company.DoesNotExist (not responsible for it) or
    ClusterRefused (the account has another address, already in or asking, closed).
    """
    rows = ClusterInvitation.objects.open(now=now).select_for_update(of=("self", "cluster"))
    invitation = rows.select_related("cluster").get(pk=invitation_id)
    if not _stands(invitation):
        raise ClusterInvitation.DoesNotExist
    if not invitation.is_for(user_id=user_id):
        raise ClusterRefused(
            _("Cette invitation est pour %(email)s : connectez-vous avec cette adresse.")
            % {"email": invitation.email}
        )
    company = Company.objects.bound_by(user_id).get(pk=company_id)
    refuse_closed(company)
    member = ClusterMember(
        cluster=invitation.cluster, company=company, kind=kind, contribution=contribution,
        status=ClusterMemberStatus.MEMBER, opened_at=invitation.invited_at, agreed_at=now,
        agreed_by_id=user_id, joined_at=now, decided_by_id=invitation.invited_by_id,
    )  # fmt: skip
    begin(member)
    declare(member, skill_ids)
    invitation.accepted_at = now
    invitation.save(update_fields=["accepted_at"])
    others = animators(invitation.cluster_id).exclude(pk=user_id)
    tell_each(others, "cluster_entered", occasion=member.pk, now=now, member=member)
    touch()
    return member


def pending_of(cluster_id: int) -> QuerySet[ClusterInvitation]:
    """Return the invitations of a grappe without answer, the last first."""
    rows = ClusterInvitation.objects.pending().filter(cluster=cluster_id)
    return rows.order_by("-invited_at", "-pk")


def _stands(invitation: ClusterInvitation) -> bool:
    """Tell whether the one who invited still animates: who was put out lets nobody in."""
    by_id = invitation.invited_by_id
    return by_id is not None and animates(invitation.cluster_id, by_id)


def _animated(cluster_id: int, user_id: int) -> Cluster:
    """Return a grappe that goes on and that the person animates, one act on it at a time."""
    rows = Cluster.objects.open().select_for_update(of=("self",), no_key=True)
    cluster = rows.get(pk=cluster_id)
    if not animates(cluster_id, user_id):
        raise Cluster.DoesNotExist
    return cluster
