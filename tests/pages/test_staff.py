"""The back office opens on what waits; the gallery shows staff every component."""

import pytest

from emn.lib import staff_tasks
from emn.lib.registry import Registry
from emn.lib.staff_tasks import StaffTask

pytestmark = pytest.mark.django_db

COMPONENTS = (
    "badge-highlight",
    "breadcrumb",
    "button-main",
    "card-link",
    "chip",
    "disclosure",
    "empty-state",
    "error-summary",
    "field-check",
    "fieldset",
    "key-figure",
    "notice-alert",
    "pagination",
    "row-meta",
    "search-form",
    "table",
    "trust-class-d",
)


@pytest.fixture
def agent(client, django_user_model):
    """Sign in as someone who may do everything."""
    user = django_user_model.objects.create_superuser("agent@emn.example")
    client.force_login(user)
    return user


@pytest.fixture
def tasks(monkeypatch):
    """Give the test queues of its own."""
    own = Registry()
    monkeypatch.setattr(staff_tasks, "tasks", own)
    return own


def task(key, count, *, order=0, permission="pages.view_accessibilityaudit"):
    return StaffTask(
        key=key,
        order=order,
        label=f"fiches {key}",
        count=lambda user: count,
        url=lambda: f"/admin/{key}/",
        permission=permission,
    )


def test_back_office_opens_on_what_waits_first(client, agent, tasks):
    tasks.register(task("vides", 0, order=1))
    tasks.register(task("pleines", 3, order=2))

    html = client.get("/admin/").content.decode()

    assert "À faire aujourd’hui" in html
    assert html.index("fiches pleines") < html.index("fiches vides")
    assert 'href="/admin/pleines/"' in html


def test_queue_is_hidden_from_who_may_not_open_it(client, django_user_model, tasks):
    user = django_user_model.objects.create_user("accueil@emn.example", is_staff=True)
    client.force_login(user)
    tasks.register(task("secrètes", 3))

    html = client.get("/admin/").content.decode()

    assert "secrètes" not in html
    assert "Aucune file d’attente" in html


def test_gallery_shows_every_component_without_anything_inline(client, agent):
    response = client.get("/admin/galerie/")

    html = response.content.decode()
    assert response.status_code == 200
    assert " style=" not in html
    for name in COMPONENTS:
        assert f"{name}" in html


def test_gallery_sends_strangers_to_sign_in(client):
    assert client.get("/admin/galerie/").status_code == 302
