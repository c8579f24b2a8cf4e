"""A company's need: written step by step, confirmed from its mailbox, followed to its end.

Nobody files a need for a company: what was typed becomes a need by a button on the page of a link
that was sent to the address given; opening that link changes nothing (mechanics 3.1).
"""

from dataclasses import asdict
from datetime import date, datetime
from typing import Any

from django.conf import settings
from django.core import signing
from django.db import transaction
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import override

from directory.enums import (
    ClosingReason,
    LaterOutcome,
    LossReason,
    NeedOutcome,
    NeedStatus,
    ProposalStatus,
)
from directory.matching.connections import invite_review
from directory.models import Company, Need, Proposal, Provider
from directory.models.needs import IN_TOUCH, OPEN_PROPOSALS
from directory.services.companies import register_layer
from directory.tasks import propose_need
from emn.accounts.retention import periods
from emn.lib.commit import after_commit
from emn.lib.db import advisory_lock
from emn.lib.errors import DomainError
from emn.mailings.services import queue_email
from emn.territory.lookup import CompanyFacts

DRAFT, CONFIRM, FOLLOW, ANSWER = "draft", "confirm", "follow", "answer"
MOST_ALIVE_PER_MAILBOX = 5


class NeedRefused(DomainError):
    """The need cannot be written, confirmed or moved so."""


# --- Links ---


def token(row_id: int, purpose: str) -> str:
    """Return the secret that lets its holder do one thing with one need, or one proposal."""
    return signing.dumps(row_id, salt=f"directory.needs.{purpose}")


def need_of(value: str, purpose: str) -> Need | None:
    """Return the need that the secret opens; None when it opens nothing, or no more.

    A draft, and the link that confirms, last as long as what nobody confirmed is kept.
    """
    lasts = periods()["unconfirmed_need"].length if purpose in {DRAFT, CONFIRM} else None
    try:
        need_id = signing.loads(value, salt=f"directory.needs.{purpose}", max_age=lasts)
    except signing.BadSignature:
        return None
    rows = Need.objects.select_related("service", "commune__epci", "company__commune", "wished")
    return rows.filter(pk=need_id, forgotten_at=None).first()


def path(row_id: int, purpose: str, language: str) -> str:
    """Return the address of the page that the secret opens, without the host."""
    with override(language):
        return reverse(f"needs:{purpose}", args=[token(row_id, purpose)])


def link(row_id: int, purpose: str, language: str) -> str:
    """Return the same as a message writes it."""
    return settings.PUBLIC_URL + path(row_id, purpose, language)


# --- Writing ---


@transaction.atomic(durable=True)
def start_need(
    *,
    name: str,
    email: str,
    phone: str,
    language: str,
    service_id: int | None,
    wished_slug: str,
    now: datetime,
) -> Need:
    """Begin a draft with whom to write to; nothing is sent yet."""
    wished = Provider.objects.published().filter(slug=wished_slug).first() if wished_slug else None
    return Need.objects.create(
        contact_name=name,
        contact_email=email.strip().lower(),
        contact_phone=phone,
        language=language,
        service_id=service_id,
        wished=wished,
        created_at=now,
    )


@transaction.atomic(durable=True)
def write_contact(*, need_id: int, name: str, email: str, phone: str) -> Need:
    """Change the first step of a draft. Raises NeedRefused once it was sent."""
    need = _locked_draft(need_id)
    need.contact_name, need.contact_email, need.contact_phone = name, email.strip().lower(), phone
    need.save(update_fields=["contact_name", "contact_email", "contact_phone"])
    return need


@transaction.atomic(durable=True)
def write_company(*, need_id: int, facts: CompanyFacts, client_size: str, sector: str) -> Need:
    """Write the second step: which company, as the register says it.

    Raises NeedRefused (closed establishment, sent already).
    """
    if facts.state == "F":
        raise NeedRefused(_("Cet établissement est fermé au registre. Donnez le SIRET actuel."))
    need = _locked_draft(need_id)
    need.register_facts = asdict(facts) | {
        "created_on": facts.created_on and facts.created_on.isoformat()
    }
    need.client_size, need.sector = client_size, sector
    need.save(update_fields=["register_facts", "client_size", "sector"])
    return need


