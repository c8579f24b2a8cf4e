"""Needs and the cards that answer them, for the tests."""

from datetime import timedelta

from directory.models import Need, Provider, Service
from directory.services import need_handling, needs, proposals
from emn.mailings.models import OutboundEmail
from tests.directory.factories import (
    NOW,
    CommuneFactory,
    CompanyFactory,
    ServiceFactory,
    UserFactory,
    facts,
    published_card,
)

TEXT = "Refaire le site de la boulangerie, prendre des commandes en ligne."
ADDRESS = "lea@boulangerie.example"


def matchable(**fields):
    """Publish a card that matching may propose."""
    card = published_card(**fields)
    Provider.objects.filter(pk=card.pk).update(quality=0.8)
    card.refresh_from_db()
    return card


def draft(
    *, email=ADDRESS, service=None, now=NOW, wished_slug="", siret="41816609600069", **company
):
    CommuneFactory()
    need = needs.start_need(
        name="Léa Meyer",
        email=email,
        phone="03 87 00 00 00",
        language="fr",
        service_id=service and service.pk,
        wished_slug=wished_slug,
        now=now,
    )
    return needs.write_company(
        need_id=need.pk,
        facts=facts(siret=siret, siren=siret[:9], **company),
        client_size="1-9",
        sector="artisanat",
    )


def deposited(*, now=NOW, values=None, **fields):
    need = draft(now=now, **fields)
    given = {
        "service": ServiceFactory(),
        "commune_id": "57630",
        "text": TEXT,
        "budget": "1000-5000",
        "deadline": "quarter",
        "working_language": "fr",
        "answers": {"existing": "boulangerie.example"},
    }
    return needs.deposit_need(need_id=need.pk, values=given | (values or {}), now=now)


def confirmed(*, now=NOW, **fields):
    return needs.confirm_need(need_id=deposited(now=now, **fields).pk, now=now)


def qualified(*, now=NOW, by=None, **fields):
    need = confirmed(now=now, **fields)
    agent = by or UserFactory()
    return need_handling.qualify_need(need_id=need.pk, values={}, by_id=agent.pk, now=now)


def proposed(*, now=NOW, **fields):
    need = qualified(now=now, **fields)
    proposals.propose(need_id=need.pk, now=now)
    return Need.objects.get(pk=need.pk)


def in_contact(*, now=NOW, **fields):
    """Return a need and the first proposal, accepted an hour later."""
    need = proposed(now=now, **fields)
    first = need.proposals.order_by("pk")[0]
    accepted = proposals.accept(proposal_id=first.pk, now=now + timedelta(hours=1))
    return Need.objects.get(pk=need.pk), accepted


def other_service(code="web.boutique", name="Boutique en ligne"):
    return ServiceFactory(code=code, slug=code.replace(".", "-"), name_fr=name)


def mails(kind):
    return OutboundEmail.objects.filter(kind=f"directory/needs/emails/{kind}").order_by("pk")


__all__ = [
    "ADDRESS", "NOW", "TEXT", "CommuneFactory", "CompanyFactory", "Service", "confirmed",
    "deposited", "draft", "in_contact", "mails", "matchable", "other_service", "proposed",
    "qualified",
]  # fmt: skip
