"""A version of the referential that staff writes: drawn from the published one, then published."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from diagnostics.models import ReferentialVersion
from diagnostics.referential import DEPTHS, ReferentialRefused, definition_of, read
from diagnostics.services.reference import OWN_FROM, is_own, rank_of, write_version
from emn.lib.errors import DomainError
from emn.lib.page_cache import touch
from emn.questionnaires import services as questionnaires
from emn.questionnaires.services import digest_of


class DraftRefused(DomainError):
    """The draft cannot be written, changed, published or dropped so."""


@transaction.atomic(durable=True)
def begin_draft() -> ReferentialVersion:
    """Copy the newest published version under the next number of the centre.

    Raises DraftRefused while another draft of the centre waits, or when nothing is published.
    """
    newest = ReferentialVersion.objects.select_for_update(of=("self",)).published().first()
    if newest is None:
        raise DraftRefused(_("Aucune version n’est publiée : il n’y a rien à reprendre."))
    numbers = ReferentialVersion.objects.values_list("number", "published_at")
    own = [(rank_of(number), at) for number, at in numbers if is_own(number)]
    if any(published_at is None for _rank, published_at in own):
        raise DraftRefused(_("Un brouillon est déjà ouvert : publiez-le ou abandonnez-le d’abord."))
    major = rank_of(newest.number)[0]
    minors = [rank[1] for rank, _at in own if rank[0] == major]
    number = f"{major}.{max(minors, default=OWN_FROM - 1) + 1}"
    return write_version({**newest.content, "version": number}, published_at=None)


@transaction.atomic(durable=True)
def write_draft(
    *, version_id: int, content: Mapping[str, Any], seen_sha256: str
) -> ReferentialVersion:
    """Replace the content of a draft of the centre; its number stays.

    Raises ReferentialVersion.DoesNotExist, or DraftRefused: published, shipped with the portal,
    changed by somebody else since `seen_sha256`, or naming each place that does not hold together.
    """
    draft = _locked(version_id, seen_sha256)
    if not is_own(draft.number):
        raise DraftRefused(_("Cette version vient avec le portail : préparez la vôtre."))
    whole = {**content, "version": draft.number}
    try:
        read(whole)
    except ReferentialRefused as refused:
        raise DraftRefused(str(refused)) from refused
    draft.content, draft.sha256 = whole, digest_of(whole)
    draft.save(update_fields=["content", "sha256"])
    for depth in DEPTHS:
        questionnaires.change_draft(
            version_id=getattr(draft, f"{depth}_id"), content=definition_of(whole, depth)
        )
    return draft


@transaction.atomic(durable=True)
def publish_draft(*, version_id: int, seen_sha256: str, now: datetime) -> ReferentialVersion:
    """Publish a draft as it was read: diagnostics begun from now on use it, and it never changes.

    Raises ReferentialVersion.DoesNotExist, or DraftRefused (published, changed meanwhile).
    """
    draft = _locked(version_id, seen_sha256)
    draft.published_at = now
    draft.save(update_fields=["published_at"])
    for depth in DEPTHS:
        questionnaires.publish_draft(version_id=getattr(draft, f"{depth}_id"), now=now)
    touch()
    return draft


@transaction.atomic(durable=True)
def drop_draft(*, version_id: int) -> None:
    """Give up a draft of the centre. Raises ReferentialVersion.DoesNotExist, DraftRefused."""
    draft = _locked(version_id)
    if not is_own(draft.number):
        raise DraftRefused(_("Cette version vient avec le portail : elle reste."))
    versions = [draft.flash, draft.on_site]
    draft.delete()
    for version in versions:
        version.delete()


def _locked(version_id: int, seen_sha256: str | None = None) -> ReferentialVersion:
    draft = ReferentialVersion.objects.select_for_update(of=("self",)).get(pk=version_id)
    if draft.published_at is not None:
        raise DraftRefused(_("Une version publiée ne change plus : préparez-en une nouvelle."))
    if seen_sha256 not in {None, draft.sha256}:
        raise DraftRefused(_("Ce brouillon a changé entre-temps : rouvrez la page."))
    return draft
