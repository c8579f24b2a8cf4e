"""The author's side of reviews: invited, written, confirmed, proven, withdrawn.

A link that is opened changes nothing, whoever opens it: buttons act (M1). The centre invites every
client of every mission that it knows of, and some drawn among those nobody declared; the provider
chooses neither whom nor when (M7).
"""

import hashlib
import re
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.conf import settings
from django.core import signing
from django.core.files.base import ContentFile
from django.db import transaction
from django.urls import reverse
from django.utils import timezone
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext as _
from django.utils.translation import override

from directory.enums import (
    MissionOrigin,
    NeedStatus,
    ProofStatus,
    ProposalStatus,
    ReviewStatus,
)
from directory.matching.profile import client_sector, client_size
from directory.models import (
    Company,
    Invitation,
    Mission,
    Need,
    Proposal,
    Provider,
    Review,
    ReviewProof,
    ReviewTrace,
)
from directory.models.reviews import RATINGS
from directory.reviews.proofs import plain_number
from directory.reviews.rules import rules
from directory.services import review_counting as counting
from directory.services.companies import register_layer
from directory.services.telling import people_of
from directory.trust_clients import client_hash
from emn.accounts.models import User
from emn.accounts.retention import periods
from emn.lib.calendar import add_months
from emn.lib.db import advisory_lock, violation_as
from emn.lib.documents import Document
from emn.lib.errors import DomainError
from emn.mailings.addresses import mailbox_hash
from emn.mailings.services import queue_email
from emn.territory.lookup import CompanyFacts

CONFIRM, FOLLOW, INVITE = "confirm", "follow", "invitation"
MOST_DRAWN = 200
MOST_A_MONTH = 5  # missions with one address: no mailbox is to be pestered


class ReviewRefused(DomainError):
    """The review cannot be written, proven, decided or withdrawn so."""


@dataclass(frozen=True, slots=True)
class Opinion:
    """What the author says. `ratings`: 1 to 5 by the names of `RATINGS`."""

    ratings: Mapping[str, int]
    text: str
    experience_on: date
    has_lived_it: bool
    shows_profile: bool = False


@dataclass(frozen=True, slots=True)
class Paper:
    """A proof, and what its owner reads on it."""

    kind: str
    document: Document
    issuer_siren: str
    recipient_siren: str
    number: str
    dated_on: date
    iban: str = ""


# --- Links ---


def token(review_id: int, purpose: str) -> str:
    """Return the secret that lets its holder do one thing with one review."""
    return signing.dumps(review_id, salt=f"directory.reviews.{purpose}")


def review_of(value: str, purpose: str) -> Review | None:
    """Return the review that the secret opens; None when it opens nothing, or no more."""
    lasts = periods()["unconfirmed_review"].length if purpose == CONFIRM else None
    try:
        review_id = signing.loads(value, salt=f"directory.reviews.{purpose}", max_age=lasts)
    except signing.BadSignature:
        return None
    rows = Review.objects.select_related("provider", "client")
    return rows.filter(pk=review_id, forgotten_at=None).first()


def invitation_token(invitation: Invitation) -> str:
    """Return the secret of an invitation: bound to the client’s SIREN and the mission (M1)."""
    bound = [invitation.pk, invitation.mission_id, invitation.mission.client.siren]
    return signing.dumps(bound, salt=f"directory.reviews.{INVITE}")


def invitation_of(value: str) -> Invitation | None:
    """Return the invitation that the secret opens, used or not; None when it opens nothing."""
    try:
        pk, mission_id, siren = signing.loads(value, salt=f"directory.reviews.{INVITE}")
    except (signing.BadSignature, ValueError, TypeError):
        return None
    rows = Invitation.objects.select_related("mission__provider", "mission__client")
    return rows.filter(pk=pk, mission=mission_id, mission__client__siret__startswith=siren).first()


def link(name: str, secret: str, language: str) -> str:
    """Return the absolute address of one of the author’s pages."""
    with override(language):
        return settings.PUBLIC_URL + reverse(f"reviews:{name}", args=[secret])


# --- Missions and invitations ---


