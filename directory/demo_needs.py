"""Needs of the demonstration: invented companies, written through the services."""

from datetime import date, datetime, timedelta
from typing import Any

from django.utils import timezone

from directory.models import Need, Service
from directory.services import need_handling, needs, proposals
from directory.services.companies import DEMO_SOURCE
from emn.accounts.models import User
from emn.territory.lookup import CompanyFacts

_NEEDS: tuple[dict[str, Any], ...] = (
    {
        "siret": "00098000100019", "company": "Boulangerie des Trois Évêchés", "naf": "10.71C",
        "size": "1-9", "sector": "artisanat", "commune": "57463", "town": "Metz",
        "name": "Léa Meyer", "email": "boulangerie@entreprises.example", "service": "web.site",
        "budget": "1000-5000", "state": "proposed",
        "text": "Refaire notre site : il a dix ans, ne se lit pas sur un téléphone, et les "
        "clients voudraient commander leur pain la veille.",
    },
    {
        "siret": "00098000200017", "company": "Menuiserie du Warndt", "naf": "43.32A",
        "size": "10-49", "sector": "btp", "commune": "57227", "town": "Forbach",
        "name": "Karim Weber", "email": "menuiserie@entreprises.example",
        "service": "infra.sauvegarde", "budget": "unknown", "state": "confirmed",
        "text": "Nous avons perdu deux jours de plans après une panne. Il nous faut des "
        "sauvegardes qui marchent, essayées une fois par an.",
    },
    {
        "siret": "00098000300015", "company": "Résidence des Mirabelliers", "naf": "87.30A",
        "size": "50-249", "sector": "sante-social", "commune": "57672", "town": "Thionville",
        "name": "Anne Schmitt", "email": "residence@entreprises.example",
        "service": "gestion.planning", "budget": "5000-15000", "state": "in_contact",
        "text": "Remplacer le planning affiché au mur par un outil que les soignants lisent sur "
        "leur téléphone, remplacements compris.",
    },
)  # fmt: skip


def write_demo_needs(*, now: datetime) -> int:
    """Write the needs that an empty portal lacks; return how many."""
    services = {service.code: service for service in Service.objects.order_by("pk")}
    if Need.objects.exists():
        return 0
    for entry in _NEEDS:
        _write(entry, services[entry["service"]], now=now - timedelta(hours=20))
    return len(_NEEDS)


def _write(entry: dict[str, Any], service: Service, *, now: datetime) -> None:
    need = needs.start_need(
        name=entry["name"],
        email=entry["email"],
        phone="03 87 00 00 00",
        language="fr",
        service_id=service.pk,
        wished_slug="",
        now=now,
    )
    needs.write_company(
        need_id=need.pk, facts=_facts(entry), client_size=entry["size"], sector=entry["sector"]
    )
    values = {"service": service, "commune_id": entry["commune"], "budget": entry["budget"]}
    needs.deposit_need(need_id=need.pk, values=values | {"text": entry["text"]}, now=now)
    needs.confirm_need(need_id=need.pk, now=now)
    if entry["state"] == "confirmed":
        return
    agent = User.objects.get(email="agent@emn.example")
    need_handling.qualify_need(need_id=need.pk, values={}, by_id=agent.pk, now=now)
    proposals.propose(need_id=need.pk, now=now)
    first = need.proposals.order_by("pk").first()
    if entry["state"] == "in_contact" and first is not None:
        proposals.accept(proposal_id=first.pk, now=timezone.now())


def _facts(entry: dict[str, Any]) -> CompanyFacts:
    return CompanyFacts(
        siret=entry["siret"],
        siren=entry["siret"][:9],
        name=entry["company"],
        street="1 rue de la Gare",
        postcode="57000",
        commune_code=entry["commune"],
        commune_name=entry["town"],
        naf_code=entry["naf"],
        naf_nomenclature="NAFRev2",
        naf_label="",
        headcount_band="03",
        state="A",
        created_on=date(2012, 5, 2),
        source=DEMO_SOURCE,
    )
