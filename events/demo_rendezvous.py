"""Evenings and clubs of the demonstration: invented companies, real services."""

from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.conf import settings

from directory.models import Adhesion, Provider
from emn.accounts.models import User
from events.enums import PitchStatus, SessionKind
from events.models import (
    CapacityPool,
    Club,
    Evening,
    Irritant,
    Minutes,
    Participant,
    Registration,
    Room,
    Session,
    Theme,
)
from events.services import (
    clubs,
    irritants,
    outcomes,
    registrations,
    rendezvous,
    sessions,
    tables,
    timetables,
    voting,
)

CRITERIA = (
    "Trois réponses passent, choisies par le centre sur quatre points publiés : la réponse vise "
    "l’irritant et rien d’autre ; elle sert à plusieurs entreprises ; son prix et son délai sont "
    "dits ; on peut en sortir. À valeur égale, passe d’abord qui n’est pas venu cette année."
)
_IRRITANTS = (
    ("Nous perdons six heures par semaine à recopier les commandes du téléphone.", "commerce", 6),
    ("Chaque devis se refait de zéro, parce que les anciens ne se retrouvent pas.", "artisanat", 4),
    ("Les heures des chantiers arrivent sur papier, le vendredi, illisibles.", "btp", 5),
    ("Trois logiciels demandent trois fois la même fiche client.", "services", 3),
)
_ANSWER = (
    "Un formulaire partagé que le client remplit lui-même, relié à votre tableau : deux semaines, "
    "environ 900 €, et vos données restent chez vous."
)
PEOPLE = 8


def write_demo_rendezvous(*, now: datetime) -> int:
    """Write the evenings and a club that the demonstration lacks; return how many evenings."""
    if Evening.objects.exists():
        return 0
    agent = User.objects.filter(is_staff=True).order_by("pk").first()
    if agent is None:
        return 0
    past = now - timedelta(days=95)
    done = 0
    for at, days, title in ((past, 1, "le papier"), (now, 12, "les devis")):
        cards = _signatories(at)
        if len(cards) >= 3:  # noqa: PLR2004 -- three pitches
            evening = _evening(at, days, title)
            _fill(evening, cards, agent, now=at)
            done += 1
            if at == past:
                _play(evening, now=now)
    _club(agent, now=now)
    return done


def _signatories(at: datetime) -> list[Provider]:
    sirens = Adhesion.objects.in_force(on=at.date()).values_list("siren", flat=True)
    rows = Provider.objects.published().select_related("company").order_by("pk")
    owned = rows.filter(company__memberships__isnull=False).distinct()
    return [card for card in owned if card.company.siren in set(sirens)][:6]


def _evening(at: datetime, days: int, subject: str) -> Evening:
    zone = ZoneInfo(settings.TIME_ZONE)
    day = at.astimezone(zone).date() + timedelta(days=days)
    start = datetime.combine(day, time(18), tzinfo=zone)
    session = Session(
        kind=SessionKind.PITCHES,
        title_fr=f"Rendez-vous solutions : {subject}",
        summary_fr="Trois irritants d’entreprises, trois signataires, puis les tables.",
        starts_at=start,
        ends_at=start + timedelta(hours=4),
        room=Room.objects.filter(slug="showroom-2").first(),
        created_at=at,
        changed_at=at,
    )
    session.slug = sessions.free_slug(session)
    session.save()
    session.themes.set(Theme.objects.filter(slug="gerer"))
    CapacityPool.objects.create(session=session, mode="on_site", size=60)
    sessions.write_terms(session)
    sessions.publish_session(session_id=session.pk, now=at)
    evening = Evening(
        session=session, subject="Ce qui fait perdre des heures", criteria=CRITERIA,
        applications_close_at=start - timedelta(hours=12),
        requests_close_at=start - timedelta(hours=6),
        tables_start_at=start + timedelta(hours=1, minutes=30), slots=6, tables=6,
    )  # fmt: skip
    rendezvous.give_codes(evening)
    evening.save()
    return evening


def _fill(evening: Evening, cards: list[Provider], agent: User, *, now: datetime) -> None:
    """Write its irritants, its answers, its registrants and what they ask for."""
    for number, (text, sector, hours) in enumerate(_IRRITANTS):
        row = irritants.post_irritant(
            told=text, sector=sector, hours_weekly=hours, name=f"Personne {number + 1}",
            company_name=f"Entreprise fictive {number + 1}",
            email=f"irritant{number + 1}@entreprises.example", language="fr", now=now,
        )  # fmt: skip
        if number < len(_IRRITANTS) - 1 or evening.session.ends_at < now:
            irritants.confirm_irritant(irritant_id=row.pk, now=now)
            irritants.publish_irritant(
                irritant_id=row.pk, text=text, evening_id=evening.pk, by_id=agent.pk, now=now
            )
        elif number == len(_IRRITANTS) - 1:
            irritants.confirm_irritant(irritant_id=row.pk, now=now)  # for staff to read
    _stage(evening, cards, agent, now=now)
    _ask(evening, now=now)


