"""Putting a need to providers, and what they answer (mechanics 3.3 and 3.4)."""

from datetime import datetime, timedelta

from django.db import transaction
from django.utils.translation import gettext as _

from directory.enums import (
    BUDGET_BOUNDS,
    MessageSide,
    NeedStatus,
    ProposalStatus,
    RefusalReason,
)
from directory.matching.candidates import Asked, best
from directory.matching.ranking import MORE, MOST_OPEN_REQUESTS, PROPOSED, Ranked
from directory.models import Need, NeedMessage, Proposal, Provider, Recommendation, RequestPause
from directory.models.needs import counting_as
from directory.services import trust_requests
from directory.services.needs import (
    ANSWER,
    FOLLOW,
    NeedRefused,
    link,
    locked,
    locked_proposal,
    tell_company,
    tell_provider,
)
from directory.services.telling import people_of, tell_each
from directory.tasks import propose_need
from emn.lib.commit import after_commit
from emn.lib.db import advisory_lock
from emn.lib.rate_limit import allow

ANSWER_WITHIN = timedelta(hours=72)
PROPOSABLE = (NeedStatus.QUALIFIED, NeedStatus.PROPOSED, NeedStatus.IN_CONTACT, NeedStatus.QUOTED)
MOST_PROVIDERS = 12  # asked in all for one need, so that it does not go round the whole directory
MESSAGES_PER_DAY = 30  # of one thread, both sides together
_SIREN_DIGITS = 9
_LOCK = "directory.needs.propose"  # two needs at once must not overload the same provider


def asked_by(need: Need) -> Asked:
    """Return what a complete need asks of its candidates."""
    assert need.service_id
    assert need.commune
    siret = need.company.siret if need.company else ""
    return Asked(
        need=need.pk,
        siren=siret[:_SIREN_DIGITS],
        service=need.service_id,
        commune=need.commune,
        client_size=need.client_size,
        sector=need.sector,
        language=need.working_language,
        band=BUDGET_BOUNDS[need.budget],
    )


@transaction.atomic(durable=True)
def propose(*, need_id: int, now: datetime) -> int:
    """Bring a qualified need to as many providers as it should have; return how many were added.

    Three, or five when the company asked for more: those that wait for an answer or were met. The
    provider on whose card the company began is asked first when it is eligible: that is the
    company's own choice. Safe to run twice: a provider is never asked twice for one need.
    """
    advisory_lock(_LOCK)
    need = locked(need_id)
    if need.status not in PROPOSABLE:
        return 0
    known = set(need.proposals.order_by("pk").values_list("provider_id", flat=True))
    counting = need.proposals.filter(counting_as()).count()
    wanted = PROPOSED + (MORE if need.more_asked else 0) - counting
    if wanted <= 0:
        return 0
    wanted = min(wanted, MOST_PROVIDERS - len(known))
    found = _found(need, wanted, known, now=now) if wanted > 0 else []  # else all were asked
    added = [_send(need, ranked, now=now) for ranked in found]
    _note(need, added, is_first=not known, has_open=counting > 0, now=now)
    return len(added)


def _found(need: Need, wanted: int, known: set[int], *, now: datetime) -> list[Ranked]:
    asked = asked_by(need)
    first: list[Ranked] = []
    if need.wished_id and need.wished_id not in known:
        first = best(asked, now=now, wanted=1, only=[need.wished_id])
    without = known | {ranked.card for ranked in first}
    return first + best(asked, now=now, wanted=wanted - len(first), without=without)


def _send(
    need: Need, ranked: Ranked, *, now: datetime, recommendation: Recommendation | None = None
) -> Proposal:
    proposal = Proposal.objects.create(
        need=need,
        provider=Provider.objects.select_related("company").get(pk=ranked.card),
        recommendation=recommendation,
        points=ranked.points,
        facts=ranked.facts,
        sent_at=now,
        expires_at=now + ANSWER_WITHIN,
    )
    tell_provider(proposal, "received", now=now)
    return proposal


def _note(
    need: Need, added: list[Proposal], *, is_first: bool, has_open: bool, now: datetime
) -> None:
    """Write on the need what came of it, and tell the company when there is news."""
    if added:
        need.unanswered_at = None
        if need.status == NeedStatus.QUALIFIED:
            need.status, need.proposed_at = NeedStatus.PROPOSED, now
        need.save(update_fields=["unanswered_at", "status", "proposed_at"])
        kind = "proposed" if is_first else "replaced"
        stamp = "-".join(str(proposal.pk) for proposal in added)
        tell_company(need, kind, now=now, stamp=stamp, proposals=added)
    elif not has_open and need.unanswered_at is None:
        need.unanswered_at = now
        need.save(update_fields=["unanswered_at"])


