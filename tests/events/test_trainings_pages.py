"""Pages of trainings: the catalogue, links for buyers, trainees, trainers, and the file."""

import io
import json
import re
import zipfile
from datetime import timedelta
from itertools import count
from uuid import uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from emn.accounts.enums import Role
from emn.lib.forms import is_proof, new_challenge
from events.enums import SatisfactionMoment
from events.models import (
    Enrolment,
    Satisfaction,
    Session,
    Signature,
    SkillEvaluation,
    Training,
    TrainingDocument,
)
from events.services import enrolments, training_documents, trainings
from events.services import training_links as links
from tests.directory.test_admin import sign_in
from tests.events.factories import HOUR, NOW, published
from tests.events.money import PERSON
from tests.events.trainings import (
    DRAWING,
    END,
    START,
    TEXTS,
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
MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)


@pytest.fixture
def clock(monkeypatch):
    """What time it is for the views."""

    class Clock:
        now = NOW

    monkeypatch.setattr(timezone, "now", lambda: Clock.now)
    return Clock


def path_of(url):
    return "/" + url.split("/", 3)[3]


def enrol_path(own):
    return f"/formations/{own.training.slug}/{own.session.slug}/inscription/"


def form_of(now=NOW, **changed):
    challenge = new_challenge(now=now - timedelta(seconds=10))
    proof = next(str(number) for number in count() if is_proof(challenge, str(number)))
    return {
        "challenge": challenge, "proof": proof, "buyer_kind": "company",
        "name": "Boulangerie Meyer", "siret": "732 829 320 00074", "street": "3 rue du Four",
        "postcode": "57100", "city": "Thionville", "contact_name": "Anne Meyer",
        "email": "anne@meyer.example", "funding": "opco", "informed": "on",
        "name_1": "Léa", "email_1": "lea@meyer.example", "kind_1": "employee",
        "name_2": "Karim", "email_2": "karim@meyer.example", "kind_2": "apprentice",
    } | changed  # fmt: skip


# --- The catalogue ---


def test_the_page_of_a_training_shows_all_that_is_to_be_read_before(client, clock):
    own = opened()

    response = client.get(own.training.get_absolute_url())
    page = response.content.decode()

    for text in TEXTS.values():
        if "AI at" not in text:
            assert text.splitlines()[0] in page
    for text in (
        "Rédiger une demande", "Paul Roth", "Quinze ans de formation", "350,00", "44570000057",
        "règlement intérieur", "se rétracter pendant 10 jours", "dédit de 50", "8 décembre 2026",
        "Première session à venir",
    ):  # fmt: skip
        assert text in page.replace("\u00a0", " ")
    assert not response.cookies
    course = json.loads(re.search(r'ld\+json">(.*?)</script>', page, re.DOTALL)[1])
    assert (course["@type"], course["offers"]["price"]) == ("Course", "350.00")
    assert course["hasCourseInstance"][0]["startDate"] == "2026-12-08T09:00:00+01:00"


def test_an_english_reader_gets_the_english_title_and_a_note_elsewhere(client, clock):
    known, other = training(), training(title_en="")

    assert "AI at the desk" in client.get(f"/en/formations/{known.slug}/").content.decode()
    page = client.get(f"/en/formations/{other.slug}/").content.decode()

    assert 'lang="fr">L’IA au bureau' in page


def test_what_is_not_translated_of_a_training_is_said_and_marked(client, clock):
    found = training()

    page = client.get(f"/en/formations/{found.slug}/").content.decode()

    assert "AI at the desk" in page
    assert f'<div lang="fr"><p>{found.audience_fr}' in page
    assert '<li lang="fr">Rédiger une demande' in page
    assert ' lang="fr"><p>' not in client.get(f"/formations/{found.slug}/").content.decode()


def test_what_is_not_published_is_nowhere(client, clock):
    hidden = training()
    hidden.is_published = False
    hidden.save()

    assert client.get(hidden.get_absolute_url()).status_code == 404
    assert hidden.title_fr not in client.get("/formations/").content.decode()


def test_indicators_show_their_number_of_answers(client, clock):
    own = opened()
    person = enrolments.trainees_of(signed(own))[0]
    for half in halves(own):
        sign(half, person)
    trainings.ask_satisfaction(training_session_id=own.pk, moment=SatisfactionMoment.HOT, now=END)
    trainings.answer_satisfaction(
        trainee_id=person.pk, moment=SatisfactionMoment.HOT, score=4, useful=4, comment="", now=END
    )
    clock.now = END + HOUR

    page = client.get(own.training.get_absolute_url()).content.decode().replace("\u00a0", " ")

    assert "4,0 sur 5 (1 réponse sur 2, soit 50 %)" in page
    assert "100 % (1 sur 1)" in page


