"""Quotes, a chest and calls of the demonstration, written through the services."""

from datetime import datetime, timedelta
from decimal import Decimal

from directory.enums import AssetKind, AssetState
from directory.models import CallRequest, Company, Membership, Project, Provider, Quote
from directory.oneshot.questions import rules as oneshot_rules
from directory.quotes.money import Every, Line, write_line
from directory.services import oneshot, quotes, reversibility
from emn.accounts import demo
from emn.accounts.models import User

_BAKERY = "00098000100019"
_WRITTEN = {
    "need": "Notre site a dix ans, ne se lit pas sur un téléphone, et les clients voudraient "
    "commander leur pain la veille.",
    "fit": "Un site de six pages avec une commande simple, payée au comptoir. Une boutique en "
    "ligne complète serait trop lourde : nous ne la proposons pas.",
    "reviews": "Trois mois après la mise en ligne, puis une fois par an.",
    "delivered": "Six pages, la commande du lendemain, deux heures de prise en main, un guide de "
    "quatre pages.",
    "excluded": "Les photos, le paiement en ligne, la publicité.",
    "options": "Photos du fournil : 350 € HT.",
    "supplies": "Textes et logo avant le 15 ; chaque semaine de retard décale d’autant.",
    "delay": "Maquette en deux semaines, mise en ligne en six. Un retard est dit dès qu’il est su.",
    "payment": "30 % à la commande, le reste à la mise en ligne, sous trente jours.",
    "complete": True,
    "provider_lead": "Alice Martin, 03 87 00 00 01",
    "client_lead": "La gérante",
    "steps": "Maquette, puis site d’essai : une semaine pour chacun. Sans réponse, nous appelons ; "
    "rien n’avance sans un oui écrit.",
    "people": "Alice Martin (conception), Hugo Klein (développement, douze ans de métier).",
    "subcontractors": "Aucun. L’hébergeur est français.",
    "holder": "Nom de domaine, hébergement et comptes ouverts au nom de la boulangerie.",
    "exit": "À tout moment, un mois de préavis : sauvegarde complète (fichiers et base) remise "
    "sous cinq jours, sans frais.",
    "takeover": "Logiciel libre courant, que la plupart des ateliers web savent reprendre.",
    "ownership": "Textes, images et site passent à la boulangerie au paiement complet.",
    "third_parties": "WordPress (licence libre) et une police sous licence OFL.",
}
_LINES = (
    Line("Site de six pages et commande du lendemain", Decimal(1), Decimal(2400), Decimal(20)),
    Line("Prise en main, l’heure", Decimal(2), Decimal(70), Decimal(20)),
    Line(
        "Hébergement, nom de domaine, mises à jour", Decimal(1), Decimal("19.90"), Decimal(20),
        Every.MONTH, 24, "à tout moment, un mois de préavis",
    ),
)  # fmt: skip
_HELD = {
    AssetKind.DOMAIN: (AssetState.HELD, "La boulangerie", "Facture de l’annuaire des domaines"),
    AssetKind.REGISTRAR: (AssetState.HELD, "La gérante", "Compte chez le bureau d’enregistrement"),
    AssetKind.HOSTING: (AssetState.MISSING, "Le prestataire", "Contrat à transférer"),
    AssetKind.BACKUPS: (AssetState.HELD, "La gérante", "Disque au fournil, essayé en octobre"),
}


def write_demo_contracts(*, now: datetime) -> None:
    """Write what an empty portal lacks: two quotes, a project of the chest, counted checks."""
    if Quote.objects.exists() or CallRequest.objects.exists():
        return
    _write_quotes(now=now)
    _write_chest(now=now)
    for alarms in ((), ("rights",), ("locked", "lease", "total"), ("pressed", "receipt")):
        other = {"yes": "no", "no": "yes"}
        answers = {
            key: question.weighed.alarm if key in alarms else other[question.weighed.alarm]
            for key, question in oneshot_rules().questions.items()
        }
        oneshot.count_check(verdict=oneshot_rules().judge(answers), now=now)
    oneshot.ask_call(
        name="Karim Weber",
        phone="03 87 00 00 02",
        email="",
        best_time="le matin",
        language="fr",
        colour="red",
        alarms=["locked", "lease", "total"],
        now=now - timedelta(days=6),
    )


def _write_quotes(*, now: datetime) -> None:
    owner = User.objects.get(email=demo.PROVIDER)
    card = Provider.objects.published().of(owner).order_by("pk").first()
    if card is None:
        return
    for content in (_WRITTEN | {"lines": [write_line(line) for line in _LINES]}, {}):
        quote = quotes.start_quote(user_id=owner.pk, provider_id=card.pk, now=now)
        quotes.write_head(
            quote_id=quote.pk,
            user_id=owner.pk,
            values={
                "title": "Site de la boulangerie" if content else "Sauvegardes de la menuiserie",
                "client_company": "Boulangerie des Trois Évêchés" if content else "",
                "client_name": "Léa Meyer" if content else "",
                "client_email": "boulangerie@entreprises.example" if content else "",
            },
            now=now,
        )
        quotes.write_part(quote_id=quote.pk, user_id=owner.pk, values=content, now=now)
        if content:
            quotes.send_quote(quote_id=quote.pk, user_id=owner.pk, now=now)


def _write_chest(*, now: datetime) -> None:
    """Let the demonstration's company act for the invented bakery, and fill its chest."""
    company = Company.objects.filter(siret=_BAKERY, is_demo=True).first()
    if company is None or Project.objects.exists():
        return
    person = User.objects.get(email=demo.COMPANY)
    Membership.objects.get_or_create(company=company, user=person)
    project = reversibility.add_project(
        company_id=company.pk,
        user_id=person.pk,
        name="Site de la boulangerie",
        supplier="Atelier du Web",
        now=now,
    )
    values = {
        str(kind): {"state": state, "holder": holder, "place": place}
        for kind, (state, holder, place) in _HELD.items()
    }
    reversibility.write_assets(project_id=project.pk, user_id=person.pk, values=values, now=now)
