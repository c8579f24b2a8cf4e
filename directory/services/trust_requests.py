"""What requests routed to a provider say in its ledger of trust: how soon it answered (rules 1.5).

Only the cards of companies that have adhered to the charter have a ledger; of the others nothing is
kept. A refusal is an answer. Each call is a step of the caller's transaction, which holds the need.
"""

from datetime import date, datetime, timedelta

from django.utils import timezone

from directory.enums import ClosingReason, ProposalStatus, TrustSource
from directory.models import Need, Proposal, TrustEvent
from directory.services import trust
from directory.services.claims import firm_domains
from directory.services.trust_computing import version_on
from directory.trust.events import Kind
from directory.trust.parameters import Parameters
from directory.trust_clients import client_hash
from emn.lib.calendar import add_working_days

_SPAM, _LINKED, _UNVERIFIED = "spam", "linked_party", "unverified"


def record_answer(proposal: Proposal, *, now: datetime) -> None:
    """Record that the provider has answered."""
    assert proposal.answered_at is not None
    answered_on = timezone.localdate(proposal.answered_at)
    _record(proposal, on=answered_on, answered_on=answered_on, now=now)


def record_silence(proposal: Proposal, *, now: datetime) -> bool:
    """Record that the provider never answered, once the last delay of the formula has run out."""
    parameters = _parameters(now)
    if parameters is None or proposal.status != ProposalStatus.SILENT or proposal.recorded_at:
        return False
    on = _given_up_on(timezone.localdate(proposal.sent_at), parameters)
    if on > timezone.localdate(now):
        return False
    _record(proposal, on=on, answered_on=None, now=now)
    return True


def unanswered_until(*, now: datetime) -> date | None:
    """Return the last day whose requests are too old for an answer to count.

    None before the first version of the formula.
    """
    parameters = _parameters(now)
    if parameters is None:
        return None
    today = day = timezone.localdate(now)
    while _given_up_on(day, parameters) > today:
        day -= timedelta(days=1)
    return day


def exclude_spam(need: Need, *, now: datetime) -> None:
    """Have the requests of a need that was not serious count no more for whoever got them."""
    rows = need.proposals.select_related("provider__company").exclude(recorded_at=None)
    for proposal in rows.order_by("provider_id"):
        proposal.need = need
        recorded = TrustEvent.objects.filter(
            file__provider=proposal.provider_id, key=_key(proposal)
        ).first()
        if recorded is not None and not recorded.payload["excluded"]:
            trust.record(
                provider_id=proposal.provider_id,
                kind=Kind.REQUEST,
                effective_on=timezone.localdate(now),
                payload={**recorded.payload, "excluded": _SPAM},
                source=TrustSource.REQUESTS,
                key=f"{_key(proposal)}:{_SPAM}",
                now=now,
            )


def _parameters(now: datetime) -> Parameters | None:
    version = version_on(timezone.localdate(now))
    return None if version is None else version.parameters


def _given_up_on(sent_on: date, parameters: Parameters) -> date:
    """Return the day from which no answer to a request of that day counts any more."""
    longest = max(days for days, _value in parameters.reply_steps)
    return add_working_days(sent_on, longest + 1, local_law=parameters.local_law)


def _key(proposal: Proposal) -> str:
    return f"request:{proposal.pk}"


def _record(proposal: Proposal, *, on: date, answered_on: date | None, now: datetime) -> None:
    proposal.recorded_at = now
    proposal.save(update_fields=["recorded_at"])
    adheres = TrustEvent.objects.filter(file__provider=proposal.provider_id, kind=Kind.ADHESION)
    company = proposal.need.company
    if company is None or not adheres.exists():
        return
    trust.record(
        provider_id=proposal.provider_id,
        kind=Kind.REQUEST,
        effective_on=on,
        payload={
            "request": str(proposal.pk),
            "client": client_hash(company.siren),
            "asked_on": timezone.localdate(proposal.sent_at).isoformat(),
            "answered_on": None if answered_on is None else answered_on.isoformat(),
            "excluded": _why_excluded(proposal),
        },
        source=TrustSource.REQUESTS,
        key=_key(proposal),
        now=now,
    )


def _why_excluded(proposal: Proposal) -> str:
    """Return why the request does not count, else "".

    Its SIREN is verified: the register knew it, the mailbox confirmed, the centre qualified.
    """
    need, own = proposal.need, proposal.provider.company
    assert need.company is not None
    if need.closing_reason == ClosingReason.NOT_SERIOUS:
        return _SPAM
    if need.company.closed_on is not None:
        return _UNVERIFIED
    email = need.contact_email.lower()
    is_linked = client_hash(need.company.siren) == client_hash(own.siren) or (
        email.rpartition("@")[2] in firm_domains(own) or own.members.filter(email=email).exists()
    )
    return _LINKED if is_linked else ""
