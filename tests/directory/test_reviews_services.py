"""Invited, written, confirmed, read, published or refused, doubted, answered, forgotten."""

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.core.files.storage import storages
from django.db import IntegrityError, InternalError, connection, transaction
from django.utils import timezone

from directory.enums import ReviewRefusal, ReviewStatus
from directory.models import Invitation, Mission, Need, Review, ReviewProof, ReviewTrace
from directory.services import (
    needs,
    review_clocks,
    review_moderation,
    review_rights,
    reviews,
)
from directory.services.replies import digest_of
from directory.services.reviews import ReviewRefused
from directory.services.trust_versions import sync_first_version
from emn.accounts.services import erase_account, purge_personal_data
from tests.directory import needs as make_needs
from tests.directory import reviews as make
from tests.directory.factories import (
    NOW,
    CommuneFactory,
    MembershipFactory,
    UserFactory,
    facts,
)
from tests.directory.trust_cards import owner_of

pytestmark = pytest.mark.django_db


def days(number):
    return NOW + timedelta(days=number)


@pytest.fixture
def provider():
    CommuneFactory()
    return make.card()


@pytest.fixture
def owner(provider):
    user = UserFactory(email="gerante@presta-owner.example")
    MembershipFactory(company=provider.company, user=user)
    return user


def invited(provider, owner, **fields):
    mission = make.declared(provider, owner, **fields)
    reviews.invite_client(mission_id=mission.pk, now=NOW)
    return Invitation.objects.get(mission=mission)


def answer(invitation, **fields):
    return reviews.submit_invited(
        invitation_id=invitation.pk,
        opinion=make.opinion(**fields),
        author_name="Léa Meyer",
        connection="192.0.2.7",
        now=NOW,
    )


# --- Missions and invitations (M1, M7) ---


def test_every_client_of_every_declared_mission_is_invited_some_days_after(provider, owner):
    for number in range(3):
        make.declared(
            provider,
            owner,
            email=f"client{number}@boulangerie.example",
            subject=f"Mission {number}",
            ended_on=make.TODAY - timedelta(days=number),
        )
    assert review_clocks.tick(now=NOW) == 0

    for day in range(13):
        review_clocks.tick(now=days(day))

    assert Invitation.objects.count() == Mission.objects.count() == 3
    assert {mail.to_email for mail in make.mails("review_invitation")} == {
        f"client{number}@boulangerie.example" for number in range(3)
    }


def test_the_provider_chooses_neither_whom_nor_when(provider, owner):
    """M7: what it writes holds no such choice, and nothing of its own takes a mission back."""
    mission = make.declared(provider, owner)
    erase_account(user_id=owner.pk)

    review_clocks.tick(now=NOW)

    assert Invitation.objects.get().mission == mission
    assert not {"invite", "skip", "invited_on"} & {field.name for field in Mission._meta.fields}


def test_a_provider_declares_neither_itself_nor_its_own_mailbox(provider, owner):
    with pytest.raises(ReviewRefused, match="votre entreprise"):
        reviews.declare_mission(
            provider_id=provider.pk,
            user_id=owner.pk,
            client=facts(siret=provider.company.siret, siren=provider.company.siren),
            client_email="lea@boulangerie.example",
            subject="Site",
            starts_on=make.TODAY,
            ended_on=make.TODAY,
            language="fr",
            now=NOW,
        )
    with pytest.raises(ReviewRefused, match="la vôtre"):
        make.declared(provider, owner, email="Gerante+client@presta-owner.example")
    assert not Mission.objects.exists()


def test_a_mailbox_is_not_pestered_by_made_up_missions(provider, owner):
    for number in range(5):
        make.declared(provider, owner, subject=f"Mission {number}")

    with pytest.raises(ReviewRefused, match="attendez"):
        make.declared(provider, owner, subject="Une de plus")


def test_invitations_of_one_hour_are_all_sent(provider, owner, settings):
    settings.MAIL_HOURLY_CEILING = 3
    for number in range(8):
        make.declared(provider, owner, email=f"c{number}@boulangerie{number}.example",
                      subject=f"Mission {number}")  # fmt: skip

    review_clocks.tick(now=NOW)

    assert make.mails("review_invitation").exclude(status="capped").count() == 8


