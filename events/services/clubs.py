"""Clubs: who asks to join, who is in, who leaves."""

from datetime import datetime

from django.conf import settings
from django.core import signing
from django.db import transaction
from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import override

from emn.lib.errors import DomainError
from emn.lib.page_cache import touch
from emn.mailings.services import queue_email
from events.enums import ClubJoining, ClubMemberStatus, MinutesAudience
from events.models import Club, ClubMember, Minutes
from events.services.registrations import fold_email

_SALT = "events.club"
_ALIVE = (ClubMemberStatus.UNCONFIRMED, ClubMemberStatus.ASKED, ClubMemberStatus.MEMBER)


class ClubRefused(DomainError):
    """The membership cannot be asked, taken, decided or ended so."""


def token(member_id: int) -> str:
    """Return the secret that lets its holder follow one membership."""
    return signing.dumps(member_id, salt=_SALT)


def member_of(value: str) -> ClubMember | None:
    """Return the membership that the secret opens; None when it opens nothing, or no more."""
    try:
        member_id = signing.loads(value, salt=_SALT)
    except signing.BadSignature:
        return None
    rows = ClubMember.objects.select_related("club")
    return rows.filter(pk=member_id, forgotten_at=None).first()


@transaction.atomic(durable=True)
def ask_to_join(
    *,
    club_id: int,
    name: str,
    company_name: str,
    email: str,
    motive: str,
    language: str,
    now: datetime,
) -> None:
    """Write to the mailbox what it has, or the link that confirms; the same answer for any.

    Raises Club.DoesNotExist.
    """
    club = Club.objects.select_for_update(of=("self",)).get(pk=club_id, is_open=True)
    mailbox = fold_email(email)
    member = club.members.filter(email=mailbox, status__in=_ALIVE, forgotten_at=None).first()
    if member is None:
        member = ClubMember.objects.create(
            club=club, status=ClubMemberStatus.UNCONFIRMED, name=name, company_name=company_name,
            email=mailbox, motive=motive, language=language, asked_at=now,
        )  # fmt: skip
    _tell(member, "club_confirm", now=now, stamp=now.date(), unsolicited=True)


@transaction.atomic(durable=True)
def confirm(*, member_id: int, now: datetime) -> ClubMember:
    """Take the mailbox's word: in at once where joining is free, else for staff to accept."""
    member = _locked(member_id)
    if member.status != ClubMemberStatus.UNCONFIRMED:
        return member
    member.confirmed_at = now
    if member.club.joining == ClubJoining.FREE:
        member.status, member.joined_at = ClubMemberStatus.MEMBER, now
        _tell(member, "club_welcome", now=now, stamp="")
        touch()
    else:
        member.status = ClubMemberStatus.ASKED
    member.save(update_fields=["status", "confirmed_at", "joined_at"])
    return member


@transaction.atomic(durable=True)
def decide(
    *, member_id: int, accepted: bool, reason: str, by_id: int, now: datetime
) -> ClubMember:  # fmt: skip
    """Let somebody in, or say why not. Raises ClubRefused when there is nothing to decide."""
    member = _locked(member_id)
    if member.status != ClubMemberStatus.ASKED:
        raise ClubRefused(_("Cette demande n’attend pas de réponse."))
    if not accepted and not reason.strip():
        raise ClubRefused(_("Dites pourquoi : la personne lira ces mots."))
    member.decided_by_id, member.reason = by_id, reason
    if accepted:
        member.status, member.joined_at = ClubMemberStatus.MEMBER, now
    else:
        member.status, member.ended_at = ClubMemberStatus.REFUSED, now
    member.save(update_fields=["status", "joined_at", "ended_at", "decided_by", "reason"])
    _tell(member, "club_welcome" if accepted else "club_refused", now=now, stamp="")
    touch()
    return member


@transaction.atomic(durable=True)
def leave(*, member_id: int, now: datetime) -> ClubMember:
    """End a membership, or a request for one. Twice is once."""
    member = _locked(member_id)
    if member.status in _ALIVE:
        member.status, member.ended_at = ClubMemberStatus.LEFT, now
        member.save(update_fields=["status", "ended_at"])
        touch()
    return member


@transaction.atomic(durable=True)
def publish_minutes(*, minutes_id: int, now: datetime) -> Minutes:
    """Publish minutes, and write to each member, in their language, where to read them. Once."""
    minutes = Minutes.objects.select_for_update(of=("self",)).select_related("club").get(
        pk=minutes_id
    )  # fmt: skip
    if minutes.published_at is None:
        minutes.published_at = now
        minutes.save(update_fields=["published_at"])
        for member in minutes.club.members.members().filter(forgotten_at=None).order_by("pk"):
            _tell(member, "club_minutes", now=now, stamp=minutes.pk, minutes=minutes)
        touch()
    return minutes


def readable_minutes(club: Club, *, is_member: bool) -> list[Minutes]:
    """Return the published minutes that this reader may read, the last first."""
    rows = club.minutes.filter(published_at__isnull=False)
    if not is_member:
        rows = rows.filter(Q(audience=MinutesAudience.ALL))
    return list(rows.order_by("-met_on", "-pk"))


def _locked(member_id: int) -> ClubMember:
    rows = ClubMember.objects.select_related("club").select_for_update(of=("self",))
    return rows.get(pk=member_id, forgotten_at=None)


def _tell(
    member: ClubMember, kind: str, *, now: datetime, stamp: object, unsolicited: bool = False,
    **context: object,
) -> None:  # fmt: skip
    with override(member.language):
        path = reverse("clubs:member", args=[token(member.pk)])
        club_url = settings.PUBLIC_URL + member.club.get_absolute_url()
    queue_email(
        to=member.email,
        template=f"events/emails/{kind}",
        context={
            "member": member,
            "club": member.club,
            "follow_url": settings.PUBLIC_URL + path,
            "club_url": club_url,
            **context,
        },
        language=member.language,
        dedup_key=f"events.{kind}:{member.pk}:{stamp}",
        unsolicited=unsolicited,
        secret=True,
        now=now,
    )
