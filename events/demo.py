"""Sessions of the demonstration: invented dates and people, written by the services."""

from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.conf import settings

from directory.models import Provider
from events.enums import Frequency, QuestionKind, SessionKind, SessionMode
from events.models import (
    CapacityPool,
    Registration,
    Room,
    Session,
    SessionQuestion,
    Speaker,
    Theme,
)
from events.services import registrations, sessions

TEXT = (
    "Au programme : ce que l’on peut faire soi-même, ce qu’il vaut mieux confier, ce que cela "
    "coûte.\n\nVous repartez avec une liste de trois actions et les coordonnées utiles. Venez avec "
    "vos questions : la moitié du temps leur est réservée."
)

_QUESTIONS = (
    (QuestionKind.YES_NO, "Votre entreprise a-t-elle déjà été bloquée ?", ""),
    (QuestionKind.CHOICE, "Qui s’occupe de vos sauvegardes ?",
     "Moi\nUn salarié\nUn prestataire\nPersonne, je crois"),
    (QuestionKind.TEXT, "Une question pour les intervenants ?", ""),
)  # fmt: skip


@dataclass(frozen=True)
class _Entry:
    days: int  # from today
    hour: int
    minutes: int
    kind: SessionKind
    theme: str
    title: str
    title_de: str
    title_en: str
    summary: str
    room: str = "conferences"
    mode: SessionMode = SessionMode.ON_SITE
    seats: int = 40
    language: str = "fr"
    access: tuple[str, ...] = ("step_free",)
    crowd: int = 0
    group_limit: int = 1
    elsewhere: str = ""
    repeats_until: int = 0  # days from today
    cancelled: str = ""
    people: tuple[tuple[str, str], ...] = field(default=())


_ENTRIES = (
    _Entry(3, 18, 120, SessionKind.CONFERENCE, "securite",
           "Que faire le jour où tout est bloqué ?", "Was tun, wenn nichts mehr geht?",
           "What to do the day everything is locked?",
           "Une entreprise de Thionville raconte ses trois semaines sans ordinateur, et ce qu’elle "
           "a changé depuis.", seats=110, crowd=38, mode=SessionMode.HYBRID,
           access=("step_free", "loop", "captions"),
           people=(("Claire Hoffmann", "Menuiserie Hoffmann"), ("Idris Benali", "Gendarmerie"))),
    _Entry(5, 9, 180, SessionKind.WORKSHOP, "vendre-en-ligne",
           "Sa fiche d’établissement en ligne, de A à Z", "Der eigene Eintrag im Netz",
           "Your online listing, from A to Z",
           "Chacun repart avec sa fiche complète, ses horaires et dix photographies.",
           room="reunion-1", seats=8, crowd=9, repeats_until=60),
    _Entry(6, 14, 90, SessionKind.VISIT, "batiment",
           "Visite du showroom 2 : le bâtiment qui se règle seul", "Besuch im Showroom 2",
           "Visit to showroom 2", "Chauffage, éclairage, sécurité : on touche, on demande le prix.",
           room="showroom-2", seats=15, crowd=12, group_limit=3),
    _Entry(9, 9, 420, SessionKind.WORKSHOP, "intelligence-artificielle",
           "L’IA au bureau : une journée pour gagner une heure par jour",
           "KI im Büro: ein Tag für eine Stunde am Tag",
           "AI at the desk: a day to save an hour a day",
           "Devis, courriers, comptes rendus : des exercices sur vos propres documents.",
           room="reunion-1", seats=12, crowd=5),
    _Entry(11, 12, 60, SessionKind.AWARENESS, "aides",
           "Les aides de 2027 en une heure", "Die Förderungen 2027 in einer Stunde",
           "The grants of 2027 in an hour",
           "Quelles aides, pour qui, dans quel ordre les demander.",
           room="", mode=SessionMode.REMOTE, seats=200, crowd=20, access=("captions",)),
    _Entry(13, 18, 120, SessionKind.CLUB, "competences",
           "Club des responsables informatiques", "Club der IT-Verantwortlichen",
           "IT managers’ club",
           "Une question par trimestre, entre pairs, sans fournisseur dans la salle.",
           room="showroom-1", seats=25, repeats_until=200),
    _Entry(16, 10, 120, SessionKind.AWARENESS, "vendre-en-ligne",
           "Kunden jenseits der Grenze gewinnen", "Kunden jenseits der Grenze gewinnen",
           "Winning customers across the border",
           "En allemand : vendre en Sarre depuis la Moselle, avec deux entreprises qui le font.",
           language="de", seats=30, crowd=4),
    _Entry(20, 9, 480, SessionKind.FORUM, "gerer", "Forum des solutions de gestion",
           "Forum der Verwaltungslösungen", "Forum of management tools",
           "Trente éditeurs et intégrateurs du territoire, des démonstrations toute la journée.",
           room="", elsewhere="Centre des congrès Robert-Schuman, Metz", seats=300, crowd=30,
           group_limit=5),
    _Entry(23, 18, 120, SessionKind.PITCHES, "gerer", "Rendez-vous solutions : le temps perdu",
           "Lösungstreffen: verlorene Zeit", "Pitches: lost time",
           "Trois irritants d’entreprises, trois prestataires, sept minutes chacun.", seats=60),
    _Entry(8, 17, 90, SessionKind.CONFERENCE, "batiment", "Électricité : lire son contrat",
           "Strom: den Vertrag lesen", "Electricity: reading your contract",
           "Report au printemps : l’intervenant est souffrant.", room="showroom-1", seats=25,
           cancelled="L’intervenant est souffrant. Une nouvelle date sera annoncée au printemps."),
)  # fmt: skip


