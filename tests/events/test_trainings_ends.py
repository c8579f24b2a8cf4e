"""The end of a training: certificates, opinions, the file that closes whole, the yearly return."""

import hashlib
import io
import zipfile
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from django.db import DatabaseError, connection, transaction
from django.test.utils import CaptureQueriesContext

from emn.mailings.models import OutboundEmail
from events import training_checklist, training_papers, training_queries
from events.models import Enrolment, Signature, TrainingDocument, TrainingSession
from events.services import (
    attendance,
    enrolment_ends,
    enrolments,
    invoices,
    sessions,
    training_clocks,
    training_documents,
    trainings,
)
from events.services.attendance import SignatureRefused
from events.services.training_documents import DocumentRefused
from events.services.trainings import TrainingRefused
from tests.directory.factories import UserFactory
from tests.events.factories import HOUR, NOW
from tests.events.trainings import (
    END,
    START,
    attended,
    evaluated,
    halves,
    made,
    opened,
    people,
    sign,
    signed,
    trainer,
    training,
)

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("commits")]
DAY = timedelta(days=1)
COLD = datetime(2027, 3, 8, 8, 0, tzinfo=UTC)  # three months after, 9 h in Metz


def position(enrolment, *, now=NOW):
    for row in enrolments.trainees_of(enrolment):
        objectives = row.enrolment.training_session.training.objectives
        levels = dict.fromkeys(objectives.values_list("pk", flat=True), 1)
        trainings.position(trainee_id=row.pk, levels=levels, expectations="Du temps", now=now)


def lacking(own, *, now):
    own = TrainingSession.objects.select_related("session__room", "training").get(pk=own.pk)
    return [line.key for line in training_checklist.of(own, now=now) if not line.is_done]


# --- Certificates ---


def test_the_hours_of_the_certificate_are_the_half_days_signed():
    own = opened()
    enrolment = signed(own)
    first, second = enrolments.trainees_of(enrolment)
    teacher, (morning, afternoon) = own.trainers.get(), halves(own)
    for half in (morning, afternoon):
        sign(half, teacher)
        sign(half, first)
    sign(morning, second)
    attendance.note(
        half_day_id=afternoon.pk, person=second, noted_by=teacher, is_present=False,
        reason="Parti plus tôt", now=END,
    )  # fmt: skip
    evaluated(own, enrolment)

    papers = {}
    for person in (first, second):
        training_documents.issue_for_trainee(trainee_id=person.pk, now=END)
        rows = list(Signature.objects.filter(trainee=person).select_related(
            "half_day__training_session__session").order_by("pk"))  # fmt: skip
        papers[person] = training_papers.certificate(person, rows)

    whole, part = (papers[person].sections[0].points for person in (first, second))
    assert "Heures réalisées : 7 h, en 2 demi-journées émargées" in whole
    assert "Heures réalisées : 3,5 h, en 1 demi-journée émargée" in part
    kinds = TrainingDocument.objects.filter(trainee=first).order_by("pk")
    assert list(kinds.values_list("kind", flat=True)) == [
        "evaluation", "certificate", "attestation",
    ]  # fmt: skip


def away(half, own, person):
    return attendance.note(
        half_day_id=half.pk, person=person, noted_by=own.trainers.get(), is_present=False,
        reason="Absent", now=END,
    )  # fmt: skip


def test_who_never_came_gets_no_paper_and_who_came_in_part_is_told_so():
    own = opened()
    enrolment = signed(own, count=3)
    whole, part, never = enrolments.trainees_of(enrolment)
    teacher, (morning, afternoon) = own.trainers.get(), halves(own)
    for half in (morning, afternoon):
        sign(half, teacher)
        sign(half, whole)
        away(half, own, never)
    away(morning, own, part)
    sign(afternoon, part)
    for row in (whole, part):
        levels = dict.fromkeys(own.training.objectives.values_list("pk", flat=True), "acquired")
        trainings.evaluate(trainee_id=row.pk, levels=levels, trainer=teacher, now=END)

    for row in (whole, part, never):
        training_documents.issue_for_trainee(trainee_id=row.pk, now=END)

    papers = TrainingDocument.objects.filter(kind="certificate").order_by("trainee")
    assert [row.trainee for row in papers] == [whole, part]
    intros = [row.paper["intro"] for row in papers]
    assert ["en partie" in intro for intro in intros] == [False, True]
    assert not TrainingDocument.objects.filter(trainee=never).exists()
    made()
    assert {"evaluations", "certificate", "attestation", "positioning"}.isdisjoint(
        lacking(own, now=END)
    )