@transaction.atomic(durable=True)
def declare_mission(
    *,
    provider_id: int,
    user_id: int,
    client: CompanyFacts,
    client_email: str,
    subject: str,
    starts_on: date,
    ended_on: date,
    language: str,
    connection: str = "",
    now: datetime,
) -> Mission:
    """Note a mission that the provider declares; its client will be invited, as all are.

    Raises Provider.DoesNotExist (not one's own), ReviewRefused (own company, own address, future,
    already declared).
    """
    provider = Provider.objects.filter(company__memberships__user=user_id).get(pk=provider_id)
    if client.siren == provider.company.siren:
        raise ReviewRefused(_("Ce SIRET est celui de votre entreprise : donnez celui du client."))
    if ended_on > timezone.localdate(now):
        raise ReviewRefused(_("Déclarez la mission une fois terminée."))
    email = client_email.strip().lower()
    own = [*people_of(provider.company_id).values_list("email", flat=True), provider.email]
    if mailbox_hash(email) in {mailbox_hash(address) for address in own if address}:
        raise ReviewRefused(_("Cette adresse est la vôtre : donnez celle du client."))
    leave_trace(provider.company_id, connection, now=now)
    advisory_lock(f"directory.missions:{email}")
    lately = Mission.objects.filter(client_email=email, declared_at__gt=now - timedelta(days=30))
    if lately.count() >= MOST_A_MONTH:
        raise ReviewRefused(
            _("Cette adresse figure déjà sur %(count)s missions de ce mois : attendez un peu.")
            % {"count": MOST_A_MONTH}
        )
    with violation_as(
        ReviewRefused(_("Cette mission est déjà déclarée.")),
        model=Mission,
        constraint="directory_mission_once",
    ):
        return Mission.objects.create(
            provider=provider,
            client=_company_of(client, now=now),
            origin=MissionOrigin.DECLARED,
            subject=subject.strip(),
            starts_on=starts_on,
            ended_on=ended_on,
            client_email=email,
            language=language,
            declared_by_id=user_id,
            declared_at=now,
        )


def invite_for_need(*, need: Need, provider_id: int, now: datetime) -> Invitation | None:
    """Invite the company of a need that was done, in the caller's transaction (M7).

    None when the company itself supplied the work.
    """
    assert need.company is not None
    assert need.service is not None
    provider = Provider.objects.select_related("company").get(pk=provider_id)
    if provider.company.siren == need.company.siren:
        return None
    with override(need.language):
        subject = str(need.service)
    mission, created = Mission.objects.get_or_create(
        need=need,
        defaults={
            "provider": provider,
            "client": need.company,
            "origin": MissionOrigin.NEED if need.ended_at else MissionOrigin.DRAWN,
            "subject": subject[:200],
            "starts_on": timezone.localdate(need.chosen_at) if need.chosen_at else None,
            "ended_on": timezone.localdate(now),
            "client_email": need.contact_email,
            "language": need.language,
            "declared_at": now,
        },
    )
    return _invite(mission, now=now) if created else None


def missions_to_invite(*, now: datetime) -> list[int]:
    """Return every mission that ended some days ago and whose client was not invited yet."""
    before = timezone.localdate(now) - timedelta(days=rules().invite_after_days)
    rows = Mission.objects.to_invite(ended_before=before).exclude(client_email="")
    return list(rows.order_by("ended_on", "pk").values_list("pk", flat=True)[:1_000])


@transaction.atomic(durable=True)
def invite_client(*, mission_id: int, now: datetime) -> bool:
    """Invite the client of a mission; False when somebody just did."""
    rows = Mission.objects.select_for_update(of=("self",), skip_locked=True)
    mission = rows.select_related("provider", "client").filter(pk=mission_id).first()
    if mission is None or Invitation.objects.filter(mission=mission).exists():
        return False
    _invite(mission, now=now)
    return True


def draw_clients(*, now: datetime) -> int:
    """Invite clients whom nobody declared: a share of those who chose a provider long ago (M7).

    The draw is that of the month: the SHA-256 of «month/need», first eight bytes, against the
    share; run again, it draws the same. Returns how many were invited.
    """
    before = now - timedelta(days=rules().draw_after_days)
    rows = Need.objects.alive().filter(
        status=NeedStatus.CHOSEN, chosen_at__lte=before, mission=None, forgotten_at=None
    )
    month = timezone.localdate(now).strftime("%Y-%m")
    keys = rows.order_by("chosen_at", "pk").values_list("pk", flat=True)[:10_000]
    drawn = [need_id for need_id in keys if is_drawn(need_id, month)][:MOST_DRAWN]
    return sum(_invite_drawn(need_id, now=now) for need_id in drawn)


def is_drawn(need_id: int, month: str) -> bool:
    """Tell whether the draw of the month («2026-11») falls on that need."""
    number = int.from_bytes(hashlib.sha256(f"{month}/{need_id}".encode()).digest()[:8])
    return number < int(rules().draw_share * 2**64)


