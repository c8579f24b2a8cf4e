"""Two grappes of the demonstration: invented companies, each entering by its own word."""

from datetime import date, datetime, timedelta
from typing import Any

from django.utils import timezone

from directory.enums import ClusterMemberStatus, ClusterRole, MemberKind
from directory.models import (
    Cluster,
    ClusterMember,
    ClusterTheme,
    Company,
    Membership,
    Service,
)
from directory.services import cluster_commitments, clusters
from directory.services.companies import DEMO_SOURCE, register_layer
from emn.accounts import demo
from emn.accounts.models import User
from emn.territory.lookup import CompanyFacts

_THEMES = (
    ("champions", "Champions du territoire", "Zugpferde der Region", "Regional champions"),
    (
        "domotique-et-autonomie",
        "Domotique et autonomie",
        "Smart Home und Selbstständigkeit",
        "Smart homes and independence",
    ),
)
# SIRET, name, commune, kind: structures that sell nothing in the directory, hence without a card.
_OTHERS = (
    ("00098000400013", "Lycée technique du Val", "57463", MemberKind.SCHOOL),
    ("00098000500010", "Laboratoire des objets utiles", "57672", MemberKind.SCHOOL),
    ("00098000600018", "Association Vivre chez soi", "57630", MemberKind.ASSOCIATION),
    ("00098000700016", "Maison de l’autonomie", "57227", MemberKind.PUBLIC),
)
KEEPER = "fiches-de-demonstration@emn.example"
_LYCEE, _LAB, _HOME, _PUBLIC = (siret for siret, *_rest in _OTHERS)
_GRAPPES: tuple[dict[str, Any], ...] = (
    {
        "slug": "ateliers-lisibles",
        "animator": "00094078300012",
        "club": "responsables-informatiques",
        "theme": "champions",
        "name": "Ateliers lisibles",
        "objective": "Dix entreprises industrielles de Moselle équipées d’un suivi de production "
        "lisible par leurs équipes, d’ici fin 2027.",
        "presentation": "Chaque membre ouvre son atelier une fois par an, et dit ce qui n’a pas "
        "marché autant que ce qui a marché.",
        "charter": "Ouvrir son atelier une fois par an\nDire ce qui n’a pas marché\nNe pas "
        "démarcher les clients des autres membres\nPublier le résultat de ses engagements",
        "skills": (
            "indus.production", "indus.capteurs", "indus.embarque", "gestion.erp",
            "data.tableaux", "secu.audit", "conseil.formation", "media.realite",
        ),
        "members": (
            ("00094078300012", "Le suivi de production, et un atelier pilote."),
            ("00095759700016", "Des cartes électroniques sur mesure."),
            ("00095969200013", "Des capteurs, et la lecture de ce qu’ils disent."),
            ("00098981400017", "Des prototypes en petite série."),
            ("00092416700018", "Le lien avec les logiciels de gestion."),
            (_LAB, "Un banc d’essai et deux doctorants."),
            (_LYCEE, "Une classe de seconde année, un jour par semaine."),
        ),
        "promises": (
            ("00094078300012", "Ouvrir l’atelier pilote à quatre entreprises", -40, -45),
            ("00095969200013", "Prêter dix capteurs pour trois mois", -12, None),
            (_LAB, "Mesurer la consommation de deux machines", 60, None),
        ),
    },
    {
        "slug": "chez-soi-connecte",
        "animator": _HOME,
        "club": "",
        "theme": "domotique-et-autonomie",
        "name": "Chez soi, connecté",
        "objective": "Cent logements de personnes âgées équipés sans contrat à vie, d’ici fin "
        "2027.",
        "presentation": "Un équipement utile, choisi avec la personne, qu’un autre installateur "
        "peut reprendre.",
        "charter": "Essayer chez la personne avant de vendre\nLaisser les codes et les notices\n"
        "Ne jamais filmer sans accord écrit\nRendre compte une fois par trimestre",
        "skills": (
            "bat.domotique", "bat.maintien", "bat.acces", "reseau.wifi", "secu.rgpd",
            "conseil.aides",
        ),
        "members": (
            ("00091165100016", "Dix ans de maintien à domicile."),
            ("00099439200017", "L’éclairage et le chauffage pilotés."),
            ("00096685300012", "La téléassistance et son dépannage."),
            ("00093123800018", "Les portes, les accès, les visiophones."),
            (_HOME, "Quarante familles prêtes à essayer."),
            (_PUBLIC, "L’évaluation des besoins, gratuite."),
        ),
        "promises": (
            ("00091165100016", "Équiper dix logements témoins", -30, -31),
            (_HOME, "Réunir vingt familles pour un premier essai", -90, -80),
            ("00099439200017", "Écrire un guide de reprise pour un autre installateur", 45, None),
        ),
    },
)  # fmt: skip


