"""Granting an aid under the ceiling, taking a wrong entry back, attesting (R7.09 to R7.13)."""

from datetime import date, datetime
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _

from diagnostics.aid import CEILING_CENTS, DE_MINIMIS, Grant, counted_cents, is_allowed
from diagnostics.granted import grants_of, hold_ceiling
from directory.group_queries import companies_of_group
from emn.lib.errors import DomainError
from emn.lib.templatetags.french import euros
from observatory.aid_queries import register
from observatory.funding.figures import digest
from observatory.models import AidAttestation, AidGrant


class AidRefused(DomainError):
    """This aid cannot be granted, taken back or attested."""


@transaction.atomic(durable=True)
def grant(
    *,
    siren: str,
    name: str,
    service: str,
    label: str,
    regime: str,
    granted_on: date,
    value_cents: int,
    price_cents: int,
    scale: str,
    declared_cents: int,
    declared_on: date,
    user_id: int,
    now: datetime,
) -> AidGrant:
    """Grant an aid; under de minimis, only as far as the group’s ceiling leaves room.

    Raises AidRefused (ceiling passed, nothing to grant, declared after the grant).
    """
    if price_cents >= value_cents:
        raise AidRefused(_("Le prix couvre la valeur : il n’y a pas d’aide à inscrire."))
    if declared_on > granted_on:
        raise AidRefused(_("L’entreprise déclare ses autres aides avant l’octroi."))
    hold_ceiling(siren)
    new = Grant(granted_on, value_cents - price_cents, regime, declared_cents)
    known = grants_of(companies_of_group(siren))
    if not is_allowed(new, known):
        used = counted_cents(known, day=granted_on) + declared_cents
        raise AidRefused(
            _(
                "Cette aide dépasserait le plafond : %(used)s sont déjà comptés sur trois ans pour "
                "le groupe, sur %(ceiling)s."
            )
            % {"used": euros(used), "ceiling": euros(CEILING_CENTS)}
        )
    return AidGrant.objects.create(
        siren=siren, name=name.strip(), service=service, label=label.strip(), regime=regime,
        granted_on=granted_on, value_cents=value_cents, price_cents=price_cents,
        aid_cents=new.aid_cents, scale=scale.strip(), declared_cents=declared_cents,
        declared_on=declared_on, noted_at=now, noted_by_id=user_id,
    )  # fmt: skip


@transaction.atomic(durable=True)
def take_back(*, grant_id: int, user_id: int, now: datetime) -> AidGrant:
    """Take a wrong entry back as a whole: both stay in the register, neither counts.

    Raises AidGrant.DoesNotExist, or AidRefused (taken back already).
    """
    found = AidGrant.objects.select_for_update(of=("self",)).get(pk=grant_id)
    if found.cancels_id or AidGrant.objects.filter(cancels=found).exists():
        raise AidRefused(_("Cette ligne est déjà reprise."))
    names = (
        "siren", "name", "service", "label", "regime", "granted_on", "value_cents", "price_cents",
        "aid_cents", "scale", "declared_cents", "declared_on",
    )  # fmt: skip
    return AidGrant.objects.create(
        **{name: getattr(found, name) for name in names},
        cancels=found, noted_at=now, noted_by_id=user_id,
    )  # fmt: skip


@transaction.atomic(durable=True)
def attest(
    *, siren: str, as_of: date, declared_cents: int, user_id: int, now: datetime
) -> AidAttestation:
    """Attest what the centre gave a company, and what room is left on the declared amounts.

    Raises AidRefused (it was given nothing by then).
    """
    entries = [
        entry for entry in register(until_on=as_of, sirens=[siren]) if entry.regime == DE_MINIMIS
    ]
    if not entries:
        raise AidRefused(_("Le registre ne connaît aucune aide de minimis de cette entreprise."))
    group = companies_of_group(siren)
    total = counted_cents(grants_of(group), day=as_of, until=as_of)
    own = counted_cents(grants_of([siren]), day=as_of, until=as_of)
    content: dict[str, Any] = {
        "centre": settings.CENTRE_NAME,
        "siren": siren,
        "name": entries[0].name,
        "as_of": as_of.isoformat(),
        "lines": [
            {
                "on": entry.on.isoformat(), "label": entry.label, "value_cents": entry.value_cents,
                "price_cents": entry.price_cents, "aid_cents": entry.aid_cents,
                "reference": entry.reference,
            }
            for entry in entries
        ],
        "own_cents": own,
        "group_cents": total - own,
        "declared_cents": declared_cents,
        "left_cents": CEILING_CENTS - total - declared_cents,
    }  # fmt: skip
    return AidAttestation.objects.create(
        siren=siren, name=entries[0].name, as_of=as_of, content=content, sha256=digest(content),
        issued_at=now, issued_by_id=user_id,
    )  # fmt: skip
