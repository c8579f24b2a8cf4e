"""Rendez-vous solutions before the evening: irritants, answers of providers, the choice of three.

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
from events.enums import IrritantDecisionKind, IrritantStatus, PitchStatus, SessionKind, TableSide
from events.models import (
    Evening,
    Irritant,
    IrritantDecision,
    Participant,
    Pitch,
    PitchChoice,
    Registration,
    Session,
)
from events.models.rendezvous import PITCHES
from events.services.registrations import fold_email
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


# --- Irritants ---


@transaction.atomic(durable=True)
def post_irritant(
    *,
    told: str,
    sector: str,
    hours_weekly: int | None,
    name: str,
    company_name: str,
    email: str,
    language: str,
    now: datetime,
) -> Irritant:
    """Keep what a company tells until its mailbox says yes by a button."""
    irritant = Irritant.objects.create(
        status=IrritantStatus.UNCONFIRMED, told=told, sector=sector, hours_weekly=hours_weekly,
        name=name, company_name=company_name, email=fold_email(email), language=language,
        created_at=now,
    )  # fmt: skip
    _tell_company(irritant, "irritant_confirm", now=now, unsolicited=True)
    return irritant


@transaction.atomic(durable=True)
def confirm_irritant(*, irritant_id: int, now: datetime) -> Irritant:
    """Give the irritant to staff to read: the mailbox said yes. Twice is once."""
    irritant = _locked_irritant(irritant_id)
    if irritant.status == IrritantStatus.UNCONFIRMED:
        irritant.status, irritant.confirmed_at = IrritantStatus.WAITING, now
        irritant.save(update_fields=["status", "confirmed_at"])
    return irritant


@transaction.atomic(durable=True)
def publish_irritant(
    *, irritant_id: int, text: str, evening_id: int | None, by_id: int, now: datetime
) -> Irritant:
    """Publish an irritant in words that name nobody, for an evening or for a later one."""
    irritant = _locked_irritant(irritant_id)
    if irritant.status != IrritantStatus.WAITING:
        raise RendezvousRefused(_("Cet irritant n’est pas à relire."))
    _require_anonymous(text, irritant)
    irritant.status, irritant.text, irritant.evening_id = IrritantStatus.PUBLISHED, text, evening_id
    irritant.decided_at, irritant.decided_by_id, irritant.reason = now, by_id, ""
    irritant.save(update_fields=["status", "text", "evening", "decided_at", "decided_by", "reason"])
    _note(irritant, IrritantDecisionKind.PUBLISHED, "", by_id=by_id, now=now)
    _tell_company(irritant, "irritant_published", now=now)
    touch()
    return irritant


@transaction.atomic(durable=True)
def correct_irritant(
    *, irritant_id: int, text: str, evening_id: int | None, reason: str, by_id: int, now: datetime
) -> Irritant:
    """Change the published words, or the evening; the company reads why. Names stay refused.

    What was forgotten of the company does not come back, and may still be corrected.
    """
    irritant = Irritant.objects.select_for_update(of=("self",)).get(pk=irritant_id)
    if irritant.status != IrritantStatus.PUBLISHED:
        raise RendezvousRefused(_("Cet irritant n’est pas publié."))
    if (text, evening_id) == (irritant.text, irritant.evening_id):
        raise RendezvousRefused(_("Rien n’a changé."))
    if irritant.pitches.standing().exists() and irritant.evening_id not in {None, evening_id}:
        raise RendezvousRefused(
            _("Des prestataires ont répondu pour cette édition : l’irritant y reste.")
        )
    _require_anonymous(text, irritant)
    irritant.text, irritant.evening_id = text, evening_id
    irritant.save(update_fields=["text", "evening"])
    decision = _note(irritant, IrritantDecisionKind.CORRECTED, reason, by_id=by_id, now=now)
    if irritant.forgotten_at is None:
        _tell_company(
            irritant, "irritant_corrected", now=now, stamp=f":{decision.pk}", reason=reason
        )
    touch()
    return irritant


@transaction.atomic(durable=True)
def retract_irritant(*, irritant_id: int, reason: str, by_id: int, now: datetime) -> Irritant:
    """Take a published irritant down, by staff; the company reads why, and no page shows it again.

    Raises RendezvousRefused (not published; an answer to it is on stage and the vote not open).
    """
    irritant = Irritant.objects.select_for_update(of=("self",)).get(pk=irritant_id)
    if irritant.status != IrritantStatus.PUBLISHED:
        raise RendezvousRefused(_("Cet irritant n’est pas publié."))
    if irritant.pitches.chosen().filter(evening__vote_opened_at=None).exists():
        raise RendezvousRefused(
            _("Une réponse à cet irritant passe en scène : retirez-la d’abord du programme.")
        )
    irritant.status, irritant.reason, irritant.ended_at = IrritantStatus.WITHDRAWN, reason, now
    if irritant.forgotten_at is not None:  # nobody is left who could ask for the words
        irritant.text, irritant.reason = "", ""
    irritant.save(update_fields=["status", "reason", "ended_at", "text"])
    _note(irritant, IrritantDecisionKind.RETRACTED, reason, by_id=by_id, now=now)
    if irritant.forgotten_at is None:
        _tell_company(irritant, "irritant_retracted", now=now, reason=reason)
    touch()
    return irritant


@transaction.atomic(durable=True)
def refuse_irritant(*, irritant_id: int, reason: str, by_id: int, now: datetime) -> Irritant:
    """Say to the company why its irritant is not published."""
    irritant = _locked_irritant(irritant_id)
    if irritant.status != IrritantStatus.WAITING:
        raise RendezvousRefused(_("Cet irritant n’est pas à relire."))
    irritant.status, irritant.reason = IrritantStatus.REFUSED, reason
    irritant.decided_at, irritant.decided_by_id, irritant.ended_at = now, by_id, now
    irritant.save(update_fields=["status", "reason", "decided_at", "decided_by", "ended_at"])
    _note(irritant, IrritantDecisionKind.REFUSED, reason, by_id=by_id, now=now)
    _tell_company(irritant, "irritant_refused", now=now)
    return irritant


@transaction.atomic(durable=True)
def withdraw_irritant(*, irritant_id: int, now: datetime) -> Irritant:
    """Take an irritant off the list, by its company. Twice is once."""
    irritant = _locked_irritant(irritant_id)
    if irritant.status in {IrritantStatus.WITHDRAWN, IrritantStatus.REFUSED}:
        return irritant
    if irritant.pitches.chosen().exists():
        raise RendezvousRefused(
            _("Une réponse à cet irritant passe en scène : appelez-nous pour le retirer.")
        )
    irritant.status, irritant.ended_at = IrritantStatus.WITHDRAWN, now
    irritant.save(update_fields=["status", "ended_at"])
    touch()
    return irritant


def _locked_irritant(irritant_id: int) -> Irritant:
    rows = Irritant.objects.select_for_update(of=("self",))
    return rows.get(pk=irritant_id, forgotten_at=None)


def _note(
    irritant: Irritant, kind: IrritantDecisionKind, reason: str, *, by_id: int, now: datetime
) -> IrritantDecision:
    return irritant.decisions.create(kind=kind, reason=reason, by_id=by_id, at=now)


def _require_anonymous(text: str, irritant: Irritant) -> None:
    held = _names_in(text, irritant)
    if held:
        raise RendezvousRefused(
            _("Le texte dit encore « %(words)s » : il doit rester anonyme.") % {"words": held}
        )


def _names_in(text: str, irritant: Irritant) -> str:
    """Return the name of the company or of the person that the words still hold."""
    folded = text.casefold()
    names = [irritant.company_name, irritant.name, irritant.email]
    return next((name for name in names if name and name.casefold() in folded), "")


def _tell_company(
    irritant: Irritant, kind: str, *, now: datetime, unsolicited: bool = False, stamp: str = "",
    **context: Any,
) -> None:  # fmt: skip
    with override(irritant.language):
        list_url = settings.PUBLIC_URL + reverse("rendezvous:home")
    queue_email(
        to=irritant.email,
        template=f"events/emails/{kind}",
        context={
            "irritant": irritant,
            "follow_url": link(irritant.pk, IRRITANT, irritant.language),
            "list_url": list_url,
            **context,
        },
        language=irritant.language,
        dedup_key=f"events.{kind}:{irritant.pk}{stamp}",
        unsolicited=unsolicited,
        secret=True,
        now=now,
    )


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
    rows = Irritant.objects.published().select_related("evening__session")
    irritant = rows.select_for_update(of=("self",)).get(pk=irritant_id)
    provider = _own_provider(provider_id, user_id)
    require_charter(provider, now=now)
    evening = irritant.evening
    if evening is None or not evening.takes_applications(now=now):
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
    """Hold an evening until the end of the transaction. Raises Evening.DoesNotExist."""
    rows = Evening.objects.select_related("session").select_for_update(of=("self",))
    return rows.get(pk=evening_id)


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
