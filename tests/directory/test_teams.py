"""Who acts for a company: invitations, roles, leaving; one responsible person always stays."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier

import pytest
from django.db import connection
from django.urls import reverse
from django.utils import timezone

from directory.enums import MembershipRole
from directory.models import Company, Membership, TeamInvitation
from directory.services import teams
from directory.services.teams import TeamRefused
from emn.accounts.services import purge_personal_data
from emn.mailings.models import OutboundEmail
from tests.accounts.conftest import make_user
from tests.directory.factories import NOW, CompanyFactory, MembershipFactory

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("commits")]
GUEST = "marc@boulangerie.example"


@pytest.fixture
def owner():
    return MembershipFactory(user=make_user("lea@boulangerie.example")).user


def invite(owner, email=GUEST, *, role="editor", now=NOW):
    company = owner.companies.get()
    teams.invite(company_id=company.pk, by_id=owner.pk, email=email, role=role, now=now)
    return TeamInvitation.objects.pending().filter(company=company, email=email.lower()).first()


def accept(invitation, user, *, now=NOW):
    return teams.accept(invitation_id=invitation.pk, user_id=user.pk, now=now)


def joined(owner, email=GUEST, *, role="editor"):
    invitation = invite(owner, email, role=role)
    accept(invitation, make_user(email))
    return Membership.objects.get(user__email=email)


def mails(kind):
    return OutboundEmail.objects.filter(kind=f"directory/emails/{kind}")


def link_of(invitation):
    return reverse("dossier:invitation", args=[teams.token(invitation.pk)])


# --- Invitations ---


def test_an_invited_address_joins_and_those_responsible_are_told(client, owner):
    invitation = invite(owner, now=timezone.now())
    guest = make_user(GUEST)
    assert link_of(invitation) in mails("team_invited").get(to_email=GUEST).text_body
    client.force_login(guest)

    page = client.get(link_of(invitation))
    assert not guest.companies.exists()  # reading changes nothing
    response = client.post(link_of(invitation))

    company = owner.companies.get()
    assert page.context["may_accept"]
    assert response["Location"] == reverse("dossier:file", args=[company.pk])
    assert Membership.objects.get(user=guest).role == MembershipRole.EDITOR
    assert GUEST in mails("team_joined").get(to_email=owner.email).text_body
    assert client.post(link_of(invitation)).status_code == 404  # it served


def test_another_account_may_not_use_the_link(client, owner):
    invitation = invite(owner, now=timezone.now())
    other = make_user("autre@firm.example")
    client.force_login(other)

    page = client.get(link_of(invitation)).content.decode()
    client.post(link_of(invitation))

    assert GUEST in page
    assert not other.companies.exists()


def test_an_address_that_is_not_confirmed_may_not_use_it(owner):
    invitation = invite(owner)
    guest = make_user(GUEST)
    guest.emailaddress_set.update(verified=False)

    with pytest.raises(TeamRefused, match="connectez-vous"):
        accept(invitation, guest)


@pytest.mark.parametrize("end", ["late", "taken back", "made up"])
def test_an_invitation_that_is_over_says_so(client, owner, end):
    now = timezone.now()
    invitation = invite(owner, now=now - timedelta(days=15 if end == "late" else 0))
    link = link_of(invitation)
    if end == "taken back":
        teams.take_back_invitation(
            company_id=invitation.company_id, by_id=owner.pk, invitation_id=invitation.pk, now=now
        )
    if end == "made up":
        link = reverse("dossier:invitation", args=[f"{invitation.pk}:made-up"])
    client.force_login(make_user(GUEST))

    response = client.get(link)

    assert response.status_code == 404
    assert "ne vaut plus" in response.content.decode()


def test_inviting_twice_a_day_writes_once_and_starts_the_fortnight_again(owner):
    invite(owner)

    again = invite(owner, GUEST.upper(), now=NOW + timedelta(hours=2))
    invite(owner, now=NOW + timedelta(days=1))

    assert TeamInvitation.objects.count() == 1
    assert again.expires_at == NOW + timedelta(days=14, hours=2)
    assert mails("team_invited").count() == 2


def test_twenty_invitations_a_day_and_no_more(owner):
    for number in range(20):
        invite(owner, f"p{number}@firm.example")

    with pytest.raises(TeamRefused, match="Vingt"):
        invite(owner)
    assert invite(owner, now=NOW + timedelta(days=1)) is not None


def test_only_whoever_is_responsible_changes_the_team(owner):
    editor = joined(owner)
    company = owner.companies.get()
    own = company.memberships.get(user=owner)

    for act in (
        lambda: teams.invite(
            company_id=company.pk, by_id=editor.user_id, email="x@y.example", role="owner", now=NOW
        ),
        lambda: teams.remove(
            company_id=company.pk, by_id=editor.user_id, membership_id=own.pk, now=NOW
        ),
        lambda: teams.change_role(
            company_id=company.pk, by_id=editor.user_id, membership_id=own.pk, role="editor",
            now=NOW,
        ),
    ):  # fmt: skip
        with pytest.raises(Company.DoesNotExist):
            act()


def test_someone_of_another_team_is_out_of_reach(owner):
    elsewhere = MembershipFactory()

    with pytest.raises(Membership.DoesNotExist):
        teams.remove(
            company_id=owner.companies.get().pk, by_id=owner.pk, membership_id=elsewhere.pk, now=NOW
        )


# --- Roles, leaving ---


def test_a_team_keeps_someone_responsible(owner):
    company = owner.companies.get()
    own = company.memberships.get(user=owner)
    other = joined(owner)
    who = {"company_id": company.pk, "by_id": owner.pk, "now": NOW}

    with pytest.raises(TeamRefused, match="responsable"):
        teams.leave(company_id=company.pk, user_id=owner.pk, now=NOW)
    with pytest.raises(TeamRefused, match="responsable"):
        teams.change_role(membership_id=own.pk, role="editor", **who)
    teams.change_role(membership_id=other.pk, role="owner", **who)
    teams.leave(company_id=company.pk, user_id=owner.pk, now=NOW)

    assert list(company.memberships.values_list("user", "role")) == [(other.user_id, "owner")]
    assert mails("team_role").get().to_email == GUEST
    assert owner.email in mails("team_left").get(to_email=GUEST).text_body


def test_an_editor_leaves_though_nobody_responsible_is_left(owner):
    editor = joined(owner)
    owner.is_active = False
    owner.save()

    teams.leave(company_id=editor.company_id, user_id=editor.user_id, now=NOW)

    assert not Membership.objects.filter(pk=editor.pk).exists()


@pytest.mark.parametrize("key", ["", "x", "\N{SUPERSCRIPT TWO}", "9" * 5_000])
@pytest.mark.parametrize("do", ["remove", "owner", "cancel"])
def test_who_is_nobody_of_the_team_is_not_found(client, owner, do, key):
    client.force_login(owner)
    team = reverse("dossier:team", args=[owner.memberships.get().company_id])

    assert client.post(team, {"do": do, "key": key}).status_code == 404


def test_whoever_is_removed_is_told_and_sees_the_file_no_more(client, owner):
    editor = joined(owner)
    page = reverse("dossier:file", args=[editor.company_id])
    client.force_login(editor.user)
    assert client.get(page).status_code == 200
    client.force_login(owner)

    client.post(
        reverse("dossier:team", args=[editor.company_id]), {"do": "remove", "key": editor.pk}
    )

    client.force_login(editor.user)
    assert client.get(page).status_code == 404
    assert mails("team_removed").get().to_email == GUEST


@pytest.mark.django_db(transaction=True)
def test_two_who_are_responsible_and_leave_at_once_do_not_both():
    company = CompanyFactory()
    people = [MembershipFactory(company=company).user_id for _number in range(2)]
    start = Barrier(2)

    def attempt(user_id):
        start.wait()
        try:
            teams.leave(company_id=company.pk, user_id=user_id, now=NOW)
        except TeamRefused:
            return False
        finally:
            connection.close()
        return True

    with ThreadPoolExecutor(2) as pool:
        left = list(pool.map(attempt, people))

    assert sorted(left) == [False, True]
    assert company.memberships.count() == 1


# --- The page ---


def test_the_page_shows_what_each_may_do(client, owner):
    editor = joined(owner)
    page = reverse("dossier:team", args=[editor.company_id])

    client.force_login(editor.user)
    of_editor = client.get(page).content.decode()
    client.force_login(owner)
    of_owner = client.get(page).content.decode()

    assert "Inviter quelqu’un" in of_owner
    assert "Inviter quelqu’un" not in of_editor
    assert 'value="leave"' in of_editor


def test_a_refused_invitation_comes_back_filled(client, owner):
    company = owner.companies.get()
    client.force_login(owner)

    response = client.post(
        reverse("dossier:team", args=[company.pk]),
        {"do": "invite", "email": owner.email, "role": "owner"},
    )

    page = response.content.decode()
    assert "déjà dans l’équipe" in page
    assert f'value="{owner.email}"' in page


def test_unknown_acts_and_others_teams_are_404(client, owner):
    company = owner.companies.get()
    client.force_login(owner)

    assert client.post(reverse("dossier:team", args=[company.pk]), {"do": "x"}).status_code == 404
    assert client.get(reverse("dossier:team", args=[CompanyFactory().pk])).status_code == 404


@pytest.mark.parametrize("count", [1, 3])
def test_the_page_asks_as_much_for_many(client, owner, django_assert_num_queries, count):
    company = owner.companies.get()
    MembershipFactory.create_batch(count, company=company)
    for number in range(count):
        invite(owner, f"p{number}@firm.example")
    client.force_login(owner)

    with django_assert_num_queries(6):
        client.get(reverse("dossier:team", args=[company.pk]))


def test_an_old_invitation_is_forgotten(owner):
    invite(owner, now=NOW)

    purge_personal_data(now=NOW + timedelta(days=45), write=True)

    assert not TeamInvitation.objects.exists()
