"""Missions, invitations and reviews, for the tests."""

import io
from datetime import timedelta

from PIL import Image

from directory.models import Membership, Review
from directory.models.reviews import RATINGS
from directory.services import review_moderation, reviews
from directory.services.reviews import Opinion, Paper
from emn.lib.documents import Document
from emn.mailings.models import OutboundEmail
from tests.directory.factories import (
    NOW,
    CompanyFactory,
    UserFactory,
    facts,
    published_card,
)

TEXT = "Le site a été livré à la date dite, et le prix annoncé a été tenu."
TODAY = NOW.date()
_count = iter(range(1, 10_000))


def opinion(rating=4, *, text=TEXT, days_ago=20, **fields):
    return Opinion(
        ratings=dict.fromkeys(RATINGS, rating),
        text=text,
        experience_on=TODAY - timedelta(days=days_ago),
        has_lived_it=fields.pop("has_lived_it", True),
        **fields,
    )


def client_company(**fields):
    """Return a company of a trade of its own, with a person on a domain of its own."""
    number = next(_count)
    fields.setdefault("naf_code", "10.71C")
    fields.setdefault("siret", f"{100_000_000 + number:09d}00019")
    company = CompanyFactory(**fields)
    user = UserFactory(email=f"personne@client{number}.example")
    Membership.objects.create(company=company, user=user)
    return company, user


def card(**fields):
    number = next(_count)
    company = CompanyFactory(siret=f"{200_000_000 + number:09d}00019", naf_code="62.01Z")
    fields.setdefault("email", f"contact@presta{number}.example")
    return published_card(company=company, **fields)


def waiting(provider=None, *, company=None, user=None, now=NOW, **fields):
    """Return a review that staff must read."""
    if company is None:
        company, user = client_company()
    provider = provider or card()
    return reviews.submit_as_member(
        provider_id=provider.pk,
        company_id=company.pk,
        user_id=user.pk,
        opinion=opinion(**fields),
        author_name="Léa Meyer",
        connection=fields.pop("connection", ""),
        language="fr",
        now=now,
    )


def agent():
    return UserFactory(is_staff=True)


def publish(review, *, now=NOW, is_identified=False):
    return review_moderation.publish_review(
        review_id=review.pk, is_identified=is_identified, by_id=agent().pk, now=now
    )


def published(provider=None, *, now=NOW, **fields):
    return publish(waiting(provider, now=now, **fields), now=now)


def paper(review, *, number="FA-2026/007", **fields):
    values = {
        "kind": "invoice",
        "document": Document(name="facture.pdf", suffix=".pdf", data=number.encode()),
        "issuer_siren": review.provider.company.siren,
        "recipient_siren": review.client.siren,
        "number": number,
        "dated_on": review.experience_on,
    }
    return Paper(**values | fields)


def proof(review, *, now=NOW, **fields):
    return reviews.add_proof(review_id=review.pk, paper=paper(review, **fields), now=now)


def accepted(row, *, now=NOW):
    return review_moderation.decide_proof(
        proof_id=row.pk, status="accepted", decision="", by_id=agent().pk, now=now
    )


def interviewed(review, *, now=NOW):
    review_moderation.hold_interview(
        review_id=review.pk,
        held_on=now.date(),
        minutes="Mme Meyer confirme la mission et ses dates.",
        by_id=agent().pk,
        now=now,
    )
    return again(review)


def declared(provider, owner, *, email="lea@boulangerie.example", now=NOW, **fields):
    values = {"subject": "Refonte du site", "starts_on": TODAY - timedelta(days=90),
              "ended_on": TODAY - timedelta(days=20)}  # fmt: skip
    return reviews.declare_mission(
        provider_id=provider.pk,
        user_id=owner.pk,
        client=facts(siret="41816609600069", siren="418166096", name="BOULANGERIE MEYER"),
        client_email=email,
        language="fr",
        now=now,
        **values | fields,
    )


def again(review):
    return Review.objects.get(pk=review.pk)


def mails(kind):
    return OutboundEmail.objects.filter(kind=f"directory/emails/{kind}").order_by("pk")


def picture():
    buffer = io.BytesIO()
    Image.new("RGB", (40, 40), "white").save(buffer, "PNG")
    return buffer.getvalue()
