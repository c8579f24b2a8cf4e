"""Rendez-vous solutions before the evening: answers of providers, the choice of three, links.

A company is known by its mailbox, which says yes by a button; a provider by its account and by a
charter in force (R1.06). What staff chooses is written with its reason in a log only added to.
"""

import secrets
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from django.conf import settings
from django.core import signing
from django.db import transaction
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import override

from directory.models import Adhesion, Company, Provider
from directory.services.telling import people_of
from emn.lib.commit import after_commit
from emn.lib.db import violation_as
from emn.lib.errors import DomainError
from emn.lib.page_cache import touch
from emn.mailings.services import Attachment, queue_email
from events.enums import IrritantStatus, PitchStatus, SessionKind, TableSide
from events.models import (
    Evening,
    Irritant,
    Participant,
    Pitch,
    PitchChoice,
    Registration,
    Session,
)
from events.models.rendezvous import PITCHES
from events.tasks import tell_tables

IRRITANT, PARTICIPANT, OUTCOME = "irritant", "participant", "outcome"


class RendezvousRefused(DomainError):
    """The act cannot be done so, or not now."""


class CharterMissing(RendezvousRefused):
    """The provider's company has no charter in force."""


# --- Links ---


def token(row_id: int, purpose: str) -> str:
    """Return the secret that lets its holder follow one irritant, or one place at the tables."""
    return signing.dumps(row_id, salt=f"events.rendezvous.{purpose}")


def _row_id(value: str, purpose: str) -> int | None:
    try:
        row_id: int = signing.loads(value, salt=f"events.rendezvous.{purpose}")
    except signing.BadSignature:
        return None
    return row_id


def irritant_of(value: str) -> Irritant | None:
    """Return the irritant that the secret opens; None when it opens nothing, or no more."""
    row_id = _row_id(value, IRRITANT)
    rows = Irritant.objects.select_related("evening__session")
    return rows.filter(pk=row_id, forgotten_at=None).first() if row_id else None


def participant_of(value: str) -> Participant | None:
    """Return the participant that the secret opens; None when it opens nothing, or no more."""
    row_id = _row_id(value, PARTICIPANT)
    rows = Participant.objects.reachable().select_related(
        "evening__session__room", "registration", "provider"
    )
    return rows.filter(pk=row_id).first() if row_id else None


def link(row_id: int, purpose: str, language: str) -> str:
    """Return the address, as a message writes it, of what the secret opens."""
    page, salt = {
        IRRITANT: ("rendezvous:follow_irritant", IRRITANT),
        PARTICIPANT: ("rendezvous:tables", PARTICIPANT),
        OUTCOME: ("rendezvous:outcome", PARTICIPANT),
    }[purpose]
    with override(language):
        return settings.PUBLIC_URL + reverse(page, args=[token(row_id, salt)])


def tell_participant(
    participant: Participant,
    kind: str,
    *,
    now: datetime,
    stamp: object,
    attachments: dict[str, list[Attachment]] | None = None,
    **context: Any,
) -> None:
    """Write to whoever sits there: the registrant, or each account of the provider.

    `attachments`: by language. `stamp` tells apart messages of one kind.
    """
    if participant.registration is not None:
        entry = participant.registration
        people = [(entry.email, entry.language)]
    else:
        assert participant.provider is not None
        users = people_of(participant.provider.company_id)
        people = [(user.email, user.language) for user in users]
    session = participant.evening.session
    for email, language in people:
        with override(language):
            evening_url = settings.PUBLIC_URL + participant.evening.get_absolute_url()
        queue_email(
            to=email,
            template=f"events/emails/{kind}",
            context={
                "session": session,
                "participant": participant,
                "tables_url": link(participant.pk, PARTICIPANT, language),
                "outcome_url": link(participant.pk, OUTCOME, language),
                "evening_url": evening_url,
                **context,
            },
            language=language,
            dedup_key=f"events.{kind}:{participant.pk}:{stamp}:{email}",
            secret=True,
            attachments=(attachments or {}).get(language, ()),
            now=now,
        )


