"""Addresses that moved: one step, language and query kept, never a ring."""

import pytest
from django.db import IntegrityError, transaction

from emn.pages.models import Redirect
from emn.pages.services import content

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("commits")]


def test_old_address_leads_to_the_new_one_with_language_and_query(client):
    Redirect.objects.create(old_path="/vieux/", new_path="/agenda/")

    response = client.get("/de/vieux/?a=1&b=%C3%A9")

    assert response.status_code == 301
    assert response["Location"] == "/de/agenda/?a=1&b=%C3%A9"


def test_address_without_a_new_one_is_gone(client):
    Redirect.objects.create(old_path="/vieux/", new_path="")

    assert client.get("/vieux/").status_code == 410


def test_a_page_that_answers_is_not_redirected(client):
    Redirect.objects.create(old_path="/actualites/", new_path="/agenda/")

    assert client.get("/actualites/").status_code == 200


def test_page_that_moves_twice_is_found_in_one_step_and_may_come_back(client, make_page):
    page = make_page("a")
    content.move(page_id=page.pk, slug="b")
    content.move(page_id=page.pk, slug="c")

    steps = {old: client.get(f"/pages/{old}/")["Location"] for old in "ab"}
    content.move(page_id=page.pk, slug="a")

    assert steps == {"a": "/pages/c/", "b": "/pages/c/"}
    assert client.get("/pages/a/").status_code == 200
    assert client.get("/pages/b/")["Location"] == "/pages/a/"


def test_page_does_not_take_the_address_of_another(make_page):
    page = make_page("a")
    make_page("b")

    with pytest.raises(content.PageRefused, match="déjà prise"):
        content.move(page_id=page.pk, slug="b")


@pytest.mark.parametrize(
    ("old_path", "new_path"),
    [("/x/", "/a/"), ("/b/", "/x/"), ("/b/", "/a/"), ("/b/", "")],
)
def test_staff_makes_neither_chain_nor_ring(client, django_user_model, old_path, new_path):
    client.force_login(django_user_model.objects.create_superuser("agent@emn.example"))
    Redirect.objects.create(old_path="/a/", new_path="/b/")

    html = client.post(
        "/admin/pages/redirect/add/", {"old_path": old_path, "new_path": new_path}
    ).content.decode()

    assert "menez droit au dernier" in html
    assert Redirect.objects.count() == 1


@pytest.mark.parametrize(
    "new_path", ["//evil.example/", "https://evil.example/", "/\\evil.example", "/a?b=1"]
)
def test_table_refuses_what_leaves_the_portal(new_path):
    with pytest.raises(IntegrityError, match="is_of_paths"), transaction.atomic():
        Redirect.objects.create(old_path="/a/", new_path=new_path)
