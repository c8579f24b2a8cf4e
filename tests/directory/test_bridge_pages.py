"""The pages of the solidarity bridge: no account, no cookie; links show, buttons act."""

from datetime import timedelta
from itertools import count

import pytest
from django.contrib.auth.models import Permission
from django.urls import reverse
from django.utils import timezone

from directory.enums import AdEnding, AdKind, AdSide, AdStatus
from directory.models import AdReply, SolidarityAd
from directory.services import bridge, bridge_replies
from emn.accounts import personal_data
from emn.accounts.models import User
from emn.lib.forms import is_proof, new_challenge
from emn.mailings.models import OutboundEmail
from tests.directory.bridge import (
    AUTHOR,
    REPLIER,
    RNA,
    SIRET,
    TEXT,
    counted_by_both,
    mails,
    offer,
    published,
    replied,
    unconfirmed,
    unsent,
    waiting,
)
from tests.directory.factories import CommuneFactory, UserFactory

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("commits")]
LIST_QUERIES = 3
HANDLE = "handle_solidarityad"


def proved(**values):
    challenge = new_challenge(now=timezone.now() - timedelta(seconds=10))
    proof = next(str(number) for number in count() if is_proof(challenge, str(number)))
    return values | {"challenge": challenge, "proof": proof}


def an_ad(**changed):
    CommuneFactory()
    values = {
        "kind": "equipment",
        "title": "Quatre ordinateurs pour notre atelier",
        "text": TEXT,
        "quantity": "4",
        "commune": "Sarrebourg",
        "organisation": "Le Coup de Pouce",
        "number": "w572 001 234",
        "contact_name": "Paul Klein",
        "contact_email": AUTHOR,
    }
    return proved(**values | changed)


def a_reply(**changed):
    values = {
        "text": "Nous en avons deux de trop, en bon état.",
        "organisation": "Boulangerie",
        "number": SIRET,
        "contact_name": "Léa Meyer",
        "contact_email": REPLIER,
    }
    return proved(**values | changed)


def page_of(row, purpose):
    return bridge.path(row.pk, purpose, "fr")


class TestWriting:
    def test_an_association_posts_without_account_nor_cookie(self, client):
        answer = client.post(reverse("bridge:need"), an_ad())

        ad = SolidarityAd.objects.get()
        assert answer["Location"] == reverse("bridge:sent")
        assert (ad.side, ad.number, ad.status) == (AdSide.NEED, RNA, AdStatus.UNCONFIRMED)
        assert OutboundEmail.objects.get().to_email == AUTHOR
        assert not client.cookies

    def test_the_answer_is_the_same_once_the_mailbox_is_capped(self, client):
        answers = {client.post(reverse("bridge:need"), an_ad())["Location"] for _ in range(5)}

        assert answers == {reverse("bridge:sent")}

    @pytest.mark.parametrize(
        ("name", "value"),
        [
            ("number", "W57200123"),
            ("number", "41816609600068"),
            ("title", "Écrivez à paul@coup-de-pouce.example"),
            ("text", "Appelez-nous au 03 87 00 00 00, merci"),
            ("commune", "Atlantis"),
            ("quantity", "0"),
            ("quantity", "1001"),
        ],
    )
    def test_what_is_refused_comes_back_filled(self, client, name, value):
        answer = client.post(reverse("bridge:need"), an_ad(**{name: value}))

        assert list(answer.context["form"].errors) == [name]
        assert "Le Coup de Pouce" in answer.content.decode()
        assert not SolidarityAd.objects.exists()

    def test_machines_are_given_with_their_disks_erased(self, client):
        url = reverse("bridge:offer")

        refused = client.post(url, an_ad(number=SIRET))
        client.post(url, an_ad(number=SIRET, erases_disks="on"))

        assert list(refused.context["form"].errors) == ["erases_disks"]
        assert SolidarityAd.objects.get().erases_disks
        assert "récrire tout le contenu" in client.get(url).content.decode()

    def test_hours_need_no_such_word(self, client):
        client.post(reverse("bridge:offer"), an_ad(number=SIRET, kind="hours"))

        assert SolidarityAd.objects.get().kind == AdKind.HOURS

    def test_a_firm_gives_its_siret(self, client):
        answer = client.post(reverse("bridge:offer"), an_ad(kind="hours"))

        assert list(answer.context["form"].errors) == ["number"]

    def test_a_robot_is_refused(self, client):
        client.post(reverse("bridge:need"), an_ad(website="https://spam.example"))

        assert not SolidarityAd.objects.exists()


