"""The centre's side of reviews: read, published or refused, verified, taken away; doubts decided.

Same delay and same reasons whatever the ratings. Each refusal and each removal is told to the
author with its reason (R1.12); nobody rewrites a word (R1.17).
"""

from datetime import date, datetime

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from directory.enums import (
    BlockKind,
    BlockStatus,
    DoubtStatus,
    ProofKind,
    ProofStatus,
    ReviewRefusal,
    ReviewRemoval,
    ReviewStatus,
)
from directory.models import Review, ReviewBlock, ReviewDoubt, ReviewInterview, ReviewProof
from directory.reviews.levels import V0
from directory.reviews.proofs import Fault, Proof, faults
from directory.reviews.rules import rules
from directory.services import review_counting as counting
from directory.services.reviews import ReviewRefused, tell_author, used_elsewhere
from directory.services.telling import people_of, tell_each
from emn.lib.db import violation_as

FRAUDS = (ReviewRemoval.FRAUD_PROVIDER, ReviewRemoval.FRAUD_THIRD_PARTY)
REMOVABLE = (ReviewStatus.WAITING, ReviewStatus.PUBLISHED, ReviewStatus.WITHDRAWN)


@transaction.atomic(durable=True)
def publish_review(*, review_id: int, is_identified: bool, by_id: int, now: datetime) -> Review:
    """Publish a review whole; it counts from its slot on, unless something blocks it.

    `is_identified`: the agent made sure that the author acts for the company. Raises ReviewRefused
    (decided already, not verified).
    """
    counting.hold_graph()
    review = _held(review_id)
    if review.status != ReviewStatus.WAITING:
        raise ReviewRefused(_("Une autre personne du centre a déjà décidé de cet avis."))
    review.is_identified = review.is_identified or is_identified
    review.level = counting.level_now(review)
    if review.level == V0:
        raise ReviewRefused(
            _(
                "Un avis non vérifié ne se publie pas : vérifiez que l’auteur agit pour cette "
                "entreprise, contrôlez une preuve, ou refusez l’avis. L’entreprise doit être "
                "active au registre."
            )
        )
    review.status, review.published_at = ReviewStatus.PUBLISHED, now
    review.decided_at, review.decided_by_id = now, by_id
    review.save()
    counting.follow_after(review, now=now)
    tell_author(review, "review_published", now=now)
    _tell_provider(review, "review_new", now=now)
    return review


@transaction.atomic(durable=True)
def refuse_review(
    *, review_id: int, reason: ReviewRefusal, words: str, by_id: int, now: datetime
) -> Review:
    """Refuse a review for a reason of the published list; the author is told it (R1.11, R1.12)."""
    review = _held(review_id)
    if review.status != ReviewStatus.WAITING:
        raise ReviewRefused(_("Une autre personne du centre a déjà décidé de cet avis."))
    review.status, review.refusal = ReviewStatus.REFUSED, ReviewRefusal(reason)
    review.refusal_words = words.strip()
    review.decided_at, review.decided_by_id = now, by_id
    review.save()
    tell_author(review, "review_refused", now=now)
    return review


@transaction.atomic(durable=True)
def remove_review(
    *, review_id: int, reason: ReviewRemoval, words: str, by_id: int, now: datetime
) -> Review:
    """Take a review away, with reasons; a fraud voids all that this client said (I7).

    Author and provider are told. Raises ReviewRefused.
    """
    counting.hold_graph()
    review = _held(review_id)
    _remove(review, reason=ReviewRemoval(reason), words=words, by_id=by_id, now=now)
    return review


def _remove(
    review: Review, *, reason: ReviewRemoval, words: str, by_id: int, now: datetime
) -> None:
    if review.status not in REMOVABLE:
        raise ReviewRefused(_("Cet avis n’est plus publié."))
    if not words.strip():
        raise ReviewRefused(_("Un retrait est motivé : dites ce qui a été établi."))
    case = review.reference
    taken = [review]
    if reason in FRAUDS:
        same = Review.objects.filter(
            provider=review.provider_id,
            client_hash=review.client_hash,
            status__in=[ReviewStatus.WAITING, ReviewStatus.PUBLISHED],
        )
        same = same.select_for_update(of=("self",)).select_related("provider__company")
        taken += same.exclude(pk=review.pk).order_by("pk")
    for row in taken:
        row.status, row.removal, row.removal_words = ReviewStatus.REMOVED, reason, words.strip()
        row.ended_at, row.decided_at, row.decided_by_id = now, now, by_id
        row.save()
        counting.take_out(row, reason=reason, case=case, now=now)
        tell_author(row, "review_removed", now=now)
    counting.show([review.provider_id], now=now)
    _tell_provider(review, "review_removed_provider", now=now)