def test_the_same_mission_is_declared_once(provider, owner):
    make.declared(provider, owner)

    with pytest.raises(ReviewRefused, match="déjà déclarée"):
        make.declared(provider, owner)


def test_a_need_that_is_done_invites_its_company():
    make_needs.matchable(name="Atelier")
    need, proposal = make_needs.in_contact()
    needs.choose(need_id=need.pk, proposal_id=proposal.pk, now=NOW)
    needs.note_done(need_id=need.pk, now=NOW)

    (mail,) = make.mails("review_invitation")
    assert mail.to_email == need.contact_email
    assert Mission.objects.get().origin == "need"

    review = reviews.submit_invited(
        invitation_id=Invitation.objects.get().pk,
        opinion=make.opinion(days_ago=0),
        author_name="Léa Meyer",
        connection="",
        now=NOW,
    )
    assert review.status == ReviewStatus.WAITING
    assert Need.objects.get().status == "reviewed"


def test_clients_whom_nobody_declared_are_drawn_the_same_by_all(monkeypatch):
    make_needs.matchable(name="Atelier")
    need, proposal = make_needs.in_contact()
    needs.choose(need_id=need.pk, proposal_id=proposal.pk, now=NOW)
    monkeypatch.setattr(reviews, "is_drawn", lambda need_id, _month: need_id == need.pk)

    assert reviews.draw_clients(now=days(100)) == 0
    assert reviews.draw_clients(now=days(121)) == 1
    assert reviews.draw_clients(now=days(121)) == 0
    assert Mission.objects.get().origin == "drawn"


def test_the_draw_takes_its_share_and_can_be_made_again():
    drawn = [number for number in range(5_000) if reviews.is_drawn(number, "2026-11")]

    assert 400 < len(drawn) < 600
    assert drawn == [number for number in range(5_000) if reviews.is_drawn(number, "2026-11")]
    assert drawn != [number for number in range(5_000) if reviews.is_drawn(number, "2026-12")]


def test_an_invitation_is_reminded_of_once_then_ends(provider, owner):
    invitation = invited(provider, owner)
    for day in range(70):
        review_clocks.tick(now=days(day))

    assert make.mails("review_reminder").count() == 1
    invitation.refresh_from_db()
    with pytest.raises(ReviewRefused, match="plus valable"):
        reviews.submit_invited(
            invitation_id=invitation.pk,
            opinion=make.opinion(),
            author_name="Léa",
            connection="",
            now=days(61),
        )


def test_a_link_is_bound_to_its_mission_and_its_client(provider, owner):
    invitation = invited(provider, owner)
    secret = reviews.invitation_token(invitation)
    assert reviews.invitation_of(secret) == invitation

    other, _user = make.client_company()
    Mission.objects.filter(pk=invitation.mission_id).update(client=other)

    assert reviews.invitation_of(secret) is None
    assert reviews.invitation_of(secret[:-2]) is None


def test_an_invitation_works_once(provider, owner):
    invitation = invited(provider, owner)
    answer(invitation)

    with pytest.raises(ReviewRefused, match="déjà servi"):
        answer(invitation)
    assert Review.objects.count() == 1


def test_who_declines_is_asked_no_more(provider, owner):
    invitation = invited(provider, owner)
    reviews.decline_invitation(invitation_id=invitation.pk, now=NOW)

    assert review_clocks.tick(now=days(15)) == 0
    with pytest.raises(ReviewRefused):
        answer(invitation)


# --- Writing ---


def test_an_invited_review_from_the_firms_address_is_v1_and_has_its_delay(provider, owner):
    review = answer(invited(provider, owner))

    assert (review.status, review.level) == ("waiting", "V1")
    assert review.publish_before == days(7)
    assert make.mails("review_received").count() == 1