class TestConfirming:
    def test_the_link_shows_and_the_button_acts(self, client):
        ad = unconfirmed(now=timezone.now())
        url = page_of(ad, bridge.CONFIRM)

        shown = client.get(url).content.decode()
        assert TEXT in shown
        assert SolidarityAd.objects.get().confirmed_at is None
        done = client.post(url).content.decode()

        assert SolidarityAd.objects.get().status == AdStatus.WAITING
        assert "Votre annonce est partie" in done
        assert not client.cookies

    def test_a_secret_opens_its_own_page_only(self, client):
        ad, reply = published(), None
        reply = unsent(ad)
        secret = bridge.token(ad.pk, bridge.FOLLOW)

        for name, value in (
            ("confirm", secret), ("reply", secret), ("follow", secret + "x"),
            ("follow", bridge.token(reply.pk, bridge.REPLY)),
        ):  # fmt: skip
            assert client.get(reverse(f"bridge:{name}", args=[value])).status_code == 404

    def test_one_that_was_forgotten_opens_nothing(self, client):
        ad = published()
        reply = replied(ad)
        SolidarityAd.objects.update(
            contact_email="", forgotten_at=timezone.now(), status=AdStatus.CLOSED,
            ending=AdEnding.WITHDRAWN, ended_at=timezone.now(),
        )  # fmt: skip

        assert client.get(page_of(ad, bridge.FOLLOW)).status_code == 404
        assert client.get(page_of(reply, bridge.REPLY)).status_code == 404


class TestReading:
    @pytest.mark.parametrize("number", [1, 3])
    def test_list_asks_as_much_for_three_as_for_one(
        self, client, number, django_assert_num_queries
    ):
        for _rank in range(number):
            published()
        client.get(reverse("bridge:list"))

        with django_assert_num_queries(LIST_QUERIES):
            page = client.get(reverse("bridge:list"))

        assert page.content.decode().count("Quatre ordinateurs") == number

    def test_list_is_narrowed(self, client):
        need = published()
        given = offer(kind=AdKind.HOURS)
        other = published(commune=CommuneFactory(insee_code="57463", name="Metz"))

        def found(**asked):
            return {ad.pk for ad in client.get(reverse("bridge:list"), asked).context["page"]}

        assert found() == {need.pk, given.pk, other.pk}
        assert found(cote="offres") == {given.pk}
        assert found(cote="besoins") == {need.pk, other.pk}
        assert found(genre="hours") == {given.pk}
        assert found(commune="57463") == {other.pk}
        assert found(territoire=need.commune.epci_id) >= {need.pk, given.pk}
        assert found(genre="inconnu", cote="inconnu") == {need.pk, given.pk, other.pk}

    def test_only_what_is_online_is_shown(self, client):
        shown, hidden = published(), waiting(title="Pas encore lue du tout")

        page = client.get(reverse("bridge:list")).content.decode()

        assert shown.title in page
        assert hidden.title not in page
        assert client.get(hidden.get_absolute_url()).status_code == 404
        assert hidden.get_absolute_url() not in client.get("/sitemap-ads.xml").content.decode()
        assert shown.get_absolute_url() in client.get("/sitemap-ads.xml").content.decode()
        found = client.get(reverse("search"), {"q": "ordinateurs"}).content.decode()
        assert shown.get_absolute_url() in found

    def test_no_page_gives_an_address(self, client):
        ad = published()
        replied(ad)

        for url in (
            reverse("bridge:list"), ad.get_absolute_url(), reverse("bridge:answer", args=[ad.slug])
        ):  # fmt: skip
            page = client.get(url).content.decode()
            assert AUTHOR not in page
            assert REPLIER not in page
            assert "Paul Klein" not in page

    def test_figure_says_what_both_sides_say(self, client):
        counted_by_both(published(kind=AdKind.HOURS), 214, 300)
        page = client.get(reverse("bridge:list")).content.decode()

        assert "214 heures offertes depuis 2026" in page

    def test_machines_remind_of_their_disks(self, client):
        page = client.get(published().get_absolute_url()).content.decode()

        assert "Des disques effacés avant le don" in page
        hours = client.get(published(kind=AdKind.HOURS).get_absolute_url()).content.decode()
        assert "disques" not in hours

    def test_the_address_of_the_contract_leads_there(self, client):
        answer = client.get("/solidarite/")

        assert (answer.status_code, answer["Location"]) == (301, reverse("bridge:list"))


