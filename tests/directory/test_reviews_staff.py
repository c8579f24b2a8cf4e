"""Reviews in the back office: queue by clock, decisions, proofs given to keep."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from directory.models import Review, ReviewInterview, ReviewProof
from directory.services import review_rights
from directory.services.replies import digest_of
from emn.accounts.enums import Role
from emn.lib import staff_tasks
from tests.directory import reviews as make
from tests.directory.factories import MembershipFactory, UserFactory
from tests.directory.test_admin import sign_in
from tests.directory.trust_cards import first_version

pytestmark = pytest.mark.django_db


@pytest.fixture
def agent(client):
    first_version()
    return sign_in(client, Role.CHARTER)


@pytest.fixture
def staff(client, agent):
    return client


def admin_page(client, name, *args, query=""):
    return client.get(reverse(f"admin:directory_{name}", args=args) + query).content.decode()


def test_the_queue_is_sorted_by_its_clock_and_the_late_ones_raise_an_alert(staff, agent):
    now = timezone.now()
    late = make.waiting(now=now - timedelta(days=8))
    fresh = make.waiting(now=now)

    html = admin_page(staff, "review_changelist", query="?file=lire")

    assert html.index(late.provider.name) < html.index(fresh.provider.name)
    assert "EN RETARD" in html
    only = admin_page(staff, "review_changelist", query="?file=retard")
    assert late.provider.name in only
    assert fresh.provider.name not in only
    waiting = {str(task.label): task.count for task in staff_tasks.waiting_for(agent)}
    assert waiting["avis dont le délai de publication est dépassé"] == 1
    assert waiting["avis à lire"] == 2


def test_staff_publishes_a_review(staff):
    review = make.waiting()
    assert "Publier" in admin_page(staff, "review_change", review.pk)

    staff.post(reverse("admin:directory_review_publish", args=[review.pk]), {})

    assert make.again(review).status == "published"


def test_staff_refuses_with_a_reason_of_the_list_only(staff):
    review = make.waiting()
    address = reverse("admin:directory_review_refuse", args=[review.pk])

    staff.post(address, {"reason": "trop-severe", "words": ""})
    assert make.again(review).status == "waiting"
    staff.post(address, {"reason": "personal_data", "words": "Le nom du gérant."})

    assert make.again(review).refusal == "personal_data"


def test_staff_keeps_minutes_and_the_review_is_v3(staff):
    review = make.waiting()

    staff.post(
        reverse("admin:directory_review_interview", args=[review.pk]),
        {"held_on": timezone.localdate().isoformat(), "minutes": "Mme Meyer confirme."},
    )

    assert make.again(review).level == "V3"
    assert ReviewInterview.objects.get().minutes == "Mme Meyer confirme."
    assert "Mme Meyer confirme." in admin_page(staff, "review_change", review.pk)


def test_staff_reads_a_proof_as_a_file_to_keep(staff, client):
    row = make.proof(make.waiting())

    answer = staff.get(reverse("admin:directory_reviewproof_file", args=[row.pk]))

    answer.close()
    assert answer["Content-Disposition"].startswith("attachment")
    assert answer["Content-Type"] == "application/octet-stream"
    assert "sandbox" in answer["Content-Security-Policy"]


def test_staff_accepts_a_proof_that_fits_and_is_told_what_does_not(staff):
    review = make.waiting()
    wrong = make.proof(review, number="X-1", issuer_siren="404833048")
    right = make.proof(review)
    assert "émetteur" in admin_page(staff, "reviewproof_change", wrong.pk)

    for row in (wrong, right):
        staff.post(
            reverse("admin:directory_reviewproof_decide", args=[row.pk]), {"status": "accepted"}
        )

    assert set(ReviewProof.objects.values_list("number", "status")) == {
        ("X-1", "waiting"),
        ("FA-2026/007", "accepted"),
    }


def test_staff_lifts_a_block_decides_a_doubt_and_publishes_a_reply(staff):
    provider = make.card()
    owner = UserFactory(email="gerante@presta-owner.example")
    MembershipFactory(company=provider.company, user=owner)
    company, user = make.client_company(naf_code="62.02A")
    review = make.published(provider, company=company, user=user)
    doubt = review_rights.report_doubt(
        review_id=review.pk, user_id=owner.pk, reasons=["competitor"], words="Même métier.",
        connection="", now=make.NOW,
    )  # fmt: skip
    reply = review_rights.reply_to_review(
        review_id=review.pk, user_id=owner.pk, text="Merci.", connection="", now=make.NOW
    )

    for name, pk, values in (
        ("reviewblock", review.blocks.get().pk, {"confirmed": "non", "decision": "Autre métier."}),
        ("reviewdoubt", doubt.pk, {"upheld": "non", "decision": "Client réel."}),
        ("reviewreply", reply.pk, {"publish": "oui", "seen": digest_of(reply.text)}),
    ):
        staff.post(reverse(f"admin:directory_{name}_decide", args=[pk]), values)

    for row in (doubt, reply):
        row.refresh_from_db()
    assert review.blocks.get().status == "lifted"
    assert make.again(review).counted_on is not None
    assert (doubt.status, reply.status) == ("rejected", "published")


@pytest.mark.parametrize("act", ["publish", "refuse", "remove", "interview"])
def test_who_may_only_read_decides_nothing(client, act):
    first_version()
    sign_in(client, Role.ADVISER)
    review = make.waiting()

    answer = client.post(reverse(f"admin:directory_review_{act}", args=[review.pk]), {})

    assert answer.status_code == 403
    assert Review.objects.get().status == "waiting"


@pytest.mark.parametrize("count", [1, 3])
@pytest.mark.parametrize(
    ("name", "queries"),
    [("review", 8), ("reviewproof", 8), ("reviewblock", 8), ("mission", 8)],
)
def test_lists_cost_the_same_queries(staff, name, queries, count, django_assert_max_num_queries):
    for _number in range(count):
        company, user = make.client_company(naf_code="62.02A")
        make.proof(make.published(company=company, user=user))
    address = reverse(f"admin:directory_{name}_changelist")
    staff.get(address)

    with django_assert_max_num_queries(queries):
        staff.get(address)