@pytest.mark.parametrize("email", ["lea.meyer@gmail.com", "lea@orange.fr"])
def test_an_address_of_everyone_is_not_that_of_a_firm(provider, owner, email):
    assert answer(invited(provider, owner, email=email)).level == "V0"


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"days_ago": -1}, "terminée"),
        ({"days_ago": 1_200}, "trop ancienne"),
        ({"has_lived_it": False}, "vécu"),
    ],
)
def test_what_a_review_cannot_say(provider, changed, words):
    with pytest.raises(ReviewRefused, match=words):
        make.waiting(provider, **changed)
    assert not Review.objects.exists()


def test_a_company_does_not_review_itself(provider, owner):
    with pytest.raises(ReviewRefused, match="elle-même"):
        make.waiting(provider, company=provider.company, user=owner)


def test_the_day_of_the_experience_is_asked_for_by_the_database():
    """R1.14."""
    assert not Review._meta.get_field("experience_on").null


def unconfirmed(provider, *, email="lea@boulangerie.example", now=NOW):
    reviews.write_unconfirmed(
        provider_id=provider.pk,
        client=facts(naf_code="10.71C"),
        opinion=make.opinion(),
        author_name="Léa Meyer",
        author_email=email,
        language="fr",
        now=now,
    )
    return Review.objects.latest("pk")


def test_a_spontaneous_review_waits_for_its_mailbox(provider):
    review = unconfirmed(provider)
    assert not Review.objects.waiting().exists()
    assert make.mails("review_confirm").count() == 1

    reviews.confirm_review(review_id=review.pk, connection="", now=NOW)
    reviews.confirm_review(review_id=review.pk, connection="", now=days(1))

    review.refresh_from_db()
    assert (review.status, review.level, review.submitted_at) == ("waiting", "V1", NOW)


def test_what_nobody_confirms_is_purged_after_seven_days(provider):
    unconfirmed(provider)

    purge_personal_data(now=days(6), write=True)
    assert Review.objects.count() == 1
    purge_personal_data(now=days(8), write=True)
    assert not Review.objects.exists()


def test_a_stranger_who_writes_first_keeps_no_client_from_writing(provider, owner):
    """Anyone may type a SIRET: what waits under it takes nobody's place."""
    invitation = invited(provider, owner)
    stranger = unconfirmed(provider, email="inconnu@ailleurs.example")
    reviews.confirm_review(review_id=stranger.pk, connection="", now=NOW)

    answer(invitation)

    assert Review.objects.waiting().count() == 2


def test_an_invitation_whose_address_was_erased_is_over(provider, owner):
    invitation = invited(provider, owner)
    Invitation.objects.update(email="")

    with pytest.raises(ReviewRefused):
        answer(invitation)


# --- Never changed (R1.17) ---


