"""Lists and people as the services make them, for the tests of mailings."""

from datetime import timedelta

from django.utils import timezone

from emn.mailings.models import MailingList, Subscriber
from emn.mailings.services import consent
from emn.mailings.services.lists import sync_lists
from tests.mailings.conftest import NOW

PAGE = consent.Page(url="https://portail.example/lettre/", language="fr")
EMAIL = "lea@boulangerie.example"


def list_of(code):
    return MailingList.objects.get(code=code)


def ask(*codes, email=EMAIL, language="fr", epci_code="", topics=(), page=PAGE, now=NOW):
    """Ask for lists, as the form does."""
    if not MailingList.objects.exists():
        sync_lists(write=True)
    consent.request_subscription(
        email=email,
        list_ids=[list_of(code).pk for code in codes or ["lettre"]],
        wishes=consent.Wishes(language=language, epci_code=epci_code, topics=topics),
        page=page,
        now=now,
    )
    return Subscriber.objects.filter(email=email.lower()).first()


def token_for(subscriber, *codes):
    """Return the secret of the message that asks to confirm these lists."""
    from django.core import signing

    ids = [list_of(code).pk for code in codes or ["lettre"]]
    return signing.dumps([subscriber.pk, ids], salt="emn.mailings.confirm")


def confirm(subscriber, *codes, page=PAGE, now=NOW):
    """Press the button of that message's page."""
    found = consent.confirmation_of(token_for(subscriber, *codes))
    consent.confirm(confirmation=found, page=page, now=now)


def subscribed(*codes, now=NOW, **wishes):
    """Return somebody who asked for lists and confirmed."""
    subscriber = ask(*codes, now=now, **wishes)
    confirm(subscriber, *codes, now=now)
    subscriber.refresh_from_db()
    return subscriber


def filled(email=EMAIL, lists=("lettre",), **changed):
    """Return what a browser with JavaScript sends from the form, ten seconds after it was shown."""
    from itertools import count

    from emn.lib.forms import is_proof, new_challenge

    challenge = new_challenge(now=timezone.now() - timedelta(seconds=10))
    proof = next(str(number) for number in count() if is_proof(challenge, str(number)))
    values = {"email": email, "lists": list(lists), "language": "fr"}
    return values | {"challenge": challenge, "proof": proof} | changed