# --- Evenings ---


def give_codes(evening: Evening) -> None:
    """Give a new evening the secrets of its vote, before it is saved.

    Who joins it from now on knows the date that its session has now.
    """
    if not evening.room_code:
        evening.told_sequence = evening.session.sequence
        evening.room_code = secrets.token_hex(4)
        evening.paper_key = secrets.token_hex(16)


def follow_move(session: Session, shift: timedelta) -> None:
    """Move the clocks of an evening with its session; its tables are told again once committed."""
    evening = Evening.objects.filter(session=session).first()
    if evening is None:
        return
    evening.applications_close_at += shift
    evening.requests_close_at += shift
    evening.tables_start_at += shift
    evening.save(update_fields=["applications_close_at", "requests_close_at", "tables_start_at"])
    after_commit(partial(tell_tables.delay, evening_id=evening.pk))


# --- Answers of providers ---


def has_charter(company: Company, *, now: datetime) -> bool:
    """Tell whether the company has signed the charter, and the adhesion counts today."""
    rows = Adhesion.objects.in_force(on=timezone.localdate(now))
    return rows.filter(siren=company.siren).exists()


def require_charter(provider: Provider, *, now: datetime) -> None:
    """Raise CharterMissing, with the sentence that says why, for a company without charter."""
    if not has_charter(provider.company, now=now):
        raise CharterMissing(
            _(
                "« %(name)s » n’a pas de charte en vigueur : seuls les signataires répondent aux "
                "irritants et tiennent une table, pour que chacun sache à quoi il s’engage."
            )
            % {"name": provider.name}
        )


@transaction.atomic(durable=True)
def send_pitch(
    *,
    irritant_id: int,
    provider_id: int,
    user_id: int,
    answer: str,
    speaker_name: str,
    now: datetime,
) -> Pitch:
    """Answer an irritant with one of one's cards.

    Raises Irritant.DoesNotExist, Provider.DoesNotExist (not one's own), CharterMissing, or
    RendezvousRefused (no evening, too late, answered already).
    """
    rows = Irritant.objects.published()
    evening_id = rows.values_list("evening", flat=True).get(pk=irritant_id)
    evening = locked_evening(evening_id) if evening_id else None
    irritant = rows.select_for_update(of=("self",)).get(pk=irritant_id)
    provider = _own_provider(provider_id, user_id)
    require_charter(provider, now=now)
    is_its_own = evening is not None and irritant.evening_id == evening.pk
    if evening is None or not is_its_own or not evening.takes_applications(now=now):
        raise RendezvousRefused(_("Cet irritant n’attend pas, ou plus, de réponse."))
    with violation_as(
        RendezvousRefused(_("Cette fiche a déjà répondu à cet irritant.")),
        model=Pitch,
        constraint="events_pitch_one_answer_per_provider",
    ):
        return Pitch.objects.create(
            irritant=irritant, evening=evening, provider=provider, answer=answer,
            speaker_name=speaker_name, sent_at=now, sent_by_id=user_id,
        )  # fmt: skip


@transaction.atomic(durable=True)
def withdraw_pitch(*, pitch_id: int, user_id: int) -> Pitch:
    """Take an answer back before the choice. Raises Pitch.DoesNotExist or RendezvousRefused."""
    rows = Pitch.objects.select_for_update(of=("self",)).filter(
        provider__company__memberships__user=user_id
    )
    pitch = rows.get(pk=pitch_id)
    if pitch.status == PitchStatus.CHOSEN:
        raise RendezvousRefused(_("Vous êtes au programme : appelez-nous pour vous retirer."))
    pitch.status = PitchStatus.WITHDRAWN
    pitch.save(update_fields=["status"])
    return pitch