@pytest.mark.parametrize(
    "change",
    ["text = 'Parfait'", "fit = 5", "lasting = 1", "experience_on = '2026-01-01'", "text = ''"],
)
def test_nobody_changes_a_published_review(provider, change):
    make.published(provider, rating=2)

    with (
        pytest.raises(InternalError, match="never rewritten"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute("UPDATE directory_review SET " + change)  # noqa: S608 -- ours


def test_its_author_may_withdraw_it(provider):
    review = make.published(provider)

    reviews.withdraw_review(review_id=review.pk, now=days(1))
    reviews.withdraw_review(review_id=review.pk, now=days(2))

    review.refresh_from_db()
    assert (review.status, review.ended_at) == ("withdrawn", days(1))


# --- Moderation ---


def test_a_review_is_published_whole_and_everyone_concerned_is_told(provider, owner):
    review = make.waiting(provider, rating=1, text="Trois mois de retard.\n\nRien n’est fini.")

    make.publish(review)

    review.refresh_from_db()
    assert review.text == "Trois mois de retard.\n\nRien n’est fini."
    assert make.mails("review_published").get().to_email == review.author_email
    assert make.mails("review_new").get().to_email == owner.email


def test_an_unverified_review_is_not_published(provider, owner):
    review = answer(invited(provider, owner, email="lea@gmail.com"))

    with pytest.raises(ReviewRefused, match="non vérifié"):
        make.publish(review)
    with pytest.raises(IntegrityError, match="published_is_verified"), transaction.atomic():
        Review.objects.filter(pk=review.pk).update(status="published", published_at=NOW)

    make.publish(review, is_identified=True)
    assert make.again(review).level == "V1"


def test_a_review_of_a_closed_company_is_not_published(provider):
    company, user = make.client_company(closed_on=make.TODAY)
    review = make.waiting(provider, company=company, user=user)

    with pytest.raises(ReviewRefused, match="active au registre"):
        make.publish(review, is_identified=True)


@pytest.mark.parametrize("reason", ReviewRefusal.values)
def test_each_refusal_tells_the_author_its_reason(provider, reason):
    """R1.12."""
    review = make.waiting(provider)

    review_moderation.refuse_review(
        review_id=review.pk,
        reason=ReviewRefusal(reason),
        words="Le deuxième paragraphe.",
        by_id=make.agent().pk,
        now=NOW,
    )

    (mail,) = make.mails("review_refused")
    assert mail.to_email == review.author_email
    assert str(ReviewRefusal(reason).label) in mail.text_body
    assert "Le deuxième paragraphe." in mail.text_body


def test_a_refusal_needs_a_reason_of_the_list(provider):
    """R1.11."""
    review = make.waiting(provider)

    with pytest.raises(ValueError, match="trop sévère"):
        review_moderation.refuse_review(
            review_id=review.pk, reason="trop sévère", words="", by_id=1, now=NOW
        )
    with pytest.raises(IntegrityError, match="refused_says_why"), transaction.atomic():
        Review.objects.filter(pk=review.pk).update(status="refused")


def test_no_refused_review_is_without_its_message(provider):
    """R1.12: whatever the way, each rejected review has its notification."""
    for reason in ReviewRefusal:
        review = make.waiting(provider)
        review_moderation.refuse_review(
            review_id=review.pk, reason=reason, words="", by_id=make.agent().pk, now=NOW
        )

    told = {mail.dedup_key.split(":")[1] for mail in make.mails("review_refused")}
    assert told == {
        str(pk) for pk in Review.objects.filter(status="refused").values_list("pk", flat=True)
    }


def test_two_agents_do_not_decide_twice(provider):
    review = make.published(provider)

    with pytest.raises(ReviewRefused, match="déjà décidé"):
        make.publish(review)
    with pytest.raises(ReviewRefused, match="déjà décidé"):
        review_moderation.refuse_review(
            review_id=review.pk, reason=ReviewRefusal.OFF_TOPIC, words="", by_id=1, now=NOW
        )


def test_a_review_past_its_delay_is_late(provider):
    """R1.10."""
    review = make.waiting(provider)

    assert not Review.objects.late(now=days(7)).exists()
    assert Review.objects.late(now=days(7) + timedelta(seconds=1)).get() == review


# --- Proofs (M5) ---


def test_a_proof_accepted_makes_a_verified_review(provider):
    review = make.published(provider)
    row = make.proof(review)

    make.accepted(row)

    assert make.again(review).level == "V2"
    assert make.again(review).is_verified
    assert "prouve la mission" in make.mails("review_proof").get().text_body


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"issuer_siren": "404833048"}, "émetteur"),
        ({"recipient_siren": "404833048"}, "destinataire"),
        ({"dated_on": make.TODAY + timedelta(days=90)}, "hors de la mission"),
    ],
)
def test_a_proof_that_does_not_fit_cannot_be_accepted(provider, changed, words):
    review = make.published(provider)
    row = make.proof(review, **changed)

    with pytest.raises(ReviewRefused, match=words):
        make.accepted(row)
    assert make.again(review).level == "V1"


def test_a_number_proves_one_review_only(provider):
    first, second = make.published(provider), make.published(provider)
    make.accepted(make.proof(first))

    row = make.proof(second, number="fa 2026 007", recipient_siren=second.client.siren)
    with pytest.raises(ReviewRefused, match="déjà pour un autre avis"):
        make.accepted(row)
    with pytest.raises(IntegrityError, match="serves_once"), transaction.atomic():
        ReviewProof.objects.filter(pk=row.pk).update(status="accepted", decided_at=NOW)


