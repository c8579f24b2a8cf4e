"""The solidarity bridge: ads, replies, counts, the clock, what is forgotten."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from directory.bridge.rules import (
    LIVES_FOR,
    MOST_ALIVE_PER_MAILBOX,
    REMIND_BEFORE,
    agreed,
    association_number_of,
    gives_an_address,
    siret_of,
)
from directory.bridge_reports import Given, given_so_far
from directory.dossier import Asked
from directory.dossier_lines import help_given, offers
from directory.enums import AdEnding, AdKind, AdStatus
from directory.models import AdReply, SolidarityAd
from directory.services import bridge, bridge_clocks, bridge_handling, bridge_replies
from emn.accounts import personal_data
from emn.accounts.tasks import keep_personal_data_in_order
from emn.mailings.models import OutboundEmail
from tests.directory.bridge import (
    AUTHOR,
    REPLIER,
    RNA,
    SIRET,
    counted_by_both,
    mails,
    offer,
    published,
    replied,
    unconfirmed,
    unsent,
    waiting,
)
from tests.directory.factories import NOW, CompanyFactory, MembershipFactory, UserFactory

HOUR = timedelta(hours=1)


class TestRules:
    @pytest.mark.parametrize(
        ("typed", "number"),
        [
            ("w572 001-234", "W572001234"),
            ("418 166 096 00069", SIRET),
            ("41816609600068", None),  # a wrong key
            ("W57200123", None),
            ("W57200123٤", None),  # a digit, but not ours
            ("٤١٨١٦٦٠٩٦٠٠٠٦٩", None),
            ("", None),
        ],
    )
    def test_an_association_is_known_by_its_rna_or_its_siret(self, typed, number):
        assert association_number_of(typed) == number

    def test_a_firm_has_no_rna(self):
        assert siret_of(RNA) is None

    @pytest.mark.parametrize(
        ("text", "found"),
        [
            ("Écrivez à lea@boulangerie.example", True),
            ("Appelez le 03 87 00 00 00", True),
            ("Appelez le +33 387000000", True),
            ("Appelez le 0387000000.", True),
            ("Appelez le 0033387000000", True),
            ("Appelez le 00 33 3 87 00 00 00", True),
            ("Appelez le +33 (0)6 12 34 56 78", True),
            ("Appelez le +33(0)612345678", True),
            ("Appelez le 06/12/34/56/78", True),
            ("Voyez https://exemple.test/page", True),
            ("Voyez WWW.exemple.test", True),
            ("Voyez coup-de-pouce.fr, tout y est", True),
            ("Voyez Exemple.COM/gagner", True),
            ("Des ordinateurs, sous Windows. Deux ont de l’âge, etc. Frais offerts.", False),
            ("SIRET 00098000100019, livraison le 06/12/2026", False),
            ("12 machines de 2021, 8 Go, SIRET 41816609600069", False),
            ("Le mercredi, de 14 h à 18 h", False),
        ],
    )
    def test_an_address_in_a_public_text_is_seen(self, text, found):
        assert gives_an_address(text) is found

    @given(st.integers(0, 1000), st.integers(0, 1000))
    def test_what_is_agreed_is_never_more_than_either_says(self, one, other):
        assert agreed(one, other) == agreed(other, one) <= min(one, other)
        assert agreed(one, None) == agreed(None, other) == 0
        assert agreed(one, one) == one


@pytest.mark.django_db
@pytest.mark.usefixtures("commits")
class TestAds:
    def test_nobody_reads_an_ad_before_its_mailbox_confirms(self):
        ad = unconfirmed()

        assert not SolidarityAd.objects.waiting().exists()
        asked = mails("confirm").get()
        assert asked.to_email == AUTHOR
        assert ad.title not in asked.subject + asked.text_body  # a stranger’s words, unread yet
        bridge.confirm_ad(ad_id=ad.pk, now=NOW)
        bridge.confirm_ad(ad_id=ad.pk, now=NOW + HOUR)
        assert SolidarityAd.objects.waiting().get().confirmed_at == NOW
        assert mails("confirmed").count() == 1

    def test_a_mailbox_has_so_many_ads_at_once(self):
        for _rank in range(MOST_ALIVE_PER_MAILBOX):
            waiting()

        with pytest.raises(bridge.BridgeRefused, match="5 annonces"):
            waiting()

    def test_staff_puts_online_for_ninety_days(self):
        ad = published()

        assert (ad.status, ad.expires_at) == (AdStatus.PUBLISHED, NOW + timedelta(days=90))
        assert "/passerelle-solidaire/annonces/" in mails("published").get().text_body

    def test_staff_refuses_with_words(self):
        ad = waiting()

        refused = bridge_handling.refuse_ad(
            ad_id=ad.pk, reason="Ce n’est pas du numérique.", by_id=UserFactory().pk, now=NOW
        )

        assert (refused.status, refused.ended_at) == (AdStatus.REFUSED, NOW)
        assert "pas du numérique" in mails("refused").get().text_body

    def test_staff_takes_offline_and_both_sides_hear(self):
        ad, by = published(), UserFactory()
        replied(ad)

        bridge_handling.take_down(ad_id=ad.pk, reason="Une arnaque.", by_id=by.pk, now=NOW + HOUR)

        row = SolidarityAd.objects.get()
        assert (row.status, row.decided_by, row.ended_at) == (AdStatus.REFUSED, by, NOW + HOUR)
        told = mails("refused").get()
        assert "n’est plus en ligne" in told.subject
        assert "a retiré votre annonce" in told.text_body
        assert "Une arnaque." in told.text_body
        assert mails("ended").get().to_email == REPLIER
        with pytest.raises(bridge.BridgeRefused, match="pas en ligne"):
            bridge_handling.take_down(ad_id=ad.pk, reason="Non.", by_id=by.pk, now=NOW)

    @pytest.mark.parametrize("act", ["publish", "refuse"])
    def test_a_decision_is_taken_once(self, act):
        ad, by = published(), UserFactory().pk
        reason = {"reason": "Non."} if act == "refuse" else {}

        with pytest.raises(bridge.BridgeRefused, match="déjà décidée"):
            getattr(bridge_handling, f"{act}_ad")(ad_id=ad.pk, by_id=by, now=NOW, **reason)

    def test_staff_corrects_and_the_author_reads_what_it_says_now(self):
        ad = published()
        same = {name: getattr(ad, name) for name in bridge_handling.CORRECTED}

        with pytest.raises(bridge.BridgeRefused, match="Rien n’est changé"):
            bridge_handling.correct_ad(ad_id=ad.pk, values=same, now=NOW)
        bridge_handling.correct_ad(
            ad_id=ad.pk, values=same | {"title": "Quatre ordinateurs"}, now=NOW
        )

        assert SolidarityAd.objects.get().title == "Quatre ordinateurs"
        assert "Quatre ordinateurs\n" in mails("corrected").get().text_body

    def test_staff_makes_no_offer_of_machines_without_a_word_on_their_disks(self):
        ad = offer(kind=AdKind.ROOM, erases_disks=False)
        same = {name: getattr(ad, name) for name in bridge_handling.CORRECTED}

        with pytest.raises(bridge.BridgeRefused, match="disques"):
            bridge_handling.correct_ad(
                ad_id=ad.pk, values=same | {"kind": AdKind.EQUIPMENT}, now=NOW
            )

    def test_one_that_ended_is_corrected_no_more(self):
        ad = published()
        bridge.withdraw_ad(ad_id=ad.pk, now=NOW)

        with pytest.raises(bridge.BridgeRefused, match="terminée"):
            bridge_handling.correct_ad(ad_id=ad.pk, values={}, now=NOW)

    def test_withdrawing_tells_those_who_replied_and_were_not_served(self):
        ad = published()
        counted_by_both(ad, 2, 2)
        replied(ad, email="autre@firme.example")

        bridge.withdraw_ad(ad_id=ad.pk, now=NOW)

        assert SolidarityAd.objects.get().ending == AdEnding.WITHDRAWN
        assert [mail.to_email for mail in mails("ended")] == ["autre@firme.example"]
        with pytest.raises(bridge.BridgeRefused, match="déjà terminée"):
            bridge.withdraw_ad(ad_id=ad.pk, now=NOW)

    def test_what_is_not_online_is_not_renewed(self):
        with pytest.raises(bridge.BridgeRefused, match="plus en ligne"):
            bridge.renew_ad(ad_id=waiting().pk, now=NOW)


@pytest.mark.django_db
@pytest.mark.usefixtures("commits")
class TestReplies:
    def test_the_author_hears_of_a_reply_once_its_mailbox_confirms(self):
        ad = published()
        reply = unsent(ad)

        assert not mails("reply").exists()
        bridge_replies.confirm_reply(reply_id=reply.pk, now=NOW)
        bridge_replies.confirm_reply(reply_id=reply.pk, now=NOW + HOUR)

        mail = mails("reply").get()
        assert (mail.to_email, mail.reply_to) == (AUTHOR, REPLIER)
        assert "deux de trop" in mail.text_body
        assert AUTHOR not in mails("reply_confirm").get().text_body

    def test_no_message_that_is_answered_carries_the_secret_of_its_reader(self):
        counted_by_both(published(), 2, 2)

        answered = OutboundEmail.objects.exclude(reply_to="")
        assert answered.exists()
        assert not any("/suivi/" in mail.text_body + mail.html_body for mail in answered)
        assert "/suivi/" in mails("published").get().text_body

    def test_a_mailbox_replies_once_to_an_ad(self):
        ad = published()
        replied(ad)

        with pytest.raises(bridge.BridgeRefused, match="déjà répondu"):
            replied(ad)

    def test_no_reply_goes_to_an_ad_that_has_ended(self):
        ad = published()
        reply = unsent(ad)
        bridge.withdraw_ad(ad_id=ad.pk, now=NOW)

        with pytest.raises(bridge.BridgeRefused, match="plus en ligne"):
            bridge_replies.confirm_reply(reply_id=reply.pk, now=NOW)
        with pytest.raises(SolidarityAd.DoesNotExist):
            unsent(ad)

    def test_an_ad_takes_so_many_replies(self, monkeypatch):
        monkeypatch.setattr(bridge_replies, "MOST_REPLIES_PER_AD", 1)
        ad = published()
        replied(ad)

        with pytest.raises(bridge.BridgeRefused, match="beaucoup de réponses"):
            replied(ad, email="autre@firme.example")


@pytest.mark.django_db
@pytest.mark.usefixtures("commits")
class TestCounts:
    def test_nothing_is_counted_until_both_have_spoken(self):
        reply = replied(published())

        bridge_replies.count_by_author(reply_id=reply.pk, count=4, keeps_open=False, now=NOW)

        assert given_so_far() == []
        assert mails("count_asked_replier").get().to_email == REPLIER
        bridge_replies.count_by_replier(reply_id=reply.pk, count=3, now=NOW)
        assert given_so_far() == [Given(AdKind.EQUIPMENT, 3, NOW.year)]
        assert not mails("count_asked").exists()

    def test_the_one_who_replied_may_speak_first(self):
        ad = published()
        reply = replied(ad)

        bridge_replies.count_by_replier(reply_id=reply.pk, count=4, now=NOW)

        assert mails("count_asked").get().to_email == AUTHOR
        assert SolidarityAd.objects.get().is_published

    def test_one_that_says_nothing_was_given_counts_nothing(self):
        counted_by_both(published(), 4, 0)

        assert given_so_far() == []

    def test_each_may_correct_until_both_have_spoken(self):
        reply = counted_by_both(published(), 4, 4)

        with pytest.raises(bridge.BridgeRefused, match="tous les deux"):
            bridge_replies.count_by_replier(reply_id=reply.pk, count=100, now=NOW)
        assert given_so_far()[0].total == 4

    @pytest.mark.parametrize(("make", "ending"), [(published, "helped"), (offer, "given")])
    def test_the_ad_ends_unless_some_is_left(self, make, ending):
        ad = make()
        first, second = replied(ad), replied(ad, email="autre@firme.example")

        bridge_replies.count_by_author(reply_id=first.pk, count=1, keeps_open=True, now=NOW)
        assert SolidarityAd.objects.get().is_published
        bridge_replies.count_by_author(reply_id=second.pk, count=1, keeps_open=False, now=NOW)
        assert SolidarityAd.objects.get().ending == ending

    def test_what_was_never_sent_is_not_counted(self):
        reply = unsent(published())

        with pytest.raises(bridge.BridgeRefused, match="pas encore partie"):
            bridge_replies.count_by_replier(reply_id=reply.pk, count=1, now=NOW)

    def test_kinds_are_summed_apart(self):
        counted_by_both(published(), 2, 2)
        counted_by_both(published(), 3, 5)
        counted_by_both(published(kind=AdKind.HOURS), 10, 10)
        assert [(row.kind, row.total) for row in given_so_far()] == [
            ("equipment", 5),
            ("hours", 10),
        ]


@pytest.mark.django_db
@pytest.mark.usefixtures("commits")
class TestClock:
    def test_one_reminder_then_the_end(self):
        published()

        assert bridge_clocks.tick(now=NOW + LIVES_FOR - REMIND_BEFORE - HOUR) == 0
        assert bridge_clocks.tick(now=NOW + LIVES_FOR - REMIND_BEFORE) == 1
        assert bridge_clocks.tick(now=NOW + LIVES_FOR - HOUR) == 0
        assert mails("reminder").count() == 1
        assert bridge_clocks.tick(now=NOW + LIVES_FOR) == 1
        assert SolidarityAd.objects.get().ending == AdEnding.EXPIRED
        assert mails("expired").count() == 1
        assert bridge_clocks.tick(now=NOW + 2 * LIVES_FOR) == 0

    def test_one_that_is_renewed_stays_and_is_reminded_again(self):
        ad = published()
        bridge_clocks.tick(now=NOW + LIVES_FOR - HOUR)

        bridge.renew_ad(ad_id=ad.pk, now=NOW + LIVES_FOR - HOUR)

        assert bridge_clocks.tick(now=NOW + LIVES_FOR) == 0
        assert bridge_clocks.tick(now=NOW + 2 * LIVES_FOR - 2 * HOUR) == 1
        assert mails("reminder").count() == 2

    def test_it_is_renewed_once_a_day(self):
        ad = published()
        day = timedelta(days=1)

        for late, kept in ((day - HOUR, NOW), (day, NOW + day), (day + HOUR, NOW + day)):
            bridge.renew_ad(ad_id=ad.pk, now=NOW + late)
            assert SolidarityAd.objects.get().expires_at == kept + LIVES_FOR

    def test_one_renewed_as_the_tick_reads_it_is_left(self):
        ad = published()
        late = NOW + LIVES_FOR
        bridge.renew_ad(ad_id=ad.pk, now=late - HOUR)

        assert not bridge_clocks.expire(ad.pk, late)
        assert not bridge_clocks.remind(ad.pk, late)


@pytest.mark.django_db
@pytest.mark.usefixtures("commits")
class TestPersonalData:
    def test_erasing_the_author_ends_the_ad_and_keeps_what_is_counted(self):
        counted_by_both(published(), 4, 4)
        unconfirmed()
        user = UserFactory(email=AUTHOR)

        personal_data.erase_everything_about(user)

        ad = SolidarityAd.objects.get()
        assert (ad.contact_email, ad.contact_name, ad.text, ad.title) == ("", "", "", "")
        assert ad.slug == f"oubliee-{ad.pk}"  # it was made of the title
        assert (ad.status, ad.ending) == (AdStatus.CLOSED, AdEnding.WITHDRAWN)
        assert given_so_far()[0].total == 4

    def test_erasing_the_author_takes_the_words_of_the_refusal(self):
        by = UserFactory().pk
        bridge_handling.refuse_ad(
            ad_id=waiting().pk, reason="Paul Klein n’est pas connu.", by_id=by, now=NOW
        )

        personal_data.erase_everything_about(UserFactory(email=AUTHOR))

        ad = SolidarityAd.objects.get()
        assert (ad.status, ad.refusal) == (AdStatus.REFUSED, "–")

    def test_erasing_the_replier_keeps_what_is_counted(self):
        ad = published()
        counted_by_both(ad, 4, 4)
        unsent(ad)

        personal_data.erase_everything_about(UserFactory(email=REPLIER))

        reply = AdReply.objects.get()
        assert (reply.contact_email, reply.contact_name, reply.text) == ("", "", "")
        assert given_so_far()[0].total == 4

    def test_both_are_exported(self):
        replied(published())

        for email, what in ((AUTHOR, "annonces solidaires"), (REPLIER, "réponses aux annonces")):
            export = personal_data.export_of(UserFactory(email=email), now=NOW)
            [rows] = [part["rows"] for part in export["data"] if part["what"] == what]
            assert rows[0]["contact_email"] == email

    def test_what_nobody_confirmed_goes_after_a_week_and_the_rest_after_a_year(self):
        week, year = (timezone.now() - timedelta(days=days) for days in (8, 366))
        bridge.withdraw_ad(ad_id=published(now=year).pk, now=year)
        recent = published(now=week)
        replied(recent, now=week)
        replied(recent, now=year, email="autre@firme.example")
        unsent(recent, now=week)
        unconfirmed(now=week)

        keep_personal_data_in_order()

        ads, sent = SolidarityAd.objects.all(), AdReply.objects.all()
        assert not ads.filter(confirmed_at=None).exists()
        assert not sent.filter(confirmed_at=None).exists()
        assert list(ads.filter(forgotten_at=None)) == [recent]
        assert [row.contact_email for row in sent.filter(forgotten_at=None)] == [REPLIER]


@pytest.mark.django_db
@pytest.mark.usefixtures("commits")
def test_the_file_of_a_company_says_what_it_offered_and_gave():
    company = MembershipFactory(company__siret=SIRET, user__email=AUTHOR).company
    MembershipFactory(company=company, user__email=REPLIER)
    other = CompanyFactory(siret="00098000100019")
    ad = offer(title="Douze ordinateurs portables")
    counted_by_both(published(), 2, 2)

    def told(lines, company):
        return [(line.title, line.detail) for line in lines(Asked(company, None))]

    assert told(offers, company) == [("Douze ordinateurs portables", "En ligne")]
    assert told(help_given, company) == [("Aide à Le Coup de Pouce", "2 machines")]
    assert told(offers, other) == told(help_given, other) == []
    bridge.withdraw_ad(ad_id=ad.pk, now=NOW)
    assert told(offers, company) == [("Douze ordinateurs portables", "Retirée")]
    down = offer()
    assert len(told(offers, company)) == 2
    bridge_handling.take_down(ad_id=down.pk, reason="Non.", by_id=UserFactory().pk, now=NOW)
    assert len(told(offers, company)) == 1


@pytest.mark.django_db
@pytest.mark.usefixtures("commits")
def test_whoever_types_a_public_number_writes_in_no_file():
    company = MembershipFactory(company__siret=SIRET).company
    MembershipFactory(company__siret="00098000100019", user__email=AUTHOR)
    MembershipFactory(company=company, user__email=REPLIER, user__is_active=False)
    offer()
    counted_by_both(published(), 2, 2)

    asked = Asked(company, None)
    assert [*offers(asked), *help_given(asked)] == []


def at_once(*acts):
    """Do the acts in threads; return what each gave, or the refusal."""

    def run(act):
        try:
            return act()
        except bridge.BridgeRefused as refusal:
            return refusal
        finally:
            connection.close()

    with ThreadPoolExecutor(len(acts)) as pool:
        return list(pool.map(run, acts))


@pytest.mark.django_db(transaction=True)
class TestRaces:
    def test_both_sides_speak_at_once_and_are_counted_once(self):
        reply = replied(published())

        at_once(
            lambda: bridge_replies.count_by_author(
                reply_id=reply.pk, count=4, keeps_open=True, now=NOW
            ),
            lambda: bridge_replies.count_by_replier(reply_id=reply.pk, count=4, now=NOW),
        )

        assert AdReply.objects.get().counted_at == NOW
        assert mails("count_asked").count() + mails("count_asked_replier").count() == 1

    def test_staff_decides_as_the_author_withdraws(self):
        ad, by = waiting(), UserFactory().pk

        at_once(
            lambda: bridge_handling.publish_ad(ad_id=ad.pk, by_id=by, now=NOW),
            lambda: bridge.withdraw_ad(ad_id=ad.pk, now=NOW),
        )

        assert SolidarityAd.objects.get().ending == AdEnding.WITHDRAWN

    def test_two_agents_decide_once(self):
        ad, by = waiting(), UserFactory().pk

        said = at_once(
            lambda: bridge_handling.publish_ad(ad_id=ad.pk, by_id=by, now=NOW),
            lambda: bridge_handling.refuse_ad(ad_id=ad.pk, reason="Non.", by_id=by, now=NOW),
        )

        assert sum(isinstance(row, bridge.BridgeRefused) for row in said) == 1
        assert mails("published").count() + mails("refused").count() == 1

    def test_a_reply_meets_the_end_of_the_ad(self):
        ad = published()
        reply = unsent(ad)

        at_once(
            lambda: bridge_replies.confirm_reply(reply_id=reply.pk, now=NOW),
            lambda: bridge.withdraw_ad(ad_id=ad.pk, now=NOW),
        )

        sent = AdReply.objects.sent().exists()
        assert mails("reply").exists() is sent
        assert mails("ended").exists() is sent

    def test_a_mailbox_that_confirms_two_ads_keeps_within_its_limit(self, monkeypatch):
        monkeypatch.setattr(bridge, "MOST_ALIVE_PER_MAILBOX", 1)
        first, second = unconfirmed(), unconfirmed()

        at_once(
            lambda: bridge.confirm_ad(ad_id=first.pk, now=NOW),
            lambda: bridge.confirm_ad(ad_id=second.pk, now=NOW),
        )

        assert SolidarityAd.objects.waiting().count() == 1

    def test_two_ticks_write_once(self):
        published()
        late = NOW + LIVES_FOR

        done = at_once(lambda: bridge_clocks.tick(now=late), lambda: bridge_clocks.tick(now=late))

        assert (sum(done), mails("expired").count()) == (1, 1)