class TestReplying:
    def test_a_reply_is_confirmed_then_sent(self, client):
        ad = published(now=timezone.now())

        answer = client.post(reverse("bridge:answer", args=[ad.slug]), a_reply())
        reply = AdReply.objects.get()
        url = page_of(reply, bridge.REPLY)
        client.get(url)
        assert not mails("reply").exists()
        client.post(url)

        assert answer["Location"] == reverse("bridge:sent")
        assert mails("reply").get().to_email == AUTHOR
        assert not client.cookies

    def test_no_reply_to_what_is_not_online(self, client):
        ad = waiting()

        assert client.post(reverse("bridge:answer", args=[ad.slug]), a_reply()).status_code == 404

    def test_an_ad_that_ends_as_one_replies_is_gone(self, client, monkeypatch):
        ad = published(now=timezone.now())
        deposit = bridge_replies.deposit_reply

        def late(**given):
            bridge.withdraw_ad(ad_id=ad.pk, now=timezone.now())
            return deposit(**given)

        monkeypatch.setattr(bridge_replies, "deposit_reply", late)

        assert client.post(reverse("bridge:answer", args=[ad.slug]), a_reply()).status_code == 404

    def test_a_refusal_is_said_on_the_page(self, client):
        ad = published(now=timezone.now())
        reply = unsent(ad)
        bridge.withdraw_ad(ad_id=ad.pk, now=timezone.now())

        assert "plus en ligne" in client.post(page_of(reply, bridge.REPLY)).content.decode()

    def test_the_one_who_replied_says_how_many(self, client):
        reply = replied(published())
        url = page_of(reply, bridge.REPLY)

        client.post(url, {"count": "-1"})
        assert AdReply.objects.get().replier_count is None
        client.post(url, {"count": "2"})

        assert AdReply.objects.get().replier_count == 2


class TestFollowing:
    def test_the_author_reads_the_replies_and_counts(self, client):
        ad = published()
        reply = replied(ad)
        url = page_of(ad, bridge.FOLLOW)

        page = client.get(url).content.decode()
        assert REPLIER in page
        client.post(url, {"do": "count", "reply": reply.pk, "count": "2", "keeps_open": "on"})
        assert AdReply.objects.get().author_count == 2
        assert SolidarityAd.objects.get().is_published
        client.post(url, {"do": "withdraw"})

        assert SolidarityAd.objects.get().ending == AdEnding.WITHDRAWN

    def test_the_page_says_whether_the_other_side_has_yet_to_speak(self, client):
        ad = published()
        first, second = replied(ad), replied(ad, email="autre@firme.example")
        bridge_replies.count_by_replier(reply_id=second.pk, count=1, now=timezone.now())

        def said(reply):
            asked = {"do": "count", "reply": reply.pk, "count": "1", "keeps_open": "on"}
            page = client.post(page_of(ad, bridge.FOLLOW), asked, follow=True)
            return page.content.decode()

        assert "invité à le dire aussi" in said(first)
        page = said(second)
        assert "C’est compté." in page
        assert "invité à le dire aussi" not in page

    def test_what_is_forgotten_between_the_page_and_the_lock_is_gone(self, client, monkeypatch):
        ad = published(now=timezone.now())
        new, reply, unsaid = (
            unconfirmed(now=timezone.now()),
            replied(ad),
            unsent(ad, email="b@c.fr"),
        )
        count = {"count": "1", "do": "count", "reply": reply.pk}

        def late(**given):
            raise SolidarityAd.DoesNotExist

        for service, name, row, purpose, asked in (
            (bridge, "confirm_ad", new, bridge.CONFIRM, {}),
            (bridge, "renew_ad", ad, bridge.FOLLOW, {"do": "renew"}),
            (bridge_replies, "count_by_author", ad, bridge.FOLLOW, count),
            (bridge_replies, "confirm_reply", unsaid, bridge.REPLY, {}),
            (bridge_replies, "count_by_replier", reply, bridge.REPLY, count),
        ):  # fmt: skip
            monkeypatch.setattr(service, name, late)
            assert client.post(page_of(row, purpose), asked).status_code == 404

    def test_renews(self, client):
        ad = published(now=timezone.now() - timedelta(days=2))

        client.post(page_of(ad, bridge.FOLLOW), {"do": "renew"})

        assert SolidarityAd.objects.get().expires_at > ad.expires_at

    def test_another_ad_has_no_reply_here(self, client):
        mine, theirs = published(), published()
        reply = replied(theirs)
        url = page_of(mine, bridge.FOLLOW)

        for given in (reply.pk, "", "x"):
            asked = {"do": "count", "reply": given, "count": "2"}
            assert client.post(url, asked).status_code == 404
        assert client.post(url, {"do": "other"}).status_code == 404
        assert AdReply.objects.get().author_count is None

    def test_one_that_was_forgotten_is_neither_shown_nor_counted(self, client):
        ad = published()
        reply = replied(ad)
        personal_data.erase_everything_about(UserFactory(email=REPLIER))
        url = page_of(ad, bridge.FOLLOW)

        assert "Boulangerie" not in client.get(url).content.decode()
        asked = {"do": "count", "reply": reply.pk, "count": "2"}
        assert client.post(url, asked).status_code == 404

    def test_a_count_that_is_none_is_refused_in_words(self, client):
        ad = published()
        reply = replied(ad)

        asked = {"do": "count", "reply": reply.pk, "count": "beaucoup"}
        page = client.post(page_of(ad, bridge.FOLLOW), asked).content.decode()

        assert "Donnez un nombre" in page

    def test_what_both_said_is_closed(self, client):
        ad = published()
        reply = counted_by_both(ad, 2, 2)

        assert "2 machines" in client.get(page_of(ad, bridge.FOLLOW)).content.decode()
        page = client.post(page_of(reply, bridge.REPLY), {"count": "9"}).content.decode()
        assert "tous les deux" in page
        with pytest.raises(bridge.BridgeRefused):
            bridge_replies.count_by_author(
                reply_id=reply.pk, count=9, keeps_open=True, now=timezone.now()
            )


