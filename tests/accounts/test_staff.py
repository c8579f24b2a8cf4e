"""Agents: a second factor before any staff page, roles from the code, invitations."""

import pytest
from allauth.mfa.adapter import get_adapter
from allauth.mfa.totp.internal.auth import (
    format_hotp_value,
    hotp_value,
    yield_hotp_counters_from_time,
)
from django.contrib.auth.models import Group
from django.core.management import call_command
from django.http import HttpResponse
from django.urls import reverse
from django.utils import timezone

from emn.accounts import roles, services
from emn.accounts.enums import Role
from emn.accounts.models import User
from emn.lib.access import staff
from emn.mailings.models import OutboundEmail
from tests.accounts.conftest import PASSWORD, add_totp, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def agent():
    """An agent who manages staff."""
    services.sync_roles()
    user = make_user("agent@centre.example", is_staff=True)
    user.groups.add(Group.objects.get(name=Role.DIRECTOR))
    return user


@pytest.fixture
def receptionist():
    """An agent who may look at accounts."""
    services.sync_roles()
    user = make_user("accueil@centre.example", is_staff=True)
    user.groups.add(Group.objects.get(name=Role.RECEPTION))
    return user


@staff("accounts.manage_staff")
def staff_page(_request):
    return HttpResponse("ok")


@pytest.mark.parametrize(
    "path", ["/admin/", "/admin/accounts/user/", "/admin/accounts/user/inviter/"]
)
def test_admin_sends_an_agent_without_second_factor_to_activate_it(client, settings, agent, path):
    settings.STAFF_MFA_REQUIRED = True
    client.force_login(agent)

    response = client.get(path, follow=True)

    assert response.redirect_chain[-1][0] == reverse("mfa_index")


def test_admin_opens_with_a_second_factor(client, settings, agent):
    settings.STAFF_MFA_REQUIRED = True
    add_totp(agent)
    client.force_login(agent)

    assert client.get("/admin/").status_code == 200


def test_staff_page_sends_an_agent_without_second_factor_to_activate_it(rf, settings, agent):
    settings.STAFF_MFA_REQUIRED = True
    request = rf.get("/")
    request.user = agent

    assert staff_page(request)["Location"] == reverse("mfa_index")


def test_recovery_codes_alone_are_no_second_factor(rf, settings, agent):
    from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes

    settings.STAFF_MFA_REQUIRED = True
    RecoveryCodes.activate(agent)
    request = rf.get("/")
    request.user = agent

    assert staff_page(request).status_code == 302


def test_admin_sign_in_is_the_portals(client):
    response = client.get("/admin/", follow=True)

    assert response.redirect_chain[-1][0] == "/compte/connexion/?next=/admin/"


def test_admin_sign_in_sends_nowhere_else(client, agent):
    client.force_login(agent)

    response = client.get("/admin/login/?next=https://elsewhere.example/")

    assert response["Location"] == "/admin/"


def test_admin_refuses_a_member(client):
    client.force_login(make_user())

    assert client.get("/admin/", follow=True).status_code == 403


def test_staff_page_refuses_a_member_and_an_agent_without_the_permission(client, receptionist):
    for user in (make_user(), receptionist):
        client.force_login(user)
        assert client.get("/admin/accounts/user/inviter/", follow=True).status_code == 403


def test_sync_roles_makes_the_groups_say_what_the_code_says():
    Group.objects.create(name=Role.RECEPTION).permissions.set([])

    call_command("sync_roles")
    call_command("sync_roles")

    found = {
        group.name: {f"{p.content_type.app_label}.{p.codename}" for p in group.permissions.all()}
        for group in Group.objects.all()
    }
    assert found == {role.value: set(roles.permissions_of(role)) for role in Role}
    assert found["reception"] <= found["director"]


def test_sync_roles_names_an_unknown_permission(monkeypatch):
    monkeypatch.setitem(roles._grants, Role.EDITOR, {"pages.fly"})

    with pytest.raises(LookupError, match=r"pages\.fly"):
        services.sync_roles()