@pytest.mark.parametrize("sessions", [1, 4])
def test_the_catalogue_asks_a_constant_number_of_queries(client, clock, sessions):
    for _ in range(sessions):
        opened(of=training())
    client.get("/formations/")
    with CaptureQueriesContext(connection) as asked:
        from events import training_catalogue

        assert len(training_catalogue.lines(now=NOW)) == sessions

    assert len(asked) == 4


# --- From the form to the signed convention ---


def text_read(response):
    """Return the hash of the text that the page shows."""
    return re.search(r'name="text" value="(\w+)"', response.content.decode())[1]


def test_a_company_goes_from_the_form_to_the_signature_without_a_cookie(client, clock):
    own = opened()

    sent = client.post(enrol_path(own), form_of())
    enrolment = Enrolment.objects.get()
    page = path_of(links.enrolment_url(enrolment))
    looked = client.get(page)
    enrolment.refresh_from_db()
    assert enrolment.confirmed_at is None  # links show, buttons act
    assert sent["Location"] == "/formations/demande-recue/"
    assert "Garder les places sept jours" in looked.content.decode()
    assert "Convention de formation professionnelle" in looked.content.decode()

    given = {
        "do": "sign", "full_name": "Anne Meyer", "role": "Gérante", "drawing": DRAWING,
        "text": text_read(looked),
    }  # fmt: skip
    kept = client.post(page, {"do": "keep"})
    unsigned = client.post(page, given)
    Training.objects.update(programme_fr="Matin : tout autre chose.")
    changed = client.post(page, given | {"agreed": "on"})
    assert "a changé depuis que vous l’avez lu" in changed.content.decode()
    assert "tout autre chose" in changed.content.decode()
    assert 'value="Gérante"' in changed.content.decode()  # nothing is lost
    done = client.post(page, given | {"agreed": "on", "text": text_read(changed)})
    enrolment.refresh_from_db()

    assert (kept.status_code, unsigned.status_code, done.status_code) == (302, 200, 302)
    assert changed.status_code == 409
    assert (enrolment.signatory_name, enrolment.funding) == ("Anne Meyer", "opco")
    assert list(enrolment.trainees.order_by("pk").values_list("kind", flat=True)) == [
        "employee", "apprentice",
    ]  # fmt: skip
    waiting = client.get(page + "document.pdf")
    assert waiting.status_code == 202
    assert 'http-equiv="refresh"' in waiting.content.decode()
    made()
    assert client.get(page + "document.pdf").content == bytes(
        TrainingDocument.objects.get().content
    )
    assert "C’est signé" in client.get(page).content.decode()
    assert not client.cookies


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"siret": "123"}, "Ce SIRET n’existe pas"),
        ({"siret": ""}, "La convention porte le SIRET"),
        ({"name": ""}, "Écrivez le nom de l’entreprise"),
        ({"informed": ""}, "obligatoire"),
        ({"email_2": ""}, "le nom et le courriel"),
        ({"email_2": "lea@meyer.example"}, "son propre courriel"),
    ],
)
def test_a_bad_form_comes_back_filled(client, clock, changed, said):
    own = opened()

    page = client.post(enrol_path(own), form_of(**changed)).content.decode()

    assert said in page
    assert 'value="Thionville"' in page
    assert not Enrolment.objects.exists()


def test_the_registration_of_the_agenda_leads_to_that_of_the_training(client, clock):
    own, plain = opened(), published(seats=3)
    Session.objects.filter(pk=plain.pk).update(kind="training")  # of before files were asked for

    led = client.get(f"/agenda/{own.session.slug}/inscription/")
    entry = enrolments.trainees_of(signed(own))[0]
    from events.services import telling

    page = client.post(telling.path(entry.registration, "fr"), {"do": "cancel"})

    assert led["Location"] == enrol_path(own)
    assert "closes" in client.get(f"/agenda/{plain.slug}/inscription/").content.decode()
    assert links.trainee_of(page["Location"].split("/")[-2]) == entry
    entry.registration.refresh_from_db()
    assert entry.registration.status == "confirmed"