def write_demo_clusters(*, now: datetime) -> int:
    """Write the grappes that an empty portal lacks; return how many."""
    if Cluster.objects.exists():
        return 0
    for position, (slug, french, german, english) in enumerate(_THEMES):
        ClusterTheme.objects.get_or_create(
            slug=slug,
            defaults={
                "name_fr": french, "name_de": german, "name_en": english, "position": position,
            },
        )  # fmt: skip
    for siret, name, commune, _kind in _OTHERS:
        account = demo.COMPANY if siret == _HOME else KEEPER
        company, _new = Company.objects.get_or_create(
            siret=siret, defaults=register_layer(_facts(siret, name, commune), now=now)
        )
        Membership.objects.get_or_create(company=company, user=User.objects.get(email=account))
    for entry in _GRAPPES:
        _write(entry, now=now)
    _ask(now=now)
    return len(_GRAPPES)


def _write(entry: dict[str, Any], *, now: datetime) -> None:
    """Write one as it would be after six months, without the letters of its beginning."""
    began, today = now - timedelta(days=200), timezone.localdate(now)
    cluster = Cluster.objects.create(
        slug=entry["slug"], name=entry["name"], objective=entry["objective"],
        presentation=entry["presentation"], charter=entry["charter"],
        theme=ClusterTheme.objects.get(slug=entry["theme"]), founded_on=timezone.localdate(began),
        club=entry["club"],
    )  # fmt: skip
    cluster.skills.set(Service.objects.filter(code__in=entry["skills"]))
    kinds = {siret: kind for siret, _name, _commune, kind in _OTHERS}
    stays: dict[str, ClusterMember] = {}
    for rank, (siret, contribution) in enumerate(entry["members"]):
        link = Membership.objects.filter(company__siret=siret, company__is_demo=True).first()
        if link is None:
            continue
        joined = began + timedelta(days=7 * rank)
        stays[siret] = cluster.members.create(
            company_id=link.company_id, kind=kinds.get(siret, MemberKind.FIRM),
            role=ClusterRole.ANIMATOR if siret == entry["animator"] else ClusterRole.MEMBER,
            contribution=contribution, status=ClusterMemberStatus.MEMBER, opened_at=joined,
            agreed_at=joined, agreed_by_id=link.user_id, joined_at=joined,
        )  # fmt: skip
    for siret, what, due_in_days, kept_in_days in entry["promises"]:
        if (stay := stays.get(siret)) is None or stay.agreed_by_id is None:
            continue
        commitment = cluster_commitments.promise(
            member_id=stay.pk, user_id=stay.agreed_by_id, what=what,
            due_on=today + timedelta(days=due_in_days), now=now - timedelta(days=120),
        )  # fmt: skip
        if kept_in_days is not None:
            cluster_commitments.keep(
                commitment_id=commitment.pk, by_id=stay.agreed_by_id, as_staff=True, now=now,
                kept_on=today + timedelta(days=kept_in_days),
            )  # fmt: skip


def _ask(*, now: datetime) -> None:
    """Let the demonstration's provider wait for the answer of the demonstration's company."""
    provider = User.objects.get(email=demo.PROVIDER)
    company = Company.objects.filter(memberships__user=provider, is_demo=True).first()
    cluster = Cluster.objects.public().filter(slug="chez-soi-connecte").first()
    if company is None or cluster is None:
        return
    clusters.ask_to_join(
        cluster_id=cluster.pk, company_id=company.pk, user_id=provider.pk, kind=MemberKind.FIRM,
        contribution="Un site clair pour les familles, lisible à tout âge.", skill_ids=[],
        motive="Nous avons déjà travaillé avec deux d’entre vous.", now=now - timedelta(days=2),
    )  # fmt: skip


def _facts(siret: str, name: str, commune: str) -> CompanyFacts:
    return CompanyFacts(
        siret=siret, siren=siret[:9], name=name, street="", postcode="", commune_code=commune,
        commune_name="", naf_code="94.99Z", naf_nomenclature="NAFRev2", naf_label="",
        headcount_band="", state="A", created_on=date(2012, 3, 1), source=DEMO_SOURCE,
    )  # fmt: skip
