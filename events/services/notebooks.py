"""The visitor's notebook: favourites on site, providers afterwards, one question at thirty days.

Its address is a signed secret, as that of a registration; no page needs a cookie. Until it is sent
favourites come and go; sending draws the providers once and for all (events.showrooms.rotation).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.core import signing
from django.db import transaction
from django.db.models import Prefetch, QuerySet
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import override

from directory.matching.connections import suspended_cards, trust_classes
from directory.models import Provider, RequestPause
from directory.quality import MATCHING_MINIMUM
from emn.lib.errors import DomainError
from emn.mailings.services import Attachment, queue_email
from events.enums import RegistrationStatus, VisitOutcome
from events.models import Demonstration, Favourite, NamedProvider, Session, VisitNotebook
from events.models.registrations import EXPECTED, HOLDING, SEATED
from events.models.visits import ANSWER_UNTIL, ASK_AFTER, ASK_UNTIL, SEND_UNTIL, Visit
from events.services import visits
from events.showrooms.rotation import NAMED, Candidate, named

_SALT = "events.notebook"
SEND_AFTER = timedelta(hours=1)
MOST_FAVOURITES = 30
NEXT_SESSIONS = 3


class NotebookRefused(DomainError):
    """The notebook cannot be changed so."""


# --- Addresses ---


def token(notebook_id: int) -> str:
    """Return the secret that opens one notebook."""
    return signing.dumps(notebook_id, salt=_SALT)


def notebook_of(value: str) -> VisitNotebook | None:
    """Return the notebook that the secret opens; None when it opens nothing, or no more."""
    try:
        notebook_id = signing.loads(value, salt=_SALT)
    except signing.BadSignature:
        return None
    return _reachable().filter(pk=notebook_id).first()


def notebook_by_code(code: str, *, now: datetime) -> VisitNotebook | None:
    """Return the notebook whose code was typed, on the day of its visit; None otherwise.

    Two visits of one day may have drawn the same code: then it opens neither.
    """
    rows = _reachable().filter(
        code=code.strip().upper().replace(" ", ""),
        visit__session__starts_at__date=timezone.localdate(now),
        sent_at=None,
        registration__status__in=EXPECTED,
    )
    found = list(rows.order_by("pk")[:2])
    return found[0] if len(found) == 1 else None


def path(notebook: VisitNotebook, language: str, *, name: str = "notebook") -> str:
    """Return the address of its page, without the host."""
    with override(language):
        return reverse(f"showrooms:{name}", args=[token(notebook.pk)])


def _reachable() -> QuerySet[VisitNotebook]:
    return VisitNotebook.objects.filter(registration__forgotten_at=None).select_related(
        "registration__company", "registration__pool", "visit__showroom", "visit__session__room"
    )


# --- On site ---


def takes_favourites(notebook: VisitNotebook) -> bool:
    """Whether favourites may still come and go."""
    return notebook.sent_at is None and notebook.registration.holds_ticket


@transaction.atomic(durable=True)
def add_favourite(
    *, notebook_id: int, demonstration_id: int, by_host: bool = False, now: datetime
) -> Favourite:
    """Keep a demonstration. Twice is once. Raises NotebookRefused (sent, no seat, too many)."""
    notebook = _locked(notebook_id)
    if not takes_favourites(notebook):
        raise NotebookRefused(_("Ce carnet est clos : il a été envoyé, ou la visite est annulée."))
    known = notebook.favourites.filter(demonstration=demonstration_id).first()
    if known is not None:
        return known
    if notebook.favourites.count() >= MOST_FAVOURITES:
        raise NotebookRefused(
            _("Un carnet garde %(count)s favoris au plus.") % {"count": MOST_FAVOURITES}
        )
    demonstration = Demonstration.objects.in_place(on=timezone.localdate(now)).filter(
        pk=demonstration_id
    ).first()  # fmt: skip
    if demonstration is None:
        raise NotebookRefused(_("Cette démonstration n’est plus au showroom."))
    return Favourite.objects.create(
        notebook=notebook, demonstration=demonstration, added_at=now, added_by_host=by_host
    )


@transaction.atomic(durable=True)
def remove_favourite(*, notebook_id: int, demonstration_id: int) -> None:
    """Let a demonstration go. Twice is once. Raises NotebookRefused (sent)."""
    notebook = _locked(notebook_id)
    if notebook.sent_at is not None:
        raise NotebookRefused(_("Ce carnet est clos : il a été envoyé, ou la visite est annulée."))
    notebook.favourites.filter(demonstration=demonstration_id).delete()


@transaction.atomic(durable=True)
def write_note(*, notebook_id: int, note: str) -> None:
    """Keep the visitor's own words."""
    notebook = _locked(notebook_id)
    notebook.note = note
    notebook.save(update_fields=["note"])


