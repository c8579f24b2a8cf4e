"""What a provider may do about a review: answer it in public, say that it doubts (R1.13, R1.17)."""

from datetime import datetime, timedelta

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from directory.enums import DoubtReason, DoubtStatus, ReplyStatus
from directory.models import Review, ReviewDoubt, ReviewReply
from directory.reviews.rules import rules
from directory.services import replies
from directory.services import review_counting as counting
from directory.services.reviews import ReviewRefused, leave_trace, tell_author
from emn.lib.db import violation_as
from emn.mailings.services import queue_email


@transaction.atomic(durable=True)
def reply_to_review(
    *, review_id: int, user_id: int, text: str, connection: str, now: datetime
) -> ReviewReply:
    """Answer a review of one's own card: read by staff, published within seven days.

    Another answer replaces one that waits, and has seven days of its own.
    Raises Review.DoesNotExist (not one's own, not public), ReviewRefused (empty, too long).
    """
    review = _own_review(review_id, user_id)
    text = replies.words_of(text, refused=ReviewRefused)
    written = review.replies.waiting().first() or ReviewReply(review=review)
    within = timedelta(days=rules().reply_days)
    replies.write(written, text=text, user_id=user_id, within=within, now=now)
    leave_trace(review.provider.company_id, connection, now=now)
    return written


@transaction.atomic(durable=True)
def decide_reply(
    *, reply_id: int, seen: str, publish: bool, refusal: str = "", now: datetime
) -> ReviewReply:
    """Publish a reply, which replaces the one before, or refuse it with reasons.

    `seen`: the `replies.digest_of` the text that the agent read.
    Raises ReviewRefused (changed since, decided already, no reason).
    """
    _hold_review_of(reply_id)
    row = ReviewReply.objects.select_for_update(of=("self",)).get(pk=reply_id)
    replies.require_as_read(row, seen=seen, refused=ReviewRefused)
    replies.require_decidable(row, publish=publish, refusal=refusal, refused=ReviewRefused)
    return _close_reply(row, publish=publish, refusal=refusal.strip(), now=now)


def _hold_review_of(reply_id: int) -> None:
    """Hold the review first, as whoever replies does: two would wait for each other."""
    Review.objects.select_for_update(of=("self",)).get(replies=reply_id)


def _close_reply(row: ReviewReply, *, publish: bool, refusal: str, now: datetime) -> ReviewReply:
    review = Review.objects.select_for_update(of=("self",)).get(pk=row.review_id)
    if publish:
        before = ReviewReply.objects.filter(review=review, status=ReplyStatus.PUBLISHED)
        before.update(status=ReplyStatus.REPLACED)
    row.status = ReplyStatus.PUBLISHED if publish else ReplyStatus.REFUSED
    row.refusal, row.decided_at = refusal, now
    row.save()
    counting.show([review.provider_id], now=now)
    person = row.written_by
    if person is not None and person.is_active:
        queue_email(
            to=person.email,
            template="directory/emails/review_reply_decided",
            context={"row": row, "review": review, "provider": review.provider},
            dedup_key=f"directory.review_reply_decided:{row.pk}",
            language=person.language,
            now=now,
        )
    return row


def due_replies(*, now: datetime) -> list[int]:
    """Return the replies that nobody has read in seven days."""
    rows = ReviewReply.objects.due(now=now).order_by("due_at", "pk")
    return list(rows.values_list("pk", flat=True)[:1_000])


@transaction.atomic(durable=True)
def publish_due_reply(*, reply_id: int, now: datetime) -> bool:
    """Publish a reply whose delay runs out; False when there is nothing to do."""
    _hold_review_of(reply_id)
    due = ReviewReply.objects.due(now=now).select_for_update(of=("self",), skip_locked=True)
    row = due.filter(pk=reply_id).first()
    if row is None:
        return False
    _close_reply(row, publish=True, refusal="", now=now)
    return True


@transaction.atomic(durable=True)
def report_doubt(
    *,
    review_id: int,
    user_id: int,
    reasons: list[str],
    words: str,
    connection: str,
    now: datetime,
) -> ReviewDoubt:
    """Say, with reasons, that a review of one's own card may not be authentic; free (R1.13).

    A case with a deadline is opened; the review is shown as contested, and stays. Its author is
    told, and may bring a proof. Raises Review.DoesNotExist, ReviewRefused.
    """
    review = _own_review(review_id, user_id)
    if not reasons or not words.strip() or not set(reasons) <= set(DoubtReason.values):
        raise ReviewRefused(_("Dites pourquoi vous doutez, et ce qui le montre."))
    if review.doubts.filter(status=DoubtStatus.REJECTED).exists():
        raise ReviewRefused(
            _("Le centre a déjà écarté un doute sur cet avis : écrivez-lui s’il y a du neuf.")
        )
    with violation_as(
        ReviewRefused(_("Vous doutez déjà de cet avis : le centre l’examine.")),
        model=ReviewDoubt,
        constraint="directory_reviewdoubt_one_open",
    ):
        doubt = ReviewDoubt.objects.create(
            review=review,
            reasons=reasons,
            words=words.strip(),
            opened_by_id=user_id,
            opened_at=now,
            due_on=timezone.localdate(now + timedelta(days=rules().doubt_days)),
        )
    leave_trace(review.provider.company_id, connection, now=now)
    counting.show([review.provider_id], now=now)
    tell_author(review, "review_doubted", now=now, stamp=doubt.pk, doubt=doubt)
    return doubt


def _own_review(review_id: int, user_id: int) -> Review:
    rows = Review.objects.published().filter(provider__company__memberships__user=user_id)
    return rows.select_for_update(of=("self",)).select_related("provider").get(pk=review_id)