@pytest.fixture
def agent(client):
    user = User.objects.create_user(email="agent@emn.example", is_staff=True)
    for code in ("view_solidarityad", "view_adreply", HANDLE):
        user.user_permissions.add(Permission.objects.get(codename=code))
    client.force_login(user)
    return user


class TestStaff:
    def test_queue_shows_what_was_confirmed(self, client, agent):
        shown, unseen = waiting(), unconfirmed(title="Pas encore confirmée ici")

        page = client.get(reverse("admin:directory_solidarityad_changelist")).content.decode()

        assert shown.title in page
        assert unseen.title not in page

    def test_buttons_publish_refuse_and_correct(self, client, agent):
        first, second = waiting(), waiting()

        def url(name, row):
            return reverse(f"admin:directory_solidarityad_{name}", args=[row.pk])

        detail = client.get(url("change", first)).content.decode()
        assert all(url(name, first) in detail for name in ("publish", "correct", "refuse"))
        corrected = {
            "kind": "equipment", "title": "Quatre ordinateurs", "text": TEXT, "quantity": "3",
            "commune": "57630", "organisation": "Le Coup de Pouce",
        }  # fmt: skip
        client.post(url("correct", first), corrected)
        client.post(url("publish", first))
        client.post(url("refuse", second), {"reason": "Hors du numérique."})
        detail = client.get(url("change", first)).content.decode()
        assert url("take_down", first) in detail

        first.refresh_from_db()
        second.refresh_from_db()
        assert (first.status, first.quantity, first.decided_by) == ("published", 3, agent)
        assert (second.status, second.refusal) == ("refused", "Hors du numérique.")
        history = client.get(url("history", first)).content.decode()
        assert "Corriger l’annonce" in history
        assert "Mettre l’annonce en ligne" in history

    def test_a_published_ad_is_taken_offline_with_a_reason(self, client, agent):
        ad = published()
        url = reverse("admin:directory_solidarityad_take_down", args=[ad.pk])

        client.post(url, {"reason": ""})
        assert SolidarityAd.objects.get().is_published
        client.post(url, {"reason": "Une arnaque."})

        assert SolidarityAd.objects.get().refusal == "Une arnaque."
        assert client.get(ad.get_absolute_url()).status_code == 404
        page = client.get(page_of(ad, bridge.FOLLOW)).content.decode()
        assert "Elle n’est plus en ligne. Motif" in page

    def test_deciding_asks_for_the_permission(self, client, agent):
        agent.user_permissions.remove(Permission.objects.get(codename=HANDLE))
        ad = waiting()

        answer = client.post(reverse("admin:directory_solidarityad_publish", args=[ad.pk]))

        assert answer.status_code == 403

    def test_replies_are_listed_without_those_not_sent(self, client, agent):
        ad = published()
        replied(ad)
        unsent(ad, email="autre@firme.example", organisation="Pas encore envoyée")

        page = client.get(reverse("admin:directory_adreply_changelist")).content.decode()

        assert "Boulangerie des Trois Évêchés" in page
        assert "Pas encore envoyée" not in page
