"""Staff reads who receives what and why, changes lists and topics, takes a person off, imports."""

import io
from datetime import timedelta

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Group
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from openpyxl import load_workbook

from emn.accounts.enums import Role
from emn.accounts.models import User
from emn.accounts.services import sync_roles
from emn.lib import page_cache
from emn.lib.file_imports.enums import ImportStatus
from emn.mailings import tasks
from emn.mailings.addresses import mailbox_hash
from emn.mailings.enums import (
    ActMethod,
    Basis,
    ConsentAct,
    ListKind,
    SubscriptionStatus,
    SuppressionReason,
)
from emn.mailings.models import (
    ConsentRecord,
    ConsentText,
    JobFunction,
    Subscriber,
    SubscriberImport,
    Subscription,
    Suppression,
    Topic,
)
from emn.mailings.services import subscribers as services
from tests.mailings.conftest import NOW
from tests.mailings.test_subscriber_import import as_csv, known, line, mailing_list, record

pytestmark = pytest.mark.django_db
LISTS = reverse("admin:mailings_mailinglist_changelist")
TOPICS = reverse("admin:mailings_topic_changelist")
FUNCTIONS = reverse("admin:mailings_jobfunction_changelist")
PEOPLE = reverse("admin:mailings_subscriber_changelist")
REGISTER = reverse("admin:mailings_consentrecord_changelist")
IMPORTS = reverse("admin:mailings_subscriberimport_changelist")
UPLOAD = reverse("admin:mailings_subscriberimport_upload")


@pytest.fixture(autouse=True)
def no_second_factor(settings):
    settings.STAFF_MFA_REQUIRED = False


def sign_in(client, role):
    sync_roles()
    agent = User.objects.create_user(f"{role}@x.example", is_staff=True)
    agent.groups.add(Group.objects.get(name=role))
    client.force_login(agent)
    return agent


@pytest.fixture
def editor(client):
    sign_in(client, Role.EDITOR)
    return client


def change(row):
    return reverse(f"admin:mailings_{row._meta.model_name}_change", args=[row.pk])


def leaving(person):
    return reverse("admin:mailings_subscriber_unsubscribe", args=[person.pk])


# --- Lists and topics ---


def test_lists_and_topics_count_confirmed_people_only(editor):
    Topic.objects.create(code="ia", name="IA")
    person = known("a@x.example", topics=["ia"])
    person.subscriptions.create(
        list=mailing_list("enquetes"),
        status=SubscriptionStatus.CONFIRMED,
        requested_at=NOW,
        confirmed_at=NOW,
    )
    known("b@x.example", status=SubscriptionStatus.PENDING, topics=["ia"])
    known("c@x.example", status=SubscriptionStatus.ENDED)
    known("d@x.example", topics=["web"])

    lists = editor.get(LISTS).context["cl"].result_list
    topics = editor.get(TOPICS).context["cl"].result_list

    assert {row.code: row.confirmed_count for row in lists} == {"lettre": 2, "enquetes": 1}
    assert [(row.code, row.confirmed_count) for row in topics] == [("ia", 1)]


@pytest.mark.parametrize("number", [1, 3])
@pytest.mark.parametrize(
    ("address", "queries"),
    [(LISTS, 6), (TOPICS, 6), (FUNCTIONS, 7), (PEOPLE, 8), (REGISTER, 7), (IMPORTS, 6)],
)
def test_a_list_costs_the_same_whatever_its_length(
    editor, number, address, queries, django_assert_num_queries
):
    for n in range(number):
        known(f"p{n}@x.example")
        record(f"p{n}@x.example", ConsentAct.CONFIRMED)
        topic = Topic.objects.create(code=f"t{n}", name=f"T{n}")
        JobFunction.objects.create(code=f"f{n}", name=f"F{n}").topics.add(topic)
        SubscriberImport.objects.create(
            name=f"f{n}.csv", mailing_list=mailing_list(), basis=Basis.CONSENT, created_at=NOW
        )
        if n:
            mailing_list(f"l{n}")
    editor.get(address)

    with django_assert_num_queries(queries):
        response = editor.get(address)

    assert len(response.context["cl"].result_list) == number


def test_a_list_is_worded_in_three_languages_under_a_code_that_stays(editor):
    entry, before = mailing_list(), page_cache.generations.now()
    values = {
        "code": "autre",
        "kind": ListKind.SURVEY,
        "position": 3,
        **{f"name_{code}": f"Nom {code}" for code in ("fr", "de", "en")},
        **{f"description_{code}": f"Quoi {code}" for code in ("fr", "de", "en")},
    }

    assert editor.post(change(entry), values).status_code == 302

    entry.refresh_from_db()
    assert (entry.code, entry.kind, entry.name_de) == ("lettre", ListKind.SURVEY, "Nom de")
    assert page_cache.generations.now() != before


