"""Two pages and three pieces of news, invented, for the demonstration."""

from datetime import datetime, timedelta
from typing import TypedDict

from django.db import transaction

from emn.accounts import demo
from emn.accounts.models import User
from emn.lib.page_cache import touch
from emn.pages.enums import MenuPlace, PageKind
from emn.pages.models import MenuEntry, Page
from emn.pages.services import content, menus


class _Text(TypedDict):
    title: str
    summary: str
    text: str


class _Entry(TypedDict):
    kind: PageKind
    slug: str
    under: str
    age: timedelta
    texts: dict[str, _Text]


ENTRIES: list[_Entry] = [
    {
        "kind": PageKind.PAGE, "slug": "le-centre", "under": "", "age": timedelta(days=90),
        "texts": {
            "fr": {
                "title": "Le centre et son équipe",
                "summary": "Qui nous sommes, ce que nous faisons et ce que nous ne vendons pas.",
                "text": (
                    "Le centre aide les petites entreprises de Moselle à choisir leurs outils "
                    "numériques, et celles qui en vendent à se faire connaître.\n\n"
                    "## Ce que nous faisons\n\n"
                    "- écouter votre besoin, sans rien vous vendre\n"
                    "- montrer des outils qui marchent, dans [deux showrooms](/showrooms/)\n"
                    "- tenir [un annuaire](/annuaire/) où chaque fiche dit d’où viennent ses "
                    "chiffres\n\n"
                    "## Ce que nous ne faisons pas\n\n"
                    "Nous ne touchons **aucune commission** des prestataires, et nous ne "
                    "choisissons pas à votre place."
                ),
            },
            "de": {
                "title": "Das Zentrum und sein Team",
                "summary": "Wer wir sind, was wir tun und was wir nicht verkaufen.",
                "text": (
                    "Das Zentrum hilft kleinen Unternehmen der Moselle bei der Wahl ihrer "
                    "digitalen Werkzeuge.\n\n"
                    "## Was wir tun\n\n"
                    "- zuhören, ohne etwas zu verkaufen\n"
                    "- in [zwei Showrooms](/showrooms/) zeigen, was funktioniert\n"
                    "- [ein Verzeichnis](/annuaire/) führen"
                ),
            },
            "en": {
                "title": "The centre and its team",
                "summary": "Who we are, what we do and what we do not sell.",
                "text": (
                    "The centre helps small companies in Moselle choose their digital tools.\n\n"
                    "## What we do\n\n"
                    "- listen, and sell nothing\n"
                    "- show what works, in [two showrooms](/showrooms/)\n"
                    "- keep [a directory](/annuaire/)"
                ),
            },
        },
    },
    {
        "kind": PageKind.PAGE, "slug": "venir-nous-voir", "under": "le-centre",
        "age": timedelta(days=80),
        "texts": {
            "fr": {
                "title": "Venir nous voir",
                "summary": "Les horaires, l’accès en train, en bus et en fauteuil roulant.",
                "text": (
                    "L’accueil est ouvert du mardi au samedi, de 9 h à 18 h.\n\n"
                    "## Accès\n\n"
                    "- dix minutes à pied de la gare de Metz\n"
                    "- deux places réservées devant l’entrée, de plain-pied\n\n"
                    "Pour une visite accompagnée, [choisissez un créneau](/showrooms/)."
                ),
            },
        },
    },
    {
        "kind": PageKind.NEWS, "slug": "le-showroom-du-batiment-ouvre", "under": "",
        "age": timedelta(days=20),
        "texts": {
            "fr": {
                "title": "Le showroom du bâtiment intelligent ouvre ses portes",
                "summary": "Un logement et un bureau équipés, à essayer avant d’acheter.",
                "text": (
                    "Douze démonstrations vous attendent, de l’énergie suivie pièce par pièce au "
                    "maintien à domicile.\n\n[Choisir une visite](/showrooms/)"
                ),
            },
            "de": {
                "title": "Der Showroom für intelligente Gebäude öffnet",
                "summary": "Eine ausgestattete Wohnung und ein Büro, zum Ausprobieren.",
                "text": "Zwölf Vorführungen warten auf Sie.\n\n[Besuch wählen](/showrooms/)",
            },
        },
    },
    {
        "kind": PageKind.NEWS, "slug": "une-formation-pour-reprendre-la-main", "under": "",
        "age": timedelta(days=9),
        "texts": {
            "fr": {
                "title": "Reprendre la main sur ses mots de passe : une formation de deux heures",
                "summary": "Pour les commerçants et les artisans, avec leur propre téléphone.",
                "text": (
                    "On repart avec un gestionnaire de mots de passe installé et compris.\n\n"
                    "Les dates sont dans [les formations](/formations/)."
                ),
            },
        },
    },
    {
        "kind": PageKind.NEWS, "slug": "l-annuaire-parle-allemand", "under": "",
        "age": timedelta(days=2),
        "texts": {
            "fr": {
                "title": "L’annuaire se lit aussi en allemand et en anglais",
                "summary": "Pour travailler avec la Sarre et le Luxembourg, sans traducteur.",
                "text": (
                    "Chaque prestataire peut écrire sa fiche dans trois langues. Un texte qui "
                    "n’existe qu’en français reste affiché, et le portail le dit.\n\n"
                    "[Voir l’annuaire](/annuaire/)"
                ),
            },
            "en": {
                "title": "The directory can be read in German and English",
                "summary": "To work with Saarland and Luxembourg without a translator.",
                "text": "Each provider may write in three languages.\n\n[See it](/annuaire/)",
            },
        },
    },
]  # fmt: skip


IN_FOOTER = {
    "le-centre": {"label_fr": "Le centre", "label_de": "Das Zentrum", "label_en": "The centre"},
    "venir-nous-voir": {
        "label_fr": "Venir nous voir", "label_de": "Besuchen Sie uns", "label_en": "Visit us",
    },
}  # fmt: skip


def write_demo_pages(*, now: datetime) -> int:
    """Write them through the services, and return how many; a second run adds none."""
    if Page.objects.exclude(kind=PageKind.HELP).exists():
        return 0
    agent = User.objects.get(email=demo.AGENT)
    for entry in ENTRIES:
        parent = Page.objects.get(slug=entry["under"]) if entry["under"] else None
        page = Page.objects.create(kind=entry["kind"], slug=entry["slug"], parent=parent)
        at = now - entry["age"]
        for language, text in entry["texts"].items():
            version = content.write(
                page_id=page.pk, language=language, base=0, by_id=agent.pk, now=at, **text
            )
            content.release(version_id=version.pk, shown_from=None, by_id=agent.pk, now=at)
    _put_in_footer()
    return len(ENTRIES)


@transaction.atomic
def _put_in_footer() -> None:
    menus.lock()
    place = MenuPlace.FOOTER
    for slug, labels in IN_FOOTER.items():
        page = Page.objects.get(slug=slug)
        MenuEntry.objects.create(
            place=place, position=menus.next_position(place), page=page, **labels
        )
    touch()
