"""What the events hold about people (see emn.accounts.personal_data)."""

from datetime import date, datetime, timedelta
from functools import partial

from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from emn.accounts.models import User
from emn.accounts.personal_data import PersonalData, Rows, register, without
from emn.accounts.retention import periods
from emn.lib.commit import after_commit
from emn.lib.storage import delete_after_commit
from events.enums import (
    BankLineStatus,
    ClubMemberStatus,
    DocumentKind,
    EndReason,
    IrritantStatus,
    OrderStatus,
    RegistrationStatus,
)
from events.models import (
    BadgeSheet,
    BankLine,
    BankStatement,
    ClubMember,
    Enrolment,
    Invoice,
    Irritant,
    IrritantDecision,
    Meeting,
    Order,
    OwnCalendar,
    Participant,
    Payment,
    Pitch,
    PitchChoice,
    Refund,
    Registration,
    Satisfaction,
    Scan,
    SessionMessage,
    SessionOpinion,
    Signature,
    SkillEvaluation,
    Trainee,
    Trainer,
    TrainerChange,
    TrainingDocument,
    TrainingSession,
)
from events.models.orders import ENDED
from events.models.registrations import ACTIVE
from events.services.registrations import fold_email
from events.tasks import promote


def _forget(rows: Rows) -> None:
    """Keep what is counted (session, company, presence), without the person.

    Whoever still had a seat, or waited, gives it back: the waiting list has it once committed.
    """
    now = timezone.now()
    going = rows.filter(status__in=ACTIVE, session__starts_at__gt=now)
    freed = set(going.values_list("session", flat=True))
    going.update(
        status=RegistrationStatus.CANCELLED,
        end_reason=EndReason.PERSON,
        ended_at=now,
        expires_at=None,
    )
    rows.filter(forgotten_at=None).update(
        full_name="", email="", companions=[], answers=[], greeting_due_at=None, forgotten_at=now
    )
    for session_id in sorted(freed):
        after_commit(partial(promote.delay, session_id=session_id))


# data/retention.json says the same, and a test compares
INVOICES_KEPT, BANK_FILES_KEPT = timedelta(days=4018), timedelta(days=90)


def _invoices_over(cutoff: date) -> Q:
    """Return the invoices that may go: so may the credit notes that name them."""
    return Q(issued_on__lt=cutoff) & ~Q(credit_notes__issued_on__gte=cutoff)


def _drop_invoices(rows: Rows) -> None:
    keys, files = [row.pk for row in rows], [row.pdf for row in rows]
    Invoice.objects.filter(pk__in=keys).exclude(credits=None).delete()  # each protects another
    Invoice.objects.filter(pk__in=keys).delete()
    delete_after_commit(*files)


def _forget_buyer(rows: Rows) -> None:
    """Keep what was sold, without whom to write to; an individual's name stays on invoices only."""
    rows = Order.objects.filter(pk__in=list(rows.values_list("pk", flat=True)))
    rows.filter(buyer_kind="individual").update(
        buyer_name="",
        buyer_street="",
        buyer_postcode="",
        buyer_city="",
        buyer_vat_id="",
        delivery_address="",
        purchase_order="",
    )
    rows.filter(forgotten_at=None).update(
        contact_name="", email="", accepted_by="", forgotten_at=timezone.now()
    )


def _forget_payer(rows: Rows) -> None:
    rows.update(label="", payer="")


def _forget_payment(rows: Rows) -> None:
    """Keep the money, without the words that name somebody; the agent goes with the account."""
    rows.update(reference="", note="")


def _forget_refund(rows: Rows) -> None:
    """Keep the money, without the words that name somebody; the agent goes with the account."""
    rows.update(reference="")


def _drop_bank_files(rows: Rows) -> None:
    """Keep the lines that were read, not the file, which names whoever the centre pays."""
    files = [row.file for row in rows]
    rows.update(file="")
    delete_after_commit(*files)


def _books_over() -> date:
    """Return the day before which the law keeps the books no more."""
    return timezone.localdate() - INVOICES_KEPT


def _order_under_way(user: User) -> str | None:
    under_way = Order.objects.filter(
        email=fold_email(user.email), status=OrderStatus.ACCEPTED, buyer_kind="individual"
    )
    if under_way.exists():
        return _("Une commande acceptée attend sa facture : annulez-la d’abord avec le centre.")
    return None