@transaction.atomic(durable=True)
def _invite_drawn(need_id: int, *, now: datetime) -> bool:
    rows = Need.objects.select_for_update(of=("self",), skip_locked=True)
    need = rows.filter(pk=need_id, status=NeedStatus.CHOSEN, forgotten_at=None).first()
    if need is None:
        return False
    chosen = Proposal.objects.filter(need=need, status=ProposalStatus.CHOSEN).first()
    if chosen is None:
        return False
    return invite_for_need(need=need, provider_id=chosen.provider_id, now=now) is not None


def _invite(mission: Mission, *, now: datetime) -> Invitation:
    invitation = Invitation.objects.create(
        mission=mission,
        email=mission.client_email,
        sent_at=now,
        expires_at=now + timedelta(days=rules().invitation_days),
    )
    _tell_client(invitation, "review_invitation", now=now)
    return invitation


def invitations_to_remind(*, now: datetime) -> list[int]:
    """Return the invitations that nobody answered, to be reminded of once."""
    before = now - timedelta(days=rules().remind_after_days)
    rows = Invitation.objects.filter(
        used_at=None, declined_at=None, reminded_at=None, sent_at__lte=before, expires_at__gt=now
    ).exclude(email="")
    return list(rows.order_by("sent_at", "pk").values_list("pk", flat=True)[:1_000])


@transaction.atomic(durable=True)
def remind_client(*, invitation_id: int, now: datetime) -> bool:
    """Remind of an invitation, once; False when there is nothing to do."""
    rows = Invitation.objects.select_for_update(of=("self",), skip_locked=True)
    rows = rows.select_related("mission__provider", "mission__client")
    invitation = rows.filter(pk=invitation_id, reminded_at=None).first()
    if invitation is None or not invitation.is_open(now=now):
        return False
    invitation.reminded_at = now
    invitation.save(update_fields=["reminded_at"])
    _tell_client(invitation, "review_reminder", now=now)
    return True


@transaction.atomic(durable=True)
def decline_invitation(*, invitation_id: int, now: datetime) -> Invitation:
    """Note that the client wants to give no review, and is not to be asked again."""
    invitation = Invitation.objects.select_for_update(of=("self",)).get(pk=invitation_id)
    if invitation.used_at is None and invitation.declined_at is None:
        invitation.declined_at, invitation.email = now, ""
        invitation.save(update_fields=["declined_at", "email"])
    return invitation


def _tell_client(invitation: Invitation, template: str, *, now: datetime) -> None:
    mission = invitation.mission
    queue_email(
        to=invitation.email,
        template=f"directory/emails/{template}",
        context={
            "mission": mission,
            "provider": mission.provider,
            "client": mission.client,
            "url": link("invitation", invitation_token(invitation), mission.language),
            "until": invitation.expires_at,
        },
        language=mission.language,
        dedup_key=f"directory.{template}:{invitation.pk}",
        secret=True,
        now=now,
    )


# --- Writing ---


@transaction.atomic(durable=True)
def submit_invited(
    *, invitation_id: int, opinion: Opinion, author_name: str, connection: str, now: datetime
) -> Review:
    """Hand in the review that the client was invited to; the link works once (M1).

    The mailbox is proven: the link was sent there. Raises ReviewRefused (used, expired, declined).
    """
    rows = Invitation.objects.select_for_update(of=("self",))
    rows = rows.select_related("mission__provider", "mission__client")
    invitation = rows.get(pk=invitation_id)
    mission = invitation.mission
    if not invitation.is_open(now=now):
        raise ReviewRefused(_("Cette invitation a déjà servi, ou n’est plus valable."))
    if mission.starts_on and opinion.experience_on < mission.starts_on:
        raise ReviewRefused(_("L’expérience ne peut pas finir avant le début de la mission."))
    invitation.used_at = now
    invitation.save(update_fields=["used_at"])
    review = _written(
        mission.provider,
        mission.client,
        opinion,
        author_name=author_name,
        author_email=invitation.email,
        language=mission.language,
        now=now,
    )
    review.invitation = invitation
    _submit(review, connection=connection, now=now)
    if mission.need_id is not None:
        done = Need.objects.filter(pk=mission.need_id, status=NeedStatus.DONE)
        done.update(status=NeedStatus.REVIEWED)
    return review


