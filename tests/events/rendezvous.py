"""An evening of Rendez-vous solutions for the tests, made through the services."""

from datetime import timedelta

from directory.models import Provider
from events.enums import PitchStatus
from events.models import Evening, Participant
from events.services import irritants, rendezvous, tables, timetables
from tests.directory import charter
from tests.directory.factories import UserFactory
from tests.events.factories import NOW, published, seated

START = NOW + timedelta(days=15)


def evening(*, now=NOW, starts_at=START, slots=4, places=3, **fields):
    session = published(kind="pitches", seats=60, starts_at=starts_at, now=now, **fields)
    evening = Evening(
        session=session,
        criteria="Utile à plusieurs entreprises, concret, prix dit.",
        applications_close_at=starts_at - timedelta(days=5),
        requests_close_at=starts_at - timedelta(days=1),
        tables_start_at=starts_at + timedelta(minutes=60),
        slots=slots,
        tables=places,
    )
    rendezvous.give_codes(evening)
    evening.save()
    return evening


def posted(*, now=NOW, **changed):
    values = {
        "told": "Je perds six heures par semaine à recopier les commandes du téléphone.",
        "sector": "commerce",
        "hours_weekly": 6,
        "name": "Léa Meyer",
        "company_name": "Boulangerie Meyer",
        "email": "lea@meyer.example",
        "language": "fr",
    }
    return irritants.post_irritant(**values | changed, now=now)


def irritant_of(evening, *, now=NOW, text="", **changed):
    row = posted(now=now, **changed)
    irritants.confirm_irritant(irritant_id=row.pk, now=now)
    return irritants.publish_irritant(
        irritant_id=row.pk,
        text=text or "Nous recopions à la main les commandes prises au téléphone.",
        evening_id=evening.pk if evening else None,
        by_id=UserFactory().pk,
        now=now,
    )


def signatory(*, now=NOW, **fields):
    """A public card whose company has a charter in force."""
    company = charter.company_of(**fields)
    charter.active(company, now=now)
    return Provider.objects.get(company=company)


def owner_of(card):
    return charter.owner_of(card.company)


def retracted(irritant, *, now=NOW, reason="L’entreprise nous l’a demandé au téléphone."):
    return irritants.retract_irritant(
        irritant_id=irritant.pk, reason=reason, by_id=UserFactory().pk, now=now
    )


def pitch_of(irritant, card=None, *, now=NOW):
    card = card or signatory()
    return rendezvous.send_pitch(
        irritant_id=irritant.pk,
        provider_id=card.pk,
        user_id=owner_of(card).pk,
        answer="Un bon de commande que le client remplit seul, en deux semaines, 900 € environ.",
        speaker_name="Alice Martin",
        now=now,
    )


def chosen(pitch, position, *, now=NOW, reason="Concret, et le prix est dit."):
    return rendezvous.decide_pitch(
        pitch_id=pitch.pk,
        status=PitchStatus.CHOSEN,
        position=position,
        reason=reason,
        by_id=UserFactory().pk,
        now=now,
    )


def guest(evening, number=1, *, now=NOW, shown=False):
    """A registrant with a place at the tables."""
    entry = seated(evening.session, number, now=now, company_name=f"Entreprise {number}")
    tables.invite(entry.pk, now)
    place = Participant.objects.get(registration=entry)
    if shown:
        tables.set_wishes(participant_id=place.pk, is_shown=True, absent_slots=[], now=now)
    return place


def holder(evening, card=None, *, now=NOW):
    """A provider with a place at the tables."""
    card = card or signatory()
    return tables.hold_table(
        evening_id=evening.pk, provider_id=card.pk, user_id=owner_of(card).pk, now=now
    )


def agreed(company, provider, *, wish=2, now=NOW):
    """A request that both want."""
    row = tables.ask_for_table(participant_id=company.pk, other_id=provider.pk, wish=wish, now=now)
    return tables.answer_request(
        participant_id=provider.pk, request_id=row.pk, accepted=True, now=now
    )


def computed(evening, *, now=None):
    now = now or evening.requests_close_at
    row = timetables.ask_for_timetable(evening_id=evening.pk, now=now)
    assert timetables.compute(timetable_id=row.pk, now=now)
    row.refresh_from_db()
    return row


def told(evening, *, now=None):
    now = now or evening.requests_close_at
    timetables.announce(evening_id=evening.pk, now=now)
    return timetables.tell(evening_id=evening.pk, now=now)