@transaction.atomic(durable=True)
def deposit_need(*, need_id: int, values: dict[str, Any], now: datetime) -> Need:
    """Write the last step and ask the mailbox to confirm; sending twice writes once.

    Raises NeedRefused when a step is missing.
    """
    need = Need.objects.select_for_update(of=("self",)).get(pk=need_id)
    if need.status != NeedStatus.DRAFT:
        return need
    if need.register_facts is None:
        raise NeedRefused(_("Dites d’abord pour quelle entreprise."))
    _put(need, values)
    need.status, need.deposited_at = NeedStatus.DEPOSITED, now
    need.save()
    tell_company(need, "confirm", now=now, unsolicited=True)
    return need


@transaction.atomic(durable=True)
def save_draft(*, need_id: int, values: dict[str, Any]) -> None:
    """Keep what the last step holds, complete or not, so that nothing typed is lost."""
    need = Need.objects.select_for_update(of=("self",)).get(pk=need_id)
    if need.status == NeedStatus.DRAFT:
        _put(need, values)
        need.save()


@transaction.atomic(durable=True)
def confirm_need(*, need_id: int, now: datetime) -> Need:
    """Make a need of what was deposited: its company has pressed the button. Twice is once.

    Raises Need.DoesNotExist, or NeedRefused (too many needs in progress at this address).
    """
    need = Need.objects.select_for_update(of=("self",)).get(pk=need_id, forgotten_at=None)
    if need.status != NeedStatus.DEPOSITED:
        return need
    advisory_lock(f"directory.needs:{need.contact_email}")
    if (
        Need.objects.alive().filter(contact_email=need.contact_email).count()
        >= MOST_ALIVE_PER_MAILBOX
    ):
        raise NeedRefused(
            _("Vous avez déjà %(count)s besoins en cours. Terminez-en un, ou écrivez au centre.")
            % {"count": MOST_ALIVE_PER_MAILBOX}
        )
    need.company = _company_of(need, now=now)
    need.status, need.confirmed_at, need.register_facts = NeedStatus.CONFIRMED, now, None
    need.save()
    tell_company(need, "confirmed", now=now)
    return need


# --- What the company decides ---


@transaction.atomic(durable=True)
def ask_for_more(*, need_id: int, now: datetime) -> Need:
    """Ask for two more providers, once. Raises NeedRefused (asked already, too early, ended)."""
    need = locked(need_id)
    if need.more_asked or need.proposed_at is None or not need.is_alive:
        raise NeedRefused(_("Deux prestataires de plus se demandent une fois, une fois proposés."))
    need.more_asked = True
    need.save(update_fields=["more_asked"])
    after_commit(lambda: propose_need.delay(need_id=need_id))
    return need


@transaction.atomic(durable=True)
def note_quote(*, need_id: int, proposal_id: int, now: datetime) -> Need:
    """Note that a provider has given its quote. Raises Proposal.DoesNotExist or NeedRefused."""
    need = locked(need_id)
    proposal = _proposal_in_touch(need, proposal_id)
    if proposal.status != ProposalStatus.ACCEPTED or not need.is_alive:
        raise NeedRefused(_("Ce devis est déjà noté, ou ce besoin est terminé."))
    take_quote(proposal, now=now)
    return need


@transaction.atomic(durable=True)
def choose(*, need_id: int, proposal_id: int, now: datetime) -> Need:
    """Choose a provider; the others are told, with the reason.

    Raises Proposal.DoesNotExist or NeedRefused (already chosen, ended).
    """
    need = locked(need_id)
    choose_provider(_proposal_in_touch(need, proposal_id), now=now)
    return need


