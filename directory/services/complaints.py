"""A complaint from its author’s side and the provider’s: filed, confirmed, answered, appealed.

Nobody complains in another’s name: what was typed becomes a complaint by a button on the page of a
link sent to the address given; opening that link changes nothing. Every move goes through `move`,
by the table of `directory.complaints.states`: the row, its line of history and its clock change
together.
"""

import hashlib
import uuid
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.conf import settings
from django.core import signing
from django.core.files.base import ContentFile
from django.db import transaction
from django.db.models import QuerySet
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import override

from directory.complaints import clocks
from directory.complaints.rules import rules
from directory.complaints.states import ENDED, UNDER_WAY, leads_to
from directory.enums import (
    CaseInstance,
    CaseStatus,
    ComplaintEventKind,
    ComplaintKind,
    ComplaintSide,
    ComplaintStatus,
)
from directory.models import Adhesion, Complaint, ComplaintEvent, ComplaintFile
from directory.services import complaint_ledger
from directory.services.panels import open_case
from emn.accounts.models import User
from emn.accounts.retention import periods
from emn.lib.calendar import LOCAL_LAW
from emn.lib.db import advisory_lock
from emn.lib.documents import Document
from emn.lib.errors import DomainError
from emn.lib.page_cache import touch
from emn.mailings.services import queue_email

CONFIRM, FOLLOW = "confirm", "follow"
Kind = ComplaintEventKind


class ComplaintRefused(DomainError):
    """The complaint cannot be filed, confirmed, answered or moved so."""


# --- Links ---


def token(complaint_id: int, purpose: str) -> str:
    """Return the secret that lets its holder do one thing with one complaint."""
    return signing.dumps(complaint_id, salt=f"directory.complaints.{purpose}")


def complaint_of(value: str, purpose: str) -> Complaint | None:
    """Return the complaint that the secret opens; None when it opens nothing, or no more."""
    lasts = periods()["unconfirmed_complaint"].length if purpose == CONFIRM else None
    try:
        key = signing.loads(value, salt=f"directory.complaints.{purpose}", max_age=lasts)
    except signing.BadSignature:
        return None
    rows = Complaint.objects.select_related("company__commune")
    return rows.filter(pk=key, forgotten_at=None).first()


def path(complaint_id: int, purpose: str, language: str) -> str:
    """Return the address of the page that the secret opens, without the host."""
    with override(language):
        return reverse(f"complaints:{purpose}", args=[token(complaint_id, purpose)])


# --- The author ---


@transaction.atomic(durable=True)
def file_complaint(
    *, siren: str, values: Mapping[str, Any], language: str, user_id: int | None, now: datetime
) -> Complaint:
    """Write a complaint against whoever once signed the charter, and ask the mailbox to confirm.

    From a signed-in person, whose address is proven, it is confirmed at once. `values`: the fields
    of `complaint_forms.ComplaintFields`. Raises Adhesion.DoesNotExist, ComplaintRefused.
    """
    adhesion = signed_by(siren)
    complaint = Complaint(
        company=adhesion.company,
        siren=siren,
        author_id=user_id,
        language=language,
        filed_at=now,
        **values,
    )
    complaint.contact_email = complaint.contact_email.strip().lower()
    if user_id is not None:
        complaint.contact_email = User.objects.get(pk=user_id).email.strip().lower()
    complaint.save()
    _write_line(complaint, Kind.FILED, by_id=user_id, now=now)
    if user_id is not None:
        _confirm(complaint, now=now)
    else:
        _ask_to_confirm(complaint, now=now)
    return complaint


def signed_by(siren: str) -> Adhesion:
    """Return the last adhesion of the company that was ever in force. Raises DoesNotExist."""
    rows = Adhesion.objects.filter(siren=siren, starts_on__isnull=False)
    found = rows.select_related("company__commune").order_by("-starts_on", "-pk").first()
    if found is None:
        raise Adhesion.DoesNotExist
    return found


@transaction.atomic(durable=True)
def confirm_complaint(*, complaint_id: int, now: datetime) -> Complaint:
    """Take the complaint up: its author has pressed the button. Twice is once.

    Raises Complaint.DoesNotExist, ComplaintRefused (too many in progress at this address).
    """
    complaint = locked(complaint_id)
    if complaint.status == ComplaintStatus.UNCONFIRMED:
        _confirm(complaint, now=now)
    return complaint


def _confirm(complaint: Complaint, *, now: datetime) -> None:
    advisory_lock(f"directory.complaints:{complaint.contact_email}")
    held = Complaint.objects.open().filter(contact_email=complaint.contact_email)
    if held.count() >= rules().most_open_per_mailbox:
        raise ComplaintRefused(
            _("Vous avez déjà %(count)s plaintes en cours. Attendez la fin de l’une d’elles.")
            % {"count": rules().most_open_per_mailbox}
        )
    complaint.confirmed_at = now
    move(complaint, Kind.CONFIRMED, by_id=complaint.author_id, now=now)
    tell_author(complaint, "received", now=now)


