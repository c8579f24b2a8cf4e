"""The animator of a grappe invites by e-mail; the firm alone says yes."""

import re
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier
from urllib.parse import urlsplit

import pytest
from django.db import connection
from django.urls import reverse
from django.utils import timezone

from directory.enums import ClusterMemberStatus, ClusterRole, MemberKind
from directory.models import Cluster, ClusterInvitation, ClusterMember
from directory.services import cluster_invitations as invitations
from directory.services import clusters
from directory.services.clusters import ClusterRefused
from emn.accounts.services import purge_personal_data
from emn.mailings.models import OutboundEmail
from tests.accounts.conftest import make_user
from tests.directory.clusters import ClusterFactory, animator_of, grappe, member, next_siret
from tests.directory.factories import NOW, CompanyFactory, MembershipFactory

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("commits")]
GUEST = "lea@capteurs.example"
GIVEN = {"kind": "firm", "contribution": "Un banc d’essai.", "agreed": "on"}


@pytest.fixture
def forming():
    """Return a grappe of one: nobody but its animator sees it."""
    cluster = ClusterFactory(name="Maison tranquille")
    member(cluster, role=ClusterRole.ANIMATOR)
    return cluster


def invite(cluster, email=GUEST, *, now=NOW, language="fr"):
    invitations.invite(
        cluster_id=cluster.pk, by_id=animator_of(cluster).pk, email=email, language=language,
        sender="CAPTEURS SAS", now=now,
    )  # fmt: skip
    return ClusterInvitation.objects.pending().filter(email=email.lower()).first()


def guest(email=GUEST):
    company = CompanyFactory(name="BANC ESSAI", siret=next_siret())
    return MembershipFactory(user=make_user(email), company=company)


def accept(invitation, link, *, now=NOW):
    return invitations.accept(
        invitation_id=invitation.pk, company_id=link.company_id, user_id=link.user_id,
        kind=MemberKind.FIRM, contribution="Un banc d’essai.", skill_ids=[], now=now,
    )  # fmt: skip


def link_of(invitation):
    return reverse("clusters:invitation", args=[invitations.token(invitation.pk)])


def own_page(cluster):
    return cluster.members.get(role=ClusterRole.ANIMATOR).get_absolute_url()


def mails(kind="cluster_invited_by_mail"):
    return OutboundEmail.objects.filter(kind=f"directory/emails/{kind}")


def test_a_grappe_that_nobody_sees_grows_by_the_mail_of_its_animator(client, forming):
    client.force_login(animator_of(forming))
    client.post(own_page(forming), {"do": "invite", "email": GUEST, "language": "de"})
    link = guest()
    client.force_login(link.user)

    address = urlsplit(re.search(r"http\S+/invitation/\S+", mails().get().text_body)[0]).path
    page = client.get(address).content.decode()
    assert not ClusterMember.objects.filter(company=link.company).exists()  # reading does nothing
    response = client.post(address, {**GIVEN, "company": link.company_id})

    row = ClusterMember.objects.get(company=link.company)
    sent = mails().get(to_email=GUEST)
    assert sent.language == "de"
    assert address.startswith("/de/")
    assert "Rendre compte" in page  # the charter
    assert response["Location"] == f"/de{row.get_absolute_url()}"
    assert row.status == ClusterMemberStatus.MEMBER
    assert row.agreed_by == link.user
    assert mails("cluster_entered").get().to_email == animator_of(forming).email
    assert client.post(address, GIVEN).status_code == 404  # it served


def test_without_the_charter_nobody_enters(client, forming):
    invitation = invite(forming, now=timezone.now())
    link = guest()
    client.force_login(link.user)

    client.post(link_of(invitation), {**GIVEN, "company": link.company_id, "agreed": ""})

    assert not ClusterMember.objects.filter(company=link.company).exists()


def test_the_animator_reads_the_same_for_every_address(client, forming):
    client.force_login(animator_of(forming))
    known = member(forming)
    told = []
    for email in (known.company.memberships.get().user.email, "personne@nulle-part.example"):
        response = client.post(
            own_page(forming), {"do": "invite", "email": email, "language": "fr"}, follow=True
        )
        told.append([str(message) for message in response.context["messages"]])

    assert told[0] == told[1]
    assert mails().count() == 2


def test_another_account_reads_nothing_and_enters_nowhere(client, forming):
    invitation = invite(forming, now=timezone.now())
    other = guest("autre@firm.example")
    client.force_login(other.user)

    page = client.get(link_of(invitation)).content.decode()

    assert "Rendre compte" not in page
    with pytest.raises(ClusterRefused, match="connectez-vous"):
        accept(invitation, other, now=timezone.now())