@transaction.atomic(durable=True)
def ensure_notebooks(*, visit_id: int) -> int:
    """Open the notebooks of registrations that were made without one; return how many."""
    visit = Visit.objects.select_for_update(of=("self",)).get(pk=visit_id)
    rows = visit.session.registrations.filter(
        status__in=HOLDING, notebook=None, forgotten_at=None
    ).order_by("pk")  # fmt: skip
    for entry in rows:
        visits.open_notebook(visit.pk, entry.pk, visit.scenarios[0])
    return len(rows)


# --- Afterwards ---


def due_to_send(*, now: datetime) -> list[int]:
    """Return the notebooks of visits that are over: of who came, or kept something.

    Who kept something was there, though nobody read the ticket.
    """
    rows = VisitNotebook.objects.filter(
        sent_at=None,
        registration__forgotten_at=None,
        registration__status__in=SEATED,
        visit__session__ends_at__lte=now - SEND_AFTER,
        visit__session__ends_at__gt=now - SEND_UNTIL,
    )
    came = rows.filter(registration__status=RegistrationStatus.PRESENT)
    kept = rows.filter(favourites__isnull=False)
    return sorted({*came.values_list("pk", flat=True), *kept.values_list("pk", flat=True)})


@transaction.atomic(durable=True)
def send(*, notebook_id: int, now: datetime) -> bool:
    """Draw three providers for each favourite, and write to the visitor, once."""
    notebook = _held(notebook_id)
    if notebook is None or notebook.sent_at is not None:
        return False
    day = notebook.visit.session.local_start.date()
    for favourite in notebook.favourites.select_related("demonstration").order_by("pk"):
        rows = named(candidates(favourite.demonstration, now=now), favourite=favourite.pk, day=day)
        NamedProvider.objects.bulk_create(
            NamedProvider(
                favourite=favourite, provider_id=entry.card, rank=rank, supplies=entry.supplies,
                trust_class=entry.trust_class,
            )
            for rank, entry in enumerate(rows, start=1)
        )  # fmt: skip
    notebook.sent_at = now
    notebook.save(update_fields=["sent_at"])
    from events.notebook_documents import notebook_pdf  # noqa: PLC0415 -- reads this module

    language = notebook.registration.language
    _tell(
        notebook, "notebook", now=now, favourites=favourites_of(notebook),
        sessions=next_sessions(now=now),
        attachments=[
            Attachment("carnet-de-visite.pdf", "application/pdf",
                       notebook_pdf(notebook, language=language, now=now))
        ],
    )  # fmt: skip
    return True


def candidates(demonstration: Demonstration, *, now: datetime) -> list[Candidate]:
    """Return the cards that may be named for a demonstration (R1.24, R1.25).

    Those that supply it; when they are fewer than three, those that offer its service with a card
    good enough to be proposed. None that is suspended by the charter, or takes no requests.
    """
    today = timezone.localdate(now)
    open_to_all = Provider.objects.published().exclude(
        pk__in=[*suspended_cards(at=now), *RequestPause.objects.values_list("pk", flat=True)]
    )
    supplying = set(
        open_to_all.filter(supplied_demonstrations__demonstration=demonstration)
        .order_by("pk").values_list("pk", flat=True)
    )  # fmt: skip
    cards = set(supplying)
    if len(cards) < NAMED:
        offering = open_to_all.filter(
            offers__service=demonstration.service_id, quality__gte=MATCHING_MINIMUM
        )
        cards |= set(offering.order_by("pk").values_list("pk", flat=True))
    classes = trust_classes(cards, on=today)
    return [Candidate(card, card in supplying, classes[card]) for card in sorted(cards)]


