"""Showrooms of the demonstration: what stands there, slots of visits, two calls; all invented."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from dateutil.relativedelta import relativedelta
from django.utils import timezone

from directory.models import Provider, Service
from emn.accounts.models import User
from emn.lib.page_cache import touch
from events.enums import HostRole, Scenario
from events.models import (
    Demonstration,
    DemonstrationSupplier,
    RightsCall,
    RightsCriterion,
    Showroom,
    Visit,
    VisitNotebook,
)
from events.services import notebooks, registrations, rights, visits
from events.services.visits import VisitRefused


@dataclass(frozen=True)
class _Shown:
    """A demonstration; `price`: euros, from … to; `usage` and what follows: French only."""

    room: str
    station: int
    months: int  # since it entered
    theme: str
    scenarios: tuple[str, ...]
    price: tuple[int, int]
    slug: str
    fr: str
    de: str
    en: str
    usage: str
    problem: str
    needs: str
    note: str


_SHOWN = (
    _Shown("showroom-1", 1, 4, "animation", ("shop", "restaurant"), (60, 180), "vitrine-connectee",
     "La vitrine qui change de message", "Das Schaufenster mit wechselnder Botschaft",
     "The window that changes its message",
     "Un écran derrière la vitre, réglé depuis un téléphone : le plat du jour, l’arrivage, l’heure "
     "d’ouverture.",
     "Le passant ne sait pas que vous êtes ouvert, ni ce qui est arrivé ce matin.",
     "Une prise, le wifi de la boutique.", "par mois, écran compris"),
    _Shown("showroom-1", 2, 3, "sales", ("shop", "restaurant", "craft"), (900, 2400),
     "caisse-tactile",
     "La caisse qui tient les stocks", "Die Kasse, die das Lager führt",
     "The till that keeps the stock",
     "Encaisser, rembourser, compter ce qui reste, sortir le chiffre du jour, sans double saisie.",
     "Les stocks se comptent le soir, à la main, et ne sont jamais justes.",
     "Un catalogue de produits, même incomplet.", "la première année, installation comprise"),
    _Shown("showroom-1", 3, 1, "sales", ("shop",), (300, 800), "etiquettes-electroniques",
     "Les étiquettes de prix électroniques", "Elektronische Preisschilder",
     "Electronic price labels",
     "Changer deux cents prix en une minute, depuis la caisse.",
     "Une promotion prend une matinée d’étiquettes, et il en reste toujours une de fausse.",
     "Une caisse qui les reconnaît.", "pour cent étiquettes"),
    _Shown("showroom-1", 5, 2, "management", ("craft", "office", "shop"), (15, 45),
     "devis-au-telephone",
     "Le devis fait chez le client", "Das Angebot beim Kunden", "The quote made at the client’s",
     "Dicter les mesures, choisir les fournitures, envoyer le devis avant de remonter en voiture.",
     "Les devis attendent le dimanche, et le client a signé ailleurs.",
     "Un téléphone, votre liste de prix.", "par mois et par personne"),
    _Shown("showroom-1", 6, 5, "it_security", ("office", "shop", "craft"), (120, 600),
     "sauvegarde-essayee",
     "La sauvegarde que l’on essaie", "Die Sicherung, die man prüft", "The backup you try out",
     "Effacer un dossier pour de vrai, puis le retrouver en quatre minutes.",
     "Tout le monde sauvegarde ; presque personne n’a jamais restauré.",
     "Un poste à protéger, une connexion.", "par an et par poste"),
    _Shown("showroom-2", 2, 2, "home_care", ("parent", "disability"), (20, 35), "veille-discrete",
     "La veille discrète d’un parent", "Unaufdringliche Wache", "Discreet watch over a parent",
     "Des capteurs sans image signalent une porte qui ne s’ouvre pas, une nuit agitée.",
     "Vivre loin d’un parent seul, et ne pas vouloir le surveiller.",
     "L’accord de la personne, une box.", "par mois, matériel prêté"),
    _Shown("showroom-2", 6, 1, "cognition", ("parent", "disability"), (1800, 4200),
     "table-de-memoire",
     "La table de mémoire", "Der Gedächtnistisch", "The memory table",
     "Des jeux à plusieurs, à la bonne hauteur, réglés sur ce que chacun sait encore faire.",
     "Les après-midi d’un foyer se ressemblent, et l’ennui abîme.",
     "Une prise, un animateur formé une demi-journée.", "à l’achat, location possible"),
    _Shown("showroom-2", 8, 3, "energy", ("office", "shop", "parent"), (450, 1500),
     "chauffage-piece-par-piece",
     "Le chauffage pièce par pièce", "Heizen Raum für Raum", "Heating room by room",
     "Suivre la consommation, baisser seul la nuit et le dimanche, lire l’économie en euros.",
     "On chauffe des bureaux vides, et la facture arrive trop tard.",
     "Des radiateurs à vanne, ou une pompe à chaleur récente.", "pour six pièces, pose comprise"),
    _Shown("showroom-2", 1, 4, "premises", ("shop", "office", "craft"), (700, 1900),
     "acces-sans-cle",
     "La porte sans clé", "Die Tür ohne Schlüssel", "The door without a key",
     "Ouvrir à un livreur à distance, retirer un accès en un geste, savoir qui est entré.",
     "Un trousseau perdu, et cinq serrures à changer.",
     "Une porte en bon état, une prise à proximité.", "par porte, pose comprise"),
)  # fmt: skip
_VISITORS = (
    ("Léa Meyer", "Boulangerie des Trois Évêchés"),
    ("Karim Weber", "Menuiserie du Warndt"),
    ("Anne Schmitt", "Résidence des Mirabelliers"),
)
_CRITERIA = (
    ("Utilité pour une petite entreprise ou un particulier du territoire", 35),
    ("Le visiteur peut toucher et essayer seul", 25),
    ("Prix et conditions annoncés clairement", 20),
    ("Accessible à tous, et sobre en énergie", 20),
)


def write_demo_showrooms(*, now: datetime) -> int:
    """Write what empty showrooms lack; return how many demonstrations."""
    if Demonstration.objects.exists():
        return 0
    rooms = {row.room.slug: row for row in Showroom.objects.select_related("room")}
    services = list(Service.objects.order_by("pk")[: len(_SHOWN)])
    cards = list(Provider.objects.published().order_by("pk")[:6])
    if not rooms or not services:
        return 0
    today = timezone.localdate(now)
    for number, entry in enumerate(_SHOWN):
        service = services[number % len(services)]
        _write(entry, rooms[entry.room], service, cards[number % 3 :][:3], now=now)
    touch()
    _open_visits(rooms, today, now=now)
    _receive_today(rooms["showroom-1"], now=now)
    _write_calls(rooms["showroom-1"], today, now=now)
    return len(_SHOWN)


def _write(
    entry: _Shown, showroom: Showroom, service: Service, cards: list[Provider], *, now: datetime
) -> None:
    entered = timezone.localdate(now) - relativedelta(months=entry.months)
    low, high = entry.price
    row = Demonstration.objects.create(
        showroom=showroom, station=showroom.stations.get(number=entry.station), slug=entry.slug,
        theme=entry.theme, scenarios=list(entry.scenarios), title_fr=entry.fr, title_de=entry.de,
        title_en=entry.en, usage_fr=entry.usage, problem_fr=entry.problem,
        prerequisites_fr=entry.needs, price_note_fr=entry.note, price_from_cents=low * 100,
        price_to_cents=high * 100, service=service, exhibitor=cards[0] if cards else None,
        entered_on=entered, leaves_on=entered + relativedelta(months=6), published_at=now,
    )  # fmt: skip
    DemonstrationSupplier.objects.bulk_create(
        DemonstrationSupplier(demonstration=row, provider=card) for card in cards
    )


def _open_visits(rooms: dict[str, Showroom], today: date, *, now: datetime) -> None:
    host = User.objects.filter(is_staff=True).order_by("pk").first()
    if host is None or Visit.objects.exists():
        return
    plans: tuple[
        tuple[str, tuple[int, ...], time, tuple[Scenario, ...], dict[HostRole, str]], ...
    ] = (
        ("showroom-1", (2, 4, 9, 11, 16), time(10), (Scenario.SHOP, Scenario.RESTAURANT), {}),
        ("showroom-1", (3, 10, 17), time(14), (Scenario.CRAFT, Scenario.OFFICE),
         {HostRole.CRAFTSMAN: "Karim Weber, électricien"}),
        ("showroom-2", (5, 12, 19), time(14, 30), (Scenario.PARENT, Scenario.DISABILITY),
         {HostRole.THERAPIST: "Anne Schmitt, ergothérapeute"}),
        ("showroom-2", (4, 11, 18), time(9, 30), (Scenario.OFFICE,), {}),
    )  # fmt: skip
    for room, days, hour, scenarios, invited in plans:
        starts = [
            timezone.make_aware(datetime.combine(today + timedelta(days=day), hour)) for day in days
        ]
        for start in starts:
            try:
                visits.open_visits(
                    showroom_id=rooms[room].pk, scenarios=scenarios, starts=[start],
                    length=timedelta(hours=1), seats=8, group_limit=4, host_id=host.pk,
                    invited=invited, now=now,
                )  # fmt: skip
            except VisitRefused:
                continue  # an invented session has the room, or the host, at that hour


def _receive_today(showroom: Showroom, *, now: datetime) -> None:
    """Open a visit in an hour or so, with three visitors, so that its host has something to do."""
    host = User.objects.filter(is_staff=True).order_by("pk").first()
    start = (now + timedelta(hours=2)).replace(minute=0, second=0, microsecond=0)
    if host is None or timezone.localdate(start) != timezone.localdate(now):
        return
    try:
        (made,) = visits.open_visits(
            showroom_id=showroom.pk, scenarios=(Scenario.SHOP, Scenario.CRAFT), starts=[start],
            length=timedelta(hours=1), seats=8, group_limit=4, host_id=host.pk, invited={},
            now=now,
        )  # fmt: skip
    except VisitRefused:
        return
    for number, (name, company) in enumerate(_VISITORS):
        email = f"visiteur{number + 1}@entreprises.example"
        visits.book(
            visit=made, scenario=Scenario.SHOP, full_name=name, email=email, company_name=company,
            siret="", people=1, language="fr", now=now,
        )  # fmt: skip
        notebook = VisitNotebook.objects.get(visit=made, registration__email=email)
        registrations.take_seat(registration_id=notebook.registration_id, now=now)
        shown = Demonstration.objects.in_place(on=timezone.localdate(now)).on_the_plan()
        for row in shown[number : number + 2]:
            notebooks.add_favourite(notebook_id=notebook.pk, demonstration_id=row.pk, now=now)


def _write_calls(showroom: Showroom, today: date, *, now: datetime) -> None:
    starts_on = (today + relativedelta(months=2)).replace(day=1)
    call = RightsCall.objects.create(
        showroom=showroom, title="Appel à démonstrations du printemps",
        text="Le showroom renouvelle quatre postes : vitrine, caisse, bureau, réserve. Montrez une "
        "solution qu’un commerce ou un artisan peut essayer seul en dix minutes.",
        places=4, opens_at=now - timedelta(days=3),
        closes_at=datetime.combine(today + timedelta(days=32), time(17), tzinfo=UTC),
        starts_on=starts_on, ends_on=starts_on + relativedelta(months=6),
    )  # fmt: skip
    for rank, (label, weight) in enumerate(_CRITERIA):
        RightsCriterion.objects.create(call=call, label=label, weight=weight, position=rank)
    rights.publish_call(call_id=call.pk, now=now)
