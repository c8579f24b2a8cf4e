"""What a provider may do about its index: contest a line, answer in public (rules 1.5)."""

from datetime import datetime, timedelta

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from directory.enums import ContestStatus, ReplyStatus, TrustStanding
from directory.models import Provider, TrustContest, TrustFile, TrustReply
from directory.services import replies
from directory.services.trust import void
from emn.accounts.models import User
from emn.lib.db import violation_as
from emn.lib.errors import DomainError
from emn.lib.page_cache import touch
from emn.mailings.services import queue_email

DECISION_WITHIN = timedelta(days=30)
REPLY_WITHIN = timedelta(days=7)
MOST_OPEN_CONTESTS = 20


class RightRefused(DomainError):
    """The contest or the reply cannot be taken or decided so."""


@transaction.atomic(durable=True)
def contest(
    *,
    provider_id: int,
    user_id: int,
    component: str,
    event_id: int | None,
    reason: str,
    now: datetime,
) -> TrustContest:
    """Contest a line of one's own index; a person decides within 30 days.

    Raises Provider.DoesNotExist, TrustFile.DoesNotExist, TrustEvent.DoesNotExist (not one's own),
    RightRefused (already contested, too many, no reason).
    """
    file = _own_file(provider_id, user_id)
    event = None if event_id is None else file.events.get(pk=event_id)
    if not reason.strip():
        raise RightRefused(_("Dites ce qui est faux, et pourquoi."))
    if file.contests.open().count() >= MOST_OPEN_CONTESTS:
        raise RightRefused(
            _("Vous avez déjà %(count)s contestations en cours : le centre y répond d’abord.")
            % {"count": MOST_OPEN_CONTESTS}
        )
    with violation_as(
        RightRefused(_("Vous contestez déjà cette ligne : le centre la lit.")),
        model=TrustContest,
        constraint="directory_trustcontest_one_open",
    ):
        opened = TrustContest.objects.create(
            file=file,
            event=event,
            component=component,
            reason=reason.strip(),
            opened_by_id=user_id,
            opened_at=now,
            due_on=timezone.localdate(now + DECISION_WITHIN),
        )
    _tell_author(opened, user_id, "trust_contest_received", now=now)
    touch()
    return opened


@transaction.atomic(durable=True)
def decide_contest(
    *,
    contest_id: int,
    granted: bool,
    decision: str,
    void_the_fact: bool = False,
    by_id: int,
    now: datetime,
) -> TrustContest:
    """Decide on a contest, with reasons; `void_the_fact` also undoes the fact, retroactively.

    A fact to be corrected otherwise is recorded anew by whoever keeps it. Raises RightRefused.
    """
    _lock_file(TrustContest.objects.values_list("file", flat=True).get(pk=contest_id))
    rows = TrustContest.objects.select_for_update(of=("self",))
    row = rows.select_related("file__provider", "event__file").get(pk=contest_id)
    if row.status != ContestStatus.OPEN:
        raise RightRefused(_("Une autre personne du centre a déjà décidé."))
    if not decision.strip():
        raise RightRefused(_("Une décision est motivée : dites pourquoi."))
    if void_the_fact and (row.event is None or not granted):
        raise RightRefused(_("Seul un fait contesté à raison s’annule."))
    row.status = ContestStatus.GRANTED if granted else ContestStatus.REJECTED
    row.decision, row.decided_by_id, row.decided_at = decision.strip(), by_id, now
    row.save()
    if void_the_fact and row.event is not None:
        void(row.event, reason=f"contestation-{row.pk}", now=now)
    _tell_author(row, row.opened_by_id, "trust_contest_decided", now=now)
    touch()
    return row


@transaction.atomic(durable=True)
def reply(*, provider_id: int, user_id: int, text: str, now: datetime) -> TrustReply:
    """Answer one's own index in public: read by staff, published within seven days.

    Another answer replaces one that waits, and has seven days of its own.
    Raises Provider.DoesNotExist, TrustFile.DoesNotExist, RightRefused (empty, too long, nothing to
    answer).
    """
    file = _own_file(provider_id, user_id)
    text = replies.words_of(text, refused=RightRefused)
    if file.standing == TrustStanding.NONE:
        raise RightRefused(_("Vous n’avez pas d’indice auquel répondre."))
    written = file.replies.waiting().first() or TrustReply(file=file)
    replies.write(written, text=text, user_id=user_id, within=REPLY_WITHIN, now=now)
    return written


