"""Providers with a ledger, for the tests of what the database keeps of the index."""

from datetime import timedelta

from directory.enums import AdhesionStatus, PowerBasis, TrustSource
from directory.models import Adhesion, Provider, TrustFile
from directory.search.index import index
from directory.services import trust, trust_computing
from directory.services.trust_versions import sync_first_version
from directory.trust.events import Kind
from tests.directory import charter
from tests.directory.factories import NOW, MembershipFactory, UserFactory, published_card
from tests.directory.trust_ledgers import AT, Ledger

TODAY = AT
assert NOW.date() == TODAY


def first_version():
    sync_first_version(write=True, now=NOW)


def write(provider, events, *, prefix="", now=NOW):
    """Record the facts of a pure ledger through the service."""
    return [
        trust.record_fact(
            provider_id=provider.pk,
            kind=Kind(event.kind),
            effective_on=event.on,
            payload=event.payload,
            source=TrustSource.CENTRE,
            key=f"{prefix}{event.id}",
            now=now,
        )
        for event in events
    ]


def engaged_card(**fields):
    """Make a card whose company adheres and has proven nothing."""
    card = published_card(**fields)
    ledger = Ledger()
    until = (TODAY + timedelta(days=600)).isoformat()
    ledger.add(Kind.ADHESION, 30, state="active", ends_on=until)
    write(card, ledger.events)
    return card


def rated_card(**fields):
    """Make a card whose index is published."""
    card = published_card(**fields)
    write(card, Ledger().sound().events)
    compute(card)
    return card


def adhere(card, *, until=TODAY + timedelta(days=600)):
    """Write the adhesion of a card's company, which pages ask; its ledger is written apart."""
    Adhesion.objects.get_or_create(
        siren=card.company.siren,  # the same of every company that the factory makes
        defaults={
            "company": card.company,
            "charter": charter.text(),
            "status": AdhesionStatus.ACTIVE,
            "started_at": NOW,
            "signed_at": NOW,
            "signatory_name": "Alice Martin",
            "signatory_role": "Gérante",
            "power_basis": PowerBasis.REPRESENTATIVE,
            "complaints_accepted_at": NOW,
            "document_sha256": "0" * 64,
            "checked_at": NOW,
            "member_since": TODAY - timedelta(days=30),
            "starts_on": TODAY - timedelta(days=30),
            "expires_on": until,
        },
    )
    index(Provider.objects.with_place().with_content().get(pk=card.pk))
    return card


def owner_of(card):
    user = UserFactory()
    MembershipFactory(company=card.company, user=user)
    return user


def compute(card, *, now=NOW):
    trust_computing.compute_file(file_id=card.trust_file.pk, now=now)
    return file_of(card)


def file_of(card):
    return TrustFile.objects.get(provider=card)


def add(card, kind, days_ago=0, *, key="more", now=NOW, **payload):
    return trust.record_fact(
        provider_id=card.pk,
        kind=kind,
        effective_on=now.date() - timedelta(days=days_ago),
        payload=payload,
        source=TrustSource.CENTRE,
        key=key,
        now=now,
    )
