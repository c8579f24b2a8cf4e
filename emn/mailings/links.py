"""The absolute addresses that messages carry to their reader, in the reader's language."""

from django.conf import settings
from django.urls import reverse
from django.utils.translation import override

from emn.mailings import tokens
from emn.mailings.models import Subscriber

EVERY_LIST = 0  # in a LIST token, where no list has that number


def preferences_url(subscriber: Subscriber) -> str:
    """Return where a subscriber chooses what it receives."""
    return page_url("preferences", tokens.make(tokens.PREFERENCES, subscriber.pk), subscriber)


def renew_url(subscriber: Subscriber) -> str:
    """Return where a subscriber says that it stays."""
    return page_url("renew", tokens.make(tokens.PREFERENCES, subscriber.pk), subscriber)


def unsubscribe_url(subscriber: Subscriber, list_id: int = EVERY_LIST) -> str:
    """Return where a subscriber leaves one list, or all of them."""
    return page_url("unsubscribe", tokens.make(tokens.LIST, subscriber.pk, list_id), subscriber)


def one_click_url(token: str) -> str:
    """Return where a mail program posts its word (RFC 8058), for a LIST token.

    Short and without language: with the name of its header it fits the 78 signs that RFC 5322
    recommends for a line, under a host name of 14 at most.
    """
    return f"{settings.PUBLIC_URL}{reverse('one_click', args=[token])}"


def page_url(name: str, token: str, subscriber: Subscriber) -> str:
    """Return one page of the subscriber's own."""
    with override(subscriber.language):
        return f"{settings.PUBLIC_URL}{reverse(f'mailings:{name}', args=[token])}"