def _register_money() -> None:
    """Register orders, invoices and payments: the law keeps invoices, whoever asks (R4.13)."""
    register(
        PersonalData(
            model=Order,
            about=lambda user: Q(email=fold_email(user.email), forgotten_at=None),
            export=(
                "status", "buyer_name", "buyer_street", "buyer_postcode", "buyer_city",
                "contact_name", "email", "purchase_order", "created_at", "accepted_at",
                "accepted_by",
            ),
            erase=_forget_buyer,
            objection=_order_under_way,
            retention={
                "order_without_invoice": lambda _now, cutoff: Q(
                    status__in=ENDED, ended_at__lt=cutoff, invoices=None, forgotten_at=None
                ),
                "invoice": lambda _now, cutoff: Q(created_at__lt=cutoff, forgotten_at=None)
                & ~Q(invoices__issued_on__gte=cutoff),
            },
        ),
        PersonalData(
            model=Invoice,
            about=lambda user: Q(order__email=fold_email(user.email)),
            export=("reference", "kind", "issued_on", "total_cents", "buyer_name"),
            erasable=lambda rows: rows.filter(_invoices_over(_books_over())),
            erase=_drop_invoices,
            retention={"invoice": lambda _now, cutoff: _invoices_over(cutoff.date())},
        ),
        PersonalData(
            model=Payment,
            about=lambda user: Q(by=user) | Q(order__email=fold_email(user.email)),
            export=("order__buyer_name", "method", "amount_cents", "received_on", "reference",
                    "created_at"),
            erasable=lambda rows: rows.filter(received_on__lt=_books_over()),
            erase=_forget_payment,
            retention={
                "invoice": lambda _now, cutoff: Q(received_on__lt=cutoff.date())
                & ~Q(reference="", note="")
            },
        ),
        PersonalData(
            model=Refund,
            about=lambda user: Q(by=user) | Q(payment__order__email=fold_email(user.email)),
            export=("amount_cents", "refunded_on", "method", "reference"),
            erasable=lambda rows: rows.filter(refunded_on__lt=_books_over()),
            erase=_forget_refund,
            retention={
                "invoice": lambda _now, cutoff: Q(refunded_on__lt=cutoff.date())
                & ~Q(reference="")
            },
        ),
        PersonalData(
            model=BankStatement,
            about=lambda user: Q(by=user),
            export=("name", "imported_at"),
            erasable=lambda rows: rows.filter(
                imported_at__lt=timezone.now() - BANK_FILES_KEPT
            ).exclude(file=""),
            erase=_drop_bank_files,
            retention={
                "bank_file": lambda _now, cutoff: Q(imported_at__lt=cutoff) & ~Q(file="")
            },
        ),
        PersonalData(
            model=BankLine,
            about=lambda user: Q(payment__order__email=fold_email(user.email)),
            export=("booked_on", "amount_cents", "label", "payer"),
            erasable=lambda rows: rows.filter(
                Q(booked_on__lt=_books_over()) | Q(status=BankLineStatus.IGNORED)
            ),
            erase=_forget_payer,
            retention={
                "invoice": lambda _now, cutoff: Q(booked_on__lt=cutoff.date())
                & ~Q(label="", payer=""),
                "bank_line": lambda _now, cutoff: Q(
                    status=BankLineStatus.IGNORED, booked_on__lt=cutoff.date()
                ) & ~Q(label="", payer=""),
            },
        ),
    )  # fmt: skip


def _forget_company(rows: Rows) -> None:
    """Keep the published words, which name nobody; other words go, and why they were refused."""
    now = timezone.now()
    rows = Irritant.objects.filter(pk__in=list(rows.values_list("pk", flat=True)))
    never = (IrritantStatus.UNCONFIRMED, IrritantStatus.WAITING)
    rows.filter(status__in=never).update(status=IrritantStatus.WITHDRAWN, ended_at=now)
    IrritantDecision.objects.filter(irritant__in=rows).exclude(reason="").update(reason="")
    rows.exclude(status=IrritantStatus.PUBLISHED).update(text="")
    rows.filter(forgotten_at=None).update(
        told="", name="", company_name="", email="", reason="", forgotten_at=now
    )