def due_to_ask(*, now: datetime) -> list[int]:
    """Return the notebooks whose visit was thirty days ago and that hold favourites."""
    rows = VisitNotebook.objects.filter(
        sent_at__isnull=False,
        asked_at=None,
        registration__forgotten_at=None,
        favourites__isnull=False,
        visit__session__ends_at__lte=now - ASK_AFTER,
        visit__session__ends_at__gt=now - ASK_UNTIL,
    )
    return list(rows.order_by("pk").values_list("pk", flat=True).distinct())


@transaction.atomic(durable=True)
def ask(*, notebook_id: int, now: datetime) -> bool:
    """Ask, once, what became of the favourites."""
    notebook = _held(notebook_id)
    if notebook is None or notebook.asked_at is not None or notebook.sent_at is None:
        return False
    notebook.asked_at = now
    notebook.save(update_fields=["asked_at"])
    _tell(notebook, "question", now=now, favourites=favourites_of(notebook))
    return True


@dataclass(frozen=True)
class Answer:
    """What became of one favourite; the reason is free, and may be empty."""

    outcome: VisitOutcome
    reason: str


@transaction.atomic(durable=True)
def answer(*, notebook_id: int, answers: Mapping[int, Answer], now: datetime) -> VisitNotebook:
    """Note what became of favourites, by their keys; a later answer replaces the earlier.

    Raises NotebookRefused (not asked yet, too late, nothing said).
    """
    notebook = _locked(notebook_id)
    if not may_answer(notebook, now=now):
        raise NotebookRefused(_("La question n’est pas, ou plus, ouverte."))
    mine = {row.pk: row for row in notebook.favourites.order_by("pk")}
    told = {key: said for key, said in answers.items() if key in mine}
    if not told:
        raise NotebookRefused(_("Choisissez une réponse pour au moins une démonstration."))
    for key, said in told.items():
        row = mine[key]
        row.outcome, row.reason, row.answered_at = said.outcome, said.reason, now
        row.save(update_fields=["outcome", "reason", "answered_at"])
    notebook.answered_at = now
    notebook.save(update_fields=["answered_at"])
    return notebook


def may_answer(notebook: VisitNotebook, *, now: datetime) -> bool:
    """Whether the question at thirty days is open."""
    return notebook.asked_at is not None and now < notebook.asked_at + ANSWER_UNTIL


# --- What pages and messages read ---


def favourites_of(notebook: VisitNotebook) -> list[Favourite]:
    """Return the favourites with what is shown of them, in the order in which they were kept."""
    rows = notebook.favourites.select_related("demonstration__station", "demonstration__showroom")
    named = NamedProvider.objects.select_related("provider").order_by("rank", "pk")
    rows = rows.prefetch_related(Prefetch("named", named))
    return list(rows.order_by("added_at", "pk"))


def next_sessions(*, now: datetime) -> list[Session]:
    """Return the next dates of the agenda, but for visits."""
    rows = (
        Session.objects.shown().published().filter(starts_at__gt=now).exclude(visit__isnull=False)
    )
    return list(rows.select_related("room").in_order()[:NEXT_SESSIONS])


def _tell(
    notebook: VisitNotebook, kind: str, *, now: datetime,
    attachments: list[Attachment] | None = None, **context: Any,
) -> None:  # fmt: skip
    registration = notebook.registration
    language = registration.language
    queue_email(
        to=registration.email,
        template=f"events/showrooms/emails/{kind}",
        context={
            "notebook": notebook,
            "session": notebook.visit.session,
            "showroom": notebook.visit.showroom,
            "notebook_url": settings.PUBLIC_URL + path(notebook, language),
            "question_url": settings.PUBLIC_URL + path(notebook, language, name="question"),
            **context,
        },
        language=language,
        dedup_key=f"events.{kind}:{notebook.pk}",
        secret=True,
        attachments=attachments or [],
        now=now,
    )


def _locked(notebook_id: int) -> VisitNotebook:
    rows = VisitNotebook.objects.select_for_update(of=("self",)).select_related("registration")
    return rows.get(pk=notebook_id, registration__forgotten_at=None)


def _held(notebook_id: int) -> VisitNotebook | None:
    """Return the notebook, locked; None when another worker has it, or its person is gone."""
    rows = _reachable().select_for_update(of=("self",), skip_locked=True)
    return rows.filter(pk=notebook_id).first()