def test_the_invitation_to_a_private_training_leads_to_its_enrolment(client, clock):
    own = opened()
    key = uuid4()
    Session.objects.filter(pk=own.session_id).update(is_private=True, invitation_key=key)

    led = client.get(reverse("events:register_invited", args=[key]), follow=True)

    assert led.status_code == 200
    assert "Qui s’inscrit" in led.content.decode()
    assert client.post(led.redirect_chain[-1][0], form_of()).status_code == 302
    assert Enrolment.objects.get().training_session == own
    assert client.get(enrol_path(own)).status_code == 404


# --- Signing, following, teaching ---


def test_a_trainee_signs_by_the_link_within_the_half_day_and_once(client, clock):
    own = opened()
    person, morning = enrolments.trainees_of(signed(own))[0], halves(own)[0]
    page = f"/formations/signature/{links.signing_token(morning.pk, trainee_id=person.pk)}/"

    before = client.get(page).content.decode()
    refused = client.post(page, {"full_name": "Stagiaire 1"})
    clock.now = START + MINUTE
    client.get(page)
    assert not Signature.objects.exists()
    taken = client.post(page, {"full_name": "Stagiaire 1"}, REMOTE_ADDR="203.0.113.77")
    again = client.post(page, {"full_name": "Autre"})
    shown = client.get(page).content.decode()
    clock.now = END
    after = client.get(page).content.decode()

    assert "Pas encore" in before
    assert (refused.status_code, taken.status_code, again.status_code) == (409, 302, 302)
    row = Signature.objects.get()
    assert (row.full_name, row.origin, row.method) == ("Stagiaire 1", "203.0.113.0/24", "typed")
    assert "Ce lien a servi" in shown
    assert "Ce lien a servi" in after


def test_the_code_of_the_room_leads_each_to_their_own_signature(client, clock):
    own = opened()
    person, morning = enrolments.trainees_of(signed(own))[0], halves(own)[0]
    page = f"/formations/salle/{links.room_token(morning.pk)}/"

    assert "ne vaut que pendant" in client.get(page).content.decode()
    clock.now = START + MINUTE
    shown = client.get(page).content.decode()
    unknown = client.post(page, {"email": "autre@x.example"}).content.decode()
    led = client.post(page, {"email": " S1@Meyer.example"})

    assert person.registration.full_name not in shown  # nobody is named
    assert "n’a pas de place" in unknown
    found = links.signing_of(led["Location"].split("/")[-2])
    assert (found[0], found[1]) == (morning, person)


def test_a_trainee_follows_the_training_from_one_page(client, clock):
    own = opened()
    person = enrolments.trainees_of(signed(own))[0]
    page = path_of(links.trainee_url(person))
    keys = list(own.training.objectives.values_list("pk", flat=True))

    client.post(page, {"do": "position", "expectations": "Vite",
                       **{f"objective_{key}": "2" for key in keys}})  # fmt: skip
    person.refresh_from_db()
    assert person.positioning == {
        "levels": {str(key): 2 for key in keys}, "expectations": "Vite",
    }  # fmt: skip
    assert "Signer maintenant" not in client.get(page).content.decode()
    clock.now = START
    assert "Signer maintenant" in client.get(page).content.decode()
    clock.now = END
    asked = client.get(page).content.decode()
    client.post(page, {"do": "hot", "score": "5", "useful": "4", "comment": "Merci"})

    assert "Votre avis, à chaud" in asked
    assert Satisfaction.objects.get().comment == "Merci"
    assert "Votre avis" not in client.get(page).content.decode()
    made()
    document = person.documents.get()
    assert client.get(f"{page}document/{document.pk}.pdf").content.startswith(b"%PDF")


def test_a_trainer_sees_notes_and_evaluates(client, clock):
    own = opened()
    teacher = own.trainers.get()
    first, second = enrolments.trainees_of(signed(own))
    page = path_of(links.trainer_url(own.pk, teacher.pk))
    morning = halves(own)[0]

    clock.now = START + MINUTE
    shown = client.get(page).content.decode()
    assert '<svg class="qr"' in shown or 'class="qr"' in shown
    sign(morning, first)
    clock.now = morning.ends_at
    client.post(page, {"half_day": morning.pk, "person": second.pk, "presence": "absent",
                       "reason": "Malade"})  # fmt: skip
    client.post(page, {"half_day": morning.pk, "person": "me", "presence": "present",
                       "reason": "Réseau coupé"})  # fmt: skip
    refused = client.post(page, {"half_day": morning.pk, "person": first.pk, "presence": "present",
                                 "reason": "x"})  # fmt: skip
    keys = own.training.objectives.values_list("pk", flat=True)
    client.post(f"{page}stagiaire/{first.pk}/", {f"objective_{key}": "under_way" for key in keys})

    methods = Signature.objects.order_by("pk").values_list("method", flat=True)
    assert list(methods) == ["typed", "absent", "late"]
    assert refused.status_code == 409
    assert set(SkillEvaluation.objects.values_list("level", flat=True)) == {"under_way"}


