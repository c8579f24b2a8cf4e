"""Calls for demonstration rights: published with their criteria, applied to, scored, decided.

The seed is drawn and committed to when the call is published; no page of the back office shows it.
"""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import override

from directory.models import Adhesion, Provider
from directory.services.telling import people_of
from emn.accounts.models import User
from emn.lib.db import violation_as
from emn.lib.errors import DomainError
from emn.lib.page_cache import touch
from emn.mailings.services import queue_email
from events.models import RightsApplication, RightsCall, RightsScore
from events.models.rights import SEED_BYTES
from events.showrooms.rights import WHOLE_WEIGHT, Applied, commitment, placed


class RightsRefused(DomainError):
    """The call cannot be published, applied to, scored or decided so."""


@transaction.atomic(durable=True)
def publish_call(*, call_id: int, now: datetime) -> RightsCall:
    """Publish a call, its criteria and the digest of its seed; they do not change any more.

    Raises RightsRefused (published, closing in the past, weights that do not make 100).
    """
    call = _locked(call_id)
    if call.published_at is not None:
        raise RightsRefused(_("Cet appel est déjà publié."))
    if call.closes_at <= now:
        raise RightsRefused(_("La date de clôture est passée : changez-la d’abord."))
    if sum(call.criteria.values_list("weight", flat=True)) != WHOLE_WEIGHT:
        raise RightsRefused(_("Les poids des critères font 100 ensemble."))
    call.seed = secrets.token_hex(SEED_BYTES)
    call.seed_digest, call.published_at = commitment(call.seed), now
    call.save(update_fields=["seed", "seed_digest", "published_at"])
    touch()
    return call


@transaction.atomic(durable=True)
def apply(
    *, call_id: int, provider_id: int, user_id: int, title: str, usage: str, needs: str,
    now: datetime,
) -> RightsApplication:  # fmt: skip
    """Apply for a card of one's own; one application a company.

    Raises Provider.DoesNotExist (not one's own, not published) or RightsRefused (closed, without
    the charter, applied already).
    """
    call = _locked(call_id)
    if not call.takes_applications(now=now):
        raise RightsRefused(_("Cet appel ne prend pas, ou plus, de candidatures."))
    user = User.objects.get(pk=user_id)
    mine = Provider.objects.published().of(user).select_related("company")
    provider = mine.get(pk=provider_id)
    siren = provider.company.siren
    if call.asks_charter and not has_charter(siren, now=now):
        raise RightsRefused(
            _("Cet appel demande une adhésion à la charte e-TIC qui compte aujourd’hui.")
        )
    refusal = RightsRefused(_("Votre entreprise a déjà candidaté à cet appel."))
    with violation_as(
        refusal, model=RightsApplication, constraint="events_rightsapplication_one_a_company"
    ):
        entry = RightsApplication.objects.create(
            call=call, provider=provider, siren=siren, by=user, title=title, usage=usage,
            needs=needs, applied_at=now,
        )  # fmt: skip
    _tell(user, "applied", entry, now=now)
    return entry


def has_charter(siren: str, *, now: datetime) -> bool:
    """Whether the company's adhesion to the charter counts today."""
    return Adhesion.objects.in_force(on=timezone.localdate(now)).filter(siren=siren).exists()


@transaction.atomic(durable=True)
def withdraw(*, application_id: int, now: datetime) -> None:
    """Take an application back while the call is open. Raises RightsRefused (closed)."""
    call_id = RightsApplication.objects.values_list("call_id", flat=True).get(pk=application_id)
    call = _locked(call_id)
    if not call.takes_applications(now=now):
        raise RightsRefused(_("L’appel est clos : écrivez au centre."))
    RightsApplication.objects.filter(pk=application_id, withdrawn_at=None).update(withdrawn_at=now)


@dataclass(frozen=True)
class Score:
    """Points of one criterion, 0 … 10, with the reason that the applicant reads."""

    points: int
    reason: str


@transaction.atomic(durable=True)
def score(*, application_id: int, scores: Mapping[int, Score], by_id: int, now: datetime) -> None:
    """Score an application against every criterion, by their keys; a later score replaces.

    Raises RightsRefused (the call is open, decided, the application withdrawn, a criterion left
    out or without reason).
    """
    entry = RightsApplication.objects.get(pk=application_id)
    call = _locked(entry.call_id)
    if call.decided_at is not None or call.closes_at > now or entry.withdrawn_at is not None:
        raise RightsRefused(_("Les notes se donnent entre la clôture de l’appel et sa décision."))
    criteria = set(call.criteria.values_list("pk", flat=True))
    if set(scores) != criteria or not all(said.reason.strip() for said in scores.values()):
        raise RightsRefused(_("Notez chaque critère, chacun avec sa raison."))
    for criterion, said in scores.items():
        RightsScore.objects.update_or_create(
            application=entry, criterion_id=criterion,
            defaults={"points": said.points, "reason": said.reason.strip(), "by_id": by_id,
                      "at": now},
        )  # fmt: skip


@transaction.atomic(durable=True)
def decide(*, call_id: int, by_id: int, now: datetime) -> list[RightsApplication]:
    """Rank the applications, reveal the seed, tell each applicant its rank and the reasons.

    Raises RightsRefused (open, decided, an application not scored).
    """
    call = _locked(call_id)
    if call.published_at is None or call.closes_at > now or call.decided_at is not None:
        raise RightsRefused(_("Un appel se décide une fois, après sa clôture."))
    rows = call.applications.filter(withdrawn_at=None).select_related("provider")
    entries = {row.pk: row for row in rows.prefetch_related("scores").order_by("pk")}
    weights = dict(call.criteria.order_by("pk").values_list("pk", "weight"))
    points = {
        key: {said.criterion_id: said.points for said in row.scores.all()}
        for key, row in entries.items()
    }
    if any(set(given) != set(weights) for given in points.values()):
        raise RightsRefused(_("Notez d’abord chaque candidature sur chaque critère."))
    applied = [Applied(key, entries[key].siren, points[key]) for key in entries]
    for place in placed(applied, weights=weights, seed=call.seed):
        entry = entries[place.application]
        entry.rank, entry.total, entry.was_drawn = place.rank, place.total, place.was_drawn
        entry.is_chosen = place.rank <= call.places
        entry.save(update_fields=["rank", "total", "was_drawn", "is_chosen"])
    call.decided_at, call.decided_by_id = now, by_id
    call.save(update_fields=["decided_at", "decided_by"])
    for entry in entries.values():
        for person in people_of(entry.provider.company_id):
            _tell(person, "decided", entry, now=now, scores=reasons(entry))
    touch()
    return sorted(entries.values(), key=lambda row: row.rank or 0)


def reasons(entry: RightsApplication) -> list[RightsScore]:
    """Return the scores of an application, in the order of the criteria."""
    rows = entry.scores.select_related("criterion")
    return list(rows.order_by("criterion__position", "criterion__pk"))


def _tell(
    person: User, kind: str, entry: RightsApplication, *, now: datetime, **context: object
) -> None:
    with override(person.language):
        call_url = settings.PUBLIC_URL + entry.call.get_absolute_url()
    queue_email(
        to=person.email,
        template=f"events/showrooms/emails/rights_{kind}",
        context={"application": entry, "call": entry.call, "call_url": call_url, **context},
        language=person.language,
        dedup_key=f"events.rights_{kind}:{entry.pk}:{person.pk}",
        now=now,
    )


def _locked(call_id: int) -> RightsCall:
    return RightsCall.objects.select_for_update(of=("self",)).get(pk=call_id)