def test_an_address_that_is_not_confirmed_may_not_use_it(forming):
    invitation = invite(forming)
    link = guest()
    link.user.emailaddress_set.update(verified=False)

    with pytest.raises(ClusterRefused, match="connectez-vous"):
        accept(invitation, link)


@pytest.mark.parametrize("end", ["late", "taken back", "made up", "closed", "put out"])
def test_an_invitation_that_is_over_says_so(client, forming, end):
    now = timezone.now()
    invitation = invite(forming, now=now - timedelta(days=31 if end == "late" else 0))
    address = link_of(invitation)
    animator = forming.members.get(role=ClusterRole.ANIMATOR)
    if end == "taken back":
        client.force_login(animator_of(forming))
        client.post(own_page(forming), {"do": "recall", "key": invitation.pk})
    if end == "made up":
        address = reverse("clusters:invitation", args=[f"{invitation.pk}:made-up"])
    if end == "closed":
        clusters.close(cluster_id=forming.pk, reason="Objectif atteint.", now=now)
    if end == "put out":
        clusters.give_role(member_id=animator.pk, kind="firm", role=ClusterRole.MEMBER)
    link = guest()
    client.force_login(link.user)

    response = client.post(address, {**GIVEN, "company": link.company_id})

    assert response.status_code == 404
    assert "ne vaut plus" in response.content.decode()
    if end != "made up":
        with pytest.raises(ClusterInvitation.DoesNotExist):
            accept(invitation, link, now=now)


def test_a_member_that_does_not_animate_neither_invites_nor_takes_back(client, forming):
    invitation = invite(forming)
    plain = member(forming)
    client.force_login(plain.company.memberships.get().user)

    page = client.get(plain.get_absolute_url()).content.decode()
    for given in (
        {"do": "invite", "email": "x@y.example", "language": "fr"},
        {"do": "recall", "key": invitation.pk},
    ):
        assert client.post(plain.get_absolute_url(), given).status_code == 404

    assert GUEST not in page
    assert ClusterInvitation.objects.pending().get() == invitation


def test_the_animator_of_another_grappe_does_not_take_it_back(forming):
    invitation = invite(forming)
    other = grappe()

    with pytest.raises(ClusterInvitation.DoesNotExist):
        invitations.take_back(
            cluster_id=other.pk, by_id=animator_of(other).pk, invitation_id=invitation.pk, now=NOW
        )
    with pytest.raises(Cluster.DoesNotExist):
        invitations.take_back(
            cluster_id=forming.pk, by_id=animator_of(other).pk, invitation_id=invitation.pk, now=NOW
        )


def test_inviting_twice_a_day_writes_once_and_starts_the_month_again(forming):
    invite(forming)

    again = invite(forming, GUEST.upper(), now=NOW + timedelta(hours=2))
    invite(forming, now=NOW + timedelta(days=1))

    assert ClusterInvitation.objects.count() == 1
    assert again.expires_at == NOW + timedelta(days=30, hours=2)
    assert mails().count() == 2


def test_ten_invitations_a_day_and_no_more(forming):
    for number in range(10):
        invite(forming, f"p{number}@firm.example")

    with pytest.raises(ClusterRefused, match="Dix"):
        invite(forming)
    assert invite(forming, now=NOW + timedelta(days=1)) is not None


def test_a_firm_that_is_in_is_not_entered_twice(forming):
    link = guest()
    member(forming, company=link.company)

    with pytest.raises(ClusterRefused, match="déjà"):
        accept(invite(forming), link)


def test_a_firm_for_which_one_does_not_answer_is_out_of_reach(client, forming):
    invitation = invite(forming, now=timezone.now())
    link, other = guest(), guest("autre@firm.example")
    client.force_login(link.user)

    page = client.post(link_of(invitation), {**GIVEN, "company": other.company_id})

    assert page.context["form"].errors["company"]
    assert not ClusterMember.objects.filter(company=other.company).exists()


def test_the_address_is_forgotten_a_month_after_its_term(forming):
    invite(forming)

    purge_personal_data(now=NOW + timedelta(days=61), write=True)

    assert not ClusterInvitation.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_a_link_pressed_twice_at_once_lets_one_in(forming):
    invitation, link = invite(forming), guest()
    start = Barrier(2)

    def press(_number):
        start.wait(timeout=20)
        try:
            accept(invitation, link)
        except (ClusterInvitation.DoesNotExist, ClusterRefused):
            return 0
        else:
            return 1
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as pool:
        entered = sum(pool.map(press, range(2)))

    assert entered == 1
    assert ClusterMember.objects.filter(company=link.company).count() == 1
