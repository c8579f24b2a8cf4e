"""To whom an envoi goes: criteria that staff may combine, what they mean, and who is left out.

A segment is JSON, criterion → values that will do: `{"language": ["de"], "topics": ["ia"]}`. All
criteria must hold; one value of each is enough. Each app registers its criteria in `ready()`.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db.models import (
    Case,
    Count,
    Exists,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Value,
    When,
)
from django.db.models.expressions import Combinable
from django.db.models.functions import Coalesce
from django.db.models.lookups import GreaterThanOrEqual
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
    MailingList,
    Subscription,
    Suppression,
    Topic,
)
from emn.mailings.models.consent import SubscriptionQuerySet

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


def matching(campaign: Campaign) -> SubscriptionQuerySet:
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


def audience(campaign: Campaign) -> SubscriptionQuerySet:
    """Return the confirmed subscriptions that the segment keeps. Raises UnknownCriterion."""
    return matching(campaign).filter(status=SubscriptionStatus.CONFIRMED)


def topics_of(campaign: Campaign) -> Sequence[str]:
    """Return the codes of what an envoi is about: the topics that staff chose its readers by.

    Without them it says nothing of anybody's profession (R2.02).
    """
    topics: Sequence[str] = campaign.segment.get("topics", [])
    return topics


def tired_mailboxes(kind: str, *, now: datetime) -> QuerySet[Delivery, Any]:
    """Return the fingerprints that had enough for one more message of that kind of list.

    As rows of one column, to be narrowed further by `mailbox_hash`. What may have arrived counts.
    Source: mechanics 7.3.
    """
    since = _first_of_month(now)
    counted = Delivery.objects.received().values("mailbox_hash")
    counted = counted.annotate(mails=Count("pk", filter=Q(settled_at__gte=since)))
    enough = Q(mails__gte=MAILS_A_MONTH)
    if kind == ListKind.SURVEY:
        since = _first_of_quarter(now)
        survey = Q(campaign__list__kind=ListKind.SURVEY)
        counted = counted.annotate(surveys=Count("pk", filter=survey))
        enough |= Q(surveys__gte=SURVEYS_A_QUARTER)
    counted = counted.filter(settled_at__gte=since)
    return counted.filter(enough).values("mailbox_hash")


@dataclass(frozen=True)
class KeptPlaces:
    """Whom envois of a higher priority keep the last place of their month or quarter for.

    `rivals`: those envois; `surveys`: those of them that are surveys of this quarter, when the
    envoi is one too. Source: mechanics 7.3.
    """

    rivals: Sequence[Campaign]
    surveys: Sequence[Campaign]
    since: datetime

    def __bool__(self) -> bool:
        return bool(self.rivals or self.surveys)

    def condition(self, *, mailbox: str, person: str) -> Q:
        """Return the condition on rows whose `mailbox` and `person` name those fields."""
        kept: Combinable = Value(0)
        for rival in self.rivals:
            kept = kept + Case(When(_awaits(rival, mailbox, person), then=1), default=0)
        had = (
            Delivery.objects.received()
            .filter(mailbox_hash=OuterRef(mailbox), settled_at__gte=self.since)
            .order_by()
            .values("mailbox_hash")
            .annotate(mails=Count("pk"))
            .values("mails")
        )
        full = Q(GreaterThanOrEqual(Coalesce(Subquery(had), 0) + kept, MAILS_A_MONTH))
        for survey in self.surveys:
            full |= _awaits(survey, mailbox, person)
        return full


def kept_places(campaign: Campaign, *, now: datetime) -> KeptPlaces:
    """Return which envois go ahead of this one; one whose segment is no more keeps no place."""
    month, quarter = _first_of_month(now), _first_of_quarter(now)
    rows = Campaign.objects.select_related("list").order_by("priority", "pk")
    rivals = [
        rival
        for rival in rows.ahead_of(campaign, until=_months_later(month, 1))
        if _is_known(rival)
    ]
    surveys = []
    if campaign.list.kind == ListKind.SURVEY:
        ahead = rows.ahead_of(campaign, until=_months_later(quarter, 3))
        ahead = ahead.filter(list__kind=ListKind.SURVEY)
        surveys = [rival for rival in ahead if _is_known(rival)]
    return KeptPlaces(rivals, surveys, month)


def _awaits(rival: Campaign, mailbox: str, person: str) -> Q:
    """Tell whether an envoi has still to write to the person of a row."""
    if rival.started_at is None:
        return Q(Exists(readers(rival).filter(subscriber=OuterRef(person))))
    waiting = rival.deliveries.filter(
        mailbox_hash=OuterRef(mailbox), state__in=[DeliveryState.WAITING, DeliveryState.SENDING]
    )
    return Q(Exists(waiting))


def _is_known(rival: Campaign) -> bool:
    try:
        matching(rival)
    except UnknownCriterion:
        return False
    return True


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
            (labels[reason], self.left_out[reason])
            for reason in labels
            if self.left_out.get(reason)
        ]

    def as_json(self) -> dict[str, Any]:
        """Return it as it is stored."""
        return asdict(self)


def count_audience(campaign: Campaign, *, now: datetime) -> Audience:
    """Count who matches, who will receive, and why not the others.

    Each person counts once, under the first reason; each count is a join of whole sets, so that a
    million readers take seconds. Raises UnknownCriterion.
    """
    states = dict(
        matching(campaign).values("status").annotate(n=Count("pk")).values_list("status", "n")
    )
    reachable = _reachable(campaign)
    grounded = _grounded(campaign)
    with_edition = readers(campaign)
    tired = tired_mailboxes(campaign.list.kind, now=now)
    confirmed, reached, allowed, reading = (
        states.get(SubscriptionStatus.CONFIRMED, 0),
        reachable.count(),
        grounded.count(),
        with_edition.count(),
    )
    pressed = with_edition.filter(subscriber__mailbox_hash__in=tired).count()
    kept = 0
    if places := kept_places(campaign, now=now):
        rested = with_edition.exclude(subscriber__mailbox_hash__in=tired)
        full = places.condition(mailbox="subscriber__mailbox_hash", person="subscriber")
        kept = rested.filter(full).count()
    left_out = {
        PENDING: states.get(SubscriptionStatus.PENDING, 0),
        Skip.UNSUBSCRIBED: states.get(SubscriptionStatus.ENDED, 0),
        Skip.SUPPRESSED: confirmed - reached,
        Skip.NO_GROUND: reached - allowed,
        Skip.NO_EDITION: allowed - reading,
        Skip.PRESSURE: pressed,
        Skip.RESERVED: kept,
    }
    return Audience(sum(states.values()), reading - pressed - kept, left_out)


def has_recipient(campaign: Campaign, *, now: datetime) -> bool:
    """Tell whether somebody would receive the envoi. Raises UnknownCriterion."""
    tired = tired_mailboxes(campaign.list.kind, now=now).filter(
        mailbox_hash=OuterRef("subscriber__mailbox_hash")
    )
    return readers(campaign).filter(~Exists(tired)).exists()


def languages_of_audience(campaign: Campaign) -> list[str]:
    """Return the languages in which the envoi is waited for. Raises UnknownCriterion."""
    people = audience(campaign)
    return [
        code
        for code, _name in settings.LANGUAGES
        if people.filter(subscriber__language=code).exists()
    ]


def readers(campaign: Campaign) -> SubscriptionQuerySet:
    """Return whom the envoi goes to: on a ground, not blocked, and written to in their language.

    Who has had enough is told when it is sent (R3.10). Raises UnknownCriterion.
    """
    languages = campaign.editions.order_by("pk").values("language")
    return _grounded(campaign).filter(subscriber__language__in=languages)


def _grounded(campaign: Campaign) -> SubscriptionQuerySet:
    """Leave out the blocked mailboxes, and whom these topics give no ground to write to."""
    return _reachable(campaign).with_basis(topics=topics_of(campaign))


def _reachable(campaign: Campaign) -> SubscriptionQuerySet:
    """Leave out the blocked mailboxes."""
    blocked = Suppression.objects.active().filter(mailbox_hash=OuterRef("subscriber__mailbox_hash"))
    return audience(campaign).filter(~Exists(blocked))


def _first_of_month(now: datetime) -> datetime:
    return timezone.localtime(now).replace(day=1, hour=0, minute=0, second=0, microsecond=0)


def _first_of_quarter(now: datetime) -> datetime:
    first = _first_of_month(now)
    return first.replace(month=first.month - (first.month - 1) % 3)


def _months_later(first: datetime, months: int) -> datetime:
    """Return the first instant of a later month."""
    year, month = divmod(first.month - 1 + months, 12)
    return first.replace(year=first.year + year, month=month + 1)
