"""Who acts for a company: invitations, roles, leaving. One responsible person always stays."""

from datetime import datetime, timedelta

from django.core import signing
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from directory.enums import MembershipRole
from directory.models import Company, Membership, TeamInvitation
from directory.services.telling import responsible_for, tell_each
from emn.accounts.models import User
from emn.lib.errors import DomainError
from emn.lib.rate_limit import allow
from emn.mailings.services import queue_email

INVITATION_LIFE = timedelta(days=14)
INVITED_PER_DAY = 20  # of one company: mailboxes are not to be pestered in its name
MOST_PEOPLE = 100
_SALT = "directory.teams"
_DAY_S = 24 * 3600


class TeamRefused(DomainError):
    """The team cannot be changed so."""


def token(invitation_id: int) -> str:
    """Return what names an invitation in an address, and that nobody can make up."""
    return signing.dumps(invitation_id, salt=_SALT)


def invitation_of(value: str, *, now: datetime) -> TeamInvitation | None:
    """Return the invitation that may be accepted under that secret, None when there is none."""
    try:
        key = signing.loads(value, salt=_SALT)
    except signing.BadSignature:
        return None
    rows = TeamInvitation.objects.open(now=now).select_related("company", "invited_by")
    return rows.filter(pk=key).first()


def invite(*, company_id: int, by_id: int, email: str, role: str, now: datetime) -> None:
    """Invite an address; invited again, its fortnight starts again, and one message a day is sent.

    Raises Company.DoesNotExist (not responsible for it) or TeamRefused (already there, too many).
    """
    if not allow(
        scope="directory.teams",
        key=str(company_id),
        limit=INVITED_PER_DAY,
        period_s=_DAY_S,
        now=now,
    ):  # before the transaction: a rollback would take the hit back
        raise TeamRefused(
            _("Vingt invitations par jour au plus : reprenez demain, ou écrivez au centre.")
        )
    _invite(company_id=company_id, by_id=by_id, email=email.strip().lower(), role=role, now=now)


@transaction.atomic(durable=True)
def _invite(*, company_id: int, by_id: int, email: str, role: str, now: datetime) -> None:
    company = _responsible(company_id, by_id)
    people = company.memberships.select_related("user")
    if people.filter(user__email__iexact=email).exists():
        raise TeamRefused(_("Cette personne est déjà dans l’équipe."))
    if people.count() + company.team_invitations.open(now=now).count() >= MOST_PEOPLE:
        raise TeamRefused(_("Une équipe compte cent personnes au plus."))
    invitation, _created = TeamInvitation.objects.pending().update_or_create(
        company=company,
        email=email,
        defaults={
            "role": role,
            "invited_by_id": by_id,
            "invited_at": now,
            "expires_at": now + INVITATION_LIFE,
        },
    )
    inviter = User.objects.get(pk=by_id)
    queue_email(
        to=email,
        template="directory/emails/team_invited",
        context={
            "company": company,
            "inviter": inviter,
            "invitation": invitation,
            "token": token(invitation.pk),
        },
        dedup_key=f"directory.team_invited:{invitation.pk}:{timezone.localdate(now)}",
        language=inviter.language,
        unsolicited=True,
        now=now,
    )


@transaction.atomic(durable=True)
def take_back_invitation(*, company_id: int, by_id: int, invitation_id: int, now: datetime) -> None:
    """Make an invitation worthless. Raises DoesNotExist (not responsible, no such invitation)."""
    company = _responsible(company_id, by_id)
    rows = TeamInvitation.objects.pending().select_for_update().filter(company=company)
    invitation = rows.get(pk=invitation_id)
    invitation.cancelled_at = now
    invitation.save(update_fields=["cancelled_at"])


@transaction.atomic(durable=True)
def accept(*, invitation_id: int, user_id: int, now: datetime) -> Company:
    """Join the team that invited; those responsible are told.

    Raises TeamInvitation.DoesNotExist (over) or TeamRefused (the account has another address).
    """
    rows = TeamInvitation.objects.open(now=now).select_for_update(of=("self",))
    invitation = rows.select_related("company").get(pk=invitation_id)
    if not invitation.is_for(user_id=user_id):
        raise TeamRefused(
            _("Cette invitation est pour %(email)s : connectez-vous avec cette adresse.")
            % {"email": invitation.email}
        )
    Membership.objects.get_or_create(
        company=invitation.company,
        user_id=user_id,
        defaults={"role": invitation.role, "joined_at": now},
    )
    invitation.accepted_at = now
    invitation.save(update_fields=["accepted_at"])
    tell_each(
        responsible_for(invitation.company_id).exclude(pk=user_id),
        "team_joined",
        occasion=invitation.pk,
        now=now,
        company=invitation.company,
        email=invitation.email,
    )
    return invitation.company


@transaction.atomic(durable=True)
def change_role(
    *, company_id: int, by_id: int, membership_id: int, role: str, now: datetime
) -> None:
    """Give another role to someone of the team, who is told.

    Raises DoesNotExist (not responsible, not of the team) or TeamRefused (nobody responsible left).
    """
    company = _responsible(company_id, by_id)
    link = company.memberships.select_related("user").get(pk=membership_id)
    if link.role == role:
        return
    if role != MembershipRole.OWNER:
        _refuse_to_leave_nobody(company, without=link)
    link.role = role
    link.save(update_fields=["role"])
    tell_each(
        [link.user], "team_role", occasion=f"{link.pk}:{now.isoformat()}", now=now,
        company=company, role=link.get_role_display(),
    )  # fmt: skip


@transaction.atomic(durable=True)
def remove(*, company_id: int, by_id: int, membership_id: int, now: datetime) -> None:
    """Take someone out of the team, who is told.

    Raises DoesNotExist (not responsible, not of the team) or TeamRefused (nobody responsible left).
    """
    company = _responsible(company_id, by_id)
    link = company.memberships.select_related("user").get(pk=membership_id)
    _refuse_to_leave_nobody(company, without=link)
    person, key = link.user, link.pk
    link.delete()
    tell_each([person], "team_removed", occasion=key, now=now, company=company)


@transaction.atomic(durable=True)
def leave(*, company_id: int, user_id: int, now: datetime) -> None:
    """Act for a company no more; those responsible are told.

    Raises Company.DoesNotExist or TeamRefused (nobody responsible would be left).
    """
    rows = Company.objects.select_for_update(of=("self",), no_key=True)
    company = rows.get(pk=company_id, memberships__user=user_id)
    link = company.memberships.select_related("user").get(user=user_id)
    _refuse_to_leave_nobody(company, without=link)
    email, key = link.user.email, link.pk
    link.delete()
    tell_each(
        responsible_for(company.pk),
        "team_left",
        occasion=key,
        now=now,
        company=company,
        email=email,
    )


def _responsible(company_id: int, user_id: int) -> Company:
    """Return a company for which the person is responsible, one change of its team at a time."""
    rows = Company.objects.bound_by(user_id).select_for_update(of=("self",), no_key=True)
    return rows.get(pk=company_id)


def _refuse_to_leave_nobody(company: Company, *, without: Membership) -> None:
    if without.role != MembershipRole.OWNER:
        return
    others = company.memberships.filter(role=MembershipRole.OWNER, user__is_active=True)
    if not others.exclude(pk=without.pk).exists():
        raise TeamRefused(
            _(
                "Il faut toujours une personne responsable : nommez-en une autre d’abord, ou "
                "écrivez au centre."
            )
        )
