"""Quotes: written step by step by the provider, frozen when sent, answered from the mailbox.

Links show, buttons act. Locks: need and proposal first, then the quote, then the numbers of the
card, which follow each other without a gap because each is given in the transaction that sends.
"""

import hashlib
import json
import uuid
from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any

from django.conf import settings
from django.core import signing
from django.core.files.base import ContentFile
from django.db import transaction
from django.db.models import Max
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import override

from directory.enums import QuoteStatus
from directory.models import Adhesion, Company, Evidence, Proposal, Provider, Quote
from directory.models.needs import IN_TOUCH
from directory.models.quotes import COMMITMENTS
from directory.quote_documents import quote_pdf
from directory.quotes.parts import rules
from directory.services import needs
from directory.services.charter import TAKES_EVIDENCE, keep_evidence, locked
from directory.services.telling import people_of, tell_each
from emn.lib.db import advisory_lock
from emn.lib.documents import Document
from emn.lib.errors import DomainError
from emn.lib.rate_limit import allow
from emn.mailings.services import queue_email

EVIDENCE_KIND = "etic_quote"
VALID_FOR = timedelta(days=30)  # what a new quote proposes
LONGEST_VALIDITY = timedelta(days=365)
SENT_PER_DAY = 20  # of one card
MOST_DRAFTS = 50  # of one card
AT_ONCE = 500
_SALT = "directory.quotes.read"
_HEAD = (
    "title", "language", "valid_until", "client_company", "client_name", "client_email",
)  # fmt: skip


class QuoteRefused(DomainError):
    """The quote cannot be written, sent or answered so."""


# --- Links ---


def token(quote_id: int) -> str:
    """Return the secret that lets its holder read and answer one quote."""
    return signing.dumps(quote_id, salt=_SALT)


def quote_of(value: str) -> Quote | None:
    """Return the quote that the secret opens; None when it opens nothing, or no more."""
    try:
        quote_id = signing.loads(value, salt=_SALT)
    except signing.BadSignature:
        return None
    rows = Quote.objects.readable().select_related("provider__company", "proposal")
    return rows.filter(pk=quote_id).first()


def path(quote_id: int, language: str) -> str:
    """Return the address of the page that the secret opens, without the host."""
    with override(language):
        return reverse("quotes:read", args=[token(quote_id)])


# --- Writing ---


@transaction.atomic(durable=True)
def start_quote(
    *, user_id: int, provider_id: int, proposal_id: int | None = None, now: datetime
) -> Quote:
    """Begin a quote; for a request that was accepted, with whom and what it answers.

    Raises Provider.DoesNotExist (not one's own card), Proposal.DoesNotExist, or QuoteRefused.
    """
    card = _own_card(provider_id, user_id)
    if Quote.objects.filter(provider=card, status=QuoteStatus.DRAFT).count() >= MOST_DRAFTS:
        raise QuoteRefused(_("Vous avez trop de brouillons : supprimez ceux qui ne servent plus."))
    quote = Quote(provider=card, created_at=now, edited_at=now, valid_until=_day(now) + VALID_FOR)
    if proposal_id is not None:
        proposal = _proposal_in_touch(proposal_id, card)
        need = proposal.need
        quote.proposal, quote.language = proposal, need.language
        quote.client_company = need.company.name if need.company else ""
        quote.client_name, quote.client_email = need.contact_name, need.contact_email
        quote.title = need.service.name if need.service else ""
        quote.content = {"need": need.text}
    quote.save()
    return quote


@transaction.atomic(durable=True)
def copy_quote(*, quote_id: int, user_id: int, now: datetime) -> Quote:
    """Begin a quote that says what another says, for the same client.

    Raises Quote.DoesNotExist or QuoteRefused.
    """
    old = _own(quote_id, user_id)
    if old.forgotten_at is not None:
        raise QuoteRefused(_("Ce devis est effacé : seul son numéro reste."))
    content = {key: value for key, value in old.content.items() if key != "issuer"}
    return Quote.objects.create(
        provider=old.provider,
        proposal=old.proposal,
        language=old.language,
        title=old.title,
        client_company=old.client_company,
        client_name=old.client_name,
        client_email=old.client_email,
        content=content,
        valid_until=_day(now) + VALID_FOR,
        created_at=now,
        edited_at=now,
    )


