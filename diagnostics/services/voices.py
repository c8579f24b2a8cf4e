"""The second voice: a company asks its people; what they say is kept in sums alone."""

from collections import defaultdict
from datetime import date, datetime, timedelta

from django.db import transaction
from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext as _

from diagnostics.models import Diagnostic, VoiceLink, VoiceTally
from diagnostics.services.progress import made_on
from diagnostics.services.reference import VOICES
from diagnostics.voices import BATCH, renewed
from directory.models import Company
from emn.lib.errors import DomainError
from emn.questionnaires import services as questionnaires
from emn.questionnaires.models import QuestionnaireVersion

NEAR = timedelta(days=183)  # a link belongs to the diagnostics made so near
MOST_DAYS, MOST_ANSWERS = 60, 200


class VoiceRefused(DomainError):
    """The link cannot be opened, or takes no answer any more."""


@transaction.atomic(durable=True)
def open_link(
    *, company_id: int, user_id: int, days: int, most: int, now: datetime
) -> VoiceLink:  # fmt: skip
    """Open a link for the people of a company of the person; the one before it closes.

    Raises Company.DoesNotExist (not one of the person's), or VoiceRefused (bounds, no version).
    """
    company = Company.objects.select_for_update(of=("self",), no_key=True).get(
        pk=company_id, memberships__user=user_id
    )
    if not (1 <= days <= MOST_DAYS and BATCH <= most <= MOST_ANSWERS):
        raise VoiceRefused(_("Ces limites ne conviennent pas."))
    versions = QuestionnaireVersion.objects.filter(
        questionnaire__code=VOICES, published_at__isnull=False
    )
    version = versions.defer("content").order_by("-published_at", "-pk").first()
    if version is None:
        raise VoiceRefused(_("Ces questions ne sont pas encore publiées."))
    today = timezone.localdate(now)
    VoiceLink.objects.filter(company=company).update(is_revoked=True)
    return VoiceLink.objects.create(
        company=company, version=version, opened_on=today, opened_by_id=user_id,
        ends_on=today + timedelta(days=days), most=most,
    )  # fmt: skip


@transaction.atomic(durable=True)
def close_links(*, company_id: int, user_id: int) -> None:
    """Close the links of a company of the person; what was said stays. Twice is once.

    Raises Company.DoesNotExist.
    """
    company = Company.objects.get(pk=company_id, memberships__user=user_id)
    VoiceLink.objects.filter(company=company).update(is_revoked=True)


@transaction.atomic(durable=True)
def answer(*, key: str, values: dict[str, str], now: datetime) -> None:
    """Add one person's answers to the sums, and keep nothing else of them.

    Every three answers, what the company sees is made again. `values` are sound. Raises
    VoiceRefused (closed, over, full).
    """
    today = timezone.localdate(now)
    rows = VoiceLink.objects.open(today=today).select_for_update(of=("self",))
    link = rows.filter(key=key).first()
    if link is None:
        raise VoiceRefused(_("Ce lien n’accepte plus de réponse."))
    for question, given in sorted(values.items()):
        tally, _made = VoiceTally.objects.get_or_create(link=link, question=question, answer=given)
        VoiceTally.objects.filter(pk=tally.pk).update(count=F("count") + 1)
    link.count += 1
    if link.count % BATCH == 0:
        definition = questionnaires.definition_of(link.version_id)
        seen = renewed(definition, _sums(link), link.shown or {})
        link.shown = {"count": link.count} | seen
    link.save(update_fields=["count", "shown"])


def _sums(link: VoiceLink) -> dict[str, dict[str, int]]:
    sums: dict[str, dict[str, int]] = defaultdict(dict)
    for question, given, count in link.tallies.values_list("question", "answer", "count"):
        sums[question][given] = count
    return sums


def is_open(link: VoiceLink, *, today: date) -> bool:
    """Tell whether a link takes answers."""
    return not link.is_revoked and link.ends_on >= today and link.count < link.most


def link_near(diagnostic: Diagnostic) -> VoiceLink | None:
    """Return the newest link of the company, opened near a diagnostic, that has something to show
    (one query)."""
    if diagnostic.company_id is None:
        return None
    day = made_on(diagnostic)
    rows = VoiceLink.objects.filter(
        company=diagnostic.company_id, shown__isnull=False,
        opened_on__range=(day - NEAR, day + NEAR),
    )  # fmt: skip
    return rows.order_by("-pk").first()
