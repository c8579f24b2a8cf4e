"""The register of aids: visits as both signed them, and what else was granted (R7.11, R7.13)."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date

from django.conf import settings
from django.db.models.functions import Left
from django.utils import timezone
from django.utils.translation import gettext as _

from diagnostics.aid import DE_MINIMIS, Grant
from diagnostics.enums import Depth
from diagnostics.models import Diagnostic
from emn.territory.models import LegalUnit
from observatory.funder_enums import AidRegime
from observatory.models import AidGrant

EXPORT_COLUMNS = (
    "siren", "nom", "montant_esb_eur", "date_octroi", "instrument", "regime", "secteur_naf",
    "autorite", "prestation", "reference",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the register, in cents."""

    on: date
    siren: str
    name: str
    label: str
    regime: str
    value_cents: int
    price_cents: int
    aid_cents: int
    scale: str
    reference: str
    grant_id: int | None = None

    @property
    def regime_words(self) -> str:
        """The regime as people read it."""
        return str(AidRegime(self.regime).label)


def other_grants(sirens: Collection[str]) -> list[Grant]:
    """Return what was granted but for visits, as the ceiling counts it."""
    return [
        Grant(row.granted_on, row.aid_cents, row.regime, row.declared_cents)
        for row in AidGrant.objects.standing().filter(siren__in=sirens).order_by("pk")
    ]


def register(
    *, from_on: date | None = None, until_on: date, sirens: Collection[str] | None = None
) -> list[Entry]:
    """Return the aids of these days, the latest first, in two queries."""
    visits = Diagnostic.objects.filter(
        depth=Depth.ON_SITE, signed_at__date__lte=until_on
    ).select_related("company", "synthesis")
    grants = AidGrant.objects.standing().filter(granted_on__lte=until_on)
    if from_on is not None:
        visits = visits.filter(signed_at__date__gte=from_on)
        grants = grants.filter(granted_on__gte=from_on)
    if sirens is not None:
        visits = visits.alias(unit=Left("company__siret", 9)).filter(unit__in=sirens)
        grants = grants.filter(siren__in=sirens)
    found = [_of_visit(row) for row in visits.order_by("pk")]
    found += [_of_grant(row) for row in grants.order_by("pk")]
    return sorted(found, key=lambda entry: (entry.on, entry.reference), reverse=True)


def export_lines(entries: list[Entry]) -> list[list[str]]:
    """Return the register as the central one is fed: header, then one line an aid de minimis."""
    nafs = dict(
        LegalUnit.objects.filter(pk__in={entry.siren for entry in entries}).values_list(
            "pk", "naf_code"
        )
    )
    return [list(EXPORT_COLUMNS)] + [
        [
            entry.siren, entry.name, f"{entry.aid_cents / 100:.2f}", entry.on.isoformat(),
            _("service subventionné"), entry.regime, nafs.get(entry.siren, ""),
            settings.CENTRE_NAME, entry.label, entry.reference,
        ]
        for entry in entries
        if entry.regime == DE_MINIMIS
    ]  # fmt: skip


def _of_visit(row: Diagnostic) -> Entry:
    assert row.company is not None  # of every visit
    assert row.signed_at is not None  # by the filter
    aid = row.synthesis.shown["aid"]
    return Entry(
        on=timezone.localdate(row.signed_at), siren=row.company.siren, name=row.company.name,
        label=_("Pré-diagnostic numérique individuel, sur place"), regime=aid["regime"],
        value_cents=aid["value_cents"], price_cents=aid["price_cents"],
        aid_cents=aid["aid_cents"], scale=aid["version"], reference=row.run_id.hex[:8].upper(),
    )  # fmt: skip


def _of_grant(row: AidGrant) -> Entry:
    return Entry(
        on=row.granted_on, siren=row.siren, name=row.name, label=row.label, regime=row.regime,
        value_cents=row.value_cents, price_cents=row.price_cents, aid_cents=row.aid_cents,
        scale=row.scale, reference=f"A-{row.pk}", grant_id=row.pk,
    )  # fmt: skip
