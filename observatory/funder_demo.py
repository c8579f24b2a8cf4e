"""An agreement of the demonstration, written by the services; its companies are the seeded ones."""

from datetime import date, datetime

from django.utils import timezone

from observatory.funding_queries import INDICATORS
from observatory.models import Agreement
from observatory.services import funding, open_data, promises

REFERENCE = "DEMO-FEDER-1"
TARGETS = {
    "reached": 300, "rco04": 60, "visited": 40, "advice_hours": 160, "sessions": 24,
    "attendance": 480, "trainees": 40, "contacts": 80, "contracts": 30,
}  # fmt: skip


def write_demo_funding(*, now: datetime) -> bool:
    """Write the agreement with its objectives, once; count, measure and write the open files."""
    year = timezone.localdate(now).year
    agreement, made = Agreement.objects.get_or_create(
        reference=REFERENCE,
        defaults={
            "title": "Accompagner les petites entreprises vers le numérique",
            "funder": "Union européenne, FEDER",
            "kind": "erdf",
            "programme": "Grand Est et Massif des Vosges 2021-2027 (exemple)",
            "summary": (
                "Exemple de convention : aider les petites entreprises à choisir leurs outils, à "
                "se former et à trouver un prestataire de confiance."
            ),
            "amount_cents": 480_000_00,
            "spent_cents": 126_500_00,
            "starts_on": date(year, 1, 1),
            "ends_on": date(year + 1, 12, 31),
            "is_published": True,
        },
    )
    if made:
        for name in INDICATORS:
            agreement.objectives.create(indicator=name, target=TARGETS.get(name))
    funding.count(agreement_id=agreement.pk, now=now)
    promises.measure(now=now)
    open_data.write_all(now=now)
    return made
