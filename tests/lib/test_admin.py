"""What every page of the back office gets from its base."""

import pytest
from allauth.account.models import EmailAddress
from django.contrib import admin
from django.contrib.auth.models import Group
from django.db import models

from emn.lib import page_cache
from emn.lib.admin import BaseAdmin
from tests.accounts.conftest import make_user

pytestmark = pytest.mark.django_db


class OwnDomain(models.QuerySet):
    def scoped_for(self, user):
        return self.filter(email__endswith=user.email.partition("@")[2])


class AddressAdmin(BaseAdmin):
    list_display = ("user", "email", "domain")
    state_fields = ("verified",)

    def domain(self, address):
        return address.email.partition("@")[2]


@pytest.fixture
def address_admin():
    return AddressAdmin(EmailAddress, admin.site)


@pytest.fixture
def request_of_agent(rf):
    request = rf.get("/")
    request.user = make_user("agent@centre.example", is_staff=True)
    return request


def test_base_admin_shows_an_agent_only_their_rows(monkeypatch, address_admin, request_of_agent):
    make_user("alice@firm.example")
    everything = OwnDomain(EmailAddress)
    monkeypatch.setattr(admin.ModelAdmin, "get_queryset", lambda _self, _request: everything)

    rows = address_admin.get_queryset(request_of_agent)

    assert [row.email for row in rows] == ["agent@centre.example"]


def test_base_admin_shows_every_row_of_a_model_without_scope(address_admin, request_of_agent):
    make_user("alice@firm.example")

    assert address_admin.get_queryset(request_of_agent).count() == 2


def test_base_admin_fetches_what_its_columns_relate_to(address_admin, request_of_agent):
    assert address_admin.get_list_select_related(request_of_agent) == ["user"]


def test_base_admin_keeps_the_state_read_only(address_admin, request_of_agent):
    assert address_admin.get_readonly_fields(request_of_agent) == ("verified",)


def test_base_admin_links_to_the_public_page_when_there_is_one(address_admin):
    class Public:
        def get_absolute_url(self):
            return "/annuaire/exemple/"

    assert address_admin.view_on_site(Public()) == "/annuaire/exemple/"
    assert address_admin.view_on_site(object()) is None


@pytest.mark.parametrize("public_content", [True, False])
def test_base_admin_tells_the_kept_pages_of_public_content_only(
    address_admin, request_of_agent, monkeypatch, public_content
):
    monkeypatch.setattr(AddressAdmin, "public_content", public_content)
    address = EmailAddress.objects.get()
    before = page_cache.read_generation()

    address_admin.save_model(request_of_agent, address, None, change=True)

    assert (page_cache.read_generation() != before) is public_content


class AddressInline(admin.TabularInline):
    model = EmailAddress
    extra = 1


class PersonAdmin(BaseAdmin):
    inlines = [AddressInline]


def test_base_admin_names_the_fields_of_a_table(request_of_agent):
    agent = request_of_agent.user
    agent.is_superuser = True
    person_admin = PersonAdmin(type(agent), admin.site)
    ((formset, inline),) = person_admin.get_formsets_with_inlines(request_of_agent, agent)

    row = formset(instance=agent, prefix=inline.model.__name__).forms[0]

    assert 'aria-label="Adresse e-mail"' in str(row["email"])
    assert all("aria-label" in str(field) for field in row if not field.is_hidden)


def test_base_admin_shows_what_may_be_chosen_as_boxes(request_of_agent):
    agent = request_of_agent.user
    Group.objects.create(name="adviser")
    groups = type(agent)._meta.get_field("groups")

    field = PersonAdmin(type(agent), admin.site).formfield_for_manytomany(groups, request_of_agent)

    assert 'type="checkbox"' in field.widget.render("groups", [], {"id": "groups"})