def test_a_trainee_joins_from_afar_by_a_button_that_is_logged(client, clock):
    own = opened(remote=3)
    person = enrolments.trainees_of(signed(own, pool_id=own.session.pools.get(mode="remote").pk))[0]
    page, half = path_of(links.trainee_url(person)), halves(own)[0]
    clock.now = START

    joined = client.post(page, {"do": "join", "half_day": half.pk})

    assert joined["Location"] == "https://visio.example/classe"
    assert half.connections.count() == 1


def test_a_company_that_gives_its_seats_back_late_agrees_to_the_amount_shown(client, clock):
    enrolment = signed(opened(), trainees=people(1))
    clock.now = START - DAY
    page = path_of(links.enrolment_url(enrolment))

    agreed = re.search(r'name="agreed" value="([^"]*)"', client.get(page).content.decode())[1]
    client.post(page, {"do": "give_back", "agreed": agreed})

    enrolment.refresh_from_db()
    assert agreed == "17500"  # not « 17 500 »
    assert enrolment.ended_at is not None


def test_the_buyer_finds_the_certificates_and_nobody_else_does(client, clock):
    own = opened()
    enrolment, other = signed(own, count=2), signed(own, trainees=people(1, 50))
    alone = signed(own, buyer=PERSON)
    everyone = (enrolment, other, alone)
    for half in halves(own):
        sign(half, own.trainers.get())
        for row in everyone:
            for person in enrolments.trainees_of(row):
                sign(half, person)
    clock.now = END + HOUR
    for row in everyone:
        evaluated(own, row)
        for person in enrolments.trainees_of(row):
            training_documents.issue_for_trainee(trainee_id=person.pk, now=END)
    made()

    def certificates(of):
        page = client.get(path_of(links.enrolment_url(of))).content.decode()
        return re.findall(r'href="(\S+/certificat/\d+\.pdf)"', page)

    mine, theirs = certificates(enrolment), certificates(other)
    assert (len(mine), len(theirs), certificates(alone)) == (2, 1, [])
    assert client.get(mine[0])["Content-Type"] == "application/pdf"
    token = links.enrolment_token(enrolment.pk)
    foreign = TrainingDocument.objects.get(kind="certificate", trainee__enrolment=other)
    assert client.get(reverse("trainings:certificate", args=[token, foreign.pk])).status_code == 404
    evaluation = TrainingDocument.objects.filter(
        kind="evaluation", trainee__enrolment=enrolment
    ).first()
    assert (
        client.get(reverse("trainings:certificate", args=[token, evaluation.pk])).status_code == 404
    )


def test_what_belongs_to_others_is_not_found(client, clock):
    own, other = opened(), opened()
    mine = enrolments.trainees_of(signed(own))[0]
    theirs = enrolments.trainees_of(signed(other, trainees=people(1, 9)))[0]
    training_documents.issue_programme(training_session_id=other.pk, now=NOW)
    paper = TrainingDocument.objects.filter(enrolment=theirs.enrolment).get()
    page = path_of(links.trainee_url(mine))
    teacher = path_of(links.trainer_url(own.pk, own.trainers.get().pk))
    clock.now = START

    answers = [
        client.get(f"{page}document/{paper.pk}.pdf").status_code,
        client.post(page, {"do": "join", "half_day": halves(other)[0].pk}).status_code,
        client.get(f"{teacher}stagiaire/{theirs.pk}/").status_code,
        client.post(teacher, {"half_day": halves(own)[0].pk, "person": theirs.pk}).status_code,
        client.get(
            f"/formations/stagiaire/{links.enrolment_token(mine.enrolment_id)}/"
        ).status_code,
        client.get("/formations/dossier/nimporte/").status_code,
        client.get("/formations/signature/nimporte/").status_code,
        client.get("/formations/salle/nimporte/").status_code,
        client.get("/formations/formateur/nimporte/").status_code,
    ]

    assert answers == [404] * len(answers)


# --- Staff ---


def act(client, own, do, **values):
    return client.post(reverse("trainings:file", args=[own.pk]), {"do": do, **values})


