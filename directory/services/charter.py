"""The company's side of the charter: read a version, sign it, bring the documents, leave it.

Every move of an adhesion goes through `move`, by the table of `directory.charter.states`: the row,
its line of history and what the public pages show change together.
"""

import hashlib
import json
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.files.base import ContentFile
from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import override

from directory.charter.rules import rules
from directory.charter.states import ENDED, STANDING, leads_to
from directory.enums import (
    AdhesionEventKind,
    AdhesionStatus,
    EvidenceStatus,
    Measure,
    MembershipRole,
    PowerBasis,
)
from directory.models import (
    Adhesion,
    AdhesionEvent,
    Charter,
    CommitteeCase,
    Company,
    Evidence,
    Provider,
)
from directory.search.index import index_all
from directory.services.telling import people_of, tell_each
from directory.services.trust_charter import follow_company
from emn.accounts.models import User
from emn.lib.calendar import add_months
from emn.lib.db import violation_as
from emn.lib.documents import Document
from emn.lib.errors import DomainError
from emn.lib.page_cache import touch
from emn.lib.pdf import render_pdf
from emn.lib.storage import delete_after_commit
from emn.territory.enums import LegalUnitState
from emn.territory.models import LegalUnit
from emn.territory.services.reference import TableDiff

VERSIONS = Path(__file__).parent.parent / "data" / "charters"
SOURCE = "texte du portail (directory/data/charters)"
TAKES_EVIDENCE = (
    AdhesionStatus.SIGNED, AdhesionStatus.CHECK, AdhesionStatus.ACTIVE, AdhesionStatus.SUSPENDED,
)  # fmt: skip


class AdhesionRefused(DomainError):
    """The adhesion cannot be begun, signed, checked or ended so."""


@dataclass(frozen=True, slots=True)
class Signature:
    """What the signatory writes and declares. `version_read` is the text that was on the page."""

    name: str
    role: str
    power_basis: PowerBasis
    version_read: str
    without_reservation: bool
    may_bind: bool
    accepts_complaints: bool


@transaction.atomic(durable=True)
def sync_charters(*, write: bool, folder: Path = VERSIONS) -> list[TableDiff]:
    """Compare the versions of the charter with the files shipped; with `write`, follow them.

    Raises AdhesionRefused when a file changes a text that somebody signed (R1.01).
    """
    diff = TableDiff(label=str(Charter._meta.verbose_name_plural), source=SOURCE)
    known = {row.version: row for row in Charter.objects.select_for_update().order_by("pk")}
    for file in sorted(folder.glob("*.json")):
        content = json.loads(file.read_text(encoding="utf-8"))
        values = {
            "valid_from": date.fromisoformat(content["valid_from"]),
            "texts": content["texts"],
            "sha256": digest_of(content["texts"]),
        }
        version = content["version"]
        row = known.get(version) or Charter(version=version)
        if row.pk and all(getattr(row, name) == value for name, value in values.items()):
            diff.unchanged += 1
            continue
        if row.pk and row.adhesions.filter(signed_at__isnull=False).exists():
            raise AdhesionRefused(
                _("La version %(version)s a été signée : écrivez-en une nouvelle.")
                % {"version": version}
            )
        (diff.changed if row.pk else diff.created).append(version)
        for name, value in values.items():
            setattr(row, name, value)
        if write:
            row.save()
    if write and not diff.is_empty:
        touch()
    return [diff]