def test_a_positioning_left_unanswered_is_said_and_keeps_no_file_open():
    own = opened()
    signed(own, trainees=people(1))

    def line(now):
        found = TrainingSession.objects.select_related("session__room", "training").get(pk=own.pk)
        lines = {row.key: row for row in training_checklist.of(found, now=now)}
        return lines["positioning"].missing, lines["positioning"].notes

    assert line(START - timedelta(seconds=1)) == (("Stagiaire 1",), ())
    missing, (note,) = line(START)
    assert missing == ()
    assert note.startswith("Stagiaire 1\u00a0: demandé le ")
    assert note.endswith(", sans réponse")


def test_a_certificate_is_sent_to_its_trainee_and_issued_again_only_when_it_changes():
    own = opened()
    enrolment = signed(own, trainees=people(1))
    (person,) = enrolments.trainees_of(enrolment)
    attended(own, enrolment)

    def issue():
        rows = training_documents.issue_for_trainee(trainee_id=person.pk, now=END)
        made()
        return [row.kind for row in rows]

    assert issue() == ["evaluation", "certificate", "attestation"]
    mail = OutboundEmail.objects.get(kind="events/trainings/emails/certified")
    assert (mail.to_email, mail.attachments[0][0]) == (person.registration.email, "certificate.pdf")
    assert issue() == []

    evaluated(own, enrolment, level="not_acquired")
    assert issue() == ["evaluation", "attestation"]  # the certificate still says the truth
    assert OutboundEmail.objects.filter(kind__endswith="emails/certified").count() == 1


def test_no_certificate_while_something_is_not_signed_or_not_evaluated():
    own = opened()
    enrolment = signed(own)
    first, _second = enrolments.trainees_of(enrolment)
    teacher, (morning, afternoon) = own.trainers.get(), halves(own)

    def issue(now=END):
        return training_documents.issue_for_trainee(trainee_id=first.pk, now=now)

    sign(morning, first)
    sign(morning, teacher)
    sign(afternoon, first)
    with pytest.raises(DocumentRefused, match="finie"):
        issue(now=END - timedelta(seconds=1))
    with pytest.raises(DocumentRefused, match="Émargement incomplet"):
        issue()  # the trainer did not sign the afternoon
    sign(afternoon, teacher)
    with pytest.raises(DocumentRefused, match="n’est pas évalué"):
        issue()
    evaluated(own, enrolment)
    assert len(issue()) == 3


def test_a_document_is_frozen_with_its_hash_and_a_new_one_is_another_version():
    own = opened()
    training_documents.issue_programme(training_session_id=own.pk, now=NOW)
    training_documents.issue_programme(training_session_id=own.pk, now=NOW + HOUR)
    made()

    rows = list(TrainingDocument.objects.order_by("version"))
    assert [row.version for row in rows] == [1, 2]
    assert all(hashlib.sha256(bytes(row.content)).hexdigest() == row.sha256 for row in rows)
    for act in (
        lambda: TrainingDocument.objects.update(sha256="0" * 64),
        lambda: TrainingDocument.objects.update(content=b""),
        lambda: TrainingDocument.objects.update(paper={"title": "Autre"}),
        lambda: TrainingDocument.objects.all().delete(),
    ):
        with pytest.raises(DatabaseError, match="frozen"), transaction.atomic():
            act()
    TrainingDocument.objects.filter(version=1).update(content=b"", emptied_at=NOW)
    emptied = TrainingDocument.objects.get(version=1)
    assert (bytes(emptied.content), emptied.sha256) == (b"", rows[0].sha256)


def test_a_paper_is_made_whatever_script_a_name_is_in():
    paper = training_papers.Paper(title="Bob 😀", reference="สมชาย", intro="Convocation")

    content = training_papers.pdf(training_papers.data(paper, at=NOW), at=NOW)

    assert content.startswith(b"%PDF")


# --- Satisfaction ---


def test_opinions_are_asked_at_the_end_and_three_months_after_once():
    own = opened()
    enrolment = signed(own)
    person = enrolments.trainees_of(enrolment)[0]
    mails = OutboundEmail.objects.filter(kind__contains="satisfaction")

    def sent(now):
        training_clocks.tick(now=now)
        return mails.count()

    assert sent(END - timedelta(seconds=1)) == 0
    assert sent(END) == 2
    assert sent(END + HOUR) == 2
    assert trainings.moments_open(person, now=END) == ["hot"]
    assert sent(COLD - timedelta(seconds=1)) == 2
    assert sent(COLD) == 4
    assert sent(COLD + DAY) == 4
    assert trainings.moments_open(person, now=COLD) == ["cold"]
    assert trainings.moments_open(person, now=COLD + 100 * DAY) == []


def answer(person, *, score=5, moment="hot", now=END):
    return trainings.answer_satisfaction(
        trainee_id=person.pk, moment=moment, score=score, useful=4, comment="", now=now
    )


