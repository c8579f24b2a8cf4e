"""The back office of the surveys: steps offered in their turn, done by services, noted."""

from datetime import date

import pytest
from django.contrib.admin.models import LogEntry
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from emn.accounts import roles
from emn.accounts.enums import Role
from observatory.models import AnswerSheet, Publication, Survey
from observatory.services import publications
from observatory.services.surveys import fieldwork
from observatory.survey_enums import Mode, Outcome, Source, SurveyState
from tests.directory.factories import UserFactory
from tests.mailings.letters import mailing_list
from tests.observatory import surveys as make
from tests.observatory.surveys import drawn, frozen, opened

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("commits")]


@pytest.fixture(autouse=True)
def firms(settings):
    settings.STAFF_MFA_REQUIRED = False
    make.register(small=20, large=10)


def signed_in(client, *permissions):
    from django.contrib.auth.models import Permission

    user = UserFactory(is_staff=True)
    codes = [name.partition(".")[2] for name in permissions]
    user.user_permissions.set(Permission.objects.filter(codename__in=codes))
    client.force_login(user)
    return user


@pytest.fixture
def analyst(client):
    return signed_in(client, *roles.permissions_of(Role.ANALYST))


def address(name, pk, model="survey"):
    return reverse(f"admin:observatory_{model}_{name}", args=[pk])


def offered(client, row, model="survey"):
    page = client.get(address("change", row.pk, model))
    return [label for _address, label in page.context["buttons"]]


def test_a_survey_is_prepared_with_its_axes(client, analyst):
    version = make.published()
    client.post(
        reverse("admin:observatory_survey_add"),
        {
            "title": "Baromètre", "code": "barometre", "population": "les firmes",
            "version": version.pk, "source": "drawn", "privacy": "confidential",
            "axes": ["size", "territory"], "allocation": "neyman", "exponent": "0.5",
            "sample_size": "20", "least": "2", "most_answers": "2000", "strata-TOTAL_FORMS": "0",
            "strata-INITIAL_FORMS": "0",
        },
    )  # fmt: skip

    row = Survey.objects.get()
    assert (row.axes, row.state, row.seed) == (["size", "territory"], SurveyState.DRAFT, None)


def test_an_anonymous_survey_is_proportional_or_refused(client, analyst):
    page = client.post(
        reverse("admin:observatory_survey_add"),
        {
            "title": "Baromètre", "code": "barometre", "population": "les firmes",
            "version": make.published().pk, "source": "drawn", "privacy": "anonymous",
            "allocation": "neyman", "exponent": "0.5", "sample_size": "20", "least": "2",
            "strata-TOTAL_FORMS": "0", "strata-INITIAL_FORMS": "0",
        },
    )  # fmt: skip

    assert "proportionnelle" in page.text
    assert not Survey.objects.exists()


def test_steps_are_offered_in_their_turn(client, analyst):
    row = make.survey(sample_size=10)
    assert offered(client, row) == ["Compter la base"]
    drawn_row = drawn(code="a", sample_size=10)
    assert offered(client, drawn_row) == ["Ouvrir l’enquête", "Déposer des adresses"]
    open_row = opened(code="b", sample_size=10)
    assert offered(client, open_row) == [
        "Préparer l’invitation", "Déposer des adresses", "Prolonger l’enquête", "Clore l’enquête",
    ]  # fmt: skip


def test_the_draw_shows_how_the_sample_is_shared_out(client, analyst):
    row = make.do(make.survey(sample_size=12), "frame")

    page = client.get(address("draw", row.pk))

    assert "1-9 : 8 / 20" in page.text
    row.sample_size = 99
    row.save()
    assert "ne peut pas se répartir" in client.get(address("draw", row.pk)).text


def test_a_step_is_done_and_noted(client, analyst):
    mailing_list(code="enquetes", kind="survey")
    row = opened(sample_size=10)

    client.post(address("invite", row.pk))
    client.post(address("close", row.pk))

    row.refresh_from_db()
    assert row.invitation is not None
    assert row.state == SurveyState.CLOSED
    said = LogEntry.objects.order_by("pk").values_list("change_message", flat=True)
    assert list(said) == ["Préparer l’invitation", "Clore l’enquête"]


@pytest.mark.parametrize("source", [Source.DRAWN, Source.OPEN])
def test_an_open_survey_is_prolonged_never_shortened(client, analyst, source):
    row = opened(source=source, sample_size=10)

    sooner = client.post(address("extend", row.pk), {"closes_on": "2026-12-20"})
    row.refresh_from_db()
    assert "après celui qui est annoncé" in sooner.text
    assert row.closes_on == make.CLOSES
    assert "Prolonger l’enquête" in offered(client, row)
    client.post(address("extend", row.pk), {"closes_on": "2027-01-15"})

    row.refresh_from_db()
    assert row.closes_on == date(2027, 1, 15)


