"""The open data sets: what each holds, how often it is written, how its table is read.

The Table Schema of each is a file of `observatory/data/schemas/`; the columns are those of it.
Other subjects of the observatory register theirs: `datasets.register(Dataset(…))`.
"""

import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import cached_property
from pathlib import Path
from typing import Any

from django.conf import settings
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.timezone import localdate
from django.utils.translation import gettext_lazy as _

from directory.cluster_queries import summaries
from directory.models import Adhesion, Cluster, Provider, Service
from directory.reference import taxonomy
from emn.lib.registry import Registry
from emn.lib.tables import escaped
from emn.territory.models import Commune
from events.models import Session
from observatory.models import Publication, ServiceLevel
from observatory.publication_texts import readings_by_language

SCHEMAS = Path(__file__).parent / "data" / "schemas"
LIST_SIGN = "|"
BATCH = 2_000
DAILY = "http://publications.europa.eu/resource/authority/frequency/DAILY"
ANNUAL = "http://publications.europa.eu/resource/authority/frequency/ANNUAL"
Row = Sequence[Any]


@dataclass(frozen=True, kw_only=True)
class Dataset:
    """A data set; `rows` gives values in the order of the columns of its schema.

    `api_name`: the URL name of the same data in the API, empty when there is none.
    """

    key: str
    order: int
    title: str | Promise
    description: str | Promise
    keywords: tuple[str, ...]
    rows: Callable[[], Iterable[Row]]
    frequency: str = DAILY
    source: str | Promise = ""
    api_name: str = ""

    @cached_property
    def schema(self) -> dict[str, Any]:
        """The Table Schema, as it is shipped."""
        loaded: dict[str, Any] = json.loads(
            (SCHEMAS / f"{self.key}.json").read_text(encoding="utf-8")
        )
        return loaded

    @property
    def columns(self) -> list[str]:
        """The names of the columns."""
        return [field["name"] for field in self.schema["fields"]]

    def lines(self) -> Iterable[list[str]]:
        """Give header and lines, as the file has them."""
        yield self.columns
        for row in self.rows():
            yield [_cell(value) for value in row]


datasets = Registry[Dataset]()
register = datasets.register


def dataset(key: str) -> Dataset | None:
    """Return the data set of that key."""
    return next((entry for entry in datasets if entry.key == key), None)