def test_one_answers_once_and_within_its_time():
    own = opened()
    person = enrolments.trainees_of(signed(own))[0]

    with pytest.raises(TrainingRefused, match="pas ouvert"):
        answer(person, now=END - timedelta(seconds=1))
    with pytest.raises(TrainingRefused, match="1 à 5"):
        answer(person, score=6)
    answer(person)
    with pytest.raises(TrainingRefused, match="pas ouvert"):
        answer(person)


def test_indicators_never_give_a_mean_without_its_answers():
    own = opened()
    enrolment = signed(own)
    first, second = enrolments.trainees_of(enrolment)
    for half in halves(own):
        sign(half, first)
    sign(halves(own)[0], second)
    found = own.training

    assert training_queries.indicators(found, now=END - timedelta(seconds=1)).trainees == 0
    before = training_queries.indicators(found, now=END)
    assert (before.trainees, before.completed, before.completion) == (2, 1, 50)
    assert (before.hot, before.cold) == (None, None)

    training_clocks.tick(now=END)
    answer(first, score=4)
    after = training_queries.indicators(found, now=END)
    assert after.hot == training_queries.Mean(Decimal("4.0"), 1, 2)
    assert after.hot.rate == 50
    assert after.cold is None


def test_who_breaks_the_contract_on_the_way_was_not_there_until_the_end():
    own = opened()
    attended(own, signed(own))
    leaving = signed(own, trainees=people(2, start=3))
    first, _never_came = enrolments.trainees_of(leaving)
    sign(halves(own)[0], first)
    owed = enrolment_ends.breaking_of(leaving).attended_cents
    enrolment_ends.break_off(
        enrolment_id=leaving.pk, why="Départ", agreed_cents=owed, now=halves(own)[0].ends_at
    )
    training_clocks.tick(now=END)
    answer(enrolments.trainees_of(own.enrolments.order_by("pk")[0])[0], score=4)

    found = training_queries.indicators(own.training, now=END)

    assert (found.trainees, found.completed, found.completion) == (3, 2, 67)
    assert found.hot == training_queries.Mean(Decimal("4.0"), 1, 2)  # they are not asked


# --- The file ---


def test_a_session_closes_only_when_nothing_is_missing(tmp_path):
    own = opened()
    agent = UserFactory(is_staff=True)
    everything = lacking(own, now=NOW)
    assert everything == ["programme", "trainees", "signatures", "sheet", "hot", "cold",
                          "satisfaction"]  # fmt: skip
    with pytest.raises(TrainingRefused, match="Programme, Stagiaires inscrits"):
        trainings.close(training_session_id=own.pk, by_id=agent.pk, now=NOW)

    enrolment = signed(own)
    training_documents.issue_programme(training_session_id=own.pk, now=NOW)
    position(enrolment)
    for row in enrolments.trainees_of(enrolment):
        trainings.convoke(trainee_id=row.pk, now=NOW)
    made()
    assert lacking(own, now=NOW) == [
        "signatures", "sheet", "evaluations", "certificate", "attestation", "invoice", "hot",
        "cold", "satisfaction",
    ]  # fmt: skip

    attended(own, enrolment)
    training_documents.issue_sheet(training_session_id=own.pk, now=END)
    for row in enrolments.trainees_of(enrolment):
        training_documents.issue_for_trainee(trainee_id=row.pk, now=END)
    invoices.issue(order_id=enrolment.order_id, on=date(2026, 12, 9), now=END + DAY)
    training_clocks.tick(now=END)
    trainings.issue_satisfaction(training_session_id=own.pk, now=END)
    made()
    assert lacking(own, now=END + DAY) == ["cold"]
    training_clocks.tick(now=COLD)
    assert lacking(own, now=COLD) == []

    trainings.close(training_session_id=own.pk, by_id=agent.pk, now=COLD)

    own.refresh_from_db()
    assert (own.closed_at, own.closed_by) == (COLD, agent)
    with pytest.raises(DocumentRefused, match="close"):
        training_documents.issue_programme(training_session_id=own.pk, now=COLD)
    with pytest.raises(TrainingRefused, match="close"):
        evaluated(own, enrolment)
    archive = zipfile.ZipFile(io.BytesIO(training_documents.archive(own)))
    names = archive.namelist()
    sums = archive.read("SHA256SUMS").decode().splitlines()
    assert {name.partition("/")[0] for name in names} >= {
        "programme", "convention", "convocation", "positioning", "sheet", "evaluation",
        "certificate", "attestation", "satisfaction", "SHA256SUMS",
    }  # fmt: skip
    for line in sums:
        digest, _space, name = line.partition("  ")
        assert hashlib.sha256(archive.read(name)).hexdigest() == digest


