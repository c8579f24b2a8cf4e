"""The chest of reversibility: seven things, no secret, a reminder each six months, nobody else."""

import csv
import io
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from threading import Barrier

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from directory.enums import AssetKind
from directory.models import Asset, Company, Membership, Project
from directory.services import reversibility
from directory.services.reversibility import ChestRefused
from directory.tasks import remind_of_chests
from emn.accounts import personal_data
from emn.accounts.services import purge_personal_data
from emn.mailings.models import OutboundEmail
from tests.directory.factories import NOW, CompanyFactory, MembershipFactory, UserFactory

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("commits")]
CHEST = "/dossier/coffre/"


@pytest.fixture
def person():
    return MembershipFactory().user


def add(person, *, name="Site", now=NOW, company=None):
    return reversibility.add_project(
        company_id=(company or person.companies.get()).pk,
        user_id=person.pk,
        name=name,
        supplier="Atelier du Web",
        now=now,
    )


def write(project, person, *, reviewed=False, now=NOW, **values):
    return reversibility.write_assets(
        project_id=project.pk, user_id=person.pk, values=values, reviewed=reviewed, now=now
    )


def posted(do="keep", **changed):
    values = {"assets-TOTAL_FORMS": "7", "assets-INITIAL_FORMS": "7", "do": do}
    for number, kind in enumerate(AssetKind.values):
        row = {"state": "unknown", "holder": "", "place": "", "checked_on": ""}
        for name, value in (row | changed.get(kind, {})).items():
            values[f"assets-{number}-{name}"] = value
    return values


def mails():
    return OutboundEmail.objects.filter(kind="directory/emails/chest_reminder")


# --- Services ---


def test_a_project_begins_with_seven_unknowns(person):
    project = add(person)

    assert list(project.assets.order_by("pk").values_list("kind", flat=True)) == AssetKind.values
    assert set(project.assets.values_list("state", flat=True)) == {"unknown"}
    assert project.remind_on == date(2027, 5, 23)


def test_a_project_is_added_once_and_only_for_ones_own_company(person):
    add(person)

    with pytest.raises(ChestRefused, match="déjà"):
        add(person)
    with pytest.raises(Company.DoesNotExist):
        add(person, company=CompanyFactory())


@pytest.mark.parametrize("field", ["holder", "place"])
def test_a_secret_is_refused_and_nothing_of_it_is_written(person, field):
    project = add(person)

    with pytest.raises(ChestRefused, match="n’en garde aucun"):
        write(
            project, person,
            domain={"state": "held"}, admins={field: "admin, mot de passe : Soleil2024"},
        )  # fmt: skip

    assert not Asset.objects.exclude(state="unknown", holder="", place="").exists()
    with pytest.raises(ChestRefused):
        add(person, name="mdp: toto")


def test_what_is_held_is_dated_and_a_review_starts_the_six_months_again(person):
    project = add(person)
    later = NOW + timedelta(days=100)

    write(project, person, domain={"state": "held"}, hosting={"state": "missing"})
    write(project, person, reviewed=True, now=later)

    project.refresh_from_db()
    days = dict(project.assets.values_list("kind", "checked_on"))
    assert (days["domain"], days["hosting"]) == (later.date(), None)
    assert (project.reviewed_on, project.remind_on) == (date(2027, 3, 3), date(2027, 9, 3))


def test_each_person_gets_one_mail_a_project_each_six_months(person):
    colleague = MembershipFactory(company=person.companies.get()).user
    project = add(person)
    day = NOW + timedelta(days=181)  # 23 May

    assert reversibility.due_projects(now=NOW + timedelta(days=180)) == []
    assert reversibility.due_projects(now=day) == [project.pk]
    assert reversibility.remind(project_id=project.pk, now=day)
    assert not reversibility.remind(project_id=project.pk, now=day)

    assert {mail.to_email for mail in mails()} == {person.email, colleague.email}
    assert "7 éléments sur 7" in mails().first().text_body
    project.refresh_from_db()
    assert project.remind_on == date(2027, 11, 23)
    assert reversibility.remind(project_id=project.pk, now=NOW + timedelta(days=366))
    assert mails().count() == 4


def test_a_long_silence_is_reminded_of_once(person):
    project = add(person)

    reversibility.remind(project_id=project.pk, now=NOW + timedelta(days=800))

    project.refresh_from_db()
    assert mails().count() == 1
    assert project.remind_on == date(2029, 5, 23)


@pytest.mark.django_db(transaction=True)
def test_two_workers_remind_once(person):
    project = add(person, now=timezone.now() - timedelta(days=200))
    barrier = Barrier(2)

    def work(_n):
        try:
            barrier.wait()
            remind_of_chests()
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(work, range(2)))

    assert mails().count() == 1
    assert Project.objects.get(pk=project.pk).remind_on > timezone.localdate()


def test_a_company_without_people_is_not_waited_for(person):
    add(person)
    Membership.objects.all().delete()

    assert reversibility.due_projects(now=NOW + timedelta(days=400)) == []


