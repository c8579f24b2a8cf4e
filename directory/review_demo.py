"""Reviews of the demonstration: invented clients, written and decided through the services."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import NamedTuple

from django.utils import timezone

from directory.enums import ProofKind, ProofStatus
from directory.models import Invitation, Provider, Review
from directory.models.reviews import RATINGS
from directory.services import review_moderation, review_rights, reviews
from directory.services.companies import DEMO_SOURCE
from directory.services.replies import digest_of
from emn.accounts.demo import AGENT
from emn.accounts.models import User
from emn.lib.documents import Document
from emn.territory.lookup import CompanyFacts


class _Client(NamedTuple):
    """An invented company, and what it says."""

    name: str
    naf_code: str
    text: str


_CLIENTS = (
    _Client(
        "Brasserie du Saulnois",
        "11.05Z",
        "Un nouveau site, et la vente de nos bières en ligne. Le devis disait ce qui était "
        "compris, le prix n’a pas bougé. La mise en ligne a glissé d’une semaine ; on nous l’a "
        "dit à temps.",
    ),
    _Client(
        "Ferronnerie Kieffer",
        "25.12Z",
        "Notre site était perdu chez un ancien prestataire. Ils ont récupéré le nom de domaine, "
        "et tous les accès sont maintenant à notre nom. Il a fallu relancer deux fois pour la "
        "documentation.",
    ),
    _Client(
        "Cabinet dentaire des Mirabelles",
        "86.23Z",
        "Travail sérieux, réunions courtes et utiles. Chaque étape nous a été montrée avant "
        "d’être finie. Nous savons qui appeler quand quelque chose ne marche pas.",
    ),
    _Client(
        "Menuiserie Hoffmann",
        "43.32A",
        "Le résultat convient. Les options n’étaient pas toutes dans le premier devis et la "
        "facture finale a été plus haute que prévu, de peu.",
    ),
)
_WAITING = _Client(
    "Épicerie de la Nied",
    "47.11B",
    "Commande en ligne mise en place en trois semaines. La formation de l’équipe manquait au "
    "devis, elle a été ajoutée sans frais.",
)
_PDF = b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n%%EOF\n"


def write_reviews(card: Provider, ratings: Sequence[int], *, now: datetime) -> None:
    """Write one published review a rating, the newest first, and one that staff must read."""
    agent = User.objects.get(email=AGENT)
    owner = card.company.members.order_by("pk").first()
    assert owner is not None
    for place, (rating, client) in enumerate(zip(ratings, _CLIENTS, strict=False)):
        at = now - timedelta(days=40 * (place + 1))
        review = _submitted(card, owner, client, number=place, rating=rating, at=at)
        if place:
            _prove(review, agent, at=at)
        else:
            review_moderation.hold_interview(
                review_id=review.pk,
                held_on=timezone.localdate(at),
                minutes="Entretien inventé pour la démonstration : la mission et ses dates.",
                by_id=agent.pk,
                now=at,
            )
        review_moderation.publish_review(
            review_id=review.pk, is_identified=True, by_id=agent.pk, now=at
        )
    newest = Review.objects.published().filter(provider=card).newest_first().first()
    if newest is not None:
        reply = review_rights.reply_to_review(
            review_id=newest.pk,
            user_id=owner.pk,
            text="Merci pour ce retour. Nous annonçons désormais le calendrier semaine par "
            "semaine.",
            connection="",
            now=now - timedelta(days=30),
        )
        review_rights.decide_reply(
            reply_id=reply.pk,
            seen=digest_of(reply.text),
            publish=True,
            now=now - timedelta(days=29),
        )
    _submitted(card, owner, _WAITING, number=9, rating=5, at=now - timedelta(days=1))


def _submitted(
    card: Provider,
    owner: User,
    client: _Client,
    *,
    number: int,
    rating: int,
    at: datetime,
) -> Review:
    """Declare the mission, invite its client, and answer for it."""
    ended_on = timezone.localdate(at) - timedelta(days=30)
    mission = reviews.declare_mission(
        provider_id=card.pk,
        user_id=owner.pk,
        client=_facts(client, near=card, siren=f"0009{card.pk % 1000:03d}{number:02d}"),
        client_email=f"contact@client-{card.pk}-{number}.example",
        subject="Mission de démonstration",
        starts_on=ended_on - timedelta(days=60),
        ended_on=ended_on,
        language="fr",
        now=at,
    )
    reviews.invite_client(mission_id=mission.pk, now=at)
    given = (rating, rating, max(1, rating - 1), rating, min(5, rating + 1))
    return reviews.submit_invited(
        invitation_id=Invitation.objects.get(mission=mission).pk,
        opinion=reviews.Opinion(
            ratings=dict(zip(RATINGS, given, strict=True)),
            text=client.text,
            experience_on=ended_on,
            has_lived_it=True,
            shows_profile=number != 1,
        ),
        author_name="Camille Exemple",
        connection="",
        now=at,
    )


def _prove(review: Review, agent: User, *, at: datetime) -> None:
    assert review.client is not None
    proof = reviews.add_proof(
        review_id=review.pk,
        paper=reviews.Paper(
            kind=ProofKind.INVOICE,
            document=Document(name="facture.pdf", suffix=".pdf", data=_PDF),
            issuer_siren=review.provider.company.siren,
            recipient_siren=review.client.siren,
            number=f"DEMO-{review.pk}",
            dated_on=review.experience_on,
        ),
        now=at,
    )
    review_moderation.decide_proof(
        proof_id=proof.pk, status=ProofStatus.ACCEPTED, decision="", by_id=agent.pk, now=at
    )


def _facts(client: _Client, *, near: Provider, siren: str) -> CompanyFacts:
    return CompanyFacts(
        siret=f"{siren}00012",
        siren=siren,
        name=client.name,
        street="",
        postcode="57000",
        commune_code=near.company.commune_id,
        commune_name=near.company.commune.name,
        naf_code=client.naf_code,
        naf_nomenclature="NAFRev2",
        naf_label="",
        headcount_band="03",
        state="A",
        created_on=date(2014, 3, 3),
        source=DEMO_SOURCE,
    )