@transaction.atomic(durable=True)
def decline(*, need_id: int, proposal_id: int, reason: str, now: datetime) -> Need:
    """Go no further with one provider, which is told why.

    One that gave no news is replaced. When nobody is left in touch, an adviser takes the need up.
    Raises Proposal.DoesNotExist or NeedRefused.
    """
    need = locked(need_id)
    proposal = _proposal_in_touch(need, proposal_id)
    if proposal.status == ProposalStatus.CHOSEN or not need.is_alive:
        raise NeedRefused(_("Ce prestataire est déjà choisi, ou ce besoin est terminé."))
    _lose(proposal, reason, now=now)
    if not need.proposals.filter(status__in=IN_TOUCH).exists():
        need.status, need.adviser_called_at = NeedStatus.PROPOSED, now
        need.save(update_fields=["status", "adviser_called_at"])
    if reason == LossReason.NO_CALL:
        after_commit(lambda: propose_need.delay(need_id=need_id))
    return need


@transaction.atomic(durable=True)
def close_need(*, need_id: int, reason: str, now: datetime) -> Need:
    """End a need without a provider; those in progress are told. Raises NeedRefused (ended)."""
    need = locked(need_id)
    if not need.is_alive:
        raise NeedRefused(_("Ce besoin est déjà terminé."))
    end_without_provider(need, reason, now=now)
    return need


@transaction.atomic(durable=True)
def note_done(*, need_id: int, now: datetime) -> Need:
    """Note that the work is done, and ask for a review. Raises NeedRefused (nobody was chosen)."""
    need = locked(need_id)
    if need.status != NeedStatus.CHOSEN:
        raise NeedRefused(_("Dites d’abord quel prestataire vous avez choisi."))
    _finish(need, now=now)
    return need


@transaction.atomic(durable=True)
def note_satisfaction(
    *, need_id: int, was_called: bool, was_useful: str, outcome: str, now: datetime
) -> Need:
    """Write what the company says ten days after the first contact; the last answer counts.

    Raises NeedRefused before any contact.
    """
    need = locked(need_id)
    if need.contact_at is None:
        raise NeedRefused(_("Aucun prestataire n’a encore accepté votre demande."))
    need.was_called, need.was_useful, need.outcome = was_called, was_useful, outcome
    need.save(update_fields=["was_called", "was_useful", "outcome"])
    endings = {
        NeedOutcome.ELSEWHERE.value: ClosingReason.ELSEWHERE,
        NeedOutcome.DROPPED.value: ClosingReason.DROPPED,
    }
    if need.is_alive and outcome in endings:
        end_without_provider(need, endings[outcome], now=now)
    return need


@transaction.atomic(durable=True)
def note_later(*, need_id: int, outcome: str, now: datetime) -> Need:
    """Write where the work stands five months after. Raises NeedRefused before any contact."""
    need = locked(need_id)
    if need.contact_at is None:
        raise NeedRefused(_("Aucun prestataire n’a encore accepté votre demande."))
    need.later_outcome = outcome
    need.save(update_fields=["later_outcome"])
    if not need.is_alive:
        return need
    if outcome == LaterOutcome.DROPPED:
        end_without_provider(need, ClosingReason.DROPPED, now=now)
    elif outcome == LaterOutcome.DONE and need.status == NeedStatus.CHOSEN:
        _finish(need, now=now)
    return need


# --- Steps that the other services share ---


def locked(need_id: int) -> Need:
    """Return the need for the length of the transaction; whoever also locks proposals comes here.

    Raises Need.DoesNotExist, also for one that was forgotten.
    """
    rows = Need.objects.select_for_update(of=("self",)).select_related(
        "service", "commune__epci", "company"
    )
    return rows.get(pk=need_id, forgotten_at=None)


