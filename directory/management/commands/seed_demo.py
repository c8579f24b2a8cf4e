"""`manage.py seed_demo`: fictitious companies, providers and letters, written by the services."""

import json
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone
from tqdm import tqdm

from directory.demo_bridge import write_demo_ads
from directory.demo_clusters import KEEPER, write_demo_clusters
from directory.demo_complaints import write_demo_complaints
from directory.demo_content import demo_values
from directory.demo_contracts import write_demo_contracts
from directory.demo_needs import write_demo_needs
from directory.demo_places import write_demo_places
from directory.models import Company, Provider, Service
from directory.services import providers as services
from directory.services.charter import sync_charters
from directory.services.companies import DEMO_SOURCE
from directory.services.crowd import write_crowd
from directory.services.taxonomy import sync_taxonomy
from directory.services.trust_versions import sync_first_version
from directory.trust_demo import seed_trust
from emn.accounts.demo import AGENT
from emn.accounts.models import User
from emn.accounts.services import create_demo_accounts, sync_roles
from emn.mailings.services.demo import write_demo_letters
from emn.mailings.services.lists import sync_lists
from emn.territory.lookup import CompanyFacts
from emn.territory.models import Commune

DEMO_FILE = Path(__file__).parents[2] / "data" / "demo.json"


class Command(BaseCommand):
    """Fill an empty portal with demonstration data; a second run adds nothing."""

    help = "Remplit un portail vide de données de démonstration, toutes fictives."

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the option."""
        parser.add_argument(
            "--scale", type=int, default=0, help="ajouter une foule de fiches, jusqu’à ce nombre"
        )

    def handle(self, *_args: Any, scale: int, **_options: Any) -> None:
        """Write taxonomy, accounts, cards and letters."""
        if not settings.DEMO:
            raise CommandError("Les données de démonstration n’entrent pas en production.")
        if not Commune.objects.exists():
            raise CommandError("Le territoire manque : lancez d’abord sync_territory --write.")
        content = json.loads(DEMO_FILE.read_text(encoding="utf-8"))
        sync_taxonomy(write=True)
        sync_lists(write=True)
        sync_first_version(write=True, now=timezone.now())
        sync_charters(write=True)
        sync_roles()
        create_demo_accounts()
        User.objects.get_or_create(email=KEEPER, defaults={"is_active": False})
        known = set(Company.objects.values_list("siret", flat=True))
        entries = [entry for entry in content["providers"] if entry["siret"] not in known]
        catalogue = {service.code: service for service in Service.objects.order_by("pk")}
        owners = {
            "first": User.objects.get(email="prestataire@emn.example"),
            "others": User.objects.get(email=KEEPER),
        }
        for entry in tqdm(entries, desc="Fiches de démonstration", unit="fiche", disable=None):
            first = entry is content["providers"][0]
            values = demo_values(entry, catalogue, rank=content["providers"].index(entry))
            _write_card(entry, owners["first" if first else "others"], values)
        self.stdout.write(f"{len(entries)} fiches fictives. {content['notice']}")
        letters = write_demo_letters(by_id=User.objects.get(email=AGENT).pk, now=timezone.now())
        self.stdout.write(f"{letters} lettres fictives.")
        seed_trust(now=timezone.now())
        write_demo_needs(now=timezone.now())
        write_demo_contracts(now=timezone.now())
        write_demo_places(now=timezone.now())
        write_demo_ads(now=timezone.now())
        write_demo_clusters(now=timezone.now())
        write_demo_complaints(now=timezone.now())
        if scale:
            added = write_crowd(count=scale, now=timezone.now())
            self.stdout.write(f"{added} fiches de foule de plus.")


def _write_card(entry: dict[str, Any], owner: User, values: dict[str, Any]) -> Provider:
    """Take one card through its life, as long ago as the entry says."""
    confirmed = timezone.now() - timedelta(days=30 * entry["confirmed_months_ago"] + 1)
    card = services.start_card(user_id=owner.pk, facts=_facts(entry), values=values, now=confirmed)
    if entry["status"] == "draft":
        return card
    card = services.submit_card(provider_id=card.pk, user_id=owner.pk, now=confirmed)
    if entry["status"] == "submitted":
        return card
    card = services.publish_card(provider_id=card.pk, now=confirmed)
    if entry["status"] == "hidden":
        reason = "Fiche masquée pour la démonstration."
        card = services.hide_card(provider_id=card.pk, reason=reason, now=confirmed)
    return card


def _facts(entry: dict[str, Any]) -> CompanyFacts:
    return CompanyFacts(
        siret=entry["siret"],
        siren=entry["siret"][:9],
        name=entry["name"],
        street=entry["street"],
        postcode=entry["postcode"],
        commune_code=entry["commune"],
        commune_name="",
        naf_code=entry["naf"],
        naf_nomenclature="NAFRev2",
        naf_label="",
        headcount_band=entry["headcount_band"],
        state="A",
        created_on=date.fromisoformat(entry["created_on"]),
        source=DEMO_SOURCE,
    )