@transaction.atomic(durable=True)
def decide_reply(
    *, reply_id: int, seen: str, publish: bool, refusal: str = "", now: datetime
) -> TrustReply:
    """Publish a reply, which replaces the one before, or refuse it with reasons.

    `seen`: the `replies.digest_of` the text that the agent read. Raises TrustReply.DoesNotExist or
    RightRefused (already decided, changed meanwhile, no reason).
    """
    row = _locked_reply(reply_id, seen=seen)
    replies.require_decidable(row, publish=publish, refusal=refusal, refused=RightRefused)
    return _close_reply(row, publish=publish, refusal=refusal.strip(), now=now)


@transaction.atomic(durable=True)
def withdraw_reply(*, reply_id: int, seen: str, reason: str, now: datetime) -> TrustReply:
    """Take down a reply that everyone reads; its author is told why. Raises as `decide_reply`."""
    row = _locked_reply(reply_id, seen=seen)
    if row.status != ReplyStatus.PUBLISHED:
        raise RightRefused(_("Cette réponse n’est pas, ou plus, publiée."))
    if not reason.strip():
        raise RightRefused(_("Un retrait est motivé : dites pourquoi."))
    return _close_reply(row, publish=False, refusal=reason.strip(), now=now)


def _locked_reply(reply_id: int, *, seen: str) -> TrustReply:
    _lock_file(TrustReply.objects.values_list("file", flat=True).get(pk=reply_id))
    row = TrustReply.objects.select_for_update(of=("self",)).get(pk=reply_id)
    replies.require_as_read(row, seen=seen, refused=RightRefused)
    return row


def _close_reply(row: TrustReply, *, publish: bool, refusal: str, now: datetime) -> TrustReply:
    if publish:
        TrustReply.objects.filter(file=row.file_id).published().update(status=ReplyStatus.REPLACED)
    was_published = row.status == ReplyStatus.PUBLISHED
    row.status = ReplyStatus.PUBLISHED if publish else ReplyStatus.REFUSED
    row.refusal, row.decided_at = refusal, now
    row.save()
    _tell_author(
        row, row.written_by_id, "trust_reply_decided", now=now, was_published=was_published
    )
    touch()
    return row


def publish_due_replies(*, now: datetime) -> int:
    """Publish the replies that nobody has read in seven days; return how many."""
    keys = list(TrustReply.objects.due(now=now).order_by("pk").values_list("pk", flat=True)[:1_000])
    return sum(_publish_due(reply_id, now=now) for reply_id in keys)


@transaction.atomic(durable=True)
def _publish_due(reply_id: int, *, now: datetime) -> bool:
    _lock_file(TrustReply.objects.values_list("file", flat=True).get(pk=reply_id))
    due = TrustReply.objects.due(now=now).select_for_update(of=("self",), skip_locked=True)
    row = due.filter(pk=reply_id).first()
    if row is None:
        return False
    _close_reply(row, publish=True, refusal="", now=now)
    return True


def _lock_file(file_id: int) -> None:
    """Hold the file first, whatever is held next: the same order everywhere, or two would wait."""
    TrustFile.objects.select_for_update(of=("self",)).get(pk=file_id)


def _own_file(provider_id: int, user_id: int) -> TrustFile:
    provider = Provider.objects.filter(company__memberships__user=user_id).get(pk=provider_id)
    return TrustFile.objects.select_for_update(of=("self",)).get(provider=provider)


def _tell_author(
    row: TrustContest | TrustReply,
    user_id: int | None,
    template: str,
    *,
    now: datetime,
    was_published: bool = False,
) -> None:
    person = None if user_id is None else User.objects.filter(pk=user_id, is_active=True).first()
    provider = Provider.objects.filter(trust_file=row.file_id).first()
    if person is None or provider is None:
        return
    queue_email(
        to=person.email,
        template=f"directory/emails/{template}",
        context={"row": row, "provider": provider, "was_published": was_published},
        dedup_key=f"directory.{template}:{row.pk}:{row.status}",
        language=person.language,
        now=now,
    )
