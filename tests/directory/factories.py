"""Places, companies and cards for the tests of the directory."""

from datetime import UTC, datetime

import factory

from directory.enums import ProviderStatus
from directory.models import Company, Membership, Provider, Service, ServiceCategory
from directory.services import providers as services
from emn.accounts.models import User
from emn.territory.lookup import CompanyFacts
from emn.territory.models import Commune, Epci

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
DESCRIPTION = "Nous faisons des sites pour les artisans et les commerces de la région. " * 4


class UserFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = User

    email = factory.Sequence(lambda n: f"personne{n}@emn.example")


class EpciFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Epci
        django_get_or_create = ("siren",)

    siren = "200067502"
    name = "CC Sarrebourg Moselle Sud"
    kind = "CC"


class CommuneFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Commune
        django_get_or_create = ("insee_code",)

    insee_code = "57630"
    name = "Sarrebourg"
    name_folded = "sarrebourg"
    departement_code = "57"
    postcodes = ["57400"]
    epci = factory.SubFactory(EpciFactory)
    population = 12_000
    area_km2 = 16
    latitude = 48.735
    longitude = 7.055


class ServiceCategoryFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = ServiceCategory
        django_get_or_create = ("code",)

    code = "web"
    slug = "sites-et-vente-en-ligne"
    name_fr = "Sites et vente en ligne"
    name_de = "Websites und Onlineverkauf"
    name_en = "Websites and online sales"


class ServiceFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Service
        django_get_or_create = ("code",)

    category = factory.SubFactory(ServiceCategoryFactory)
    code = "web.site"
    slug = "creation-de-site-internet"
    name_fr = "Création ou refonte de site internet"
    name_de = "Website erstellen oder erneuern"
    name_en = "Website design and redesign"
    synonyms_fr = "site web, site vitrine, refaire mon site"
    synonyms_de = "Homepage, Internetseite"
    synonyms_en = "website, web design"


class CompanyFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Company

    siret = factory.Sequence(lambda n: f"{n:014d}")
    name = "ATELIER DU WEB"
    commune = factory.SubFactory(CommuneFactory)
    checked_at = NOW


class MembershipFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Membership

    company = factory.SubFactory(CompanyFactory)
    user = factory.SubFactory(UserFactory)
    joined_at = NOW


class ProviderFactory(factory.django.DjangoModelFactory):
    """A draft, with one service; `published_card()` takes it through its life."""

    class Meta:
        model = Provider
        skip_postgeneration_save = True

    company = factory.SubFactory(CompanyFactory)
    slug = factory.Sequence(lambda n: f"atelier-{n}")
    name = factory.Sequence(lambda n: f"Atelier {n}")
    tagline = "Des sites clairs"
    description = DESCRIPTION
    email = "contact@atelier.example"
    languages = ["fr", "de"]
    client_sizes = ["1-9"]
    created_at = NOW
    edited_at = NOW

    @factory.post_generation
    def offers(self, create, extracted, **_kwargs):
        for service in extracted if extracted is not None else [ServiceFactory()]:
            self.services.add(service)

    @factory.post_generation
    def owner(self, create, extracted, **_kwargs):
        if extracted is not None:
            MembershipFactory(company=self.company, user=extracted)


def submitted_card(**fields):
    return ProviderFactory(status=ProviderStatus.SUBMITTED, submitted_at=NOW, **fields)


def facts(**changed):
    values = {
        "siret": "41816609600069",
        "siren": "418166096",
        "name": "ATELIER DU WEB",
        "street": "1 rue du Moulin",
        "postcode": "57400",
        "commune_code": "57630",
        "commune_name": "Sarrebourg",
        "naf_code": "62.01Z",
        "naf_nomenclature": "NAFRev2",
        "naf_label": "Programmation informatique",
        "headcount_band": "01",
        "state": "A",
        "created_on": None,
        "source": "SIRENE",
    }
    return CompanyFacts(**values | changed)


def published_card(**fields):
    """Make a card and publish it through the service, as staff does."""
    return services.publish_card(provider_id=submitted_card(**fields).pk, now=NOW)
