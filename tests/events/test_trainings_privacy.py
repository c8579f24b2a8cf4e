"""What is kept of the people of a training, and until when."""

from datetime import timedelta
from importlib import import_module

import pytest
from django.db import connection
from django.utils import timezone

from emn.accounts.personal_data import ErasureRefused, export_of
from emn.accounts.services import erase_account, purge_personal_data
from events.models import Enrolment, Signature, TrainerChange, TrainingDocument
from events.services import attendance, enrolment_ends, enrolments, trainings
from tests.directory.factories import UserFactory
from tests.events.factories import NOW
from tests.events.trainings import (
    DRAWING,
    END,
    halves,
    made,
    opened,
    people,
    sign,
    signed,
    trainer,
)

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("commits")]


@pytest.fixture
def today(monkeypatch):
    """What day it is for who erases, and who purges."""

    def to(when):
        monkeypatch.setattr(timezone, "now", lambda: when)

    return to


@pytest.fixture
def purge(today):
    """Purge, so many days after the training."""

    def at(days):
        today(END + timedelta(days=days))
        purge_personal_data(now=timezone.now(), write=True)

    return at


def absent(half, own, person):
    attendance.note(
        half_day_id=half.pk, person=person, noted_by=own.trainers.get(), is_present=False,
        reason="Malade", now=END,
    )  # fmt: skip


def test_a_trainee_keeps_what_the_law_asks_until_its_time_is_over(purge):
    own = opened()
    person = enrolments.trainees_of(signed(own))[0]
    sign(halves(own)[0], person, name="Stagiaire 1", drawing=DRAWING)
    trainings.convoke(trainee_id=person.pk, now=NOW)
    made()
    user = UserFactory(email="s1@meyer.example")

    with pytest.raises(ErasureRefused, match="documents de formation"):
        erase_account(user_id=user.pk)

    purge(2189)
    assert Signature.objects.get().full_name == "Stagiaire 1"
    purge(2192)
    assert (Signature.objects.get().full_name, Signature.objects.get().drawing) == ("", "")
    assert bytes(TrainingDocument.objects.get(kind="convocation").content) == b""
    assert bytes(TrainingDocument.objects.get(kind="convention").content) != b""
    purge(3655)
    assert bytes(TrainingDocument.objects.get(kind="convention").content) == b""
    assert Enrolment.objects.get().signatory_name == ""
    again = UserFactory(email="s1@meyer.example")  # the account of old is gone by itself
    erase_account(user_id=again.pk)


def test_what_happened_to_a_person_goes_with_their_file(purge):
    own = opened()
    enrolment = signed(own)
    person = enrolments.trainees_of(enrolment)[0]
    morning = halves(own)[0]
    sign(morning, own.trainers.get(), name="Paul Roth")
    absent(morning, own, person)
    enrolment_ends.break_off(
        enrolment_id=enrolment.pk, why="Hospitalisé depuis lundi", agreed_cents=0, now=END
    )

    purge(2192)
    assert Signature.objects.get(trainee=person).reason == ""
    assert Enrolment.objects.get().end_note == "Hospitalisé depuis lundi"
    purge(3655)

    assert Enrolment.objects.get().end_note == ""


def test_what_was_left_of_who_was_forgotten_before_goes_too(purge):
    own = opened()
    enrolment = signed(own)
    person, morning = enrolments.trainees_of(enrolment)[0], halves(own)[0]
    absent(morning, own, person)
    enrolment_ends.break_off(
        enrolment_id=enrolment.pk, why="Hospitalisé depuis lundi", agreed_cents=0, now=END
    )
    # As the version that left the reasons did.
    Signature.objects.update(full_name="", drawing="", origin="")
    Enrolment.objects.update(
        signatory_name="", signatory_role="", drawing="", origin="", forgotten_at=END
    )

    purge(2192)
    assert Signature.objects.get().reason == ""
    purge(3655)
    assert Enrolment.objects.get().end_note == ""


def test_the_migration_clears_the_reasons_of_the_forgotten_and_no_others():
    own, other = opened(), opened()
    gone, kept = (enrolments.trainees_of(signed(one, trainees=people(1, n)))[0]
                  for n, one in enumerate((own, other), start=1))  # fmt: skip
    for one, person in ((own, gone), (other, kept)):
        absent(halves(one)[0], one, person)
        enrolment_ends.break_off(
            enrolment_id=person.enrolment_id, why="Accident", agreed_cents=0, now=END
        )
    Signature.objects.filter(trainee=gone).update(full_name="", drawing="", origin="")
    Enrolment.objects.filter(pk=gone.enrolment_id).update(forgotten_at=END)

    with connection.cursor() as cursor:
        cursor.execute(import_module("events.migrations.0106_reasons_of_the_forgotten_go").FORWARD)

    reasons = [Signature.objects.get(trainee=row).reason for row in (gone, kept)]
    notes = [Enrolment.objects.get(pk=row.enrolment_id).end_note for row in (gone, kept)]
    assert (reasons, notes) == (["", "Malade"], ["", "Accident"])


@pytest.mark.parametrize(("days", "name"), [(2189, "Paul Roth"), (2191, "")])
def test_the_account_of_a_trainer_goes_and_what_they_signed_stays_six_years(today, days, name):
    own = opened()
    teacher, morning = own.trainers.get(), halves(own)[0]
    sign(morning, teacher, name="Paul Roth", drawing=DRAWING)
    today(END + timedelta(days=days))

    erase_account(user_id=UserFactory(email=teacher.email).pk)

    assert Signature.objects.get().full_name == name


def replaced(own, latter, *, by):
    return trainings.replace_trainer(
        training_session_id=own.pk, former_id=own.trainers.get().pk, latter_id=latter.pk,
        reason="En congé de maladie", by_id=by.pk, now=NOW,
    )  # fmt: skip


def test_why_a_trainer_was_replaced_is_given_to_them_alone():
    own, latter = opened(), trainer("Anne Weber", "anne@formateurs.example")
    former = own.trainers.get()
    replaced(own, latter, by=UserFactory())

    def exported(email):
        data = export_of(UserFactory(email=email), now=NOW)["data"]
        rows = {part["what"]: part["rows"] for part in data}["remplacements de formateurs"]
        return [row["reason"] for row in rows]

    assert exported(former.email) == ["En congé de maladie"]
    assert exported(latter.email) == []


@pytest.mark.parametrize("who", ["agent", "former"])
@pytest.mark.parametrize(("days", "reason"), [(2189, "En congé de maladie"), (2191, "")])
def test_why_a_trainer_was_replaced_stays_six_years_without_the_account(today, who, days, reason):
    own, agent = opened(), UserFactory()
    former = own.trainers.get()
    replaced(own, trainer("Anne Weber", "anne@formateurs.example"), by=agent)
    today(NOW + timedelta(days=days))

    gone = agent if who == "agent" else UserFactory(email=former.email)
    erase_account(user_id=gone.pk)

    change = TrainerChange.objects.get()
    assert (change.reason, change.former) == (reason, former)
    assert change.changed_by == (agent if who == "former" and reason else None)