def digest_of(texts: Mapping[str, Any]) -> str:
    """Return the SHA-256 of the text in every language, written as canonical JSON."""
    canonical = json.dumps(texts, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()


@transaction.atomic(durable=True)
def start_adhesion(*, company_id: int, user_id: int, now: datetime) -> Adhesion:
    """Begin an adhesion, or the renewal of one that nears its term; asking again gives the same.

    Raises Company.DoesNotExist (not one of the person's) or AdhesionRefused.
    """
    company = Company.objects.select_for_update(of=("self",)).get(
        Q(pk__in=Company.objects.filter(memberships__user=user_id, providers__isnull=False)),
        pk=company_id,
    )
    siren = company.siren
    begun = Adhesion.objects.in_preparation().filter(siren=siren).first()
    if begun is not None:
        if begun.company_id != company.pk:
            raise AdhesionRefused(
                _("Un autre établissement de cette entreprise prépare déjà son adhésion.")
            )
        return begun
    today = timezone.localdate(now)
    require_admissible(company, now=now)
    current = Adhesion.objects.standing().select_for_update().filter(siren=siren).first()
    if current is not None and not may_renew(current, on=today):
        raise AdhesionRefused(
            _("Cette entreprise a déjà signé la charte. Le renouvellement s’ouvre le %(day)s.")
            % {"day": date_format(renewal_opens_on(current), "DATE_FORMAT")}
        )
    charter = Charter.objects.in_effect(on=today).first()
    if charter is None:
        raise AdhesionRefused(_("Aucune version de la charte n’est encore en vigueur."))
    adhesion = Adhesion(
        company=company, siren=siren, charter=charter, renews=current, started_at=now
    )
    with violation_as(
        AdhesionRefused(_("Une adhésion est déjà en préparation pour cette entreprise.")),
        model=Adhesion,
        constraint="directory_adhesion_one_in_preparation",
    ):
        adhesion.save()
    _write_line(adhesion, AdhesionEventKind.STARTED, by_id=user_id, now=now)
    return adhesion


@transaction.atomic(durable=True)
def sign(*, adhesion_id: int, user_id: int, signature: Signature, now: datetime) -> Adhesion:
    """Sign the version that is in effect: the document is written, its digest kept (R1.02).

    Raises Adhesion.DoesNotExist (another company's) or AdhesionRefused.
    """
    adhesion = locked(adhesion_id, user_id=user_id)
    company = adhesion.company
    _require_whole(signature)
    require_admissible(company, now=now)
    today = timezone.localdate(now)
    charter = Charter.objects.in_effect(on=today).select_for_update(no_key=True).first()
    if charter is None or charter.version != signature.version_read:
        raise AdhesionRefused(
            _("Une nouvelle version de la charte a paru : relisez-la avant de signer.")
        )
    adhesion.charter = charter
    adhesion.signed_at = adhesion.complaints_accepted_at = now
    adhesion.signed_by_id = user_id
    adhesion.signatory_name, adhesion.signatory_role = signature.name, signature.role
    adhesion.power_basis = signature.power_basis
    require_move(adhesion, AdhesionEventKind.SIGNED, now=now)
    document = signed_document(adhesion, by=User.objects.get(pk=user_id))
    adhesion.document_sha256 = hashlib.sha256(document).hexdigest()
    # Written last, under a name of ours: no refusal leaves a file behind.
    adhesion.document.save(f"{uuid.uuid4()}.pdf", ContentFile(document), save=False)
    move(adhesion, AdhesionEventKind.SIGNED, by_id=user_id, now=now)
    tell(adhesion, "charter_signed", now=now)
    return adhesion


def signed_document(adhesion: Adhesion, *, by: User) -> bytes:
    """Return the PDF: who signs what, as declared, and the whole French text, which alone binds."""
    company, charter = adhesion.company, adhesion.charter
    text = charter.texts["fr"]
    assert adhesion.signed_at is not None
    with override("fr"):
        signed = timezone.localtime(adhesion.signed_at)
        when = _("%(day)s à %(hour)s") % {
            "day": date_format(signed, "DATE_FORMAT"),
            "hour": date_format(signed, "H:i"),
        }
        place = f"{company.street}, {company.postcode} {company.commune.name}".strip(", ")
        facts = [
            (_("Référence"), adhesion.reference),
            (_("Entreprise"), company.name),
            (_("SIREN"), adhesion.siren),
            (_("Adresse"), place),
            (_("Signataire"), f"{adhesion.signatory_name}, {adhesion.signatory_role}"),
            (_("Pouvoir d’engager l’entreprise"), str(PowerBasis(adhesion.power_basis).label)),
            (_("Signé le"), when),
        ]
        data = {
            "title": text["title"],
            "reference": adhesion.reference,
            "centre": settings.CENTRE_NAME,
            "version": charter.version,
            "valid_from": date_format(charter.valid_from, "DATE_FORMAT"),
            "signed": when,
            "facts": facts,
            "declarations": [
                _("Le signataire adhère à la charte sans réserve, et en citera l’engagement."),
                _("Il déclare pouvoir engager l’entreprise."),
                _("Il accepte que le comité de la charte traite les plaintes et en décide."),
            ],
            "text_sha256": charter.sha256,
            "proof": _(
                "Signature électronique simple (règlement UE 910/2014, article 25) par le compte "
                "%(email)s, dont l’adresse a été vérifiée."
            )
            % {"email": by.email},
        } | {
            name: text[name]
            for name in ("intro", "clauses", "for_whom", "not_for", "is_not", "signing")
        }
    return render_pdf("directory/charter/signed.typ", data, at=adhesion.signed_at)


@transaction.atomic(durable=True)
def add_evidence(
    *,
    adhesion_id: int,
    user_id: int,
    kind: str,
    document: Document,
    valid_until: date | None,
    now: datetime,
) -> Evidence:
    """Keep a document apart, for staff to read. Raises Adhesion.DoesNotExist or AdhesionRefused."""
    return keep_evidence(
        locked(adhesion_id, user_id=user_id),
        user_id=user_id,
        kind=kind,
        document=document,
        valid_until=valid_until,
        now=now,
    )


def keep_evidence(
    adhesion: Adhesion,
    *,
    user_id: int,
    kind: str,
    document: Document,
    valid_until: date | None,
    now: datetime,
) -> Evidence:
    """Keep a document of an adhesion that the caller holds. Raises AdhesionRefused."""
    if adhesion.status not in TAKES_EVIDENCE:
        raise AdhesionRefused(_("Signez d’abord la charte : les pièces viennent après."))
    entry = rules().evidence_kinds[kind]
    if entry.dated and valid_until is None:
        raise AdhesionRefused(_("Donnez la date de fin qui figure sur cette attestation."))
    if valid_until is not None and valid_until < timezone.localdate(now):
        raise AdhesionRefused(_("Cette pièce n’est plus valable. Déposez celle de cette année."))
    held = adhesion.evidence.exclude(status=EvidenceStatus.REFUSED)
    digest = hashlib.sha256(document.data).hexdigest()
    if held.filter(sha256=digest, kind=kind).exists():
        raise AdhesionRefused(_("Ce fichier est déjà parmi vos pièces."))
    if adhesion.evidence.count() >= rules().most_evidence:
        raise AdhesionRefused(
            _("Une adhésion porte %(count)s pièces au plus.") % {"count": rules().most_evidence}
        )
    row = Evidence(
        adhesion=adhesion,
        kind=kind,
        name=document.name[:150],
        sha256=digest,
        size_bytes=len(document.data),
        valid_until=valid_until if entry.dated else None,
        added_at=now,
        added_by_id=user_id,
    )
    name = f"{uuid.uuid4()}{document.suffix}"
    row.file.save(name, ContentFile(document.data), save=False)
    row.save()
    return row


@transaction.atomic(durable=True)
def remove_evidence(*, evidence_id: int, user_id: int) -> None:
    """Take back a document that nobody has read; its file goes once that is committed.

    Raises Evidence.DoesNotExist or AdhesionRefused.
    """
    row = (
        Evidence.objects.select_for_update(of=("self",))
        .filter(adhesion__in=Adhesion.objects.of(User(pk=user_id)).values("pk"))
        .get(pk=evidence_id)
    )
    if row.status != EvidenceStatus.WAITING:
        raise AdhesionRefused(_("Le centre a déjà lu cette pièce : elle reste au dossier."))
    row.delete()
    delete_after_commit(row.file)


@transaction.atomic(durable=True)
def submit(*, adhesion_id: int, user_id: int, now: datetime) -> Adhesion:
    """Hand the documents over to the centre. Raises Adhesion.DoesNotExist or AdhesionRefused."""
    adhesion = locked(adhesion_id, user_id=user_id)
    require_move(adhesion, AdhesionEventKind.SUBMITTED, now=now)
    present = adhesion.evidence.exclude(status=EvidenceStatus.REFUSED)
    require_kinds(adhesion, set(present.values_list("kind", flat=True)))
    adhesion.submitted_at, adhesion.check_note = now, ""
    move(adhesion, AdhesionEventKind.SUBMITTED, by_id=user_id, now=now)
    tell(adhesion, "charter_submitted", now=now, days=rules().check_days)
    return adhesion


@transaction.atomic(durable=True)
def abandon(*, adhesion_id: int, user_id: int) -> None:
    """Forget a draft that nobody signed. Raises Adhesion.DoesNotExist or AdhesionRefused."""
    adhesion = locked(adhesion_id, user_id=user_id)
    if adhesion.status != AdhesionStatus.DRAFT:
        raise AdhesionRefused(_("Cette adhésion est signée : résiliez-la plutôt."))
    adhesion.delete()


@transaction.atomic(durable=True)
def resign(*, adhesion_id: int, user_id: int, now: datetime) -> Adhesion:
    """Leave the charter, at once and without a reason; only one responsible for the company may.

    Raises Adhesion.DoesNotExist or AdhesionRefused.
    """
    adhesion = locked(adhesion_id, user_id=user_id)
    owns = adhesion.company.memberships.filter(user=user_id, role=MembershipRole.OWNER)
    if not owns.exists():
        raise AdhesionRefused(_("Seul le responsable de l’entreprise peut résilier."))
    end(adhesion, AdhesionEventKind.RESIGNED, by_id=user_id, now=now)
    tell(adhesion, "charter_ended", now=now)
    return adhesion


def renewal_opens_on(adhesion: Adhesion) -> date:
    """Return the day from which an adhesion that stands may be renewed."""
    assert adhesion.expires_on is not None
    return adhesion.expires_on - timedelta(days=rules().renewal_opens_days)


def may_renew(adhesion: Adhesion, *, on: date) -> bool:
    """Tell whether its term is near, or over."""
    return on >= renewal_opens_on(adhesion)


def readmission_on(siren: str, *, on: date) -> date | None:
    """Return the day from which the company may sign again, None when it may today (R1.07).

    24 months after a withdrawal, also one decided against who left meanwhile; for an adhesion that
    ended while suspended, by resignation or by its term, noted or not, the end of the suspension.
    """
    days = []
    is_over = Q(status__in=ENDED) | Q(status__in=STANDING, expires_on__lte=on)
    for past in Adhesion.objects.filter(is_over, siren=siren).order_by("pk"):
        if past.status == AdhesionStatus.WITHDRAWN:
            assert past.ended_on is not None
            days.append(add_months(past.ended_on, rules().readmission_months))
        if past.suspended_until is not None and past.ended_by != AdhesionEventKind.RENEWED:
            days.append(past.suspended_until)
    decided = CommitteeCase.objects.filter(
        complaint__siren=siren, measure=Measure.WITHDRAWAL, reversed_at=None, adhesion=None
    ).exclude(decided_at=None)
    days += [
        add_months(timezone.localdate(at), rules().readmission_months)
        for at in decided.values_list("decided_at", flat=True)
    ]
    last = max(days, default=on)
    return last if last > on else None


def require_admissible(company: Company, *, now: datetime) -> None:
    """Raise AdhesionRefused unless the company may be a signatory today (F1.04, R1.02, R1.07).

    Its legal unit stays locked until the end of the transaction: an import of the register that
    ceases it comes before, and is seen, or after, and ends the adhesion.
    """
    siren = company.siren
    unit = LegalUnit.objects.select_for_update(no_key=True).filter(siren=siren).first()
    state = unit.state if unit is not None else _demo_state(company)
    if state is None:
        raise AdhesionRefused(
            _("Le registre du portail ne connaît pas encore cette entreprise. Écrivez au centre.")
        )
    if state != LegalUnitState.ACTIVE:
        raise AdhesionRefused(_("Cette entreprise a cessé au registre SIRENE."))
    excluded = rules().excluded_legal_categories
    if unit is not None and unit.legal_category.startswith(excluded):
        raise AdhesionRefused(
            _("La charte s’adresse aux entreprises : les associations n’y adhèrent pas.")
        )
    day = readmission_on(siren, on=timezone.localdate(now))
    if day is not None:
        raise AdhesionRefused(
            _("Cette entreprise peut de nouveau signer la charte à partir du %(day)s.")
            % {"day": date_format(day, "DATE_FORMAT")}
        )


def _demo_state(company: Company) -> str | None:
    """Return what stands for the register's word on an invented company; None for any other."""
    if not company.is_demo:
        return None
    return LegalUnitState.CEASED if company.closed_on else LegalUnitState.ACTIVE


def require_kinds(adhesion: Adhesion, kinds: set[str]) -> None:
    """Raise AdhesionRefused unless the documents that are asked for are among `kinds`."""
    needed = [entry for entry in rules().evidence_kinds.values() if entry.needed]
    if adhesion.power_basis == PowerBasis.DELEGATION:
        needed.append(rules().evidence_kinds["delegation"])
    given_as = kinds | {rules().evidence_kinds[kind].stands_for for kind in kinds}
    missing = [entry.label for entry in needed if entry.code not in given_as]
    if missing:
        raise AdhesionRefused(_("Il manque : %(list)s.") % {"list": ", ".join(missing)})


def locked(adhesion_id: int, *, user_id: int | None = None) -> Adhesion:
    """Return the adhesion, locked; with `user_id`, only when that person acts for its company."""
    rows = Adhesion.objects.select_for_update(of=("self",)).select_related(
        "company__commune", "charter"
    )
    if user_id is not None:
        rows = rows.filter(company__in=Company.objects.filter(memberships__user=user_id))
    return rows.get(pk=adhesion_id)


def require_move(adhesion: Adhesion, kind: AdhesionEventKind, *, now: datetime) -> AdhesionStatus:
    """Return the state that `kind` leads to. Raises AdhesionRefused when it may not happen now."""
    shown = adhesion.status_on(timezone.localdate(now))
    is_over = adhesion.is_standing and shown == AdhesionStatus.EXPIRED
    target = leads_to(kind, adhesion.status)
    if target is None or (is_over and kind != AdhesionEventKind.EXPIRED):
        raise AdhesionRefused(
            _("Cette adhésion est dans l’état « %(status)s » : cette action n’est plus possible.")
            % {"status": shown.label}
        )
    return target


def move(
    adhesion: Adhesion,
    kind: AdhesionEventKind,
    *,
    by_id: int | None,
    now: datetime,
    reason: str = "",
) -> None:
    """Write the adhesion in its next state, its line of history, and what everyone sees of it."""
    was_standing = adhesion.is_standing
    adhesion.status = require_move(adhesion, kind, now=now)
    adhesion.save()
    _write_line(adhesion, kind, by_id=by_id, now=now, reason=reason)
    if was_standing or adhesion.is_standing:
        _show(adhesion, now=now)


def end(
    adhesion: Adhesion,
    kind: AdhesionEventKind,
    *,
    by_id: int | None,
    now: datetime,
    reason: str = "",
) -> None:
    """End the adhesion today; what was waiting for staff is of no use any more."""
    require_move(adhesion, kind, now=now)
    today = timezone.localdate(now)
    is_late = kind == AdhesionEventKind.EXPIRED and adhesion.expires_on is not None
    adhesion.ended_on = min(adhesion.expires_on, today) if is_late else today  # type: ignore[type-var]
    adhesion.ended_by = kind
    move(adhesion, kind, by_id=by_id, now=now, reason=reason)


def given(reason: str) -> str:
    """Return the reason. Raises AdhesionRefused without one: it is sent to the company."""
    if not reason.strip():
        raise AdhesionRefused(_("Dites pourquoi : le motif est envoyé à l’entreprise."))
    return reason.strip()


def tell(
    adhesion: Adhesion,
    template: str,
    *,
    now: datetime,
    piece: Evidence | None = None,
    **context: Any,
) -> None:
    """Write to each active person of the company, once at one instant about one thing."""
    tell_each(
        people_of(adhesion.company_id),
        template,
        occasion=f"{adhesion.pk}:{piece.pk if piece else ''}:{now.isoformat()}",
        now=now,
        adhesion=adhesion,
        company=adhesion.company,
        piece=piece,
        **context,
    )


def _require_whole(signature: Signature) -> None:
    if not (signature.name.strip() and signature.role.strip() and signature.power_basis):
        raise AdhesionRefused(_("Donnez votre nom, votre qualité et ce qui vous permet de signer."))
    declared = (
        signature.without_reservation, signature.may_bind, signature.accepts_complaints,
    )  # fmt: skip
    if not all(declared):
        raise AdhesionRefused(_("La charte se signe sans réserve : cochez les trois déclarations."))


def _write_line(
    adhesion: Adhesion,
    kind: AdhesionEventKind,
    *,
    by_id: int | None,
    now: datetime,
    reason: str = "",
) -> None:
    AdhesionEvent.objects.create(adhesion=adhesion, kind=kind, by_id=by_id, at=now, reason=reason)


def _show(adhesion: Adhesion, *, now: datetime) -> None:
    """Bring in line what the company's cards show, and what their ledgers of trust say."""
    cards = Provider.objects.filter(
        company__siret__startswith=adhesion.siren, published_at__isnull=False
    )
    cards = cards.with_place().with_content().order_by("pk").select_for_update(of=("self",))
    locked_cards = list(cards)
    follow_company(adhesion.siren, now=now)
    index_all([card for card in locked_cards if card.is_published])
    touch()