@transaction.atomic(durable=True)
def write_head(*, quote_id: int, user_id: int, values: Mapping[str, Any], now: datetime) -> Quote:
    """Write for whom and what it is, complete or not; of a request, the client stays as it said.

    Raises Quote.DoesNotExist or QuoteRefused (sent already).
    """
    quote = _own_draft(quote_id, user_id)
    for name in _HEAD:
        is_given = name.startswith("client_") and quote.proposal_id is not None
        if name in values and not is_given:
            setattr(quote, name, values[name])
    quote.edited_at = now
    quote.save()
    return quote


@transaction.atomic(durable=True)
def write_part(*, quote_id: int, user_id: int, values: Mapping[str, Any], now: datetime) -> Quote:
    """Write what one part holds, complete or not: nothing typed is lost.

    `values`: by the keys of `directory.quotes.parts`, and `lines`. Raises as `write_head`.
    """
    quote = _own_draft(quote_id, user_id)
    known = {field.key for part in rules().parts for field in part.fields} | {"lines"}
    quote.content |= {key: value for key, value in values.items() if key in known}
    quote.edited_at = now
    quote.save(update_fields=["content", "edited_at"])
    return quote


@transaction.atomic(durable=True)
def delete_draft(*, quote_id: int, user_id: int) -> None:
    """Forget a draft. Raises as `write_head`."""
    _own_draft(quote_id, user_id).delete()


# --- Sending ---


def send_quote(*, quote_id: int, user_id: int, now: datetime) -> Quote:
    """Freeze the quote under the next number of its card, and write to the company.

    An earlier one for the same request that still waits is replaced. Raises Quote.DoesNotExist or
    QuoteRefused (something is missing, too many today, the request has ended).
    """
    provider_id = Quote.objects.values_list("provider_id", flat=True).get(pk=quote_id)
    if not allow(
        scope="directory.quotes.sent",
        key=str(provider_id),
        limit=SENT_PER_DAY,
        period_s=24 * 3600,
        now=now,
    ):  # before the transaction: a rollback would take the hit back
        raise QuoteRefused(_("Vingt devis par jour au plus : envoyez celui-ci demain."))
    return _send(quote_id=quote_id, user_id=user_id, now=now)


@transaction.atomic(durable=True)
def _send(*, quote_id: int, user_id: int, now: datetime) -> Quote:
    proposal = _locked_proposal(quote_id)
    quote = _own_draft(quote_id, user_id)
    _require_sendable(quote, on=_day(now))
    card = quote.provider
    if proposal is not None:
        needs.take_quote(proposal, now=now)
        quote.client_email = proposal.need.contact_email
        earlier = Quote.objects.filter(proposal=proposal, status=QuoteStatus.SENT)
        earlier.update(status=QuoteStatus.REPLACED, answered_at=now)
    advisory_lock(f"directory.quotes:{card.pk}")
    last = Quote.objects.filter(series=card.pk).aggregate(last=Max("number"))["last"]
    quote.series, quote.number = card.pk, (last or 0) + 1
    quote.commitments = quote.covered
    quote.status, quote.sent_at, quote.edited_at = QuoteStatus.SENT, now, now
    quote.content["issuer"] = _issuer(card)
    quote.sha256 = digest_of(quote)
    document = quote_pdf(quote)
    quote.document_sha256 = hashlib.sha256(document).hexdigest()
    # Written last, under a name of ours: no refusal leaves a file behind.
    quote.document.save(f"{uuid.uuid4()}.pdf", ContentFile(document), save=False)
    quote.save()
    queue_email(
        to=quote.client_email,
        template="directory/emails/quote_received",
        context={
            "quote": quote,
            "provider": card,
            "read_url": settings.PUBLIC_URL + path(quote.pk, quote.language),
        },
        language=quote.language,
        dedup_key=f"directory.quote_received:{quote.pk}",
        unsolicited=proposal is None,
        secret=True,
        now=now,
    )
    return quote


