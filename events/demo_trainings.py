"""Trainings of the demonstration: one to come, its convention signed; one that is over."""

from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.conf import settings
from django.utils import timezone

from events.enums import BuyerKind, Funding, SatisfactionMoment, SessionKind, SkillLevel
from events.models import (
    CapacityPool,
    Enrolment,
    Objective,
    Product,
    Room,
    Session,
    Trainee,
    Trainer,
    Training,
    TrainingSession,
)
from events.services import (
    attendance,
    enrolments,
    invoices,
    sessions,
    training_clocks,
    training_documents,
    trainings,
)
from events.services.enrolments import NewTrainee
from events.services.orders import Buyer
from events.services.reference import sync_money

_HOUR, _DAY = timedelta(hours=1), timedelta(days=1)
_BUYER = Buyer(
    kind=BuyerKind.COMPANY, name="Boulangerie Meyer (fictive)", siret="73282932000074",
    street="3 rue du Four", postcode="57100", city="Thionville", contact_name="Anne Meyer",
    email="formation@meyer.example",
)  # fmt: skip
_DRAWING = "M60 120" + "".join(f"L{60 + 20 * n} {120 - (n * 37) % 70}" for n in range(1, 22))
_COMMON = {
    "means_fr": "Un poste par personne, un support remis, huit stagiaires au plus.",
    "accessibility_fr": "Locaux de plain-pied, boucle magnétique. Dites-nous ce qu’il vous faut : "
    "le référent handicap répond sous deux jours.",
    "access_terms_fr": "Inscription jusqu’à la veille, selon les places. Convention sous un jour.",
    "assessment_fr": "Exercice final sur vos documents, émargement par demi-journée, évaluation "
    "objectif par objectif, avis à la fin puis trois mois après.",
}
_TRAININGS = (
    {
        "slug": "ia-au-bureau", "hours": 7,
        "title_fr": "L’IA au bureau : gagner une heure par jour",
        "title_de": "KI im Büro: eine Stunde am Tag gewinnen",
        "title_en": "AI at the desk: gain an hour a day",
        "summary_fr": "Devis, courriers, comptes rendus : une journée d’exercices sur vos propres "
        "documents.",
        "summary_de": "Angebote, Briefe, Protokolle: ein Tag Übungen an Ihren eigenen Dokumenten.",
        "summary_en": "Quotes, letters, minutes: a day of exercises on your own documents.",
        "audience_fr": "Dirigeants et salariés qui écrivent chaque jour.",
        "prerequisites_fr": "Savoir utiliser un traitement de texte.",
        "programme_fr": "Ce que ces outils font, et ne font pas.\nÉcrire une demande claire.\n"
        "Vérifier une réponse, citer ses sources.\nCe qu’on n’envoie jamais : données et secrets.",
        "methods_fr": "Un tiers d’exposé, deux tiers d’exercices, en petit groupe.",
        "objectives": ("Rédiger une demande qui donne un résultat utilisable",
                       "Vérifier une réponse avant de l’envoyer",
                       "Reconnaître les données qui ne doivent pas sortir de l’entreprise"),
    },
    {
        "slug": "site-qui-vend", "hours": 7, "title_fr": "Un site qui vend : mesurer, corriger",
        "title_de": "Eine Website, die verkauft", "title_en": "A website that sells",
        "summary_fr": "Lire les chiffres de son site, trouver ce qui fait partir, corriger dans la "
        "journée.",
        "audience_fr": "Dirigeants et personnes chargées du site.",
        "prerequisites_fr": "Avoir accès à l’administration de son site.",
        "programme_fr": "Les cinq chiffres qui comptent.\nUn parcours d’achat pas à pas.\n"
        "Corriger une page.\nMesurer l’effet.",
        "methods_fr": "Travail sur le site de chaque participant.",
        "objectives": ("Lire les chiffres de fréquentation d’un site",
                       "Corriger une page qui fait partir les visiteurs"),
    },
)  # fmt: skip


def write_demo_trainings(*, now: datetime) -> int:
    """Write the trainings that an empty catalogue lacks; return how many."""
    if Training.objects.exists():
        return 0
    sync_money(write=True)
    teacher = Trainer.objects.create(
        name="Paul Roth", email="paul.roth@formateurs.example",
        qualifications_fr="Quinze ans de formation au numérique, certifié formateur d’adultes.",
        qualifications_en="Fifteen years of digital training, certified trainer of adults.",
        qualifications_de="Fünfzehn Jahre digitale Schulung, zertifizierter Erwachsenenbildner.",
    )  # fmt: skip
    made = [_training(dict(values), teacher, now=now) for values in _TRAININGS]
    zone = ZoneInfo(settings.TIME_ZONE)
    today = now.astimezone(zone).date()
    over = datetime.combine(today - 8 * _DAY, time(9), tzinfo=zone)
    for number, (training, start) in enumerate(
        [(made[0], datetime.combine(today + 30 * _DAY, time(9), tzinfo=zone)),
         (made[1], datetime.combine(today + 37 * _DAY, time(9), tzinfo=zone)),
         (made[0], over)]
    ):  # fmt: skip
        written = min(now, start - 20 * _DAY)
        own = _session(training, teacher, start, now=written)
        if number != 1:
            _enrolled(own, now=written + _HOUR)
    _attended(TrainingSession.objects.get(session__starts_at=over), teacher, now=now)
    return len(made)


