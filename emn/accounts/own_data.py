"""What the accounts themselves hold about people (see emn.accounts.personal_data)."""

from datetime import datetime, timedelta

from allauth.account.models import EmailAddress, EmailConfirmation
from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount, SocialToken
from django.contrib.admin.models import LogEntry
from django.contrib.sessions.models import Session
from django.db.models import Exists, F, OuterRef, Q
from django.db.models.functions import Coalesce
from django.utils import timezone

from emn.accounts.models import NOTICE_BEFORE_DELETION, User
from emn.accounts.personal_data import PersonalData, Rows, drop_with_files, register, without
from emn.accounts.retention import periods
from emn.mailings.addresses import mailbox_hash
from emn.mailings.enums import EmailStatus, SubscriptionStatus
from emn.mailings.models import (
    Campaign,
    ConsentRecord,
    Delivery,
    MailIncident,
    OutboundEmail,
    Subscriber,
    SubscriberImport,
    Subscription,
    Suppression,
)
from emn.mailings.services.consent import forget, silent_and_asked


def _never_verified(_now: datetime, cutoff: datetime) -> Q:
    return Q(joined_at__lt=cutoff, last_login=None, is_staff=False) & ~Q(
        pk__in=EmailAddress.objects.filter(verified=True).values("user_id")
    )


def _inactive_and_told(now: datetime, cutoff: datetime) -> Q:
    last_sign = Coalesce(F("last_login"), F("joined_at"))
    return (Q(last_login__lt=cutoff) | Q(last_login=None, joined_at__lt=cutoff)) & Q(
        inactivity_notified_at__gt=last_sign,
        inactivity_notified_at__lte=now - NOTICE_BEFORE_DELETION,
    )


def _forget_mail(rows: Rows) -> None:
    """Drop what has not left; of the rest, keep the fact without address nor words."""
    rows.filter(status__in=[EmailStatus.QUEUED, EmailStatus.SENDING]).delete()
    OutboundEmail.objects.filter(pk__in=rows.values("pk")).erase()


def _keep(_rows: Rows) -> None:
    """Erase nothing: the row holds a fingerprint, and proves or protects (R2.04, R2.05)."""


def _forget_subscribers(rows: Rows) -> None:
    forget(rows, now=timezone.now())


def _of_no_use(records: Rows) -> Rows:
    """Keep, of these proofs, those that prove nothing any more; the table refuses younger ones."""
    subscribed = Subscriber.objects.filter(mailbox_hash=OuterRef("mailbox_hash"))
    end = timezone.now() - periods()["consent_proof"].length - timedelta(days=1)
    return records.filter(~Exists(subscribed), at__lt=end)


def _forget_words(returns: Rows) -> None:
    """Drop the words, of a person or of a server; what they said of a fingerprint stays."""
    returns.update(raw=None, diagnostic="")


def _of_mailbox(user: User) -> Q:
    return Q(mailbox_hash=mailbox_hash(user.email))


def register_own_data() -> None:
    """Register the account and what allauth keeps beside it, mail, sessions and the staff log."""
    register(
        PersonalData(
            model=User,
            about=lambda user: Q(pk=user.pk),
            export=("email", "full_name", "language", "is_staff", "joined_at", "last_login"),
            retention={
                "unverified_account": _never_verified,
                "inactive_account": _inactive_and_told,
            },
        ),
        PersonalData(
            model=EmailAddress,
            about=lambda user: Q(user=user),
            export=("email", "verified", "primary"),
        ),
        PersonalData(
            model=EmailConfirmation, about=lambda user: Q(email_address__user=user), export=()
        ),
        PersonalData(
            model=Authenticator,
            about=lambda user: Q(user=user),
            export=("type", "created_at", "last_used_at"),
        ),
        PersonalData(
            model=SocialAccount,
            about=lambda user: Q(user=user),
            export=("provider", "uid", "extra_data", "date_joined", "last_login"),
        ),
        PersonalData(model=SocialToken, about=lambda user: Q(account__user=user), export=()),
        PersonalData(
            model=LogEntry,
            about=lambda user: Q(user=user),
            export=("action_time", "object_repr", "change_message"),
            retention={"staff_log": lambda _now, cutoff: Q(action_time__lt=cutoff)},
        ),
        PersonalData(
            model=OutboundEmail,
            about=lambda user: Q(to_email__iexact=user.email),
            export=("created_at", "sent_at", "subject"),
            erase=_forget_mail,
            retention={"outbox": lambda _now, cutoff: Q(created_at__lt=cutoff, purged=False)},
        ),
        PersonalData(
            model=Subscriber,
            about=_of_mailbox,
            export=(
                "email",
                "language",
                "epci_code",
                "topics",
                "function",
                "created_at",
                "last_contact_at",
            ),
            erase=_forget_subscribers,
            retention={
                "silent_subscriber": silent_and_asked,
                "ended_subscription": lambda _now, cutoff: Q(
                    subscriptions=None, created_at__lt=cutoff
                ),
            },
        ),
        PersonalData(
            model=Subscription,
            about=lambda user: Q(subscriber__mailbox_hash=mailbox_hash(user.email)),
            export=("list__name", "status", "basis", "requested_at", "confirmed_at", "ended_at"),
            # A confirmed one goes with its subscriber, who leaves a line in the register.
            erasable=lambda rows: rows.exclude(status=SubscriptionStatus.CONFIRMED),
            retention={
                "unconfirmed_subscription": lambda _now, cutoff: Q(
                    status=SubscriptionStatus.PENDING, requested_at__lt=cutoff
                ),
                "ended_subscription": lambda _now, cutoff: Q(
                    status=SubscriptionStatus.ENDED, ended_at__lt=cutoff
                ),
            },
        ),
        PersonalData(
            model=Delivery,
            about=_of_mailbox,
            export=("campaign__title", "state", "settled_at"),
            erase=_keep,
        ),
        PersonalData(
            model=ConsentRecord,
            about=_of_mailbox,
            export=("list__name", "act", "method", "text__text", "form_url", "source", "at"),
            erasable=_of_no_use,
            retention={"consent_proof": lambda _now, cutoff: Q(at__lt=cutoff)},
        ),
        PersonalData(
            model=Suppression,
            about=_of_mailbox,
            export=("reason", "created_at", "lifted_at"),
            erase=_keep,
        ),
        PersonalData(
            model=MailIncident,
            about=_of_mailbox,
            export=("kind", "status_code", "received_at"),
            erase=_forget_words,
            retention={
                "mail_return": lambda _now, cutoff: (
                    Q(received_at__lt=cutoff) & (Q(raw__isnull=False) | ~Q(diagnostic=""))
                )
            },
        ),
        PersonalData(
            model=Campaign,
            about=lambda user: Q(decided_by=user),
            export=("title", "started_at"),
            erase=without("decided_by"),
        ),
        PersonalData(
            model=SubscriberImport,
            about=lambda user: Q(created_by=user),
            export=("name", "status", "created_at", "line_count"),
            erase=drop_with_files,
            retention={"subscriber_import": lambda _now, cutoff: Q(created_at__lt=cutoff)},
        ),
        # A session names its person only inside its own encoded text: it dies by its date, and at
        # once in effect, since a session whose account is gone opens nothing.
        PersonalData(
            model=Session,
            about=lambda _user: Q(pk=None),
            export=(),
            retention={"session": lambda now, _cutoff: Q(expire_date__lt=now)},
        ),
    )