@transaction.atomic(durable=True)
def withdraw(
    *,
    complaint_id: int,
    by_id: int | None,
    with_fault: bool = False,
    settlement: str = "",
    now: datetime,
) -> Complaint:
    """Take the complaint back. `with_fault`: the provider has owned its fault in writing (staff).

    With a fault it counts as an amicable settlement, without one as nothing. Raises
    ComplaintRefused once the committee has decided, or when a fault is not told of.
    """
    complaint = locked(complaint_id)
    if with_fault and not settlement.strip():
        raise ComplaintRefused(_("Dites en quoi le prestataire a reconnu sa faute."))
    was_known = complaint.is_known_to_provider
    if with_fault and not was_known:
        raise ComplaintRefused(_("Le prestataire ne connaît pas encore cette plainte."))
    complaint.with_fault, complaint.settlement = with_fault, settlement.strip()
    move(complaint, Kind.WITHDRAWN, by_id=by_id, now=now)
    cases = complaint.cases.pending().select_for_update(of=("self",))
    for case in cases.order_by("pk"):
        case.status = CaseStatus.ABANDONED
        case.save(update_fields=["status"])
    if was_known:
        outcome = "withdrawn"
        if with_fault:
            assert complaint.admitted_at is not None
            outcome = settled_outcome(complaint, now=now)
        conclude(complaint, outcome, now=now)
        tell_provider(complaint, "withdrawn", now=now)
    tell_author(complaint, "withdrawn", now=now)
    return complaint


@transaction.atomic(durable=True)
def add_file(
    *, complaint_id: int, side: ComplaintSide, document: Document, now: datetime
) -> ComplaintFile:
    """Keep a document of a party apart. Raises ComplaintRefused (ended, too many, known)."""
    complaint = locked(complaint_id)
    if not complaint.is_open:
        raise ComplaintRefused(_("Cette plainte est terminée : plus rien ne s’y ajoute."))
    held = complaint.files.filter(side=side)
    digest = hashlib.sha256(document.data).hexdigest()
    if held.filter(sha256=digest).exists():
        raise ComplaintRefused(_("Ce fichier est déjà parmi vos pièces."))
    if held.count() >= rules().most_files_a_side:
        raise ComplaintRefused(
            _("Chaque partie dépose %(count)s pièces au plus.")
            % {"count": rules().most_files_a_side}
        )
    row = ComplaintFile(
        complaint=complaint,
        side=side,
        name=document.name[:150],
        sha256=digest,
        size_bytes=len(document.data),
        added_at=now,
    )
    row.file.save(f"{uuid.uuid4()}{document.suffix}", ContentFile(document.data), save=False)
    row.save()
    return row


# --- The provider ---


@transaction.atomic(durable=True)
def reply(*, complaint_id: int, user_id: int, text: str, now: datetime) -> Complaint:
    """Answer a complaint, in time or late; conciliation begins, or the committee is seized.

    A complaint about the mention of the charter is not conciliated (F1.07). Raises
    Complaint.DoesNotExist (not one’s own), ComplaintRefused.
    """
    complaint = locked(complaint_id, against=user_id)
    if not text.strip():
        raise ComplaintRefused(_("Écrivez votre réponse."))
    complaint.reply, complaint.replied_at, complaint.replied_by_id = text.strip(), now, user_id
    complaint.conciliation_on = timezone.localdate(now)
    move(complaint, Kind.REPLIED, by_id=user_id, now=now)
    if complaint.kind == ComplaintKind.PUBLICITY:
        ground = _("Second défaut de mention de la charte.")
        refer_now(complaint, ground=ground, by_id=None, now=now)
    else:
        for tell in (tell_author, tell_provider):
            tell(complaint, "conciliation", now=now)
    return complaint


# --- Both ---


@transaction.atomic(durable=True)
def appeal(
    *, complaint_id: int, side: ComplaintSide, user_id: int | None, ground: str, now: datetime
) -> Complaint:
    """Bring the decision before another panel, within 30 days of it (R1.05).

    Raises Complaint.DoesNotExist (not one’s own), ComplaintRefused (too late, no ground).
    """
    against = user_id if side == ComplaintSide.PROVIDER else None
    complaint = locked(complaint_id, against=against)
    if not ground.strip():
        raise ComplaintRefused(_("Dites ce que vous contestez dans la décision, et pourquoi."))
    if complaint.due_on is not None and timezone.localdate(now) > complaint.due_on:
        raise ComplaintRefused(_("Le délai d’appel est passé."))
    move(complaint, Kind.APPEALED, by_id=user_id, now=now)
    open_case(
        complaint=complaint,
        contest=None,
        instance=CaseInstance.APPEAL,
        ground=f"{ComplaintSide(side).label} : {ground.strip()}",
        now=now,
    )
    for tell in (tell_author, tell_provider):
        tell(complaint, "appealed", now=now)
    return complaint


# --- Steps that the other services share ---


def locked(complaint_id: int, *, against: int | None = None) -> Complaint:
    """Return the complaint, locked; with `against`, when that person may answer for the provider.

    Raises Complaint.DoesNotExist, also for one that was forgotten.
    """
    rows = Complaint.objects.select_for_update(of=("self",)).select_related("company")
    if against is not None:
        known = Complaint.objects.against_companies_of(User(pk=against))
        rows = rows.filter(pk__in=known.values("pk"))
    return rows.get(pk=complaint_id)