def _forget_member(rows: Rows) -> None:
    """Keep that somebody was a member, and when."""
    now = timezone.now()
    rows = ClubMember.objects.filter(pk__in=list(rows.values_list("pk", flat=True)))
    alive = (ClubMemberStatus.UNCONFIRMED, ClubMemberStatus.ASKED, ClubMemberStatus.MEMBER)
    rows.filter(status__in=alive).update(status=ClubMemberStatus.LEFT, ended_at=now)
    rows.filter(forgotten_at=None).update(
        name="", company_name="", email="", motive="", reason="", forgotten_at=now
    )


def _forget_words(rows: Rows) -> None:
    """Keep what came of a meeting, which is counted; not what either side wrote of the other."""
    rows.update(company_why="", provider_why="")


def _forget_place(rows: Rows) -> None:
    """Free the tables of who goes; what is counted stays."""
    rows.filter(left_at=None).update(left_at=timezone.now())


def _forget_sender(rows: Rows) -> None:
    """Keep the answer, which is the provider's, without who sent it or would have spoken."""
    rows.update(sent_by=None, speaker_name="")


def register_own_data() -> None:
    """Register the registrations."""
    _register_money()
    register(
        PersonalData(
            model=Registration,
            about=lambda user: Q(email=fold_email(user.email), forgotten_at=None),
            export=(
                "session__title", "session__starts_at", "status", "seats", "full_name", "email",
                "company_name", "siret", "companions", "answers", "registered_at", "taken_at",
                "confirmed_at", "ended_at", "end_reason",
            ),
            erase=_forget,
            retention={
                "unconfirmed_registration": lambda _now, cutoff: Q(
                    end_reason=EndReason.HOLD, ended_at__lt=cutoff, forgotten_at=None
                ),
                "registration": lambda _now, cutoff: Q(
                    session__ends_at__lt=cutoff, forgotten_at=None
                ),
            },
        ),
        PersonalData(
            model=SessionOpinion,
            about=lambda user: Q(
                registration__email=fold_email(user.email), registration__forgotten_at=None
            ),
            export=("registration__session__title", "score", "comment", "answered_at"),
            erase=_forget_opinions,
            retention={
                "registration": lambda _now, cutoff: Q(
                    registration__session__ends_at__lt=cutoff
                ) & ~Q(comment=""),
            },
        ),
        PersonalData(
            model=Participant,
            about=lambda user: Q(
                registration__email=fold_email(user.email), registration__forgotten_at=None
            ),
            export=("evening__session__title", "is_shown", "absent_slots", "joined_at", "left_at"),
            erase=_forget_place,
        ),
        PersonalData(
            model=Meeting,
            about=lambda user: Q(
                company__registration__email=fold_email(user.email),
                company__registration__forgotten_at=None,
            ),
            export=(
                "evening__session__title", "provider__provider__name", "company_outcome",
                "company_why", "provider_outcome", "provider_why",
            ),
            erase=_forget_words,
            retention={
                "registration": lambda _now, cutoff: Q(
                    evening__session__ends_at__lt=cutoff
                ) & ~Q(company_why="", provider_why=""),
            },
        ),
        PersonalData(
            model=OwnCalendar,
            about=lambda user: Q(email=fold_email(user.email)),
            export=("email", "made_at"),
            retention={"own_calendar": lambda _now, cutoff: Q(made_at__lt=cutoff)},
        ),
        PersonalData(
            model=SessionMessage,
            about=lambda user: Q(by=user),
            export=("session__title", "subject", "written_at"),
            erase=without("by"),
        ),
        PersonalData(
            model=Scan,
            about=lambda user: Q(by=user),
            export=("session__title", "outcome", "scanned_at"),
            erase=without("by"),
        ),
        PersonalData(
            model=BadgeSheet,
            about=lambda user: Q(session__registrations__email=fold_email(user.email)),
            export=("session__title", "asked_at"),
            retention={"badge_sheet": lambda _now, cutoff: Q(asked_at__lt=cutoff)},
        ),
        PersonalData(
            model=Irritant,
            about=lambda user: Q(email=fold_email(user.email), forgotten_at=None),
            export=(
                "told", "text", "sector", "hours_weekly", "name", "company_name", "email",
                "created_at", "confirmed_at", "status", "reason",
            ),
            erase=_forget_company,
            retention={
                "unconfirmed_irritant": lambda _now, cutoff: Q(
                    status=IrritantStatus.UNCONFIRMED, created_at__lt=cutoff, forgotten_at=None
                ),
                "irritant": lambda _now, cutoff: Q(
                    created_at__lt=cutoff, forgotten_at=None
                ),
            },
        ),
        PersonalData(
            model=IrritantDecision,
            about=lambda user: Q(by=user),
            export=("kind", "reason", "at"),
            erase=without("by"),
        ),
        PersonalData(
            model=Pitch,
            about=lambda user: Q(sent_by=user) | Q(
                speaker_name__iexact=user.full_name or user.email,
                provider__company__memberships__user=user,
            ),
            export=("irritant__text", "provider__name", "answer", "speaker_name", "sent_at"),
            erase=_forget_sender,
            retention={
                "registration": lambda _now, cutoff: Q(
                    evening__session__ends_at__lt=cutoff
                ) & ~Q(speaker_name=""),
            },
        ),
        PersonalData(
            model=PitchChoice,
            about=lambda user: Q(by=user),
            export=("pitch__provider__name", "status", "reason", "at"),
            erase=without("by"),
        ),
        PersonalData(
            model=ClubMember,
            about=lambda user: Q(email=fold_email(user.email), forgotten_at=None),
            export=(
                "club__name", "status", "name", "company_name", "email", "motive", "asked_at",
                "confirmed_at", "joined_at", "ended_at", "reason",
            ),
            erase=_forget_member,
            retention={
                "unconfirmed_club_member": lambda _now, cutoff: Q(
                    status=ClubMemberStatus.UNCONFIRMED, asked_at__lt=cutoff, forgotten_at=None
                ),
                "club_member": lambda _now, cutoff: Q(
                    ended_at__lt=cutoff, forgotten_at=None
                ),
            },
        ),
    )  # fmt: skip
    _register_trainings()