def _stage(evening: Evening, cards: list[Provider], agent: User, *, now: datetime) -> None:
    for irritant, card in zip(
        Irritant.objects.published().filter(evening=evening).order_by("pk"), cards, strict=False
    ):
        owner = card.company.memberships.order_by("pk").first()
        assert owner is not None
        pitch = rendezvous.send_pitch(
            irritant_id=irritant.pk, provider_id=card.pk, user_id=owner.user_id, answer=_ANSWER,
            speaker_name="", now=now,
        )  # fmt: skip
        position = evening.pitches.chosen().count() + 1
        rendezvous.decide_pitch(
            pitch_id=pitch.pk, status=PitchStatus.CHOSEN, position=position,
            reason="Vise l’irritant, dit son prix et son délai.", by_id=agent.pk, now=now,
        )  # fmt: skip
        if position == 3:  # noqa: PLR2004 -- the stage is full
            break


def _ask(evening: Evening, *, now: datetime) -> None:
    for number in range(PEOPLE):
        registrations.register(
            session_id=evening.session_id, pool_id=None, full_name=f"Visiteur {number + 1}",
            email=f"table{number + 1}@entreprises.example", language="fr",
            company_name=f"Atelier fictif {number + 1}", now=now,
        )  # fmt: skip
    for held in Registration.objects.filter(session=evening.session_id).order_by("pk"):
        registrations.take_seat(registration_id=held.pk, now=now)
        tables.invite(held.pk, now)
    holders = list(evening.participants.filter(side="provider").order_by("pk"))
    guests = list(evening.participants.filter(side="company").order_by("pk"))
    for number, guest in enumerate(guests):
        if number % 2:
            tables.set_wishes(participant_id=guest.pk, is_shown=True, absent_slots=[], now=now)
        for step in range(2):
            holder = holders[(number + step) % len(holders)]
            row = tables.ask_for_table(
                participant_id=guest.pk, other_id=holder.pk, wish=3 - step, now=now
            )
            if (number + step) % 4:
                tables.answer_request(
                    participant_id=holder.pk, request_id=row.pk, accepted=True, now=now
                )


def _play(evening: Evening, *, now: datetime) -> None:
    """Let the past evening happen: the vote, the tables, what came of them."""
    start = evening.session.starts_at
    evening.paper_ballots = 12
    evening.save(update_fields=["paper_ballots"])
    voting.open_vote(evening_id=evening.pk, now=start)
    pitches = list(evening.pitches.chosen().values_list("pk", flat=True))
    for number, code in enumerate(voting.paper_codes(evening)):
        marks = {
            pk: (3 + (number + place) % 3, 4, 2 + (number * place) % 4, 3 + number % 2)
            for place, pk in enumerate(pitches)
        }
        voting.cast(evening_id=evening.pk, code=code, marks=marks, now=start)
    voting.close_vote(evening_id=evening.pk, now=start + timedelta(hours=1))
    before = evening.requests_close_at
    row = timetables.ask_for_timetable(evening_id=evening.pk, now=before)
    timetables.compute(timetable_id=row.pk, now=before)
    timetables.announce(evening_id=evening.pk, now=before)
    for place in Participant.objects.filter(evening=evening, side="provider").order_by("pk"):
        answers = {
            one.pk: (("contract", ""), ("in_progress", ""), ("nothing", "Projet repoussé"))[n % 3]
            for n, one in enumerate(timetables.plan_of(place))
        }
        outcomes.answer(participant_id=place.pk, answers=answers, now=now)


def _club(agent: User, *, now: datetime) -> None:
    first = Session.objects.filter(kind=SessionKind.CLUB, series__isnull=False).first()
    club = Club.objects.create(
        slug="responsables-informatiques",
        name="Club des responsables informatiques",
        summary="Une question par trimestre, entre pairs, sans fournisseur dans la salle.",
        description="Chacun vient avec un problème, repart avec trois façons de s’y prendre.",
        series=first.series if first else None,
    )
    club.themes.set(Theme.objects.filter(slug="competences"))
    for number in range(3):
        email = f"club{number + 1}@entreprises.example"
        clubs.ask_to_join(
            club_id=club.pk, name=f"Membre {number + 1}", company_name=f"Atelier {number + 1}",
            email=email, motive="Comparer nos façons de faire.", language="fr", now=now,
        )  # fmt: skip
        row = clubs.confirm(member_id=club.members.get(email=email).pk, now=now)
        if number < 2:  # noqa: PLR2004 -- the last one waits for staff
            clubs.decide(member_id=row.pk, accepted=True, reason="", by_id=agent.pk, now=now)
    minutes = Minutes.objects.create(
        club=club, title="Sauvegardes : qui a vraiment essayé de restaurer ?", audience="all",
        met_on=(now - timedelta(days=30)).date(),
        text="Neuf présents. Deux ont restauré leurs données dans l’année, sept jamais.\n\n"
        "Décision : chacun essaie une restauration avant la prochaine rencontre.",
    )  # fmt: skip
    clubs.publish_minutes(minutes_id=minutes.pk, now=now)