def test_the_chest_goes_with_its_last_person_and_stays_with_a_colleague(person):
    project = add(person)
    entry = personal_data._registered[Project]
    colleague = MembershipFactory(company=project.company)

    entry.erase_rows(entry.rows_about(person))
    assert Project.objects.exists()
    colleague.delete()
    entry.erase_rows(entry.rows_about(person))
    assert not Project.objects.exists()


def test_what_nobody_touches_for_three_years_is_deleted(person):
    add(person, name="Vieux", now=NOW - timedelta(days=1096))
    MembershipFactory(company=person.companies.get())
    kept = add(person, name="Récent")

    purge_personal_data(now=NOW, write=True)

    assert list(Project.objects.all()) == [kept]


# --- Pages ---


def test_a_member_adds_a_project_and_fills_it(client, person):
    client.force_login(person)
    company = person.companies.get()

    added = client.post(CHEST, {"company": company.pk, "name": "Boutique", "supplier": ""})
    page = client.get(added["Location"])
    client.post(
        added["Location"],
        posted(domain={"state": "held", "holder": "La gérante", "place": "OVH"}),
    )

    project = Project.objects.get()
    assert page.content.decode().count("<legend>") == 7
    asset = project.assets.get(kind="domain")
    assert (asset.state, asset.holder, asset.place) == ("held", "La gérante", "OVH")
    assert asset.checked_on == timezone.localdate()
    assert "1 sur 7" in client.get(CHEST).content.decode()


def test_a_secret_comes_back_with_a_sentence_and_is_not_kept(client, person):
    project = add(person)
    client.force_login(person)

    response = client.post(
        project.get_absolute_url(),
        posted(
            hosting={"place": "Soleil2024!"},
            domain={"state": "held", "holder": "La gérante"},
        ),
    )

    html = response.content.decode()
    assert "écrivez seulement où il est rangé" in html
    assert "Rien n’est encore gardé" in html
    assert "La gérante" in html
    assert not Asset.objects.exclude(state="unknown").exists()
    assert not Asset.objects.exclude(place="").exists()


def test_a_day_to_come_is_refused(client, person):
    project = add(person)
    client.force_login(person)
    tomorrow = timezone.localdate() + timedelta(days=1)

    html = client.post(
        project.get_absolute_url(), posted(domain={"checked_on": tomorrow.isoformat()})
    ).content.decode()

    assert "pas encore venu" in html


def test_the_project_is_given_as_a_table_and_as_a_document(client, person):
    project = add(person)
    write(project, person, domain={"state": "held", "holder": "=1+1", "place": "OVH"})
    client.force_login(person)

    table = client.get(reverse("reversibility:export_csv", args=[project.pk]))
    document = client.get(reverse("reversibility:export_pdf", args=[project.pk]))

    rows = list(csv.reader(io.StringIO(table.content.decode("utf-8-sig")), delimiter=";"))
    assert len(rows) == 8
    assert rows[1][1:4] == ["En main", "'=1+1", "OVH"]
    assert document.content.startswith(b"%PDF")


def test_a_forged_number_of_rows_writes_no_other_row(client, person):
    project = add(person)
    client.force_login(person)

    values = posted(domain={"state": "held"}) | {"assets-TOTAL_FORMS": "900"}
    assert client.post(project.get_absolute_url(), values).status_code in {200, 302}

    assert project.assets.count() == 7


def test_only_the_people_of_the_company_see_it(client, person):
    project = add(person, name="Boutique des uns")
    client.force_login(MembershipFactory().user)

    answers = [
        client.get(project.get_absolute_url()),
        client.post(project.get_absolute_url(), posted()),
        client.post(reverse("reversibility:delete", args=[project.pk])),
        client.get(reverse("reversibility:export_csv", args=[project.pk])),
        client.get(reverse("reversibility:export_pdf", args=[project.pk])),
    ]
    added = client.post(CHEST, {"company": project.company_id, "name": "X", "supplier": ""})

    assert {answer.status_code for answer in answers} == {404}
    assert added.status_code == 200
    assert Project.objects.count() == 1
    assert project.name not in client.get(CHEST).content.decode()


def test_nobody_of_the_centre_reads_a_chest(client, settings, person):
    settings.STAFF_MFA_REQUIRED = False
    project = add(person)
    client.force_login(UserFactory(is_staff=True, is_superuser=True))

    assert client.get(project.get_absolute_url()).status_code == 404
    assert client.get("/admin/directory/project/").status_code == 404


def test_a_person_without_company_is_told_what_to_do(client):
    client.force_login(UserFactory())

    assert "rattachement" in client.get(CHEST).content.decode()


def test_a_project_is_taken_out_by_a_button(client, person):
    project = add(person)
    client.force_login(person)

    assert client.get(reverse("reversibility:delete", args=[project.pk])).status_code == 405
    client.post(reverse("reversibility:delete", args=[project.pk]))

    assert not Project.objects.exists()


def test_the_chest_asks_as_much_for_one_as_for_many(client, person):
    client.force_login(person)

    def asked(*names):
        for name in names:
            add(person, name=name)
        client.get(CHEST)
        with CaptureQueriesContext(connection) as captured:
            client.get(CHEST)
        return len(captured)

    assert asked("A") == asked("B", "C", "D")