def test_the_file_shows_what_is_missing_and_closes_when_nothing_is(client, clock):
    own = opened()
    enrolment = signed(own)
    agent = sign_in(client, Role.TRAINER)
    page = reverse("trainings:file", args=[own.pk])

    before = client.get(page).content.decode()
    refused = act(client, own, "close")
    for do in ("programme", "convoke"):
        act(client, own, do)
    for row in enrolments.trainees_of(enrolment):
        levels = dict.fromkeys(own.training.objectives.values_list("pk", flat=True), 1)
        trainings.position(trainee_id=row.pk, levels=levels, expectations="", now=NOW)
    attended(own, enrolment)
    clock.now = END + HOUR
    client.force_login(agent)
    for do in ("sheet", "certificates", "hot", "satisfaction"):
        act(client, own, do)
    made()
    act(client, own, "invoice", which=enrolment.pk)
    clock.now = END + 95 * DAY
    trainings.ask_satisfaction(
        training_session_id=own.pk, moment=SatisfactionMoment.COLD, now=clock.now
    )
    client.force_login(agent)
    closed = act(client, own, "close")
    own.refresh_from_db()
    after = client.get(page).content.decode()

    assert "Ce qui manque" in before
    assert refused.status_code == 409
    assert closed.status_code == 302
    assert own.closed_by == agent
    assert "check-missing" not in after
    assert "session close" in after  # its history
    archive = client.get(reverse("trainings:archive", args=[own.pk]))
    names = zipfile.ZipFile(io.BytesIO(archive.content)).namelist()
    assert any(name.startswith("sheet/") for name in names)
    document = TrainingDocument.objects.filter(kind="certificate").first()
    assert client.get(reverse("trainings:document", args=[document.pk])).status_code == 200


def test_staff_ends_breaks_and_replaces_with_the_amount_shown(client, clock):
    own = opened()
    late, sick = signed(own), signed(own, trainees=people(1, 50))
    other = trainer("Jeanne Weber", "jeanne@formateurs.example")
    sign_in(client, Role.TRAINER)
    clock.now = START - DAY

    def page(name, *args):
        return reverse(f"admin:events_trainingsession_{name}", args=[own.pk, *args])

    shown = client.get(page("give_back", late.pk)).content.decode()
    refused = client.post(page("give_back", late.pk), {"agreed": "0"}).content.decode()
    client.post(page("give_back", late.pk), {"agreed": "35000"})
    client.post(page("break_off", sick.pk), {"agreed": "0", "why": "Accident"})
    client.post(
        page("replace"),
        {"former": own.trainers.get().pk, "latter": other.pk, "reason": "Malade"},
    )
    file = client.get(reverse("trainings:file", args=[own.pk])).content.decode()

    assert "350,00" in shown
    assert "a changé" in refused
    assert 'value="35000"' in refused  # the amount of now, to be confirmed
    sick.refresh_from_db()
    assert (sick.end_reason, sick.end_note) == ("broken", "Accident")
    assert list(own.trainers.all()) == [other]
    for words in ("Terminer le dossier", "Rompre le contrat", "Paul Roth → Jeanne Weber"):
        assert words in file


def test_only_who_conducts_trainings_opens_the_file(client, clock):
    own = opened()
    page = reverse("trainings:file", args=[own.pk])

    assert client.get(page).status_code == 302
    sign_in(client, Role.RECEPTION)
    assert client.get(page).status_code == 403
    assert client.get(reverse("trainings:bpf")).status_code == 403


def test_the_file_asks_a_constant_number_of_queries(client, clock):
    one, many = opened(), opened()
    signed(one, trainees=people(1, 100))
    signed(many, trainees=people(8, 200))
    sign_in(client, Role.TRAINER)

    def queries(own):
        client.get(reverse("trainings:file", args=[own.pk]))
        with CaptureQueriesContext(connection) as asked:
            client.get(reverse("trainings:file", args=[own.pk]))
        return len(asked)

    assert queries(one) == queries(many)


def test_the_return_leads_from_each_figure_to_its_people(client, clock):
    own = opened()
    attended(own, signed(own))
    clock.now = END
    sign_in(client, Role.TRAINER)

    page = client.get("/formations/bpf/?annee=2026&cadre=financement&code=company").content.decode()
    table = client.get("/formations/bpf/2026.csv").content.decode("utf-8-sig")

    assert "Stagiaire 1" in page
    assert "financier 2026</h1>" in page
    assert 'href="?annee=2026&amp;cadre=financement&amp;code=company#liste"' in page
    assert "14" in page
    assert "financement;company;L’entreprise, pour ses salariés;2;14,00" in table
