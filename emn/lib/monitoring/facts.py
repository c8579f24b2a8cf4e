"""Figures of the portal's work, for a collector and for the direction; apps add their own."""

import logging
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from emn.lib.monitoring import counters
from emn.lib.monitoring.broker import queue_lengths
from emn.lib.monitoring.checks import AWAY
from emn.lib.monitoring.exposition import Family
from emn.lib.monitoring.runs import last_runs
from emn.lib.registry import Registry

logger = logging.getLogger(__name__)

Values = Iterable[tuple[dict[str, str], float]]


@dataclass(frozen=True, kw_only=True)
class Fact:
    """A figure read when it is asked: one value for each set of labels.

    `key` is its name in the exposition, `help` what that says of it, in English; `label` is for
    people, and `names` says a label's value to them.
    """

    key: str
    order: int
    label: str | Promise
    help: str
    read: Callable[[datetime], Values]
    unit: str | Promise = ""
    names: Mapping[str, str | Promise] = field(default_factory=dict)


facts = Registry[Fact]()
register = facts.register


def _queues(_now: datetime) -> Values:
    return [({"queue": name}, length) for name, length in queue_lengths().items()]


register(
    Fact(
        key="emn_queue_length",
        order=50,
        label=_("Tâches en attente"),
        help="Tasks that wait in the broker",
        read=_queues,
        names={
            "transactional": _("ce que quelqu’un attend"),
            "list": _("lettres"),
            "default": _("travaux de fond"),
        },
    )
)


def read_all(*, now: datetime) -> list[tuple[Fact, Values]]:
    """Read every figure; one whose source is away is left out, and takes no other with it."""
    read: list[tuple[Fact, Values]] = []
    for fact in facts:
        try:
            read.append((fact, list(fact.read(now))))
        except AWAY:
            logger.warning("figure %s could not be read", fact.key, exc_info=True)
    return read


def families(*, now: datetime) -> list[Family]:
    """Return all that a collector reads."""
    return [*_of_facts(now), *_of_runs(), *_of_counters()]


def _of_facts(now: datetime) -> list[Family]:
    families = []
    for fact, values in read_all(now=now):
        family = Family(fact.key, fact.help, "gauge")
        for labels, value in values:
            family.add(value, *labels.items())
        families.append(family)
    return families


def _of_runs() -> list[Family]:
    ended = Family("emn_task_ended_timestamp_seconds", "When a task last ended", "gauge")
    succeeded = Family("emn_task_succeeded_timestamp_seconds", "When it last succeeded", "gauge")
    duration = Family("emn_task_duration_seconds", "How long its last run took", "gauge")
    failures = Family("emn_task_failures_total", "How often it failed", "counter")
    for name, run in sorted(last_runs().items()):
        label = ("task", name)
        ended.add(run.ended_at.timestamp(), label)
        if run.succeeded_at:
            succeeded.add(run.succeeded_at.timestamp(), label)
        duration.add(run.duration_ms / 1000, label)
        failures.add(run.failures, label)
    return [ended, succeeded, duration, failures]


def _of_counters() -> list[Family]:
    pages = Family("emn_page_cache_total", "Public pages, by what memory held", "counter")
    requests = Family("emn_requests_total", "Requests that reached Django", "counter")
    seconds = Family("emn_request_seconds", "How long Django took to answer", "histogram")
    counted: dict[tuple[str, str], dict[str, int]] = {}
    for (name, labels), value in counters.read().items():
        if name == pages.name:
            pages.add(value, *labels)
        elif name == requests.name:
            requests.add(value, *labels)
        elif name == "emn_request_milliseconds_total":
            seconds.add(value / 1000, *labels, suffix="_sum")
        elif name == seconds.name:
            view, (_le, bound) = labels
            counted.setdefault(view, {})[bound] = value
    for view, by_bound in counted.items():
        total = 0
        for bound in counters.BOUNDS:
            total += by_bound.get(bound, 0)
            seconds.add(total, view, ("le", bound), suffix="_bucket")
        seconds.add(total, view, suffix="_count")
    return [pages, requests, seconds]
