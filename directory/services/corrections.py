"""The staff's layer: corrections shown over the owner's words, never written into them."""

from datetime import datetime

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from directory.enums import CorrectableField, CorrectionOutcome
from directory.models import Correction, Provider
from directory.search.index import index
from directory.services.providers import CardRefused, locked_card, tell_members
from directory.services.quality import score_card
from directory.services.sharing import draw_after_commit
from emn.lib.page_cache import touch


class CorrectionRefused(CardRefused):
    """The correction cannot stand, or no longer does."""


@transaction.atomic(durable=True)
def correct_card(
    *, provider_id: int, field: str, value: str, reason: str, agent_id: int, now: datetime
) -> Correction:
    """Show `value` instead of what the owner wrote in `field`, and tell the owner why.

    A correction of the same field that stood is replaced. Raises Provider.DoesNotExist or
    CorrectionRefused (no reason, a value that the field cannot hold).
    """
    provider = locked_card(provider_id)
    if not reason.strip():
        raise CorrectionRefused(_("Dites au prestataire pourquoi : le motif lui est envoyé."))
    standing = Correction.objects.standing().filter(provider=provider, field=field)
    standing.update(ended_at=now, outcome=CorrectionOutcome.REPLACED)
    correction = Correction.objects.create(
        provider=provider,
        field=CorrectableField(field),
        value=_checked(field, value.strip()),
        reason=reason.strip(),
        made_by_id=agent_id,
        made_at=now,
    )
    _show(provider)
    tell_members(
        provider,
        "directory/emails/card_corrected",
        stamp=now,
        now=now,
        correction=correction,
    )
    return correction


@transaction.atomic(durable=True)
def lift_correction(*, provider_id: int, correction_id: int, now: datetime) -> Correction:
    """Show the owner's words again. Raises DoesNotExist or CorrectionRefused when it was lifted."""
    provider = locked_card(provider_id)
    return _end(provider, correction_id, CorrectionOutcome.LIFTED, now=now)


@transaction.atomic(durable=True)
def accept_correction(
    *, provider_id: int, correction_id: int, user_id: int, now: datetime
) -> Correction:
    """Make the centre's words the owner's own.

    Raises Provider.DoesNotExist when the card is not one of the person's, or CorrectionRefused.
    """
    provider = locked_card(provider_id, user_id=user_id)
    correction = _end(provider, correction_id, CorrectionOutcome.ACCEPTED, now=now)
    setattr(provider, correction.field, correction.value)
    provider.edited_at = now
    provider.save()
    score_card(provider, now=now)
    _show(provider)
    return correction


def _end(
    provider: Provider, correction_id: int, outcome: CorrectionOutcome, *, now: datetime
) -> Correction:
    correction = Correction.objects.standing().filter(provider=provider, pk=correction_id).first()
    if correction is None:
        raise CorrectionRefused(_("Cette correction n’est plus en vigueur."))
    correction.ended_at, correction.outcome = now, outcome
    correction.save(update_fields=["ended_at", "outcome"])
    _show(provider)
    return correction


def _checked(field: str, value: str) -> str:
    """Return the value when the card's own field would take it."""
    try:
        cleaned = Provider._meta.get_field(field).clean(value, None)  # type: ignore[union-attr]
    except ValidationError as error:
        raise CorrectionRefused(" ".join(error.messages)) from error
    return str(cleaned)


def _show(provider: Provider) -> None:
    if provider.is_published:
        index(provider)
        touch()
        draw_after_commit(provider)