def test_a_closed_survey_is_not_prolonged(client, analyst):
    row = opened(sample_size=10)
    fieldwork.close(survey_id=row.pk, now=make.LATER)

    client.post(address("extend", row.pk), {"closes_on": "2027-01-15"})

    row.refresh_from_db()
    assert row.closes_on == make.CLOSES


def test_looking_at_a_step_does_nothing(client, analyst):
    row = opened(sample_size=10)
    for name in ("frame", "draw", "open", "addresses", "invite", "extend", "close", "freeze"):
        assert client.get(address(name, row.pk)).status_code == 200

    row.refresh_from_db()
    assert (row.state, row.work, row.invitation) == (SurveyState.OPEN, "", None)


def test_addresses_come_by_a_file(client, analyst):
    row = drawn(sample_size=10)
    siret = row.units.order_by("siret").first().siret
    file = SimpleUploadedFile("a.csv", f"siret;email\n{siret};lea@firme.example\n".encode())

    client.post(address("addresses", row.pk), {"file": file})
    assert row.units.get(siret=siret).email == "lea@firme.example"

    bad = SimpleUploadedFile("a.csv", b"siret;nom\n1;2\n")
    assert "Il manque la colonne" in client.post(address("addresses", row.pk), {"file": bad}).text


def test_a_call_is_entered_by_the_pages_with_its_mode(client, analyst):
    unit = opened(sample_size=10).units.order_by("siret").first()

    page = client.post(address("enter", unit.pk, "drawnunit"), {"mode": "phone"})

    sheet = AnswerSheet.objects.get()
    assert (sheet.unit, sheet.mode) == (unit, Mode.PHONE)
    assert page["Location"] == f"/enquetes/{unit.token}/{sheet.run.key}/verifier/"
    assert LogEntry.objects.count() == 1


def test_a_refusal_is_noted(client, analyst):
    unit = opened(sample_size=10).units.order_by("siret").first()

    client.post(address("settle", unit.pk, "drawnunit"), {"outcome": "refused"})

    unit.refresh_from_db()
    assert unit.outcome == Outcome.REFUSED


def test_answers_are_shown_on_no_page_of_staff(client, analyst):
    row = opened(sample_size=10)
    unit = row.units.order_by("siret").first()
    make.answer(unit.token, site="no")

    for page in (client.get(address("change", unit.pk, "drawnunit")),
                 client.get(address("change", row.pk))):  # fmt: skip
        assert unit.token not in page.text
        assert "Avez-vous un site" not in page.text


def test_who_does_not_lead_surveys_may_not(client):
    signed_in(client, "observatory.view_survey", "observatory.view_drawnunit")
    row = opened(sample_size=10)
    unit = row.units.first()

    assert offered(client, row) == []
    assert client.post(address("close", row.pk)).status_code == 403
    assert client.get(address("enter", unit.pk, "drawnunit")).status_code == 403


def test_what_is_drawn_does_not_change(client, analyst):
    row = drawn(sample_size=10)

    page = client.get(address("change", row.pk))

    assert not page.context["adminform"].form.fields


def test_an_edition_becomes_a_publication(client, analyst):
    edition = frozen(sample_size=30)

    client.post(address("compose", edition.pk, "surveyedition"))
    draft = Publication.objects.get()
    preview = reverse("admin:observatory_publication_preview", args=[draft.pk, "de"])
    read = client.get(preview)
    assert "Avez-vous un site" in read.text
    assert read.headers["Cache-Control"].find("no-store") >= 0
    assert draft.published_at is None
    client.post(address("publish", draft.pk, "publication"))
    assert client.get(preview).status_code == 404

    draft.refresh_from_db()
    assert draft.reference is not None
    assert offered(client, draft, "publication") == [
        "Écrire l’allemand", "Écrire l’anglais", "Ajouter un erratum",
    ]  # fmt: skip
    assert (
        not client.get(address("change", draft.pk, "publication")).context["adminform"].form.fields
    )
    client.post(address("correct", draft.pk, "publication"), {"erratum": "Lire 5."})
    draft.refresh_from_db()
    assert draft.erratum.endswith("Lire 5.")


@pytest.mark.parametrize("number", [1, 3])
def test_lists_cost_the_same_whatever_their_length(
    client, analyst, number, django_assert_num_queries
):
    for rank in range(number):
        row = drawn(code=f"e{rank}", sample_size=1, least=0)
    edition = frozen(code="f", sample_size=30)
    for _each in range(number):
        publications.compose_from(edition_id=edition.pk)
    assert row.units.count() == 1

    for model, queries in {"survey": 6, "publication": 6, "surveyedition": 6}.items():
        listed = reverse(f"admin:observatory_{model}_changelist")
        client.get(listed)
        with django_assert_num_queries(queries):
            client.get(listed)