def locked_proposal(proposal_id: int) -> Proposal:
    """Return the proposal, its need locked first: two acts on one need wait for each other."""
    need = locked(Proposal.objects.values_list("need_id", flat=True).get(pk=proposal_id))
    rows = Proposal.objects.select_for_update(of=("self",)).select_related("provider__company")
    proposal = rows.get(pk=proposal_id)
    proposal.need = need
    return proposal


def take_quote(proposal: Proposal, *, now: datetime) -> None:
    """Write that a provider in touch has given its quote; a second one changes nothing.

    Raises NeedRefused once it is no more in touch, or another was chosen.
    """
    need = proposal.need
    is_open = proposal.status in {ProposalStatus.ACCEPTED, ProposalStatus.QUOTED}
    if not is_open or not need.is_alive:
        raise NeedRefused(_("Cette demande n’attend plus de devis de votre part."))
    if proposal.status == ProposalStatus.ACCEPTED:
        proposal.status, proposal.quoted_at = ProposalStatus.QUOTED, now
        proposal.save(update_fields=["status", "quoted_at"])
    if need.status == NeedStatus.IN_CONTACT:
        need.status = NeedStatus.QUOTED
        need.save(update_fields=["status"])


def choose_provider(proposal: Proposal, *, now: datetime) -> None:
    """Write that the company has chosen; the others are told. Raises NeedRefused."""
    need = proposal.need
    if need.status not in {NeedStatus.IN_CONTACT, NeedStatus.QUOTED} or not proposal.is_in_touch:
        raise NeedRefused(_("Un prestataire est déjà choisi, ou ce besoin est terminé."))
    proposal.status = ProposalStatus.CHOSEN
    proposal.save(update_fields=["status"])
    need.status, need.chosen_at = NeedStatus.CHOSEN, now
    need.save(update_fields=["status", "chosen_at"])
    tell_provider(proposal, "chosen", now=now)
    end_open_proposals(need, LossReason.ANOTHER, now=now)


def end_without_provider(need: Need, reason: str, *, now: datetime) -> None:
    """Close the need and tell the providers in progress."""
    need.status, need.closing_reason, need.ended_at = NeedStatus.CLOSED, reason, now
    need.save(update_fields=["status", "closing_reason", "ended_at"])
    chosen = need.proposals.filter(status=ProposalStatus.CHOSEN).select_related("provider")
    for proposal in chosen.order_by("pk"):
        _lose(proposal, LossReason.DROPPED, now=now)
    another = reason == ClosingReason.ELSEWHERE
    end_open_proposals(need, LossReason.ANOTHER if another else LossReason.DROPPED, now=now)


def end_quietly(need: Need, *, now: datetime) -> None:
    """Close a need whose company answers no more, and write to nobody about it.

    Whoever was chosen stays so; what a provider had not answered yet is withdrawn, and told.
    """
    met = need.proposals.filter(status__in=(ProposalStatus.ACCEPTED, ProposalStatus.QUOTED))
    met.update(status=ProposalStatus.LOST, loss_reason=LossReason.NO_NEWS, ended_at=now)
    need.status, need.closing_reason = NeedStatus.CLOSED, ClosingReason.NO_NEWS
    need.ended_at = now
    need.save(update_fields=["status", "closing_reason", "ended_at"])
    end_open_proposals(need, LossReason.NO_NEWS, now=now)


def end_open_proposals(need: Need, reason: str, *, now: datetime) -> None:
    """End what is in progress at other providers: withdrawn before an answer, else lost."""
    rows = need.proposals.filter(status__in=OPEN_PROPOSALS).select_related("provider__company")
    for proposal in rows.select_for_update(of=("self",)).order_by("pk"):
        if proposal.status == ProposalStatus.SENT:
            proposal.status, proposal.ended_at = ProposalStatus.WITHDRAWN, now
            proposal.save(update_fields=["status", "ended_at"])
            tell_provider(proposal, "withdrawn", now=now)
        else:
            _lose(proposal, reason, now=now)


