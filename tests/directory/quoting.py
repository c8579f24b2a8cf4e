"""Quotes for the tests, written through the services as people write them."""

from datetime import timedelta
from decimal import Decimal

from directory.models import Quote
from directory.quotes.money import Every, Line, write_line
from directory.quotes.parts import rules
from directory.services import quotes
from tests.directory.factories import NOW, UserFactory, published_card

CLIENT = "lea@boulangerie.example"
LINES = [
    Line("Site vitrine", Decimal(1), Decimal("2400.00"), Decimal(20)),
    Line(
        "Hébergement", Decimal(1), Decimal("15.90"), Decimal(20), Every.MONTH, 24,
        "à tout moment, un mois de préavis",
    ),
]  # fmt: skip


def whole_content():
    """Seven parts that say something."""
    said = {
        field.key: True if field.kind == "check" else f"Ce qui est convenu sur « {field.label} »."
        for part in rules().parts
        for field in part.fields
    }
    return said | {"lines": [write_line(line) for line in LINES]}


def card_of(owner=None):
    """A public card and the person who acts for its company."""
    owner = owner or UserFactory()
    return published_card(owner=owner), owner


def draft(card=None, owner=None, *, now=NOW, content=None, proposal=None, **head):
    if card is None:
        card, owner = card_of(owner)
    quote = quotes.start_quote(
        user_id=owner.pk, provider_id=card.pk, proposal_id=proposal and proposal.pk, now=now
    )
    values = {
        "title": "Site de la boulangerie",
        "client_company": "Boulangerie des Trois Évêchés",
        "client_name": "Léa Meyer",
        "client_email": CLIENT,
        "language": "fr",
        "valid_until": now.date() + timedelta(days=30),
    }
    who = {"quote_id": quote.pk, "user_id": owner.pk, "now": now}
    quotes.write_head(**who, values=values | head)
    quotes.write_part(**who, values=whole_content() if content is None else content)
    return Quote.objects.get(pk=quote.pk)


def sent(card=None, owner=None, *, now=NOW, **fields):
    if card is None:
        card, owner = card_of(owner)
    quote = draft(card, owner, now=now, **fields)
    return quotes.send_quote(quote_id=quote.pk, user_id=owner.pk, now=now)
