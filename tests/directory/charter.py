"""Signatories for the tests of the charter, made through the services as people make them."""

from datetime import date, timedelta
from itertools import count

from directory.enums import EvidenceStatus, PowerBasis
from directory.models import Adhesion, Charter, Evidence
from directory.services import charter, charter_checks
from directory.services.charter import Signature
from emn.lib.documents import Document
from emn.territory.models import LegalUnit
from tests.directory.factories import NOW, CompanyFactory, UserFactory, published_card

PDF = b"%PDF-1.7\nun document\n%%EOF\n"
_sirens = count(100_000_000)
TODAY = date(2026, 11, 23)


def unit(siren, *, state="A", legal_category="5710"):
    return LegalUnit.objects.update_or_create(
        siren=siren,
        defaults={
            "state": state,
            "diffusion": "O",
            "name": "ATELIER DU WEB",
            "legal_category": legal_category,
        },
    )[0]


def text():
    """The version 1.0, as it ships."""
    charter.sync_charters(write=True)
    return Charter.objects.get(version="1.0")


def company_of(owner=None, *, state="A", **fields):
    """A company of the directory with a public card, its owner and its legal unit."""
    if "company" not in fields:
        fields["company"] = CompanyFactory(siret=f"{next(_sirens):09d}00017")
    card = published_card(owner=owner or UserFactory(), **fields)
    unit(card.company.siren, state=state)
    return card.company


def owner_of(company):
    return company.members.order_by("pk").first()


def signature(**changed):
    values = {
        "name": "Alice Martin",
        "role": "Gérante",
        "power_basis": PowerBasis.REPRESENTATIVE,
        "version_read": "1.0",
        "without_reservation": True,
        "may_bind": True,
        "accepts_complaints": True,
    }
    return Signature(**values | changed)


def started(company=None, *, now=NOW):
    if not Charter.objects.exists():
        text()
    company = company or company_of()
    return charter.start_adhesion(company_id=company.pk, user_id=owner_of(company).pk, now=now)


def signed(company=None, *, now=NOW, **declared):
    adhesion = started(company, now=now)
    return charter.sign(
        adhesion_id=adhesion.pk,
        user_id=owner_of(adhesion.company).pk,
        signature=signature(**declared),
        now=now,
    )


def with_piece(adhesion, *, kind="quote", valid_until=None, now=NOW, data=PDF):
    return charter.add_evidence(
        adhesion_id=adhesion.pk,
        user_id=owner_of(adhesion.company).pk,
        kind=kind,
        document=Document(name="devis.pdf", suffix=".pdf", data=data),
        valid_until=valid_until,
        now=now,
    )


def submitted(company=None, *, now=NOW):
    adhesion = signed(company, now=now)
    with_piece(adhesion, now=now)
    return charter.submit(adhesion_id=adhesion.pk, user_id=owner_of(adhesion.company).pk, now=now)


def accept(piece, *, now=NOW, by=None, clauses=("need", "scope", "costs")):
    return charter_checks.decide_evidence(
        evidence_id=piece.pk,
        by_id=(by or UserFactory()).pk,
        seen=EvidenceStatus.WAITING,
        accepted=True,
        clauses=clauses,
        now=now,
    )


def active(company=None, *, now=NOW):
    adhesion = submitted(company, now=now)
    for piece in Evidence.objects.filter(adhesion=adhesion):
        accept(piece, now=now)
    charter_checks.activate(adhesion_id=adhesion.pk, by_id=UserFactory().pk, now=now)
    return Adhesion.objects.get(pk=adhesion.pk)


def days(number, since=NOW):
    return since + timedelta(days=number)