def test_grant_wants_an_app_and_a_codename():
    with pytest.raises(ValueError, match="moderate"):
        roles.grant(Role.EDITOR, "moderate")


def test_director_invites_an_agent_who_is_told_by_mail(client, agent):
    client.force_login(agent)

    response = client.post(
        "/admin/accounts/user/inviter/",
        {"email": "Marc@centre.example", "full_name": "Marc Weber", "roles": ["trainer"]},
    )

    invited = User.objects.get(email="marc@centre.example")
    mail = OutboundEmail.objects.get(kind="accounts/emails/staff_invitation")
    assert response.status_code == 302
    assert (invited.is_staff, invited.has_usable_password()) == (True, False)
    assert [group.name for group in invited.groups.all()] == ["trainer"]
    assert "- Formation" in mail.text_body
    assert "/compte/connexion/" in mail.text_body


def test_invitation_of_a_known_address_is_refused(agent):
    with pytest.raises(services.InvitationRefused, match="déjà un compte"):
        services.invite_staff(
            email="AGENT@centre.example",
            full_name="Autre",
            given_roles=[Role.EDITOR],
            now=timezone.now(),
        )

    assert not OutboundEmail.objects.exists()


def change(client, user, **data):
    path = reverse("admin:accounts_user_change", args=[user.pk])
    return client.post(path, {"full_name": "Nom", "language": "fr"} | data)


def test_director_gives_roles(client, agent, receptionist):
    client.force_login(agent)
    editor = Group.objects.get(name=Role.EDITOR)

    change(client, receptionist, is_active="on", is_staff="on", groups=[editor.pk])

    assert list(receptionist.groups.all()) == [editor]


def test_director_does_not_touch_an_account_that_may_do_everything(client, agent):
    root = User.objects.create_superuser("root@centre.example")
    client.force_login(agent)

    response = change(client, root, groups=[])

    root.refresh_from_db()
    assert response.status_code == 403
    assert root.is_active


def test_receptionist_reads_accounts_and_changes_nothing(client, receptionist):
    client.force_login(receptionist)
    member = make_user()

    page = client.get(reverse("admin:accounts_user_change", args=[member.pk]))
    response = change(client, member, full_name="Pirate")

    assert "pbkdf2" not in page.content.decode()
    assert 'name="password"' not in page.content.decode()
    assert (page.status_code, response.status_code) == (200, 403)


@pytest.mark.parametrize("people", [1, 3])
def test_list_of_accounts_takes_a_constant_number_of_queries(
    client, agent, people, django_assert_num_queries
):
    for number in range(people):
        make_user(f"p{number}@firm.example")
    client.force_login(agent)

    with django_assert_num_queries(7):
        client.get(reverse("admin:accounts_user_changelist"))


def test_libraries_bring_no_page_of_their_own_to_the_admin(client, agent):
    client.force_login(agent)

    for path in (
        "auth/group",
        "account/emailaddress",
        "mfa/authenticator",
        "socialaccount/socialtoken",
    ):
        assert client.get(f"/admin/{path}/").status_code == 404


@pytest.mark.parametrize("is_staff", [True, False])
def test_a_session_of_staff_ends_with_the_day_and_a_members_does_not(client, settings, is_staff):
    user = make_user("agent@centre.example", is_staff=is_staff)

    client.post(reverse("account_login"), {"login": user.email, "password": PASSWORD})

    age = settings.STAFF_SESSION_AGE if is_staff else settings.SESSION_COOKIE_AGE
    assert client.session.get_expiry_age() == age


def test_a_session_of_staff_ends_with_the_day_after_a_second_factor(client, settings, agent):
    secret = add_totp(agent).wrap().instance.data["secret"]
    code = format_hotp_value(
        hotp_value(get_adapter().decrypt(secret), next(yield_hotp_counters_from_time()))
    )
    client.post(reverse("account_login"), {"login": agent.email, "password": PASSWORD})

    client.post(reverse("mfa_authenticate"), {"code": code})

    assert client.session["_auth_user_id"] == str(agent.pk)
    assert client.session.get_expiry_age() == settings.STAFF_SESSION_AGE