def move(
    complaint: Complaint, kind: ComplaintEventKind, *, by_id: int | None, now: datetime
) -> None:
    """Write the complaint in its next state, with its clock, and its line of history.

    Raises ComplaintRefused when that may not happen now.
    """
    target = leads_to(kind, complaint.status)
    if target is None:
        raise ComplaintRefused(
            _("Cette plainte est dans l’état « %(status)s » : cette action n’est plus possible.")
            % {"status": complaint.get_status_display()}
        )
    today = timezone.localdate(now)
    if target != complaint.status:
        complaint.status, complaint.alerted_on = target, None
        complaint.due_on = clocks.due_on(
            target, today, rules=rules(), local_law=settings.DEPARTEMENT in LOCAL_LAW
        )
        if target in ENDED:
            complaint.ended_at = now
    complaint.save()
    _write_line(complaint, kind, by_id=by_id, now=now)
    touch()


def refer_now(complaint: Complaint, *, ground: str, by_id: int | None, now: datetime) -> None:
    """Seize the committee: a panel is drawn, both parties are told."""
    move(complaint, Kind.REFERRED, by_id=by_id, now=now)
    open_case(
        complaint=complaint, contest=None, instance=CaseInstance.FIRST, ground=ground, now=now
    )
    for tell in (tell_author, tell_provider):
        tell(complaint, "referred", now=now)


def settled_outcome(complaint: Complaint, *, now: datetime) -> str:
    """Return how an amicable end counts: within 30 days, or later."""
    began = complaint.conciliation_on or timezone.localdate(complaint.admitted_at)
    is_fast = clocks.is_fast(
        began,
        timezone.localdate(now),
        stopped_days=complaint.court_stopped_days,
        rules=rules(),
    )
    return "conciliated_fast" if is_fast else "conciliated_late"


def conclude(complaint: Complaint, outcome: str, *, now: datetime) -> None:
    """Keep the outcome, and say it in the ledger of trust."""
    complaint.outcome = outcome
    complaint.save(update_fields=["outcome"])
    complaint_ledger.say_outcome(complaint, now=now)


def people_against(complaint: Complaint) -> QuerySet[User]:
    """Return the active persons who act for any establishment of the provider."""
    people = User.objects.filter(
        is_active=True, memberships__company__siret__startswith=complaint.siren
    )
    return people.distinct().order_by("pk")


def tell_author(complaint: Complaint, step: str, *, now: datetime, **context: Any) -> None:
    """Write to the author what happened, with the link that follows the complaint."""
    if not complaint.contact_email:
        return
    follow_url = settings.PUBLIC_URL + path(complaint.pk, FOLLOW, complaint.language)
    _write(complaint, complaint.contact_email, complaint.language, step, ComplaintSide.COMPLAINANT,
           now=now, address=follow_url, **context)  # fmt: skip


def tell_provider(complaint: Complaint, step: str, *, now: datetime, **context: Any) -> int:
    """Write to those who act for the provider; return to how many."""
    people = list(people_against(complaint))
    for person in people:
        with override(person.language):
            own_url = settings.PUBLIC_URL + reverse("complaints:own", args=[complaint.pk])
        _write(complaint, person.email, person.language, step, ComplaintSide.PROVIDER,
               now=now, address=own_url, **context)  # fmt: skip
    return len(people)


def _write(
    complaint: Complaint,
    to: str,
    language: str,
    step: str,
    side: ComplaintSide,
    *,
    now: datetime,
    **context: Any,
) -> None:
    queue_email(
        to=to,
        template=f"directory/complaints/emails/{context.pop('template', 'step')}",
        context={"complaint": complaint, "company": complaint.company, "step": step, "side": side}
        | context,
        language=language,
        dedup_key=f"directory.complaint:{complaint.pk}:{step}:{now.isoformat()}:{to}"[:200],
        secret=side == ComplaintSide.COMPLAINANT,
        now=now,
    )


def _ask_to_confirm(complaint: Complaint, *, now: datetime) -> None:
    queue_email(
        to=complaint.contact_email,
        template="directory/complaints/emails/confirm",
        context={
            "complaint": complaint,
            "company": complaint.company,
            "confirm_url": settings.PUBLIC_URL + path(complaint.pk, CONFIRM, complaint.language),
        },
        language=complaint.language,
        dedup_key=f"directory.complaint:{complaint.pk}:confirm",
        unsolicited=True,
        secret=True,
        now=now,
    )


def _write_line(
    complaint: Complaint, kind: ComplaintEventKind, *, by_id: int | None, now: datetime
) -> None:
    ComplaintEvent.objects.create(complaint=complaint, kind=kind, at=now, by_id=by_id)


def may_withdraw(complaint: Complaint) -> bool:
    """Whether its author may still take it back."""
    return leads_to(Kind.WITHDRAWN, complaint.status) is not None


def is_under_way(complaint: Complaint) -> bool:
    """Whether the provider knows of it and nothing is decided."""
    return complaint.status in UNDER_WAY
