"""Trainings, enrolments and signatures for the tests."""

from datetime import UTC, datetime, timedelta

from events.enums import Funding, SessionMode
from events.models import Enrolment, Objective, Product, Trainer, Training, TrainingDocument
from events.services import attendance, enrolments, sessions, training_documents, trainings
from events.services.enrolments import NewTrainee
from events.services.reference import sync_money
from tests.events.factories import NOW, draft
from tests.events.money import COMPANY, PERSON

START = datetime(2026, 12, 8, 8, 0, tzinfo=UTC)  # 9 h in Metz
END = datetime(2026, 12, 8, 16, 0, tzinfo=UTC)  # 17 h
DRAWING = "M10 10" + "".join(f"L{n} {n}" for n in range(20, 120, 10))
TEXTS = {
    "title_fr": "L’IA au bureau",
    "title_en": "AI at the desk",
    "summary_fr": "Une journée pour gagner une heure par jour.",
    "audience_fr": "Dirigeants et salariés qui écrivent chaque jour.",
    "prerequisites_fr": "Savoir utiliser un traitement de texte.",
    "programme_fr": "Matin : écrire une demande.\nAprès-midi : vérifier une réponse.",
    "methods_fr": "Exercices sur vos documents.",
    "assessment_fr": "Exercice final, émargement par demi-journée.",
    "means_fr": "Un poste par personne.",
    "accessibility_fr": "Référente handicap : Anne, 03 87 00 00 00.",
    "access_terms_fr": "Inscription jusqu’à la veille.",
}


def training(*, objectives=("Rédiger une demande", "Vérifier une réponse"), **fields):
    sync_money(write=True)
    values = {
        "slug": f"ia-au-bureau-{Training.objects.count()}", "hours": 7, "changed_at": NOW,
        "product": Product.objects.get(slug="formation-journee"), **TEXTS, **fields,
    }  # fmt: skip
    made = Training.objects.create(**values)
    for rank, text in enumerate(objectives):
        Objective.objects.create(training=made, text_fr=text, position=rank)
    made.trainers.add(trainer())
    return trainings.publish_training(training_id=made.pk, now=NOW)


def trainer(name="Paul Roth", email="paul@formateurs.example"):
    return Trainer.objects.get_or_create(
        name=name,
        defaults={"email": email, "qualifications_fr": "Quinze ans de formation au numérique."},
    )[0]


def opened(*, of=None, seats=12, now=NOW, remote=None, **fields):
    """A session of a training, on the agenda, cut in half-days."""
    of = of or training()
    values = {"kind": "training", "starts_at": START, "ends_at": END} | fields
    if remote:
        values |= {"mode": SessionMode.HYBRID, "remote_url": "https://visio.example/classe"}
    session = draft(seats=seats, remote=remote, **values)
    own = trainings.open_session(
        session_id=session.pk, training_id=of.pk,
        trainer_ids=[row.pk for row in of.trainers.all()], now=now,
    )  # fmt: skip
    own.session = sessions.publish_session(session_id=session.pk, now=now)
    return own


def people(count, start=1):
    return [
        NewTrainee(full_name=f"Stagiaire {n}", email=f"s{n}@meyer.example", kind="employee")
        for n in range(start, start + count)
    ]


def enrolled(own, *, buyer=COMPANY, trainees=None, count=2, now=NOW, **fields):
    if buyer is PERSON:
        trainees = trainees or [
            NewTrainee(full_name="Léa Klein", email="lea@klein.example", kind="individual")
        ]
    values = {"funding": Funding.COMPANY, "language": "fr"} | fields
    enrolments.enrol(
        training_session_id=own.pk, buyer=buyer, trainees=trainees or people(count), now=now,
        **values,
    )  # fmt: skip
    return Enrolment.objects.latest("pk")


def signed(own, *, now=NOW, at_a_distance=True, **fields):
    enrolment = enrolled(own, now=now, **fields)
    return sign_agreement(enrolment, now=now, at_a_distance=at_a_distance)


def sign_agreement(enrolment, *, now=NOW, at_a_distance=True, text=None, **fields):
    """Sign the text as it is now, or the one that is given."""
    values = {
        "signatory_name": "Anne Meyer", "signatory_role": "Gérante", "drawing": DRAWING,
        "origin": "192.0.2.0/24", "at_a_distance": at_a_distance,
        "text_sha256": text or text_of(enrolment, now=now, at_a_distance=at_a_distance), **fields,
    }  # fmt: skip
    return enrolments.sign(enrolment_id=enrolment.pk, now=now, **values)


def text_of(enrolment, *, now=NOW, at_a_distance=True):
    found = Enrolment.objects.get(pk=enrolment.pk)
    people = enrolments.trainees_of(found)
    return enrolments.proposal_of(found, people, now=now, at_a_distance=at_a_distance).sha256


def made(*, now=NOW):
    """Make the documents, as the worker does."""
    for row in TrainingDocument.objects.unmade():
        training_documents.make(document_id=row.pk, now=now)


def halves(own):
    return list(own.half_days.order_by("starts_at"))


def sign(half, person, *, at=None, name="Moi", drawing=""):
    return attendance.sign(
        half_day_id=half.pk, person=person, full_name=name, drawing=drawing,
        origin="192.0.2.0/24", now=at or half.starts_at + timedelta(minutes=5),
    )  # fmt: skip


def attended(own, enrolment):
    """Everybody signs every half-day, and everybody has learnt everything."""
    teacher = own.trainers.first()
    for half in halves(own):
        sign(half, teacher, name=teacher.name, drawing=DRAWING)
        for row in enrolments.trainees_of(enrolment):
            sign(half, row, name=row.registration.full_name)
    evaluated(own, enrolment)


def evaluated(own, enrolment, level="acquired"):
    teacher = own.trainers.first()
    for row in enrolments.trainees_of(enrolment):
        levels = dict.fromkeys(own.training.objectives.values_list("pk", flat=True), level)
        trainings.evaluate(
            trainee_id=row.pk, levels=levels, trainer=teacher, now=own.session.ends_at
        )
