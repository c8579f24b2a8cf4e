"""What staff does with needs before the providers are asked."""

from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from directory.enums import ClosingReason, NeedStatus
from directory.models import Need
from directory.services import trust_requests
from directory.services.needs import NeedRefused, end_without_provider, locked, tell_company
from directory.tasks import propose_need
from emn.lib.commit import after_commit

QUALIFIED_FIELDS = (
    "service", "commune", "client_size", "sector", "working_language", "budget",
)  # fmt: skip


@transaction.atomic(durable=True)
def qualify_need(*, need_id: int, values: dict[str, Any], by_id: int, now: datetime) -> Need:
    """Set right what the matching reads, then let it propose. The company's words stay its own.

    Raises Need.DoesNotExist or NeedRefused (not waiting any more).
    """
    need = locked(need_id)
    if need.status != NeedStatus.CONFIRMED:
        raise NeedRefused(_("Une autre personne du centre s’en est déjà occupée."))
    for name in QUALIFIED_FIELDS:
        if name in values:
            setattr(need, name, values[name])
    need.status, need.qualified_at, need.qualified_by_id = NeedStatus.QUALIFIED, now, by_id
    need.save()
    after_commit(lambda: propose_need.delay(need_id=need_id))
    return need


@transaction.atomic(durable=True)
def close_by_staff(*, need_id: int, reason: str, words: str, now: datetime) -> Need:
    """End a need that the centre cannot serve; the company reads why.

    Raises Need.DoesNotExist or NeedRefused (ended, no words).
    """
    need = locked(need_id)
    if not need.is_alive:
        raise NeedRefused(_("Ce besoin est déjà terminé."))
    if not words.strip():
        raise NeedRefused(_("Dites pourquoi : l’entreprise reçoit ces mots."))
    end_without_provider(need, reason, now=now)
    if reason == ClosingReason.NOT_SERIOUS:
        trust_requests.exclude_spam(need, now=now)
    tell_company(need, "closed_by_staff", now=now, words=words.strip())
    return need
