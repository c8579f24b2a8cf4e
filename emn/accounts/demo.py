"""The demonstration's accounts: their password is public, so production never lets them in."""

from django.conf import settings

DEMO_PASSWORD = "demo-emn-2026"  # noqa: S105 -- printed by `make run`, refused outside the demo
AGENT = "agent@emn.example"
PROVIDER = "prestataire@emn.example"
COMPANY = "entreprise@emn.example"
DEMO_EMAILS = frozenset({AGENT, PROVIDER, COMPANY})


def is_shut(email: str) -> bool:
    """Tell whether `email` is a demonstration account met outside the demonstration."""
    return not settings.DEMO and email.lower() in DEMO_EMAILS
