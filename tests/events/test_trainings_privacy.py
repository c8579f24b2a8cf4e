"""What is kept of the people of a training, and until when."""

from datetime import timedelta

import pytest

from emn.accounts.personal_data import ErasureRefused, export_of
from emn.accounts.services import erase_account, purge_personal_data
from events.models import Enrolment, Signature, TrainerChange, TrainingDocument
from events.services import attendance, enrolment_ends, enrolments, trainings
from tests.directory.factories import UserFactory
from tests.events.factories import NOW
from tests.events.trainings import DRAWING, END, halves, made, opened, sign, signed, trainer

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("commits")]


def test_a_trainee_keeps_what_the_law_asks_until_its_time_is_over():
    own = opened()
    person = enrolments.trainees_of(signed(own))[0]
    sign(halves(own)[0], person, name="Stagiaire 1", drawing=DRAWING)
    trainings.convoke(trainee_id=person.pk, now=NOW)
    made()
    user = UserFactory(email="s1@meyer.example")

    with pytest.raises(ErasureRefused, match="documents de formation"):
        erase_account(user_id=user.pk)

    purge_personal_data(now=END + timedelta(days=2189), write=True)
    assert Signature.objects.get().full_name == "Stagiaire 1"
    purge_personal_data(now=END + timedelta(days=2192), write=True)
    assert (Signature.objects.get().full_name, Signature.objects.get().drawing) == ("", "")
    assert bytes(TrainingDocument.objects.get(kind="convocation").content) == b""
    assert bytes(TrainingDocument.objects.get(kind="convention").content) != b""
    purge_personal_data(now=END + timedelta(days=3655), write=True)
    assert bytes(TrainingDocument.objects.get(kind="convention").content) == b""
    assert Enrolment.objects.get().signatory_name == ""
    again = UserFactory(email="s1@meyer.example")  # the account of old is gone by itself
    erase_account(user_id=again.pk)


def test_what_happened_to_a_person_goes_with_their_file():
    own = opened()
    enrolment = signed(own)
    person = enrolments.trainees_of(enrolment)[0]
    morning = halves(own)[0]
    sign(morning, own.trainers.get(), name="Paul Roth")
    attendance.note(
        half_day_id=morning.pk, person=person, noted_by=own.trainers.get(), is_present=False,
        reason="Malade", now=END,
    )  # fmt: skip
    enrolment_ends.break_off(
        enrolment_id=enrolment.pk, why="Hospitalisé depuis lundi", agreed_cents=0, now=END
    )

    purge_personal_data(now=END + timedelta(days=2192), write=True)
    assert Signature.objects.get(trainee=person).reason == ""
    assert Enrolment.objects.get().end_note == "Hospitalisé depuis lundi"
    purge_personal_data(now=END + timedelta(days=3655), write=True)

    assert Enrolment.objects.get().end_note == ""


def test_why_a_trainer_was_replaced_is_given_to_them_and_goes_with_them():
    own = opened()
    former, latter = own.trainers.get(), trainer("Anne Weber", "anne@formateurs.example")
    trainings.replace_trainer(
        training_session_id=own.pk, former_id=former.pk, latter_id=latter.pk,
        reason="En congé de maladie", by_id=UserFactory().pk, now=NOW,
    )  # fmt: skip
    user = UserFactory(email=former.email)
    rows = {part["what"]: part["rows"] for part in export_of(user, now=NOW)["data"]}
    assert [row["reason"] for row in rows["remplacements de formateurs"]] == ["En congé de maladie"]

    erase_account(user_id=user.pk)

    change = TrainerChange.objects.get()
    assert (change.reason, change.former) == ("", former)