# --- What a provider answers ---


@transaction.atomic(durable=True)
def accept(*, proposal_id: int, now: datetime) -> Proposal:
    """Take the request: both sides get each other's contact. Accepting twice changes nothing.

    Raises Proposal.DoesNotExist, or NeedRefused (too late, refused already, need ended).
    """
    proposal = locked_proposal(proposal_id)
    if proposal.is_in_touch:
        return proposal
    _refuse_late(proposal, now=now)
    need = proposal.need
    proposal.status, proposal.answered_at = ProposalStatus.ACCEPTED, now
    proposal.save(update_fields=["status", "answered_at"])
    trust_requests.record_answer(proposal, now=now)
    need.contact_at = need.contact_at or now
    need.unanswered_at = None
    if need.status == NeedStatus.PROPOSED:
        need.status = NeedStatus.IN_CONTACT
    need.save(update_fields=["contact_at", "unanswered_at", "status"])
    tell_company(need, "accepted", now=now, stamp=proposal.pk, proposal=proposal)
    tell_provider(proposal, "in_contact", now=now)
    return proposal


@transaction.atomic(durable=True)
def refuse(*, proposal_id: int, reason: str, words: str, pauses: bool, now: datetime) -> Proposal:
    """Leave the request, with a reason; another provider is looked for at once.

    `pauses`: take no request until one says otherwise. Raises Proposal.DoesNotExist or NeedRefused.
    """
    proposal = locked_proposal(proposal_id)
    if proposal.status == ProposalStatus.REFUSED:
        return proposal
    _refuse_late(proposal, now=now)
    if reason == RefusalReason.OTHER and not words.strip():
        raise NeedRefused(_("Dites en quelques mots pourquoi."))
    proposal.status, proposal.refusal_reason = ProposalStatus.REFUSED, reason
    proposal.refusal_words = words.strip()
    proposal.answered_at = proposal.ended_at = now
    proposal.save()
    trust_requests.record_answer(proposal, now=now)
    if pauses:
        _set_pause(proposal.provider, paused=True, now=now)
    _look_for_another(proposal.need_id)
    return proposal


@transaction.atomic(durable=True)
def expire(*, proposal_id: int, now: datetime) -> bool:
    """Give up a provider that let 72 hours pass, and look for another; False when it need not."""
    proposal = locked_proposal(proposal_id)
    if proposal.status != ProposalStatus.SENT or proposal.expires_at > now:
        return False
    proposal.status, proposal.ended_at = ProposalStatus.SILENT, now
    proposal.save(update_fields=["status", "ended_at"])
    tell_provider(proposal, "too_late", now=now)
    _look_for_another(proposal.need_id)
    return True


@transaction.atomic(durable=True)
def record_silence(*, proposal_id: int, now: datetime) -> bool:
    """Have a request that was never answered count for the index; False when it is not due."""
    return trust_requests.record_silence(locked_proposal(proposal_id), now=now)


@transaction.atomic(durable=True)
def set_pause(*, provider_id: int, paused: bool, now: datetime) -> None:
    """Take no more requests, or take them again. Raises Provider.DoesNotExist."""
    _set_pause(Provider.objects.get(pk=provider_id), paused=paused, now=now)


@transaction.atomic(durable=True)
def set_pause_by_link(*, proposal_id: int, paused: bool, now: datetime) -> None:
    """Do the same from the link of a request, as long as that request is in progress.

    Raises Proposal.DoesNotExist or NeedRefused (an old link commands nothing any more).
    """
    proposal = locked_proposal(proposal_id)
    if not proposal.is_in_progress:
        raise NeedRefused(
            _(
                "Cette demande est terminée : son lien ne commande plus vos demandes. Ouvrez « Mes "
                "fiches », ou écrivez au centre."
            )
        )
    _set_pause(proposal.provider, paused=paused, now=now)


