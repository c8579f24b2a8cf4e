"""The file of a company, across the apps: what happened, what comes next, what is shared."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import Group
from django.urls import reverse

from diagnostics.services import diagnostics
from directory import dossier
from directory.models import Company, Need, SharedItem
from directory.services import dossier as sharing
from emn.accounts.enums import Role
from emn.accounts.services import sync_roles
from events.models import Registration
from tests.accounts.conftest import make_user
from tests.diagnostics.factories import finished
from tests.directory.factories import NOW, CompanyFactory, MembershipFactory
from tests.directory.needs import ADDRESS, confirmed
from tests.events.factories import published, seated

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("commits")]


@pytest.fixture(autouse=True)
def no_second_factor(settings):
    settings.STAFF_MFA_REQUIRED = False


@pytest.fixture
def author():
    """The person who wrote the need of its company."""
    need = confirmed()
    return MembershipFactory(company=need.company, user=make_user(ADDRESS)).user


@pytest.fixture
def company(author):
    return author.companies.get()


@pytest.fixture
def adviser():
    sync_roles()
    agent = make_user("conseil@emn.example", is_staff=True)
    agent.groups.add(Group.objects.get(name=Role.ADVISER))
    return agent


def keep_diagnostic(company, user, *, now=NOW):
    diagnostic = finished(now=now)
    return diagnostics.claim(
        diagnostic_id=diagnostic.pk, company_id=company.pk, user_id=user.pk, now=now
    )


def keys(file):
    return [item.key for item in file.items]


def test_a_file_tells_all_that_happened_the_newest_first(author, company):
    need = Need.objects.get()
    diagnostic = keep_diagnostic(company, author, now=NOW + timedelta(hours=1))
    entry = seated(published(seats=5), siret=company.siret)
    Registration.objects.filter(pk=entry.pk).update(company=company)

    file = dossier.file_of(company, reader=author)

    assert keys(file) == [f"session.{entry.pk}", f"diagnostic.{diagnostic.pk}", f"need.{need.pk}"]
    assert file.next_step.url_name == "needs:new"  # the last item with a step: the diagnostic
    assert file.older is None


def test_an_empty_file_leads_to_the_diagnostic():
    file = dossier.file_of(CompanyFactory(), reader=make_user())

    assert file.items == []
    assert file.next_step is dossier.FIRST_STEP


@pytest.mark.parametrize(
    ("status", "step"), [("chosen", "reversibility:chest"), ("done", "diagnostics:start")]
)
def test_a_need_calls_for_what_follows_it(author, company, status, step):
    ended = NOW if status == "done" else None
    Need.objects.update(status=status, ended_at=ended)

    assert dossier.file_of(company, reader=author).next_step.url_name == step


def test_only_the_author_of_a_need_is_led_to_it(author, company):
    colleague = MembershipFactory(company=company).user

    (own,) = dossier.file_of(company, reader=author).items
    (others,) = dossier.file_of(company, reader=colleague).items

    assert own.line.href
    assert not others.line.href


def test_pages_hold_each_line_once(author, company, monkeypatch):
    monkeypatch.setattr(dossier, "LINES_PER_PAGE", 2)
    session = published(seats=50)
    for number in range(2, 5):  # three at one instant
        seated(session, number)
    Registration.objects.update(company=company)
    diagnostic = keep_diagnostic(company, author, now=NOW + timedelta(hours=1))

    first = dossier.file_of(company, reader=author)
    second = dossier.file_of(company, reader=author, before=first.older)

    assert len(first.items) == 3
    assert keys(second) == [f"diagnostic.{diagnostic.pk}", f"need.{Need.objects.get().pk}"]
    assert second.older is None


# --- Sharing ---


def test_an_adviser_reads_what_is_shared_and_nothing_else(client, author, company, adviser):
    need = Need.objects.get()
    keep_diagnostic(company, author)
    page = reverse("dossier:shared_file", args=[company.pk])
    client.force_login(adviser)
    assert client.get(page).status_code == 404

    client.force_login(author)
    own = reverse("dossier:file", args=[company.pk])
    client.post(own, {"do": "share", "key": f"need.{need.pk}"})
    client.force_login(adviser)
    listed = client.get(reverse("dossier:shared_files"), {"q": company.siret[:9]})
    read = client.get(page)

    assert company.name in listed.content.decode()
    assert keys(read.context["file"]) == [f"need.{need.pk}"]
    assert reverse("needs:follow", args=["x"])[:-2] not in read.content.decode()


def test_what_is_taken_back_is_read_no_more_and_stays_known(client, author, company, adviser):
    key = f"need.{Need.objects.get().pk}"
    who = {"company_id": company.pk, "user_id": author.pk, "key": key}
    sharing.share(now=NOW, **who)
    sharing.share(now=NOW, **who)

    sharing.take_back(now=NOW + timedelta(days=1), **who)

    client.force_login(adviser)
    assert client.get(reverse("dossier:shared_file", args=[company.pk])).status_code == 404
    assert SharedItem.objects.get().withdrawn_at == NOW + timedelta(days=1)


@pytest.mark.parametrize(
    "key",
    [
        "",
        "need",
        "need.",
        "need.x",
        "nothing.1",
        "visit.1",
        "need.0",
        "a\x00",
        "need." + "9" * 5_000,
    ],
)
def test_what_is_no_line_of_the_file_is_not_shared(client, author, company, key):
    client.force_login(author)

    response = client.post(reverse("dossier:file", args=[company.pk]), {"do": "share", "key": key})

    assert response.status_code == 404
    assert not SharedItem.objects.exists()
    assert client.post(response.request["PATH_INFO"], {"do": "stop", "key": key}).status_code == 302


def test_a_line_of_another_company_is_not_shared(author):
    other = MembershipFactory()
    key = f"need.{Need.objects.get().pk}"

    with pytest.raises(SharedItem.DoesNotExist):
        sharing.share(company_id=other.company_id, user_id=other.user_id, key=key, now=NOW)
    with pytest.raises(Company.DoesNotExist):
        sharing.share(company_id=other.company_id, user_id=author.pk, key=key, now=NOW)
    assert not SharedItem.objects.exists()


def test_recommendations_of_agents_are_shown_with_their_reason(client, company, author, adviser):
    need = Need.objects.get()
    need.recommendations.create(reason="Deux cartes du même canton", made_by=adviser, made_at=NOW)
    sharing.share(company_id=company.pk, user_id=author.pk, key=f"need.{need.pk}", now=NOW)
    client.force_login(adviser)

    page = client.get(reverse("dossier:shared_file", args=[company.pk])).content.decode()

    assert "Deux cartes du même canton" in page


# --- Pages ---


def test_one_company_is_led_to_its_file_and_several_are_listed(client, author, company):
    client.force_login(author)
    one = client.get(reverse("dossier:files"))
    MembershipFactory(user=author)

    several = client.get(reverse("dossier:files"))

    assert one["Location"] == reverse("dossier:file", args=[company.pk])
    assert several.status_code == 200


def test_the_file_of_others_is_404(client, author):
    client.force_login(author)

    assert client.get(reverse("dossier:file", args=[CompanyFactory().pk])).status_code == 404


@pytest.mark.parametrize("before", ["hier", "2026-11-23", "2026-13-45T00:00:00+00:00"])
def test_a_page_that_starts_nowhere_is_404(client, author, company, before):
    client.force_login(author)
    page = reverse("dossier:file", args=[company.pk])

    assert client.get(page, {"avant": before}).status_code == 404


@pytest.mark.parametrize("count", [1, 3])
def test_the_file_asks_as_much_for_many(client, author, company, django_assert_num_queries, count):
    for _number in range(count):
        keep_diagnostic(company, author)
    for number in range(count):
        seated(published(seats=5), number)
    Registration.objects.update(company=company)
    client.force_login(author)

    with django_assert_num_queries(16):
        client.get(reverse("dossier:file", args=[company.pk]))