def _forget_enrolments(rows: Rows) -> None:
    """Keep what was bought and signed, without the hand that signed, nor what happened to it."""
    rows = Enrolment.objects.filter(pk__in=list(rows.values_list("pk", flat=True)))
    rows.exclude(end_note="").update(end_note="")
    rows.filter(forgotten_at=None).update(
        signatory_name="", signatory_role="", drawing="", origin="", forgotten_at=timezone.now()
    )


def _forget_trainees(rows: Rows) -> None:
    """Keep what is counted, without what the person said of themselves."""
    rows.update(positioning={})


def _forget_signatures(rows: Rows) -> None:
    """Keep the half-days and their hashes: the law asks for them; not what names or tells."""
    rows.update(full_name="", drawing="", origin="", reason="")


def _training_over() -> datetime:
    """Return since when the law keeps who was there, and who taught, whoever asks."""
    return timezone.now() - periods()["training_signature"].length


def _forget_opinions(rows: Rows) -> None:
    """Keep the scores, which are counted; not the words."""
    rows.update(comment="")


def _empty_documents(rows: Rows) -> None:
    """Empty the papers; their hashes stay."""
    rows.filter(emptied_at=None).update(content=b"", paper={}, emptied_at=timezone.now())


def _forget_trainers(rows: Rows) -> None:
    """Keep the name on the papers of trainings; not the address."""
    rows.update(email="")


def _keeps_training_papers(user: User) -> str | None:
    """The law keeps the papers of a training whose period is not over (R4.07)."""
    mine = Q(trainee__registration__email=fold_email(user.email))
    mine |= Q(enrolment__order__email=fold_email(user.email))
    if not TrainingDocument.objects.filter(mine, emptied_at=None).exists():
        return None
    return _(
        "Vos documents de formation (convention, émargement, certificat) sont gardés le temps que "
        "la loi prévoit pour le contrôle de la formation."
    )


_AGREEMENTS = (DocumentKind.CONVENTION, DocumentKind.CONTRACT)
_SURVEYS = (DocumentKind.POSITIONING, DocumentKind.EVALUATION, DocumentKind.SATISFACTION)
_PAPERS = {
    "training_agreement": _AGREEMENTS,
    "training_survey": _SURVEYS,
    "training_document": tuple(set(DocumentKind) - {*_AGREEMENTS, *_SURVEYS}),
}