@transaction.atomic(durable=True)
def decide_pitch(
    *, pitch_id: int, status: PitchStatus, position: int | None, reason: str, by_id: int,
    now: datetime,
) -> Pitch:  # fmt: skip
    """Choose an answer for one of the three places, or not; the reason is public, the agent not.

    A choice is taken back the same way until the vote opens. Raises RendezvousRefused.
    """
    evening_id = Pitch.objects.values_list("evening", flat=True).get(pk=pitch_id)
    evening = locked_evening(evening_id)
    irritant_id = Pitch.objects.values_list("irritant", flat=True).get(pk=pitch_id)
    irritant = Irritant.objects.select_for_update(of=("self",)).get(pk=irritant_id)
    rows = Pitch.objects.select_related("provider__company", "irritant")
    pitch = rows.select_for_update(of=("self",)).get(pk=pitch_id)
    if evening.vote_opened_at is not None:
        raise RendezvousRefused(_("Le vote est ouvert : le programme ne change plus."))
    if pitch.status == PitchStatus.WITHDRAWN:
        raise RendezvousRefused(_("Cette candidature est retirée."))
    is_chosen = status == PitchStatus.CHOSEN
    if is_chosen:
        if irritant.status != IrritantStatus.PUBLISHED:
            raise RendezvousRefused(_("Cet irritant est retiré : aucune réponse ne peut passer."))
        require_charter(pitch.provider, now=now)
        if not position or not 1 <= position <= PITCHES:
            raise RendezvousRefused(_("Choisissez un passage, de 1 à 3."))
    pitch.status, pitch.position = status, position if is_chosen else None
    with violation_as(
        RendezvousRefused(_("Ce passage est déjà pris : libérez-le d’abord.")),
        model=Pitch,
        constraint="events_pitch_one_per_position",
    ):
        pitch.save(update_fields=["status", "position"])
    PitchChoice.objects.create(pitch=pitch, status=status, reason=reason, at=now, by_id=by_id)
    if is_chosen:
        seat_provider(evening, pitch.provider, now=now)
    for person in people_of(pitch.provider.company_id):
        queue_email(
            to=person.email,
            template=f"events/emails/pitch_{'chosen' if is_chosen else 'not_chosen'}",
            context={"pitch": pitch, "session": evening.session, "reason": reason,
                     "evening_url": settings.PUBLIC_URL + evening.get_absolute_url()},
            language=person.language,
            dedup_key=f"events.pitch:{pitch.pk}:{status}:{now.isoformat()}:{person.pk}",
            now=now,
        )  # fmt: skip
    touch()
    return pitch


def seat_provider(evening: Evening, provider: Provider, *, now: datetime) -> Participant:
    """Give a provider its place at the tables; one that left comes back."""
    place, is_new = Participant.objects.get_or_create(
        evening=evening, provider=provider, defaults={"side": TableSide.PROVIDER, "joined_at": now}
    )
    if not is_new and place.left_at is not None:
        place.left_at = None
        place.save(update_fields=["left_at"])
    return place


def locked_evening(evening_id: int) -> Evening:
    """Hold an evening until the end of the transaction. Raises Evening.DoesNotExist.

    Its session is read afterwards, where it is asked for: as it is once the lock is held.
    """
    return Evening.objects.select_for_update().get(pk=evening_id)


def _own_provider(provider_id: int, user_id: int) -> Provider:
    rows = Provider.objects.published().select_related("company")
    return rows.filter(company__memberships__user=user_id).distinct().get(pk=provider_id)


# --- What a registration leads to ---


def tables_url(entry: Registration) -> str:
    """Return the page of the tables of a registrant; empty while there is none."""
    if entry.session.kind != SessionKind.PITCHES:
        return ""
    place = Participant.objects.coming().filter(registration=entry).first()
    if place is None:
        return ""
    return reverse("rendezvous:tables", args=[token(place.pk, PARTICIPANT)])


def vote_url(entry: Registration) -> str:
    """Return the ballot of a ticket while the room votes; empty otherwise."""
    if entry.session.kind != SessionKind.PITCHES:
        return ""
    evening = Evening.objects.filter(session=entry.session_id).first()
    if evening is None or not evening.is_voting:
        return ""
    return reverse("rendezvous:ballot", args=[evening.room_code, entry.ticket])