def test_the_checklist_asks_the_same_number_of_queries_for_one_and_ten():
    def queries(count):
        own = opened()
        signed(own, trainees=people(count, 100 * count))
        own = TrainingSession.objects.select_related("session__room", "training__product").get(
            pk=own.pk
        )
        with CaptureQueriesContext(
            connection,
        ) as asked:
            training_checklist.of(own, now=END)
        return len(asked)

    assert queries(1) == queries(10)


# --- The yearly return ---


def test_the_yearly_return_counts_signed_hours_by_funder_and_kind_and_names_them():
    of = training()
    own = opened(of=of)
    company = signed(own, count=2)
    attended(own, company)
    later = opened(of=of, starts_at=START + 60 * DAY, ends_at=END + 60 * DAY)
    attended(later, signed(later, trainees=people(1, 50), funding="opco"))

    found = training_queries.yearly_return(2026)
    figures = {(row.part, row.code): (row.trainees, row.hours) for row in found.figures}

    assert figures["financement", "company"] == (2, Decimal("14.00"))
    assert figures["financement", "opco"] == (0, Decimal("0.00"))
    assert figures["statut", "employee"] == (2, Decimal("14.00"))
    assert figures["formation", of.slug] == (2, Decimal("14.00"))
    assert len(found.behind("financement", "company")) == 2
    following = training_queries.yearly_return(2027)
    assert [(r.trainees, r.hours) for r in following.figures if r.code == "opco"] == [
        (1, Decimal("7.00"))
    ]
    lines = list(training_queries.return_lines(found))
    assert lines[1] == ["financement", "company", "L’entreprise, pour ses salariés", "2", "14,00"]


def test_the_hours_signed_stay_in_the_return_when_the_session_is_called_off_half_way():
    own = opened()
    enrolment = signed(own)
    sign(halves(own)[0], enrolments.trainees_of(enrolment)[0])
    noon = START + 4 * HOUR
    sessions.cancel_session(session_id=own.session_id, reason="Panne", now=noon)
    training_clocks.tick(now=noon)

    found = training_queries.yearly_return(2026)

    assert sum(row.minutes for row in found.attended) == 210


def test_a_replaced_trainer_owes_no_more_and_the_new_one_what_comes():
    own = opened()
    enrolment = signed(own)
    paul, jeanne = own.trainers.get(), trainer("Jeanne Weber", "jeanne@formateurs.example")
    morning, afternoon = halves(own)
    training_clocks.tick(now=START)
    sign(morning, paul)

    change = trainings.replace_trainer(
        training_session_id=own.pk, former_id=paul.pk, latter_id=jeanne.pk, reason="Malade",
        by_id=UserFactory(is_staff=True).pk, now=morning.ends_at,
    )  # fmt: skip
    with pytest.raises(SignatureRefused, match="pas de place"):
        sign(afternoon, paul)
    sign(afternoon, jeanne)
    for half in (morning, afternoon):
        for row in enrolments.trainees_of(enrolment):
            sign(half, row)

    assert "signatures" not in lacking(own, now=END)
    assert str(change) == "Paul Roth → Jeanne Weber"
    with pytest.raises(TrainingRefused, match="anime déjà"):
        trainings.replace_trainer(
            training_session_id=own.pk, former_id=jeanne.pk, latter_id=jeanne.pk, reason="x",
            by_id=change.changed_by_id, now=END,
        )  # fmt: skip


@pytest.mark.parametrize(("at", "told"), [(NOW, True), (END, False)])
def test_a_trainer_who_is_replaced_is_told_with_the_other_and_the_trainees(at, told):
    jeanne, own = trainer("Jeanne Weber", "jeanne@formateurs.example"), opened()
    signed(own)
    former = own.trainers.get()

    trainings.replace_trainer(
        training_session_id=own.pk, former_id=former.pk, latter_id=jeanne.pk, reason="Malade",
        by_id=UserFactory(is_staff=True).pk, now=at,
    )  # fmt: skip

    mails = OutboundEmail.objects.filter(kind__contains="emails/trainer_")
    trainees = ["s1@meyer.example", "s2@meyer.example"]
    wanted = sorted([former.email, jeanne.email, *trainees]) if told else []
    assert sorted(mails.values_list("to_email", flat=True)) == wanted


def test_the_return_of_money_leaves_credit_notes_out():
    own = opened()
    enrolment = Enrolment.objects.get(pk=signed(own).pk)
    invoice = invoices.issue(order_id=enrolment.order_id, on=date(2026, 12, 9), now=END + DAY)

    def billed():
        return {label: cents for label, _n, cents in training_queries.invoiced_by_funding(2026)}

    assert billed()["L’entreprise, pour ses salariés"] == 70_000
    invoices.credit(
        invoice_id=invoice.pk, reason="Annulée", on=date(2026, 12, 10), now=END + 2 * DAY
    )
    assert billed()["L’entreprise, pour ses salariés"] == 0