@transaction.atomic(durable=True)
def submit_as_member(
    *,
    provider_id: int,
    company_id: int,
    user_id: int,
    opinion: Opinion,
    author_name: str,
    connection: str,
    language: str,
    now: datetime,
) -> Review:
    """Hand in the review of a signed-in person for one of its companies.

    Raises Provider.DoesNotExist (not public), Company.DoesNotExist (not one's own), ReviewRefused.
    """
    provider = Provider.objects.published().select_related("company").get(pk=provider_id)
    company = Company.objects.get(pk=company_id, memberships__user=user_id)
    user = User.objects.get(pk=user_id)
    review = _written(
        provider,
        company,
        opinion,
        author_name=author_name,
        author_email=user.email,
        language=language,
        now=now,
    )
    if provider.company.memberships.filter(user=user).exists():
        raise ReviewRefused(
            _("Vous agissez pour ce prestataire : un avis sur lui vient d’un de ses clients.")
        )
    review.author = user
    _submit(review, connection=connection, now=now)
    return review


@transaction.atomic(durable=True)
def write_unconfirmed(
    *,
    provider_id: int,
    client: CompanyFacts,
    opinion: Opinion,
    author_name: str,
    author_email: str,
    language: str,
    now: datetime,
) -> None:
    """Keep what a visitor wrote, and ask its mailbox to confirm; the answer is always the same.

    Raises Provider.DoesNotExist (not public), ReviewRefused (what was written, never who writes).
    """
    provider = Provider.objects.published().select_related("company").get(pk=provider_id)
    review = _written(
        provider,
        _company_of(client, now=now),
        opinion,
        author_name=author_name,
        author_email=author_email,
        language=language,
        now=now,
    )
    review.status = ReviewStatus.UNCONFIRMED
    review.save()
    tell_author(
        review,
        "review_confirm",
        now=now,
        unsolicited=True,
        url=link("confirm", token(review.pk, CONFIRM), language),
    )


@transaction.atomic(durable=True)
def confirm_review(*, review_id: int, connection: str, now: datetime) -> Review:
    """Hand in what the mailbox confirms; twice is once. Raises ReviewRefused."""
    rows = Review.objects.select_for_update(of=("self",)).select_related("provider", "client")
    review = rows.get(pk=review_id)
    if review.status == ReviewStatus.UNCONFIRMED:
        _submit(review, connection=connection, now=now)
    return review


def _written(
    provider: Provider,
    client: Company,
    opinion: Opinion,
    *,
    author_name: str,
    author_email: str,
    language: str,
    now: datetime,
) -> Review:
    """Return the review, not saved. Raises ReviewRefused for what it cannot say."""
    today = timezone.localdate(now)
    if not opinion.has_lived_it:
        raise ReviewRefused(_("Déclarez avoir vécu vous-même cette expérience."))
    if opinion.experience_on > today:
        raise ReviewRefused(_("Donnez votre avis une fois l’expérience terminée."))
    if add_months(opinion.experience_on, rules().experience_months) < today:
        raise ReviewRefused(
            _("Cette expérience est trop ancienne : %(months)s mois au plus.")
            % {"months": rules().experience_months}
        )
    if client.siren == provider.company.siren:
        raise ReviewRefused(_("Une entreprise ne donne pas d’avis sur elle-même."))
    review = Review(
        provider=provider,
        client=client,
        author_name=author_name.strip(),
        author_email=author_email.strip().lower(),
        language=language,
        client_hash=client_hash(client.siren),
        provider_hash=client_hash(provider.company.siren),
        text=opinion.text.replace("\r\n", "\n").strip(),
        experience_on=opinion.experience_on,
        has_lived_it=True,
        shows_profile=opinion.shows_profile,
        created_at=now,
        **{name: opinion.ratings[name] for name in RATINGS},
    )
    if opinion.shows_profile:
        review.shown_place = client.commune.name[:80]
        review.shown_size = client_size(client.headcount_band)
        review.shown_sector = client_sector(client.naf_code)
    return review


def _submit(review: Review, *, connection: str, now: datetime) -> None:
    """Put the review before staff: one delay for all, whatever they say (R1.17)."""
    assert review.client is not None
    review.is_identified = counting.is_business_address(review.author_email, review.client)
    review.status, review.submitted_at = ReviewStatus.WAITING, now
    review.publish_before = now + timedelta(days=rules().publication_days)
    with violation_as(
        ReviewRefused(_("Votre avis sur ce prestataire est déjà en cours de lecture.")),
        model=Review,
        constraint="directory_review_one_waiting_an_author",
    ):
        review.save()
    review.level = counting.level_now(review)
    review.save(update_fields=["level"])
    leave_trace(review.client_id, connection, now=now)
    tell_author(review, "review_received", now=now)


