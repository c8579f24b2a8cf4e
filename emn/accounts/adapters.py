"""What the portal asks of allauth beyond its settings."""

import base64
from hashlib import sha256
from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.mfa.adapter import DefaultMFAAdapter
from cryptography.fernet import Fernet, MultiFernet
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import resolve_url
from django.utils.translation import get_language

from emn.accounts.demo import is_shut
from emn.accounts.models import User
from emn.lib.rate_limit import client_ip


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]
    """Sign-up, sign-in and the mail that goes with them."""

    def get_client_ip(self, request: HttpRequest) -> str:
        """Count limits by the address that the portal's own limits see."""
        return client_ip(request) or "0.0.0.0"  # noqa: S104 -- «unknown», not an interface

    def format_email_subject(self, subject: str) -> str:
        """Leave the subject alone: the sender already names the centre."""
        return str(subject)

    def pre_login(self, request: HttpRequest, user: User, **kwargs: Any) -> HttpResponse | None:
        """Turn away the demonstration's accounts outside it, whatever the way in."""
        if is_shut(user.email):
            response: HttpResponse = self.respond_user_inactive(request, user)
            return response
        return super().pre_login(request, user, **kwargs)  # type: ignore[no-any-return]

    def login(self, request: HttpRequest, user: User) -> None:
        """Sign in, whatever the way; staff for a day of work only."""
        super().login(request, user)
        shorten_staff_session(request)

    def get_login_redirect_url(self, request: HttpRequest) -> str:
        """Open the back office for staff, the account for everyone else."""
        assert isinstance(request.user, User)
        return resolve_url("admin:index" if request.user.is_staff else settings.LOGIN_REDIRECT_URL)

    def save_user(
        self, request: HttpRequest, user: User, form: Any, *args: Any, **kwargs: Any
    ) -> User:
        """Keep the language of the page where the person signed up, for the mail to come."""
        user.language = (get_language() or settings.LANGUAGE_CODE)[:2]
        return super().save_user(request, user, form, *args, **kwargs)  # type: ignore[no-any-return]


def shorten_staff_session(request: HttpRequest) -> None:
    """Let the session of an agent end after a day of work."""
    if request.user.is_authenticated and request.user.is_staff:
        request.session.set_expiry(settings.STAFF_SESSION_AGE)


class MfaAdapter(DefaultMFAAdapter):  # type: ignore[misc]
    """Keeps the secrets of the second factor encrypted in the database."""

    def get_totp_issuer(self) -> str:
        """Name the centre in the authenticator app."""
        return settings.CENTRE_NAME

    def encrypt(self, text: str) -> str:
        """Encrypt with a key derived from SECRET_KEY."""
        return _keys().encrypt(text.encode()).decode()

    def decrypt(self, encrypted_text: str) -> str:
        """Decrypt; SECRET_KEY_FALLBACKS still open what older keys closed."""
        return _keys().decrypt(encrypted_text.encode()).decode()


def _keys() -> MultiFernet:
    secrets = [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]
    digests = (sha256(b"emn.accounts.mfa" + str(secret).encode()).digest() for secret in secrets)
    return MultiFernet([Fernet(base64.urlsafe_b64encode(digest)) for digest in digests])