def digest_of(quote: Quote) -> str:
    """Return the SHA-256 of what a quote says, written as canonical JSON."""
    said = {
        "reference": quote.reference,
        "language": quote.language,
        "title": quote.title,
        "client": [quote.client_company, quote.client_name, quote.client_email],
        "valid_until": str(quote.valid_until),
        "content": quote.content,
    }
    canonical = json.dumps(said, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()


# --- What the company answers ---


@transaction.atomic(durable=True)
def accept_quote(*, quote_id: int, now: datetime) -> Quote:
    """Accept; for a request, that is to choose the provider. Accepting twice changes nothing.

    Raises Quote.DoesNotExist, QuoteRefused (too late, answered) or NeedRefused.
    """
    proposal = _locked_proposal(quote_id)
    quote = _locked_sent(quote_id)
    if quote.status == QuoteStatus.ACCEPTED:
        return quote
    _require_open(quote, on=_day(now))
    if proposal is not None:
        needs.choose_provider(proposal, now=now)
    quote.status, quote.answered_at = QuoteStatus.ACCEPTED, now
    quote.save(update_fields=["status", "answered_at"])
    _tell_provider(quote, "quote_accepted", now=now)
    return quote


@transaction.atomic(durable=True)
def decline_quote(*, quote_id: int, reason: str, now: datetime) -> Quote:
    """Decline this quote; the provider is told why, and may send another. Twice is once.

    Raises Quote.DoesNotExist or QuoteRefused.
    """
    quote = _locked_sent(quote_id)
    if quote.status == QuoteStatus.DECLINED:
        return quote
    _require_open(quote, on=_day(now))
    quote.status, quote.answered_at = QuoteStatus.DECLINED, now
    quote.decline_reason = reason
    quote.save(update_fields=["status", "answered_at", "decline_reason"])
    _tell_provider(quote, "quote_declined", now=now)
    return quote


def expire_quotes(*, now: datetime) -> int:
    """Write down the quotes whose last day is over, and tell their providers; return how many."""
    rows = Quote.objects.overdue(on=_day(now)).order_by("valid_until", "pk")
    return sum(_expire(pk, now=now) for pk in list(rows.values_list("pk", flat=True)[:AT_ONCE]))


@transaction.atomic(durable=True)
def _expire(quote_id: int, *, now: datetime) -> bool:
    quote = (
        Quote.objects.select_for_update(of=("self",)).select_related("provider").get(pk=quote_id)
    )
    if quote.status != QuoteStatus.SENT or quote.status_on(_day(now)) != QuoteStatus.EXPIRED:
        return False
    quote.status, quote.answered_at = QuoteStatus.EXPIRED, now
    quote.save(update_fields=["status", "answered_at"])
    _tell_provider(quote, "quote_expired", now=now)
    return True


# --- The charter ---


def adhesion_for(quote: Quote, *, user_id: int) -> Adhesion | None:
    """Return the adhesion that may take the quote as a document: the person's own company's."""
    rows = Adhesion.objects.filter(
        siren=quote.provider.company.siren,
        status__in=TAKES_EVIDENCE,
        company__in=Company.objects.filter(memberships__user=user_id),
    )
    return rows.order_by("-pk").first()


@transaction.atomic(durable=True)
def offer_as_evidence(*, quote_id: int, user_id: int, now: datetime) -> Evidence:
    """Put a quote that covers the seven commitments among the documents that staff reads.

    The client is masked. Nothing is attested before an agent has read it. Raises
    Quote.DoesNotExist, QuoteRefused or AdhesionRefused.
    """
    quote = _own(quote_id, user_id)
    if quote.is_draft or quote.commitments < COMMITMENTS or quote.forgotten_at is not None:
        raise QuoteRefused(_("Seul un devis envoyé, qui couvre les sept engagements, fait pièce."))
    found = adhesion_for(quote, user_id=user_id)
    if found is None:
        raise QuoteRefused(_("Signez d’abord la charte : ce devis pourra y être une pièce."))
    name = _("Devis %(reference)s.pdf") % {"reference": quote.reference}
    document = Document(name=name, suffix=".pdf", data=quote_pdf(quote, masked=True))
    return keep_evidence(
        locked(found.pk, user_id=user_id),
        user_id=user_id,
        kind=EVIDENCE_KIND,
        document=document,
        valid_until=None,
        now=now,
    )


# --- Steps ---


def _day(now: datetime) -> date:
    return timezone.localdate(now)


def _own_card(provider_id: int, user_id: int) -> Provider:
    rows = Provider.objects.filter(company__memberships__user=user_id)
    return rows.select_related("company__commune").get(pk=provider_id)


def _own(quote_id: int, user_id: int) -> Quote:
    rows = Quote.objects.select_for_update(of=("self",)).select_related(
        "provider__company__commune"
    )
    mine = Provider.objects.filter(company__memberships__user=user_id)
    return rows.get(pk=quote_id, provider__in=mine.values("pk"))


def _own_draft(quote_id: int, user_id: int) -> Quote:
    quote = _own(quote_id, user_id)
    if not quote.is_draft:
        raise QuoteRefused(_("Ce devis est envoyé : il ne change plus. Reprenez-le en copie."))
    return quote


def _locked_sent(quote_id: int) -> Quote:
    rows = Quote.objects.readable().select_for_update(of=("self",)).select_related("provider")
    return rows.get(pk=quote_id)


def _proposal_in_touch(proposal_id: int, card: Provider) -> Proposal:
    rows = Proposal.objects.select_related("need__company", "need__service")
    proposal = rows.get(pk=proposal_id, provider=card, need__forgotten_at=None)
    if proposal.status not in IN_TOUCH or not proposal.need.is_alive:
        raise QuoteRefused(_("Cette demande n’est pas, ou plus, en contact avec vous."))
    return proposal


def _locked_proposal(quote_id: int) -> Proposal | None:
    """Lock what the quote answers, its need first; None when it answers no request."""
    proposal_id = Quote.objects.values_list("proposal_id", flat=True).get(pk=quote_id)
    return needs.locked_proposal(proposal_id) if proposal_id is not None else None


def _require_sendable(quote: Quote, *, on: date) -> None:
    if not quote.provider.is_published:
        raise QuoteRefused(_("Publiez d’abord votre fiche : un devis dit de qui il vient."))
    if not (quote.title.strip() and quote.client_email and quote.client_company.strip()):
        raise QuoteRefused(_("Dites l’objet du devis, l’entreprise du client et son courriel."))
    if not quote.lines:
        raise QuoteRefused(_("Un devis porte au moins un prix."))
    last = on + LONGEST_VALIDITY
    if quote.valid_until is None or not on <= quote.valid_until <= last:
        raise QuoteRefused(_("Donnez un dernier jour de validité : d’aujourd’hui à un an au plus."))


def _require_open(quote: Quote, *, on: date) -> None:
    if quote.status_on(on) == QuoteStatus.EXPIRED:
        raise QuoteRefused(_("Ce devis n’est plus valable. Demandez-en un nouveau au prestataire."))
    if quote.status == QuoteStatus.REPLACED:
        raise QuoteRefused(_("Le prestataire a envoyé un nouveau devis : ouvrez le dernier reçu."))
    if quote.status != QuoteStatus.SENT:
        raise QuoteRefused(_("Vous avez déjà répondu à ce devis."))


def _issuer(card: Provider) -> dict[str, str]:
    company = card.company
    place = f"{company.postcode} {company.commune.name}".strip()
    return {
        "name": card.name,
        "company": company.name if company.name != card.name else "",
        "siret": f"SIRET {company.siret}",
        "address": ", ".join(line for line in (company.street, place) if line),
        "email": card.email,
        "phone": card.phone,
    }


def _tell_provider(quote: Quote, template: str, *, now: datetime) -> None:
    tell_each(
        people_of(quote.provider.company_id),
        template,
        occasion=quote.pk,
        now=now,
        quote=quote,
        provider=quote.provider,
    )