def tell_company(
    need: Need,
    kind: str,
    *,
    now: datetime,
    stamp: object = "",
    unsolicited: bool = False,
    **context: object,
) -> None:
    """Write to the company, in its language, with the link that follows its need.

    The link lets its holder decide: the centre keeps no copy of it.
    """
    queue_email(
        to=need.contact_email,
        template=f"directory/needs/emails/{kind}",
        context={
            "need": need,
            "service": need.service,
            "confirm_url": link(need.pk, CONFIRM, need.language),
            "follow_url": link(need.pk, FOLLOW, need.language),
            **context,
        },
        language=need.language,
        dedup_key=f"directory.need_{kind}:{need.pk}:{stamp}",
        unsolicited=unsolicited,
        secret=True,
        now=now,
    )


def tell_provider(
    proposal: Proposal, kind: str, *, now: datetime, stamp: object = "", **context: object
) -> int:
    """Write to those who hold the card, else to the card's own address; return to how many."""
    provider, need = proposal.provider, proposal.need
    people = [
        (user.email, user.language)
        for user in provider.company.members.filter(is_active=True).order_by("pk")
    ] or ([(provider.email, provider.language)] if provider.email else [])
    for email, language in people:
        queue_email(
            to=email,
            template=f"directory/needs/emails/{kind}",
            context={
                "need": need,
                "service": need.service,
                "proposal": proposal,
                "provider": provider,
                "answer_url": link(proposal.pk, ANSWER, language),
                **context,
            },
            language=language,
            dedup_key=f"directory.proposal_{kind}:{proposal.pk}:{email}:{stamp}",
            secret=True,
            now=now,
        )
    return len(people)


def _locked_draft(need_id: int) -> Need:
    need = Need.objects.select_for_update(of=("self",)).get(pk=need_id)
    if need.status != NeedStatus.DRAFT:
        raise NeedRefused(_("Ce besoin est déjà envoyé : regardez votre courrier."))
    return need


_WRITABLE = (
    "service", "commune_id", "working_language", "budget", "deadline", "text", "answers",
)  # fmt: skip


def _put(need: Need, values: dict[str, Any]) -> None:
    for name in _WRITABLE:
        if name in values:
            setattr(need, name, values[name])


def _company_of(need: Need, *, now: datetime) -> Company:
    """Return the company of the draft, created from what the register said."""
    assert need.register_facts is not None
    created_on = need.register_facts["created_on"]
    facts = CompanyFacts(
        **need.register_facts
        | {"created_on": date.fromisoformat(created_on) if created_on else None}
    )
    company, _created = Company.objects.get_or_create(
        siret=facts.siret, defaults=register_layer(facts, now=now)
    )
    return company


def _proposal_in_touch(need: Need, proposal_id: int) -> Proposal:
    rows = need.proposals.select_for_update(of=("self",)).select_related("provider__company")
    proposal = rows.get(pk=proposal_id)
    if not proposal.is_in_touch:
        raise NeedRefused(_("Ce prestataire n’est pas, ou plus, en contact avec vous."))
    proposal.need = need
    return proposal


def _lose(proposal: Proposal, reason: str, *, now: datetime) -> None:
    proposal.status, proposal.loss_reason, proposal.ended_at = ProposalStatus.LOST, reason, now
    proposal.save(update_fields=["status", "loss_reason", "ended_at"])
    tell_provider(proposal, "lost", now=now)


def _finish(need: Need, *, now: datetime) -> None:
    need.status, need.ended_at = NeedStatus.DONE, now
    need.save(update_fields=["status", "ended_at"])
    chosen = need.proposals.get(status=ProposalStatus.CHOSEN)
    invite_review(need_id=need.pk, card_id=chosen.provider_id, now=now)


def is_writable(need: Need) -> bool:
    """Whether the company has not sent it yet."""
    return need.status == NeedStatus.DRAFT