def test_a_proof_refused_blocks_its_review_and_one_that_is_unreadable_does_not(provider):
    review = make.published(provider)
    for status, blocks in (("unreadable", 0), ("refused", 1)):
        row = make.proof(review, number=status)
        review_moderation.decide_proof(
            proof_id=row.pk, status=status, decision="Illisible.", by_id=make.agent().pk, now=NOW
        )
        assert review.blocks.in_force().count() == blocks


def test_the_file_of_a_proof_is_private_and_goes_with_its_time(
    provider, django_capture_on_commit_callbacks
):
    review = make.published(provider)
    row = make.accepted(make.proof(review))
    assert storages["private"].exists(row.file.name)

    with django_capture_on_commit_callbacks(execute=True):
        purge_personal_data(now=days(366), write=True)

    assert not storages["private"].exists(row.file.name)
    row.refresh_from_db()
    assert (row.file, row.number) == ("", "FA-2026/007")


# --- Doubts (R1.13) and replies (R1.17) ---


def doubt(review, owner, **fields):
    return review_rights.report_doubt(
        review_id=review.pk,
        user_id=owner.pk,
        reasons=fields.pop("reasons", ["not_a_client"]),
        words=fields.pop("words", "Nous n’avons pas ce client."),
        connection="",
        now=fields.pop("now", NOW),
    )


def test_a_doubt_opens_a_case_and_the_review_stays(provider, owner):
    review = make.published(provider)

    opened = doubt(review, owner)

    assert opened.due_on == days(15).date()
    shown = Review.objects.published().with_standing().get()
    assert shown.is_contested
    assert make.mails("review_doubted").get().to_email == review.author_email


def test_a_doubt_needs_reasons_and_is_only_ones_own(provider, owner):
    review = make.published(provider)

    with pytest.raises(ReviewRefused, match="pourquoi"):
        doubt(review, owner, reasons=[])
    with pytest.raises(Review.DoesNotExist):
        doubt(review, UserFactory())
    doubt(review, owner)
    with pytest.raises(ReviewRefused, match="déjà"):
        doubt(review, owner)


@pytest.mark.parametrize(("upheld", "status"), [(True, "removed"), (False, "published")])
def test_a_doubt_is_decided_with_reasons_that_the_provider_reads(provider, owner, upheld, status):
    review = make.published(provider)
    opened = doubt(review, owner)

    review_moderation.decide_doubt(
        doubt_id=opened.pk,
        upheld=upheld,
        decision="La facture jointe le montre.",
        removal="unproven" if upheld else "",
        by_id=make.agent().pk,
        now=NOW,
    )

    assert make.again(review).status == status
    assert "La facture jointe" in make.mails("review_doubt_decided").get().text_body


def write_reply(review, owner, text="Merci de votre avis.", now=NOW):
    return review_rights.reply_to_review(
        review_id=review.pk, user_id=owner.pk, text=text, connection="", now=now
    )


def test_a_reply_is_published_within_seven_days_whoever_has_not_read_it(provider, owner):
    review = make.published(provider)
    row = write_reply(review, owner)

    review_clocks.tick(now=days(6))
    row.refresh_from_db()
    assert row.status == "waiting"
    review_clocks.tick(now=days(7))
    row.refresh_from_db()
    assert row.status == "published"
    assert make.mails("review_reply_decided").count() == 1


def test_a_reply_that_changes_has_seven_days_of_its_own(provider, owner):
    review = make.published(provider)
    write_reply(review, owner, "Merci.")
    row = review_rights.reply_to_review(
        review_id=review.pk, user_id=owner.pk, text="Autre chose.", connection="", now=days(6)
    )

    review_clocks.tick(now=days(7))
    row.refresh_from_db()
    assert row.status == "waiting"
    review_clocks.tick(now=days(13))
    row.refresh_from_db()
    assert row.status == "published"