def _set_pause(provider: Provider, *, paused: bool, now: datetime) -> None:
    """Write the pause and, of one that begins, tell who holds the card."""
    if not paused:
        RequestPause.objects.filter(provider=provider).delete()
        return
    _pause, is_new = RequestPause.objects.get_or_create(
        provider=provider, defaults={"started_at": now}
    )
    if is_new:
        tell_each(
            people_of(provider.company_id),
            "requests_paused",
            occasion=f"{provider.pk}:{now.isoformat()}",
            now=now,
            provider=provider,
        )


def takes_requests(provider_id: int, *, now: datetime) -> bool:
    """Tell whether a provider may be asked today: no pause, and room for one more request."""
    if RequestPause.objects.filter(provider=provider_id).exists():
        return False
    waiting = Proposal.objects.weighing(now=now).filter(provider=provider_id).count()
    return waiting < MOST_OPEN_REQUESTS


# --- The thread ---


def write_message(*, proposal_id: int, side: MessageSide, text: str, now: datetime) -> NeedMessage:
    """Add a message to the thread and tell the other side.

    Raises Proposal.DoesNotExist or NeedRefused (not in touch, ended, too many today).
    """
    if not allow(
        scope="directory.need.messages",
        key=str(proposal_id),
        limit=MESSAGES_PER_DAY,
        period_s=24 * 3600,
        now=now,
    ):  # before the transaction: a rollback would take the hit back
        raise NeedRefused(_("Trop de messages aujourd’hui : appelez-vous, ou attendez demain."))
    return _write_message(proposal_id=proposal_id, side=side, text=text, now=now)


@transaction.atomic(durable=True)
def _write_message(*, proposal_id: int, side: MessageSide, text: str, now: datetime) -> NeedMessage:
    proposal = locked_proposal(proposal_id)
    need = proposal.need
    if not proposal.is_in_touch or not need.is_alive:
        raise NeedRefused(_("Ce fil est clos : le besoin est terminé, ou n’est plus en contact."))
    last = proposal.messages.order_by("-pk").first()
    if last is not None and (last.side, last.text) == (side, text):
        return last  # sent twice
    message = proposal.messages.create(side=side, text=text, sent_at=now)
    if side == MessageSide.COMPANY:
        url = link(proposal.pk, ANSWER, proposal.provider.language)
        tell_provider(proposal, "message", now=now, stamp=message.pk, url=url, message=message)
    else:
        url = link(need.pk, FOLLOW, need.language)
        tell_company(
            need, "message", now=now, stamp=message.pk, url=url, message=message,
            provider=proposal.provider,
        )  # fmt: skip
    return message


# --- What staff does ---


@transaction.atomic(durable=True)
def recommend(
    *, need_id: int, provider_ids: list[int], reason: str, by_id: int, now: datetime
) -> Recommendation:
    """Add providers that an agent chose among the eligible ones; the neutrality log says why.

    Raises NeedRefused (no reason, not eligible, asked already, the need is not proposable).
    """
    advisory_lock(_LOCK)
    need = locked(need_id)
    if need.status not in PROPOSABLE:
        raise NeedRefused(_("Ce besoin n’est pas, ou plus, à proposer : qualifiez-le d’abord."))
    if not reason.strip():
        raise NeedRefused(_("Dites pourquoi : chaque recommandation est une ligne du journal."))
    known = set(need.proposals.values_list("provider_id", flat=True))
    wanted = [pk for pk in provider_ids if pk not in known]
    eligible = best(asked_by(need), now=now, wanted=len(wanted), only=wanted) if wanted else []
    if len(eligible) < len(wanted) or not wanted:
        raise NeedRefused(
            _("L’un de ces prestataires a déjà été sollicité, ou ne passe pas les filtres publiés.")
        )
    entry = Recommendation.objects.create(
        need=need, reason=reason.strip(), made_by_id=by_id, made_at=now
    )
    added = [_send(need, ranked, now=now, recommendation=entry) for ranked in eligible]
    _note(need, added, is_first=not known, has_open=True, now=now)
    return entry


# --- Steps ---


def _refuse_late(proposal: Proposal, *, now: datetime) -> None:
    if not proposal.need.is_alive or proposal.status == ProposalStatus.WITHDRAWN:
        raise NeedRefused(_("L’entreprise n’a plus ce besoin : rien à faire de votre côté."))
    if proposal.status != ProposalStatus.SENT or proposal.expires_at <= now:
        raise NeedRefused(
            _("Le délai de réponse est passé, ou vous avez déjà répondu : la demande est partie.")
        )


def _look_for_another(need_id: int) -> None:
    after_commit(lambda: propose_need.delay(need_id=need_id))