def write_demo_sessions(*, now: datetime) -> int:
    """Write the sessions that an empty agenda lacks; return how many."""
    if Session.objects.exists():
        return 0
    zone = ZoneInfo(settings.TIME_ZONE)
    today = now.astimezone(zone).date()
    for entry in _ENTRIES:
        _write(entry, today, zone, now=now)
    return Session.objects.count()


def _write(entry: _Entry, today: date, zone: ZoneInfo, *, now: datetime) -> None:
    start = datetime.combine(today + timedelta(days=entry.days), time(entry.hour), tzinfo=zone)
    session = Session(
        kind=entry.kind, title_fr=entry.title, title_de=entry.title_de, title_en=entry.title_en,
        summary_fr=entry.summary, description_fr=TEXT, language=entry.language, mode=entry.mode,
        access=list(entry.access), elsewhere=entry.elsewhere, starts_at=start,
        ends_at=start + timedelta(minutes=entry.minutes), group_limit=entry.group_limit,
        room=Room.objects.filter(slug=entry.room).first(), created_at=now, changed_at=now,
        remote_url="https://visio.emn.example/" if entry.mode != SessionMode.ON_SITE else "",
    )  # fmt: skip
    session.slug = sessions.free_slug(session)
    session.save()
    session.themes.set(Theme.objects.filter(slug=entry.theme))
    modes = {
        SessionMode.ON_SITE: ["on_site"],
        SessionMode.REMOTE: ["remote"],
        SessionMode.HYBRID: ["on_site", "remote"],
    }[entry.mode]
    pool, *_others = [
        CapacityPool.objects.create(session=session, mode=mode, size=entry.seats) for mode in modes
    ]
    card = Provider.objects.published().order_by("pk").first()
    for rank, (name, organisation) in enumerate(entry.people):
        Speaker.objects.create(
            session=session,
            name=name,
            organisation=organisation,
            position=rank,
            provider=card if rank == 0 else None,
        )
    for rank, (kind, label, options) in enumerate(_QUESTIONS if entry.people else ()):
        SessionQuestion.objects.create(
            session=session, kind=kind, label_fr=label, options_fr=options, position=rank
        )
    sessions.write_terms(session)
    if entry.repeats_until:
        copies = sessions.make_series(
            session_id=session.pk, frequency=Frequency.WEEKLY,
            interval=1 if entry.repeats_until < 100 else 4,  # noqa: PLR2004 -- weeks or months
            until=today + timedelta(days=entry.repeats_until), now=now,
        )  # fmt: skip
        for copy in copies:
            sessions.publish_session(session_id=copy.pk, now=now)
    sessions.publish_session(session_id=session.pk, now=now)
    for number in range(entry.crowd):
        registrations.register(
            session_id=session.pk, pool_id=pool.pk, full_name=f"Participant {number + 1}",
            email=f"participant{number + 1}@entreprises.example", language="fr",
            company_name=f"Entreprise {number + 1}", now=now,
        )  # fmt: skip
    for held in Registration.objects.filter(session=session, status="held").order_by("pk"):
        registrations.take_seat(registration_id=held.pk, now=now)
    for pending in Registration.objects.filter(session=session, status="pending").order_by("pk"):
        registrations.enter_line(registration_id=pending.pk, now=now)
    if entry.cancelled:
        sessions.cancel_session(session_id=session.pk, reason=entry.cancelled, now=now)