def _training(values: dict[str, object], teacher: Trainer, *, now: datetime) -> Training:
    objectives = values.pop("objectives")
    training = Training.objects.create(
        **_COMMON, **values, changed_at=now, position=Training.objects.count(),
        product=Product.objects.get(slug="formation-journee"),
    )  # fmt: skip
    assert isinstance(objectives, tuple)
    for rank, text in enumerate(objectives):
        Objective.objects.create(training=training, text_fr=text, position=rank)
    training.trainers.add(teacher)
    return trainings.publish_training(training_id=training.pk, now=now)


def _words(training: Training) -> dict[str, str]:
    """Return the words of a training that its sessions take."""
    names = ("title_fr", "title_de", "title_en", "summary_fr")
    return {name: getattr(training, name) for name in names}


def _session(
    training: Training, teacher: Trainer, start: datetime, *, now: datetime
) -> TrainingSession:
    session = Session(
        kind=SessionKind.TRAINING, **_words(training), starts_at=start,
        ends_at=start + 8 * _HOUR, room=Room.objects.filter(slug="reunion-1").first(),
        created_at=now, changed_at=now,
    )  # fmt: skip
    session.slug = sessions.free_slug(session)
    session.save()
    CapacityPool.objects.create(session=session, mode="on_site", size=8)
    sessions.write_terms(session)
    own = trainings.open_session(
        session_id=session.pk, training_id=training.pk, trainer_ids=[teacher.pk], now=now
    )
    sessions.publish_session(session_id=session.pk, now=now)
    return own


def _enrolled(own: TrainingSession, *, now: datetime) -> None:
    enrolments.enrol(
        training_session_id=own.pk, buyer=_BUYER, funding=Funding.COMPANY, language="fr", now=now,
        trainees=[
            NewTrainee(full_name="Léa Meyer", email="lea@meyer.example", kind="employee"),
            NewTrainee(full_name="Karim Haddad", email="karim@meyer.example", kind="employee"),
        ],
    )  # fmt: skip
    enrolment = Enrolment.objects.get(training_session=own)
    proposed = enrolments.proposal_of(enrolment, enrolments.trainees_of(enrolment), now=now)
    enrolments.sign(
        enrolment_id=enrolment.pk, signatory_name="Anne Meyer", signatory_role="Gérante",
        drawing=_DRAWING, origin="", text_sha256=proposed.sha256, now=now,
    )  # fmt: skip


def _attended(own: TrainingSession, teacher: Trainer, *, now: datetime) -> None:
    """Live the day that is over: positioning, signatures, evaluation, opinions, papers, invoice."""
    before = own.session.starts_at - _DAY
    training_documents.issue_programme(training_session_id=own.pk, now=before)
    objectives = list(own.training.objectives.values_list("pk", flat=True))
    people = trainings.seated(own)
    for person in people:
        trainings.position(
            trainee_id=person.pk, levels=dict.fromkeys(objectives, 1),
            expectations="Écrire plus vite.", now=before,
        )  # fmt: skip
        trainings.convoke(trainee_id=person.pk, now=before)
    signers: list[Trainee | Trainer] = [teacher, *people]
    for half in own.half_days.order_by("starts_at"):
        for signer in signers:
            attendance.sign(
                half_day_id=half.pk, person=signer, full_name=str(signer), drawing=_DRAWING,
                origin="", now=half.starts_at + _HOUR,
            )  # fmt: skip
    ended = own.session.ends_at
    for person in people:
        trainings.evaluate(
            trainee_id=person.pk, trainer=teacher, now=ended,
            levels=dict.fromkeys(objectives, SkillLevel.ACQUIRED),
        )  # fmt: skip
        training_documents.issue_for_trainee(trainee_id=person.pk, now=ended)
    trainings.ask_satisfaction(training_session_id=own.pk, moment=SatisfactionMoment.HOT, now=ended)
    trainings.answer_satisfaction(
        trainee_id=people[0].pk, moment=SatisfactionMoment.HOT, score=5, useful=4,
        comment="Des exercices sur nos vrais courriers : parfait.", now=ended + _HOUR,
    )  # fmt: skip
    training_documents.issue_sheet(training_session_id=own.pk, now=ended)
    trainings.issue_satisfaction(training_session_id=own.pk, now=now)
    order_id = Enrolment.objects.get(training_session=own).order_id
    invoices.issue(order_id=order_id, on=timezone.localdate(now), now=now)
    training_clocks.tick(now=now)