def _cell(value: Any) -> str:
    """Write a value as the schemas say; a text never becomes a formula."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, datetime):
        return value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, list | tuple):
        return escaped(LIST_SIGN.join(str(part) for part in value))
    return escaped(value) if isinstance(value, str) else str(value)


def _day(at: datetime | None) -> date | None:
    return localdate(at) if at else None


def _providers() -> Iterable[Row]:
    services = taxonomy()
    rows = Provider.objects.published().with_place().select_related("document")
    for row in rows.filter(document__isnull=False).order_by("pk").iterator(chunk_size=BATCH):
        place = row.company.commune
        codes = [services[key].code for key in row.document.service_ids if key in services]
        yield (
            row.slug, row.name, row.company.siret, row.tagline, row.website, sorted(codes),
            row.languages, place.pk, place.name, place.epci_id, place.latitude, place.longitude,
            row.document.trust_class, _day(row.published_at), _day(row.confirmed_at),
            settings.PUBLIC_URL + row.get_absolute_url(),
        )  # fmt: skip


def _services() -> Iterable[Row]:
    for row in Service.objects.select_related("category").order_by("code", "pk"):
        yield (
            row.code, row.name_fr, row.name_de, row.name_en,  # type: ignore[attr-defined]  # of modeltranslation
            row.category.code, row.category.name_fr,  # type: ignore[attr-defined]
        )  # fmt: skip


def _signatories() -> Iterable[Row]:
    today = localdate()
    rows = Adhesion.objects.public(on=today).select_related("company", "charter")
    for row in rows.order_by("pk").iterator(chunk_size=BATCH):
        yield (
            row.reference, row.siren, row.company.name, row.company.commune_id,
            row.charter.version, row.status_on(today).value, row.member_since, row.starts_on,
            row.expires_on, row.ended_on,
        )  # fmt: skip


def _sessions() -> Iterable[Row]:
    rows = Session.objects.shown().select_related("room").order_by("starts_at", "pk")
    for row in rows.iterator(chunk_size=BATCH):
        yield (
            row.uid, row.kind, row.title, row.starts_at, row.ends_at, row.mode,
            row.room.name if row.room else row.elsewhere, row.language, row.is_cancelled,
            settings.PUBLIC_URL + row.get_absolute_url(),
        )  # fmt: skip


def _communes() -> Iterable[Row]:
    for row in Commune.objects.select_related("epci").order_by("pk"):
        yield (
            row.pk, row.name, next(iter(row.postcodes), None), row.departement_code, row.epci_id,
            str(row.epci) if row.epci else None, row.population, row.latitude, row.longitude,
        )  # fmt: skip


def _clusters() -> Iterable[Row]:
    rows = Cluster.objects.public().select_related("theme").prefetch_related("needed__service")
    for line in summaries(list(rows.order_by("slug", "pk"))):
        row = line.cluster
        yield (
            row.slug, row.name, row.theme.name, row.objective, line.standing.value, line.members,
            line.kinds, sorted(skill.service.code for skill in row.needed.all()), row.founded_on,
            settings.PUBLIC_URL + row.get_absolute_url(),
        )  # fmt: skip


def _promises() -> Iterable[Row]:
    rows = ServiceLevel.objects.order_by("promise", "measured_on", "pk")
    return rows.values_list("promise", "measured_on", "cases", "value", "kept")


def _publications() -> Iterable[Row]:
    rows = list(Publication.objects.published().select_related("replaces").order_by("pk"))
    words = readings_by_language(rows)
    for row in rows:
        titles = (words[row.pk][code].title.own or None for code in ("de", "en"))
        page, document, table = (
            settings.PUBLIC_URL + reverse(f"publications:{name}", args=[row.reference])
            for name in ("publication", "document", "table")
        )
        yield (
            row.reference, row.kind, row.title, *titles, row.summary, _day(row.published_at),
            row.corrected_on, row.replaces.reference if row.replaces else None, page, document,
            table if row.edition_id else None,
        )  # fmt: skip


for _entry in (
    Dataset(
        key="prestataires", order=10, title=_("Prestataires numériques"),
        description=_(
            "Les prestataires dont la fiche est publiée : ce qu’ils proposent, où ils sont, leur "
            "classe de confiance. Ni téléphone, ni courriel, ni texte de présentation."
        ),
        keywords=("numérique", "entreprises", "annuaire", "services"), rows=_providers,
        api_name="api:providers",
    ),
    Dataset(
        key="services", order=20, title=_("Services de l’annuaire"),
        description=_("La nomenclature des services, dans les trois langues du portail."),
        keywords=("numérique", "nomenclature"), rows=_services, api_name="api:services",
    ),
    Dataset(
        key="signataires", order=30, title=_("Signataires de la charte e-TIC"),
        description=_("Le registre public des adhésions, avec leur état au jour du fichier."),
        keywords=("charte", "confiance", "numérique"), rows=_signatories,
        api_name="api:signatories",
    ),
    Dataset(
        key="agenda", order=40, title=_("Agenda du centre"),
        description=_("Les rencontres, formations et visites, passées et à venir."),
        keywords=("agenda", "formation", "événements"), rows=_sessions, api_name="api:sessions",
    ),
    Dataset(
        key="communes", order=50, title=_("Communes du territoire"),
        description=_("Les communes du département et de ses voisins, par intercommunalité."),
        keywords=("communes", "intercommunalités", "territoire"), rows=_communes,
        frequency=ANNUAL, source=_("INSEE, DGCL, La Poste, IGN"), api_name="api:communes",
    ),
    Dataset(
        key="grappes", order=55, title=_("Grappes et clusters"),
        description=_(
            "Les grappes qui ont assez de membres pour paraître, avec ce dont leur objectif a "
            "besoin. Leurs membres sont sur leur page."
        ),
        keywords=("grappes", "clusters", "coopération"), rows=_clusters, api_name="api:clusters",
    ),
    Dataset(
        key="promesses", order=60, title=_("Promesses du centre"),
        description=_("Les niveaux de service que le centre promet, mesurés chaque nuit."),
        keywords=("qualité de service",), rows=_promises,
    ),
    Dataset(
        key="publications", order=70, title=_("Publications de l’observatoire"),
        description=_("Études, audits et éditions du baromètre, avec l’adresse de leurs fichiers."),
        keywords=("numérique", "entreprises", "études", "baromètre"), rows=_publications,
        api_name="api:publications",
    ),
):  # fmt: skip
    register(_entry)