@transaction.atomic(durable=True)
def decide_proof(
    *, proof_id: int, status: ProofStatus, decision: str, by_id: int, now: datetime
) -> ReviewProof:
    """Accept a proof (V2), ask for a better one, or find that it proves nothing (M5).

    One that proves nothing blocks its review. Raises ReviewRefused (decided already, or accepted
    although it is not made out by the one, to the other, in the time of the mission, once).
    """
    counting.hold_graph()
    proof = ReviewProof.objects.select_for_update(of=("self",)).get(pk=proof_id)
    review = _held(proof.review_id)
    if proof.status != ProofStatus.WAITING:
        raise ReviewRefused(_("Une autre personne du centre a déjà contrôlé cette preuve."))
    found = proof_faults(proof, review)
    if status == ProofStatus.ACCEPTED and found:
        words = " ; ".join(fault_in_words(fault) for fault in found)
        raise ReviewRefused(_("Cette preuve ne peut pas être acceptée : %(why)s.") % {"why": words})
    if status != ProofStatus.ACCEPTED and not decision.strip():
        raise ReviewRefused(_("Dites pourquoi : l’auteur le lira."))
    proof.status, proof.decision = ProofStatus(status), decision.strip()
    proof.decided_at, proof.decided_by_id = now, by_id
    with violation_as(
        ReviewRefused(_("Ce document prouve déjà un autre avis.")),
        model=ReviewProof,
        constraint="directory_reviewproof_serves_once",
    ):
        proof.save()
    if proof.status == ProofStatus.REFUSED:
        ReviewBlock.objects.create(
            review=review,
            kind=BlockKind.PROOF_REFUSED,
            detail=str(proof)[:300],
            evidence=proof.sha256,
            found_at=now,
            status=BlockStatus.CONFIRMED,
            decision=proof.decision,
            decided_at=now,
            decided_by_id=by_id,
        )
    _verify_again(review, now=now)
    tell_author(review, "review_proof", now=now, stamp=proof.pk, proof=proof)
    return proof


def proof_faults(proof: ReviewProof, review: Review) -> tuple[Fault, ...]:
    """Return what is wrong with a proof, in the order in which it is told."""
    mission = review.invitation.mission if review.invitation is not None else None
    is_invoice = proof.kind == ProofKind.INVOICE
    starts_on: date | None = mission.starts_on if mission is not None and is_invoice else None
    return faults(
        Proof(proof.issuer_siren, proof.recipient_siren, proof.number, proof.dated_on),
        provider_siren=review.provider.company.siren,
        client_siren="" if review.client is None else review.client.siren,
        starts_on=starts_on,
        ended_on=review.experience_on,
        invoice_after_days=rules().invoice_after_days,
        is_number_used=used_elsewhere(proof),
    )


def fault_in_words(fault: Fault) -> str:
    """Return what is wrong, as staff reads it."""
    words = {
        Fault.ISSUER: _("l’émetteur n’est pas le prestataire"),
        Fault.RECIPIENT: _("le destinataire n’est pas l’entreprise de l’auteur"),
        Fault.NUMBER_USED: _("ce numéro sert déjà pour un autre avis"),
        Fault.DATE: _("la date est hors de la mission"),
    }
    return words[fault]


