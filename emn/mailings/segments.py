"""To whom an envoi goes: criteria that staff may combine, what they mean, and who is left out.

A segment is JSON, criterion → values that will do: `{"language": ["de"], "topics": ["ia"]}`. All
criteria must hold; one value of each is enough. Each app registers its criteria in `ready()`.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db.models import Case, Count, Exists, OuterRef, Q, QuerySet, Value, When
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from emn.lib.errors import DomainError
from emn.lib.registry import Registry
from emn.mailings.enums import DeliveryState, ListKind, Skip, SubscriptionStatus
from emn.mailings.models import (
    Campaign,
    Delivery,
    Edition,
    MailingList,
    Subscription,
    Suppression,
    Topic,
)

MAILS_A_MONTH = 2  # mechanics 7.3: all lists together, in a calendar month
SURVEYS_A_QUARTER = 1
PENDING = "pending"
Choices = Sequence[tuple[str, str | Promise]]


class UnknownCriterion(DomainError):
    """A segment names a criterion that no app offers any more."""


@dataclass(frozen=True, kw_only=True)
class Criterion:
    """Something that may be asked of subscribers; `condition` is on rows of Subscription."""

    key: str
    order: int
    label: str | Promise
    choices: Callable[[], Choices]
    condition: Callable[[Sequence[str]], Q]


criteria = Registry[Criterion]()
register = criteria.register


# --- The portal's own criteria ---


def _in_languages(languages: Sequence[str]) -> Q:
    return Q(subscriber__language__in=languages)


def _with_topics(codes: Sequence[str]) -> Q:
    """Keep who prefers one of them, and who prefers none: that one reads about everything."""
    return Q(subscriber__topics__overlap=list(codes)) | Q(subscriber__topics=[])


def in_territories(codes: Sequence[str]) -> Q:
    """Keep who reads about one of those EPCI, and who reads about the whole département."""
    return Q(subscriber__epci_code__in=[*codes, ""])


def _on_lists(codes: Sequence[str]) -> Q:
    others = Subscription.objects.confirmed().filter(
        list__code__in=codes, subscriber=OuterRef("subscriber")
    )
    return Q(Exists(others))


def _topics() -> Choices:
    return [(topic.code, topic.name) for topic in Topic.objects.in_order()]


def _lists() -> Choices:
    return [(each.code, each.name) for each in MailingList.objects.in_order()]


for _criterion in (
    Criterion(
        key="language",
        order=10,
        label=_("Langue"),
        choices=lambda: settings.LANGUAGES,
        condition=_in_languages,
    ),
    Criterion(key="topics", order=20, label=_("Thèmes"), choices=_topics, condition=_with_topics),
    Criterion(
        key="lists",
        order=40,
        label=_("Aussi inscrits à"),
        choices=_lists,
        condition=_on_lists,
    ),
):
    register(_criterion)


# --- The audience ---


def matching(campaign: Campaign) -> QuerySet[Subscription]:
    """Return the subscriptions to the list that the segment keeps, whatever their state.

    Raises UnknownCriterion.
    """
    known = {criterion.key: criterion for criterion in criteria}
    rows = Subscription.objects.filter(list=campaign.list_id)
    segment: Mapping[str, list[str]] = campaign.segment
    for key, values in segment.items():
        if key not in known:
            raise UnknownCriterion(
                gettext("Le choix des destinataires n’existe plus en partie : faites-le à nouveau.")
            )
        rows = rows.filter(known[key].condition(values))
    return rows


def audience(campaign: Campaign) -> QuerySet[Subscription]:
    """Return the confirmed subscriptions that the segment keeps: what the delivery freezes.

    Who is blocked or has had enough is told when it is sent (R3.10). Raises UnknownCriterion.
    """
    return matching(campaign).filter(status=SubscriptionStatus.CONFIRMED)


def under_pressure(kind: str, *, now: datetime, mailbox: str = "subscriber__mailbox_hash") -> Q:
    """Tell which rows have had enough for one more message of that kind of list.

    `mailbox`: the path from the row to a fingerprint. Source: mechanics 7.3.
    """
    sent = Delivery.objects.filter(mailbox_hash=OuterRef(mailbox), state=DeliveryState.SENT)
    month = sent.filter(settled_at__gte=_first_of_month(now))
    enough = Q(Exists(month[MAILS_A_MONTH - 1 : MAILS_A_MONTH]))
    if kind == ListKind.SURVEY:
        quarter = sent.filter(
            settled_at__gte=_first_of_quarter(now), campaign__list__kind=ListKind.SURVEY
        )
        enough |= Q(Exists(quarter[SURVEYS_A_QUARTER - 1 : SURVEYS_A_QUARTER]))
    return enough


@dataclass(frozen=True)
class Audience:
    """How many match, how many will receive, and why the others will not (Skip, or PENDING)."""

    matching: int
    receiving: int
    left_out: Mapping[str, int]

    @property
    def reasons(self) -> list[tuple[str | Promise, int]]:
        """Name each reason with its number of people, in the order they were asked."""
        labels = {PENDING: _("n’a pas confirmé"), **dict(Skip.choices)}
        return [
            (labels[reason], self.left_out[reason]) for reason in labels if reason in self.left_out
        ]


def count_audience(campaign: Campaign, *, now: datetime) -> Audience:
    """Count, in one query, who matches, who will receive, and why not the others.

    Each person counts once, under the first reason. Raises UnknownCriterion.
    """
    counts = dict(
        _with_reason(campaign, now)
        .values("reason")
        .annotate(people=Count("pk"))
        .values_list("reason", "people")
    )
    receiving = counts.pop("", 0)
    return Audience(receiving + sum(counts.values()), receiving, counts)


def has_recipient(campaign: Campaign, *, now: datetime) -> bool:
    """Tell whether somebody would receive the envoi. Raises UnknownCriterion."""
    return _with_reason(campaign, now).filter(reason="").exists()


def languages_of_audience(campaign: Campaign) -> list[str]:
    """Return the languages in which the envoi is waited for. Raises UnknownCriterion."""
    people = audience(campaign)
    return [
        code
        for code, _name in settings.LANGUAGES
        if people.filter(subscriber__language=code).exists()
    ]


def _with_reason(campaign: Campaign, now: datetime) -> QuerySet[Any]:
    """Annotate `reason`: why the person will not receive the envoi, empty when it will."""
    blocked = Suppression.objects.active().filter(mailbox_hash=OuterRef("subscriber__mailbox_hash"))
    editions = Edition.objects.filter(
        campaign=campaign.pk, language=OuterRef("subscriber__language")
    )
    return matching(campaign).annotate(
        reason=Case(
            When(status=SubscriptionStatus.PENDING, then=Value(PENDING)),
            When(status=SubscriptionStatus.ENDED, then=Value(Skip.UNSUBSCRIBED)),
            When(Exists(blocked), then=Value(Skip.SUPPRESSED)),
            When(~Exists(editions), then=Value(Skip.NO_EDITION)),
            When(under_pressure(campaign.list.kind, now=now), then=Value(Skip.PRESSURE)),
            default=Value(""),
        )
    )


def _first_of_month(now: datetime) -> datetime:
    return timezone.localtime(now).replace(day=1, hour=0, minute=0, second=0, microsecond=0)


def _first_of_quarter(now: datetime) -> datetime:
    first = _first_of_month(now)
    return first.replace(month=first.month - (first.month - 1) % 3)
