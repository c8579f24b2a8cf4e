"""What can be done with accounts: invite, give roles, erase, purge, prepare the demonstration."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from allauth.account.models import EmailAddress
from django.conf import settings
from django.contrib.auth.models import Group, Permission
from django.db import transaction
from django.db.models import F, Q
from django.db.models.functions import Coalesce
from django.utils.translation import gettext as _
from django.utils.translation import override

from emn.accounts import demo, personal_data, roles
from emn.accounts.enums import Role
from emn.accounts.models import NOTICE_BEFORE_DELETION, User
from emn.accounts.retention import periods
from emn.lib.db import violation_as
from emn.lib.errors import DomainError
from emn.mailings.services import queue_email


class InvitationRefused(DomainError):
    """The agent cannot be invited."""


class DemoRefused(DomainError):
    """Demonstration accounts were asked for outside the demonstration."""


@transaction.atomic(durable=True)
def sync_roles() -> dict[str, int]:
    """Make one group per role, holding exactly its grants; return how many by role name.

    Raises LookupError for a granted permission that no model declares.
    """
    known = {
        f"{app_label}.{codename}": pk
        for pk, app_label, codename in Permission.objects.values_list(
            "pk", "content_type__app_label", "codename"
        )
    }
    counts = {}
    for role in Role:
        wanted = roles.permissions_of(role)
        if unknown := sorted(wanted - known.keys()):
            raise LookupError(f"role {role.value} is granted unknown permissions: {unknown}")
        group, _created = Group.objects.get_or_create(name=role.value)
        group.permissions.set(known[permission] for permission in wanted)
        counts[role.value] = len(wanted)
    return counts


@transaction.atomic(durable=True)
def invite_staff(
    *, email: str, full_name: str, given_roles: Collection[Role], now: datetime
) -> User:
    """Open an agent's account and write to them; they sign in by code, then add a second factor.

    Raises InvitationRefused when the address already has an account.
    """
    with violation_as(
        InvitationRefused(_("Cette adresse a déjà un compte : ouvrez sa fiche.")),
        model=User,
        constraint="accounts_user_one_per_email",
    ):
        user = User.objects.create_user(email, full_name=full_name, is_staff=True)
    user.groups.set(Group.objects.filter(name__in=[role.value for role in given_roles]))
    with override(user.language):
        labels = [str(role.label) for role in given_roles]
    queue_email(
        to=user.email,
        template="accounts/emails/staff_invitation",
        context={"full_name": full_name, "roles": labels},
        language=user.language,
        dedup_key=f"accounts.staff_invitation:{user.pk}",
        now=now,
    )
    return user


@transaction.atomic(durable=True)
def erase_account(*, user_id: int) -> None:
    """Erase a person and all that the registry of personal data ties to them.

    Raises User.DoesNotExist, or ErasureRefused with the reasons.
    """
    user = User.objects.select_for_update().get(pk=user_id)
    personal_data.erase_everything_about(user)


@dataclass(frozen=True, kw_only=True)
class Purged:
    """What one retention period did, or would do: rows due, and rows kept with the reason."""

    key: str
    model: str
    due: int
    kept: list[str]


def purge_personal_data(*, now: datetime, write: bool) -> list[Purged]:
    """Erase what is older than its retention period; without `write`, only count it."""
    report = []
    for due in personal_data.due(now=now):
        count, kept = due.rows.count(), []
        if write and due.entry.model is User:
            for user_id in due.rows.values_list("pk", flat=True):
                try:
                    erase_account(user_id=user_id)
                except personal_data.ErasureRefused as refusal:
                    kept.append(refusal.message)
        elif write:
            with transaction.atomic(durable=True):
                due.entry.erase_rows(due.rows)
        report.append(
            Purged(key=due.period.key, model=due.entry.model._meta.label, due=count, kept=kept)
        )
    return report


def notify_inactive_accounts(*, now: datetime) -> int:
    """Write, a month before, to those whose account will be deleted; return how many."""
    silent_since = now - periods()["inactive_account"].length + NOTICE_BEFORE_DELETION
    last_sign = Coalesce(F("last_login"), F("joined_at"))
    to_tell = User.objects.annotate(last_sign=last_sign).filter(
        Q(inactivity_notified_at=None) | Q(inactivity_notified_at__lt=F("last_sign")),
        last_sign__lt=silent_since,
        is_active=True,
    )
    return sum(_notify_inactive(user_id=pk, now=now) for pk in to_tell.values_list("pk", flat=True))


@transaction.atomic(durable=True)
def _notify_inactive(*, user_id: int, now: datetime) -> bool:
    user = User.objects.select_for_update().get(pk=user_id)
    if user.inactivity_notified_at and user.inactivity_notified_at > (
        user.last_login or user.joined_at
    ):
        return False
    user.inactivity_notified_at = now
    user.save(update_fields=["inactivity_notified_at"])
    queue_email(
        to=user.email,
        template="accounts/emails/inactivity_notice",
        context={"deleted_on": now + NOTICE_BEFORE_DELETION},
        language=user.language,
        dedup_key=f"accounts.inactivity_notice:{user.pk}:{now:%Y-%m-%d}",
        now=now,
    )
    return True


@transaction.atomic(durable=True)
def create_demo_accounts() -> dict[str, User]:
    """Make the demonstration's three accounts, or put them back as they were, by address.

    Raises DemoRefused outside the demonstration.
    """
    if not settings.DEMO:
        raise DemoRefused("Les comptes de démonstration n’existent que dans la démonstration.")
    names = {
        demo.AGENT: "Agnès Demange (démonstration)",
        demo.PROVIDER: "Paul Schmitt (démonstration)",
        demo.COMPANY: "Claire Muller (démonstration)",
    }
    users = {}
    for email, full_name in names.items():
        user = User.objects.filter(email=email).first() or User(email=email)
        user.full_name, user.is_active, user.is_staff = full_name, True, email == demo.AGENT
        user.set_password(demo.DEMO_PASSWORD)
        user.save()
        EmailAddress.objects.update_or_create(
            user=user, email=email, defaults={"verified": True, "primary": True}
        )
        users[email] = user
    director, _created = Group.objects.get_or_create(name=Role.DIRECTOR.value)
    users[demo.AGENT].groups.set([director])
    return users
