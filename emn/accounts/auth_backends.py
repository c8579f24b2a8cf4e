"""How a session or a password becomes a person."""

from typing import Any

from allauth.account import auth_backends

from emn.accounts.demo import is_shut


class PortalBackend(auth_backends.AuthenticationBackend):  # type: ignore[misc]
    """allauth's backend, which lets the demonstration's accounts in only there."""

    def user_can_authenticate(self, user: Any) -> bool:
        """Refuse inactive people, and demonstration accounts in production."""
        return bool(super().user_can_authenticate(user)) and not is_shut(user.email)