def test_staff_decides_which_topics_touch_a_function(editor):
    topics = [Topic.objects.create(code=code, name=code) for code in ("ia", "vente")]
    function = JobFunction.objects.create(code="it", name_fr="Informatique", words=["DSI"])
    names = {"name_fr": "Informatique", "name_de": "IT", "name_en": "IT", "position": 0}

    answer = editor.post(change(function), names | {"words": "DSI, RSI", "topics": [topics[0].pk]})

    assert answer.status_code == 302
    function.refresh_from_db()
    assert (function.words, list(function.topics.all())) == (["DSI", "RSI"], [topics[0]])


@pytest.mark.parametrize(
    ("informed", "said"),
    [
        ({}, "n’est encore parti vers personne"),
        ({"informed_count": 1, "informed_at": NOW}, "est parti vers 1 personne,"),
        ({"informed_count": 2, "informed_at": NOW}, "est parti vers 2 personnes,"),
    ],
)
def test_the_page_of_an_import_says_who_was_informed(editor, informed, said):
    entry = SubscriberImport.objects.create(
        name="f.csv",
        mailing_list=mailing_list(),
        basis=Basis.PROFESSION,
        created_at=NOW,
        finished_at=NOW,
        status=ImportStatus.WRITTEN,
        added_count=2,
        **informed,
    )

    page = editor.get(change(entry)).content.decode()

    assert said in page
    assert ("Il part de lui-même" in page) == (entry.informed_count < 2)


@pytest.mark.parametrize("model", ["mailinglist", "topic"])
def test_what_people_refer_to_is_never_deleted(editor, model):
    row = mailing_list() if model == "mailinglist" else Topic.objects.create(code="a", name="A")

    address = reverse(f"admin:mailings_{model}_delete", args=[row.pk])

    assert editor.post(address, {"post": "yes"}).status_code == 403


# --- People ---


def test_a_person_is_found_by_the_whole_address_and_read_with_proofs_and_blocks(editor):
    person = known("anne@x.example")
    known("other@x.example")
    text = ConsentText.objects.create(sha256="0" * 64, text="J’accepte.", first_used_at=NOW)
    proof = ConsentRecord.objects.create(
        mailbox_hash=person.mailbox_hash,
        list=mailing_list(),
        act=ConsentAct.CONFIRMED,
        method=ActMethod.LINK,
        text=text,
        form_url="/lettre/",
        at=NOW,
    )
    record("other@x.example", ConsentAct.WITHDRAWN)
    Suppression.objects.create(
        mailbox_hash=person.mailbox_hash,
        reason=SuppressionReason.HARD,
        created_at=NOW,
        lifted_at=NOW + timedelta(days=1),
    )

    found = editor.get(PEOPLE, {"q": " ANNE+lettre@x.example"}).context["cl"].result_list
    page = editor.get(change(person))

    assert [row.pk for row in found] == [person.pk]
    assert [row.pk for row in page.context["records"]] == [proof.pk]
    assert "adresse qui n’existe pas, 22 novembre 2026" in page.text
    assert 'name="_save"' not in page.text
    assert leaving(person) in page.text
    assert "J’accepte." in editor.get(change(proof)).text


@pytest.mark.parametrize("number", [1, 3])
def test_a_person_s_page_costs_the_same_whatever_the_history(
    editor, number, django_assert_num_queries
):
    person = known("anne@x.example")
    for n in range(number):
        mailing_list(f"l{n}").subscriptions.create(
            subscriber=person, status=SubscriptionStatus.PENDING, requested_at=NOW
        )
        record("anne@x.example", ConsentAct.REQUESTED, code=f"l{n}")
    editor.get(change(person))

    with django_assert_num_queries(9):
        editor.get(change(person))


def test_people_are_kept_by_the_list_that_writes_to_them(editor):
    known("a@x.example")
    known("b@x.example", status=SubscriptionStatus.PENDING)

    found = editor.get(PEOPLE, {"liste": mailing_list().pk}).context["cl"].result_list

    assert [row.email for row in found] == ["a@x.example"]


def test_the_register_is_found_by_the_address_even_once_erased(editor):
    kept = record("gone@x.example", ConsentAct.WITHDRAWN)
    record("other@x.example", ConsentAct.WITHDRAWN)

    found = editor.get(REGISTER, {"q": "gone@x.example"}).context["cl"].result_list

    assert [row.pk for row in found] == [kept.pk]


# --- Désinscrire ---


def test_reception_takes_a_person_off_the_lists_it_names(client):
    sign_in(client, Role.RECEPTION)
    person = known("anne@x.example")
    mailing_list("enquetes").subscriptions.create(
        subscriber=person, status=SubscriptionStatus.PENDING, requested_at=NOW
    )
    form = client.get(leaving(person)).context["form"]
    assert sorted(row.code for row in form.fields["lists"].queryset) == ["enquetes", "lettre"]

    response = client.post(
        leaving(person), {"lists": [mailing_list().pk], "request": "par téléphone, le 3 mai"}
    )

    assert response.url == change(person)
    status = dict(person.subscriptions.values_list("list__code", "status"))
    assert status == {
        "lettre": SubscriptionStatus.ENDED,
        "enquetes": SubscriptionStatus.PENDING,
    }
    proof = ConsentRecord.objects.get()
    assert (proof.act, proof.method, proof.list.code, proof.source, proof.mailbox_hash) == (
        ConsentAct.WITHDRAWN,
        ActMethod.STAFF,
        "lettre",
        "par téléphone, le 3 mai",
        person.mailbox_hash,
    )
    assert LogEntry.objects.get().object_id == str(person.pk)