def leave_trace(company_id: int | None, connection: str, *, now: datetime) -> None:
    """Note from where someone acts for a company, as a keyed hash, for 30 days (M3)."""
    if company_id is None or not connection:
        return
    hashed = salted_hmac("directory.reviews.connection", connection, algorithm="sha256")
    ReviewTrace.objects.bulk_create(
        [
            ReviewTrace(
                company_id=company_id,
                connection_hash=hashed.hexdigest(),
                seen_on=timezone.localdate(now),
            )
        ],
        ignore_conflicts=True,
    )


# --- What the author may do afterwards ---


@transaction.atomic(durable=True)
def add_proof(*, review_id: int, paper: Paper, now: datetime) -> ReviewProof:
    """Keep a proof apart, for staff to compare (M5). Raises ReviewRefused."""
    rows = Review.objects.select_for_update(of=("self",)).select_related("provider", "client")
    review = rows.get(pk=review_id)
    if review.status not in {ReviewStatus.WAITING, ReviewStatus.PUBLISHED}:
        raise ReviewRefused(_("Cet avis ne prend plus de preuve."))
    if review.proofs.count() >= rules().most_proofs:
        raise ReviewRefused(
            _("Un avis porte %(count)s preuves au plus.") % {"count": rules().most_proofs}
        )
    digest = hashlib.sha256(paper.document.data).hexdigest()
    if review.proofs.filter(sha256=digest).exists():
        raise ReviewRefused(_("Vous avez déjà déposé ce fichier."))
    number = plain_number(paper.number)
    if not number:
        raise ReviewRefused(_("Donnez le numéro qui figure sur le document."))
    row = ReviewProof(
        review=review,
        kind=paper.kind,
        name=paper.document.name[:150],
        sha256=digest,
        issuer_siren=paper.issuer_siren,
        recipient_siren=paper.recipient_siren,
        number=paper.number.strip(),
        plain_number=number,
        dated_on=paper.dated_on,
        iban_hash=_iban_hash(paper.iban),
        added_at=now,
    )
    file = f"{uuid.uuid4()}{paper.document.suffix}"
    row.file.save(file, ContentFile(paper.document.data), save=False)
    row.save()
    return row


@transaction.atomic(durable=True)
def withdraw_review(*, review_id: int, now: datetime) -> Review:
    """Take one's own review back; its slot stays burnt (I8). Twice is once."""
    counting.hold_graph()
    review = Review.objects.select_for_update(of=("self",)).get(pk=review_id)
    if review.status not in {ReviewStatus.WAITING, ReviewStatus.PUBLISHED}:
        return review
    was_public = review.status == ReviewStatus.PUBLISHED
    review.status, review.ended_at = ReviewStatus.WITHDRAWN, now
    review.save(update_fields=["status", "ended_at"])
    if was_public:
        counting.take_out(review, reason="withdrawn", case=review.reference, now=now)
        counting.show([review.provider_id], now=now)
    return review


# --- Steps that the other services share ---


def tell_author(
    review: Review,
    template: str,
    *,
    now: datetime,
    stamp: object = "",
    unsolicited: bool = False,
    **context: Any,
) -> None:
    """Write to the author, in its language, with the link to its review."""
    if not review.author_email:
        return
    queue_email(
        to=review.author_email,
        template=f"directory/emails/{template}",
        context={
            "review": review,
            "provider": review.provider,
            "follow_url": link("follow", token(review.pk, FOLLOW), review.language),
            "days": rules().publication_days,
            **context,
        },
        language=review.language,
        dedup_key=f"directory.{template}:{review.pk}:{stamp}",
        unsolicited=unsolicited,
        secret=True,
        now=now,
    )


def used_elsewhere(proof: ReviewProof) -> bool:
    """Tell whether a document with this number proves, or is to prove, another review (M5)."""
    same = ReviewProof.objects.filter(
        issuer_siren=proof.issuer_siren, plain_number=proof.plain_number
    )
    serving = same.filter(status__in=[ProofStatus.ACCEPTED, ProofStatus.WAITING])
    return serving.exclude(review=proof.review_id).exists()


def _company_of(facts: CompanyFacts, *, now: datetime) -> Company:
    company, _created = Company.objects.get_or_create(
        siret=facts.siret, defaults=register_layer(facts, now=now)
    )
    return company


def _iban_hash(iban: str) -> str:
    plain = re.sub(r"[\W_]", "", iban).upper()
    if not plain:
        return ""
    hashed = salted_hmac(
        "directory.reviews.iban", plain, secret=settings.MAILBOX_KEY, algorithm="sha256"
    )
    return hashed.hexdigest()