@transaction.atomic(durable=True)
def hold_interview(
    *, review_id: int, held_on: date, minutes: str, by_id: int, now: datetime
) -> ReviewInterview:
    """Keep the minutes of the talk with the client: the review is of level V3, and may count.

    Raises ReviewRefused (no minutes, a day to come, held already, a review that is over).
    """
    counting.hold_graph()
    review = _held(review_id)
    if review.status not in {ReviewStatus.WAITING, ReviewStatus.PUBLISHED}:
        raise ReviewRefused(_("Cet avis n’est plus en cours."))
    if not minutes.strip():
        raise ReviewRefused(_("Écrivez le compte rendu : il est gardé avec l’avis."))
    if held_on > timezone.localdate(now):
        raise ReviewRefused(_("L’entretien ne peut pas être à venir."))
    if hasattr(review, "interview"):
        raise ReviewRefused(_("Le compte rendu d’un entretien est déjà gardé."))
    row = ReviewInterview.objects.create(
        review=review, held_on=held_on, minutes=minutes.strip(), held_by_id=by_id
    )
    counting.lift_answered(review, by_id=by_id, now=now)
    _verify_again(Review.objects.select_related("provider__company").get(pk=review_id), now=now)
    return row


@transaction.atomic(durable=True)
def decide_block(
    *, block_id: int, confirmed: bool, decision: str, by_id: int, now: datetime
) -> ReviewBlock:
    """Confirm what keeps a review from counting, or lift it, with reasons. Raises ReviewRefused."""
    counting.hold_graph()
    block = ReviewBlock.objects.select_for_update(of=("self",)).get(pk=block_id)
    if block.status != BlockStatus.OPEN:
        raise ReviewRefused(_("Une autre personne du centre a déjà décidé."))
    if not decision.strip():
        raise ReviewRefused(_("Une décision est motivée : dites pourquoi."))
    block.status = BlockStatus.CONFIRMED if confirmed else BlockStatus.LIFTED
    block.decision, block.decided_at, block.decided_by_id = decision.strip(), now, by_id
    block.save()
    counting.follow([_held(block.review_id)], now=now)
    return block


@transaction.atomic(durable=True)
def decide_doubt(
    *,
    doubt_id: int,
    upheld: bool,
    decision: str,
    removal: str = "",
    by_id: int,
    now: datetime,
) -> ReviewDoubt:
    """Decide on a doubt, with reasons; one that is right takes the review away (R1.13).

    Raises ReviewRefused (decided already, no reasons, no ground for the removal).
    """
    counting.hold_graph()
    rows = ReviewDoubt.objects.select_for_update(of=("self",))
    doubt = rows.get(pk=doubt_id)
    review = _held(doubt.review_id)
    if doubt.status != DoubtStatus.OPEN:
        raise ReviewRefused(_("Une autre personne du centre a déjà décidé."))
    if not decision.strip():
        raise ReviewRefused(_("Une décision est motivée : dites pourquoi."))
    if upheld and removal not in ReviewRemoval.values:
        raise ReviewRefused(_("Dites pour quel motif l’avis est retiré."))
    doubt.status = DoubtStatus.UPHELD if upheld else DoubtStatus.REJECTED
    doubt.decision, doubt.decided_at, doubt.decided_by_id = decision.strip(), now, by_id
    doubt.save()
    if upheld and review.status in REMOVABLE:
        _remove(review, reason=ReviewRemoval(removal), words=decision, by_id=by_id, now=now)
    counting.show([review.provider_id], now=now)
    _tell_provider(review, "review_doubt_decided", now=now, doubt=doubt)
    if not upheld:
        tell_author(review, "review_doubt_rejected", now=now, stamp=doubt.pk, doubt=doubt)
    return doubt


def _verify_again(review: Review, *, now: datetime) -> None:
    """Give the review the level that it has come to, and tell the ledger."""
    level, is_public = counting.level_now(review), review.status == ReviewStatus.PUBLISHED
    if not (is_public and level == V0):  # a published one keeps the level that it had
        review.level = level
        review.save(update_fields=["level"])
    if is_public:
        counting.follow_after(review, now=now)


def _held(review_id: int) -> Review:
    rows = Review.objects.select_for_update(of=("self",))
    return rows.select_related("provider__company__commune", "client__commune").get(pk=review_id)


def _tell_provider(review: Review, template: str, *, now: datetime, **context: object) -> None:
    tell_each(
        people_of(review.provider.company_id),
        template,
        occasion=f"{review.pk}:{now.isoformat()}",
        now=now,
        review=review,
        provider=review.provider,
        days=rules().reply_days,
        **context,
    )