def test_a_get_and_an_unexplained_request_take_nobody_off(editor):
    person = known("anne@x.example")

    editor.get(leaving(person))
    editor.post(leaving(person), {"lists": [mailing_list().pk], "request": ""})

    assert Subscription.objects.confirmed().count() == 1


def test_who_left_already_is_said_so():
    person = known("anne@x.example", status=SubscriptionStatus.ENDED)

    with pytest.raises(services.NotSubscribed, match="ne reçoit plus"):
        services.unsubscribe_by_staff(
            subscriber_id=person.pk, list_ids=[mailing_list().pk], request="x", now=NOW
        )

    assert not ConsentRecord.objects.exists()


def test_taking_off_needs_the_permission(client):
    sign_in(client, Role.ANALYST)

    assert client.get(leaving(known("anne@x.example"))).status_code == 403


# --- Importer ---


@pytest.fixture
def rung(monkeypatch):
    calls = []
    monkeypatch.setattr(tasks.run_subscriber_import, "delay", lambda **ids: calls.append(ids))
    return calls


def uploaded(content, **changed):
    return {
        "mailing_list": mailing_list().pk,
        "basis": Basis.CONSENT,
        "file": SimpleUploadedFile("anciens.csv", content),
    } | changed


def test_staff_imports_from_the_back_office(editor, rung, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        page = editor.post(UPLOAD, uploaded(as_csv([line("anne@x.example")])), follow=True)
    entry = SubscriberImport.objects.get()
    assert "data-emn-refresh" in page.text
    assert rung == [{"import_id": entry.pk}]
    tasks.run_subscriber_import(import_id=entry.pk)
    page = editor.get(change(entry))
    assert "1 inscription à la liste" in page.text
    assert page.context["may_write"]
    address = reverse("admin:mailings_subscriberimport_act", args=[entry.pk, "ecrire"])

    editor.get(address)
    tasks.run_subscriber_import(import_id=entry.pk)
    assert not Subscriber.objects.exists()
    editor.post(address)
    tasks.run_subscriber_import(import_id=entry.pk)

    assert Subscriber.objects.get().mailbox_hash == mailbox_hash("anne@x.example")
    assert "Tout est écrit" in editor.get(change(entry)).text


def test_the_report_shows_each_line_to_correct(editor, rung):
    editor.post(UPLOAD, uploaded(as_csv([line("anne@x.example"), line("anne@x")])))
    entry = SubscriberImport.objects.get()
    tasks.run_subscriber_import(import_id=entry.pk)

    page = editor.get(change(entry))

    assert "1 ligne est à corriger" in page.text
    assert '<th scope="row">3</th><td>courriel\u00a0: ce n’est pas une adresse.</td>' in page.text
    assert not page.context["may_write"]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("mailing_list", ""),
        ("basis", "sympathy"),
        ("file", SimpleUploadedFile("liste.exe", b"x")),
        ("file", SimpleUploadedFile("liste.csv", b"x" * (10 * 1024 * 1024 + 1))),
    ],
)
def test_a_file_that_cannot_be_taken_is_said_at_once(editor, name, value):
    page = editor.post(UPLOAD, uploaded(b"courriel\n", **{name: value}))

    assert list(page.context["form"].errors) == [name]
    assert not SubscriberImport.objects.exists()


def test_the_model_opens_in_a_spreadsheet(editor):
    content = editor.get(reverse("admin:mailings_subscriberimport_model")).content

    header = [cell.value for cell in load_workbook(io.BytesIO(content)).active[1]]
    assert header[0] == "courriel"


def test_an_import_in_another_state_or_an_unknown_verb_changes_nothing(editor):
    entry = SubscriberImport.objects.create(
        name="f.csv",
        mailing_list=mailing_list(),
        basis=Basis.CONSENT,
        created_at=NOW,
        status=ImportStatus.WRITTEN,
    )

    def act(verb):
        address = reverse("admin:mailings_subscriberimport_act", args=[entry.pk, verb])
        return editor.post(address, follow=True)

    assert [str(said) for said in act("abandonner").context["messages"]] == [
        "Cet import est dans l’état «\u00a0Écrit\u00a0»\u00a0: cette action n’est plus possible."
    ]
    assert act("effacer").status_code == 404
    entry.refresh_from_db()
    assert entry.status == ImportStatus.WRITTEN


def test_importing_needs_the_permission(client):
    sign_in(client, Role.RECEPTION)

    for address in (UPLOAD, reverse("admin:mailings_subscriberimport_model"), IMPORTS):
        assert client.get(address).status_code == 403
