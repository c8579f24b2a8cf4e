"""Writing to several people, each in their own language: an inner step of the services."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.db.models import QuerySet

from directory.enums import MembershipRole
from emn.accounts.models import User
from emn.mailings.services import queue_email


def people_of(company_id: int) -> QuerySet[User]:
    """Return the active persons who act for a company."""
    return User.objects.filter(is_active=True, memberships__company=company_id).order_by("pk")


def responsible_for(company_id: int) -> QuerySet[User]:
    """Return those among them who commit the company."""
    return User.objects.filter(
        is_active=True, memberships__company=company_id, memberships__role=MembershipRole.OWNER
    ).order_by("pk")


def tell_each(
    people: Iterable[User], template: str, *, occasion: object, now: datetime, **context: Any
) -> None:
    """Queue one e-mail to each, in the caller's transaction.

    `occasion` tells one from another: the same one is written once to the same person.
    """
    for person in people:
        queue_email(
            to=person.email,
            template=f"directory/emails/{template}",
            context={"person": person, **context},
            dedup_key=f"directory.{template}:{occasion}:{person.pk}",
            language=person.language,
            now=now,
        )