def test_a_doubt_that_was_rejected_is_not_raised_again(provider, owner):
    review = make.published(provider)
    opened = doubt(review, owner)
    review_moderation.decide_doubt(
        doubt_id=opened.pk, upheld=False, decision="Client réel.", removal="",
        by_id=make.agent().pk, now=NOW,
    )  # fmt: skip

    with pytest.raises(ReviewRefused, match="déjà écarté"):
        doubt(review, owner)


def test_a_new_reply_replaces_the_one_before(provider, owner):
    review = make.published(provider)
    for text in ("Un", "Deux"):
        row = write_reply(review, owner, text)
        review_rights.decide_reply(reply_id=row.pk, seen=digest_of(row.text), publish=True, now=NOW)

    shown = Review.objects.with_standing().get()
    assert [reply.text for reply in shown.public_replies] == ["Deux"]


def test_a_reply_is_only_ones_own_and_not_too_long(provider, owner):
    review = make.published(provider)

    with pytest.raises(Review.DoesNotExist):
        write_reply(review, UserFactory())
    with pytest.raises(ReviewRefused, match="1501 signes"):
        write_reply(review, owner, "a" * 1501)


# --- Erasure (I15) and retention: the scores are in test_reviews_counting ---


def test_an_erased_author_leaves_the_review_without_its_name(provider):
    company, user = make.client_company()
    review = make.published(provider, company=company, user=user)
    email = review.author_email

    erase_account(user_id=user.pk)

    review.refresh_from_db()
    assert (review.status, review.text) == ("published", make.TEXT)
    assert (review.author_name, review.author_email, review.client, review.author) == (
        "", "", None, None,
    )  # fmt: skip
    assert email not in str(Review.objects.values())


@pytest.mark.parametrize(
    ("age", "status", "text"), [(1_824, "published", make.TEXT), (1_826, "ended", "")]
)
def test_a_review_is_shown_five_years(provider, age, status, text):
    review = make.published(provider)
    now = timezone.now()
    Review.objects.filter(pk=review.pk).update(published_at=now - timedelta(days=age))

    purge_personal_data(now=now, write=True)

    review.refresh_from_db()
    assert (review.status, review.text) == (status, text)
    assert bool(review.author_email) == (status == "published")


def test_traces_of_connections_last_30_days_and_name_nobody(provider, owner):
    review = answer(invited(provider, owner))
    trace = ReviewTrace.objects.get()
    assert "192.0.2.7" not in trace.connection_hash
    assert trace.company == review.client

    purge_personal_data(now=days(32), write=True)
    assert not ReviewTrace.objects.exists()


# --- Crowds ---


@pytest.mark.django_db(transaction=True)
def test_an_invitation_used_twice_at_once_gives_one_review():
    CommuneFactory()
    provider = make.card()
    invitation = invited(provider, owner_of(provider))
    barrier = threading.Barrier(6)

    def attempt(_number):
        try:
            barrier.wait()
            answer(invitation)
        except ReviewRefused:
            return False
        finally:
            connection.close()
        return True

    with ThreadPoolExecutor(6) as pool:
        assert sum(pool.map(attempt, range(6))) == 1
    assert Review.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_two_reviews_of_one_author_at_once_leave_one_waiting():
    sync_first_version(write=True, now=NOW)
    provider = make.card()
    company, user = make.client_company()
    barrier = threading.Barrier(4)

    def attempt(_number):
        try:
            barrier.wait()
            make.waiting(provider, company=company, user=user)
        except ReviewRefused:
            return False
        finally:
            connection.close()
        return True

    with ThreadPoolExecutor(4) as pool:
        assert sum(pool.map(attempt, range(4))) == 1
    assert Review.objects.waiting().count() == 1


def test_whoever_acts_for_the_provider_gives_no_review_of_it_in_another_firm_s_name():
    provider, (company, user) = make.card(), make.client_company()
    MembershipFactory(company=provider.company, user=user)

    with pytest.raises(ReviewRefused, match="agissez pour ce prestataire"):
        make.waiting(provider, company=company, user=user)