def _papers_due(kinds: tuple[DocumentKind, ...], _now: datetime, cutoff: datetime) -> Q:
    return Q(kind__in=kinds, issued_at__lt=cutoff, emptied_at=None)


def _register_trainings() -> None:
    def mine(user: User, path: str) -> Q:
        return Q(**{f"{path}email": fold_email(user.email)})

    register(
        PersonalData(
            model=Enrolment,
            about=lambda user: mine(user, "order__"),
            export=(
                "training_session__session__title", "funding", "created_at", "signed_at",
                "signatory_name", "signatory_role", "origin", "ended_at", "end_reason", "end_note",
            ),
            erase=_forget_enrolments,
            retention={
                "training_enrolment": lambda _now, cutoff: Q(
                    training_session__session__ends_at__lt=cutoff
                ) & (Q(forgotten_at=None) | ~Q(end_note="")),
            },
        ),
        PersonalData(
            model=Trainee,
            about=lambda user: mine(user, "registration__"),
            export=("enrolment__training_session__session__title", "kind", "positioned_at",
                    "positioning", "convoked_at", "evaluated_at"),
            erase=_forget_trainees,
            retention={
                "training_positioning": lambda _now, cutoff: Q(
                    enrolment__training_session__session__ends_at__lt=cutoff
                ) & ~Q(positioning={}),
            },
        ),
        PersonalData(  # before its signatures: who goes is known by the address
            model=Trainer,
            about=lambda user: Q(email__iexact=user.email),
            export=("name", "email", "qualifications"),
            erase=_forget_trainers,
        ),
        PersonalData(
            model=Signature,
            about=lambda user: mine(user, "trainee__registration__") | Q(
                trainer__email__iexact=user.email
            ),
            export=("half_day__starts_at", "method", "signed_at", "full_name", "reason", "origin"),
            erasable=lambda rows: rows.filter(half_day__ends_at__lt=_training_over()),
            erase=_forget_signatures,
            retention={
                "training_signature": lambda _now, cutoff: Q(half_day__ends_at__lt=cutoff)
                & ~Q(full_name="", reason=""),
            },
        ),
        PersonalData(
            model=SkillEvaluation,
            about=lambda user: mine(user, "trainee__registration__"),
            export=("objective__text", "level", "evaluated_at"),
            erasable=lambda rows: rows.none(),  # levels without a name, once it is forgotten
        ),
        PersonalData(
            model=Satisfaction,
            about=lambda user: mine(user, "trainee__registration__"),
            export=("moment", "score", "useful", "comment", "answered_at"),
            erase=_forget_opinions,
            retention={
                "training_opinion": lambda _now, cutoff: Q(answered_at__lt=cutoff)
                & ~Q(comment=""),
            },
        ),
        PersonalData(
            model=TrainingDocument,
            about=lambda user: mine(user, "trainee__registration__"),
            export=("kind", "version", "issued_at", "sha256"),
            erase=_empty_documents,
            objection=_keeps_training_papers,
            retention={
                key: partial(_papers_due, kinds) for key, kinds in _PAPERS.items()
            },
        ),
        PersonalData(
            model=TrainingSession,
            about=lambda user: Q(closed_by=user),
            export=("session__title", "closed_at"),
            erase=without("closed_by"),
        ),
        PersonalData(
            model=TrainerChange,
            about=lambda user: Q(changed_by=user)
            | Q(former__email__iexact=user.email),
            export=("training_session__session__title", "reason", "changed_at"),
            # Of a younger one, the account takes its own name (SET_NULL), and nothing else.
            erasable=lambda rows: rows.filter(changed_at__lt=_training_over()),
            erase=_forget_who_replaced,
            retention={
                "training_document": lambda _now, cutoff: Q(changed_at__lt=cutoff) & ~Q(reason=""),
            },
        ),
    )  # fmt: skip


def _forget_who_replaced(rows: Rows) -> None:
    """Keep who teaches in whose place, and since when; not the words, nor the agent."""
    rows.filter(pk__in=list(rows.values_list("pk", flat=True))).update(changed_by=None, reason="")
