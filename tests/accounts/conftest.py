"""What the tests of accounts share."""

from datetime import timedelta

import pytest
from allauth.account.models import EmailAddress
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from django.core.cache import cache
from django.utils import timezone

from emn.accounts.models import User
from emn.lib.forms import new_challenge

PASSWORD = "un-mot-de-passe-correct"


@pytest.fixture
def no_counters(db):
    """Start without a counter in the shared cache."""
    cache.clear()


def make_user(email="alice@firm.example", *, password=PASSWORD, **fields):
    """Create a person whose address is verified."""
    user = User.objects.create_user(email, password, **fields)
    EmailAddress.objects.create(user=user, email=user.email, verified=True, primary=True)
    return user


def add_totp(user):
    """Protect the account by an authenticator app."""
    return TOTP.activate(user, generate_totp_secret()).instance


def typed(**data):
    """Return what a person without JavaScript posts to a public form, ten seconds after opening."""
    ten_seconds_ago = timezone.now() - timedelta(seconds=10)
    return data | {"challenge": new_challenge(now=ten_seconds_ago), "proof": "", "website": ""}


@pytest.fixture
def client_factory():
    """Return a maker of visitors, each with cookies of their own."""
    from django.test import Client

    return Client
