"""Reviews as everyone reads them, and the author's and the provider's own pages."""

import re
from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import override

from directory.enums import DoubtReason, ReviewRefusal
from directory.models import CardRedirect, Invitation, Mission, Review, ReviewProof
from directory.models.reviews import RATINGS
from directory.reviews.rules import rules
from directory.services import review_moderation, review_rights, reviews
from directory.services.replies import digest_of
from emn.accounts.retention import periods
from emn.lib import forms as public_forms
from emn.mailings.models import OutboundEmail
from tests.directory import reviews as make
from tests.directory.factories import (
    CommuneFactory,
    CompanyFactory,
    MembershipFactory,
    UserFactory,
)
from tests.directory.trust_cards import first_version

pytestmark = pytest.mark.django_db
SIRET = "41816609600069"


@pytest.fixture
def now():
    return timezone.now()


@pytest.fixture
def provider():
    first_version()
    return make.card()


@pytest.fixture
def owner(provider):
    user = UserFactory(email="gerante@presta-owner.example")
    MembershipFactory(company=provider.company, user=user)
    return user


def page(client, name, *args, query=""):
    response = client.get(reverse(name, args=args) + query)
    return response, response.content.decode()


def articles(html):
    return re.findall(r'<article class="review".*?</article>', html, re.DOTALL)


# --- Read by all (R1.10) ---


def test_each_review_shows_both_dates_the_control_and_its_level(client, provider):
    review = make.published(provider, days_ago=40)
    for name, query in (("directory:provider", ""), ("directory:reviews", "")):
        _response, html = page(client, name, provider.slug, query=query)
        (article,) = articles(html)
        with override("fr"):
            assert "Expérience terminée le 14 octobre 2026" in article
            assert "avis publié le 23 novembre 2026" in article
        assert "Contrôle\u00a0: lu avant publication" in article
        assert f"niveau {review.level}" in article
        assert reverse("reviews:policy") in article


def test_the_badge_is_for_v2_and_v3_only(client, provider):
    """R1.15."""
    review = make.published(provider)
    assert "Avis vérifié" not in articles(page(client, "directory:reviews", provider.slug)[1])[0]

    make.accepted(make.proof(review))

    assert "Avis vérifié" in articles(page(client, "directory:reviews", provider.slug)[1])[0]


def test_newest_first_and_chronological_by_choice(client, provider):
    """R1.10, R1.17: sort criteria shown, chronological among them."""
    old = make.published(provider, text="Le premier avis, publié avant tous les autres avis.")
    new = make.published(provider, text="Le second avis, publié après le premier de ces avis.",
                         now=make.NOW + timedelta(days=1))  # fmt: skip

    def order(query=""):
        _response, html = page(client, "directory:reviews", provider.slug, query=query)
        return re.findall(r'id="avis-(\d+)"', html)

    assert order() == [str(new.pk), str(old.pk)]
    assert order("?tri=anciens") == [str(old.pk), str(new.pk)]
    assert "chronologique" in page(client, "directory:reviews", provider.slug)[1]


def test_the_author_and_its_company_are_never_named(client, provider):
    company, user = make.client_company(name="BOULANGERIE MEYER", headcount_band="02")
    review = make.published(provider, company=company, user=user, shows_profile=True)
    html = page(client, "directory:reviews", provider.slug)[1]

    for secret in (review.author_name, review.author_email, company.name, company.siret):
        assert secret not in html
    assert "Artisanat · 1 à 9 salariés · Sarrebourg" in html


def test_without_consent_the_profile_says_a_company(client, provider):
    make.published(provider)

    html = page(client, "directory:reviews", provider.slug)[1]

    assert "Une entreprise" in html
    assert "Artisanat" not in html


def test_figures_come_with_their_number(client, provider):
    make.published(provider, rating=5)
    make.accepted(make.proof(make.published(provider, rating=2)))

    for name in ("directory:provider", "directory:reviews"):
        html = page(client, name, provider.slug)[1]
        assert "3,5 sur 5" in html
        assert "2 avis publiés" in html
        assert "dont 1 vérifié" in html


def test_what_waits_is_refused_or_withdrawn_is_not_shown(client, provider):
    waiting = make.waiting(provider, text="En attente de lecture par le centre, rien d’autre.")
    refused = make.waiting(provider, text="Refusé parce que hors sujet, on n’en parle plus.")
    review_moderation.refuse_review(
        review_id=refused.pk, reason="off_topic", words="", by_id=make.agent().pk, now=make.NOW
    )
    gone = make.published(provider, text="Publié puis retiré par son auteur, sans un mot.")
    reviews.withdraw_review(review_id=gone.pk, now=make.NOW)

    html = page(client, "directory:reviews", provider.slug)[1]

    assert articles(html) == []
    assert "Pas encore d’avis publié" in html
    for review in (waiting, refused, gone):
        assert review.text not in html


def test_a_contested_review_stays_with_its_mark_and_a_blocked_one_with_its_notice(
    client, provider, owner
):
    company, user = make.client_company(naf_code="62.02A")
    review = make.published(provider, company=company, user=user)
    review_rights.report_doubt(
        review_id=review.pk, user_id=owner.pk, reasons=["competitor"], words="Même métier.",
        connection="", now=make.NOW,
    )  # fmt: skip

    (article,) = articles(page(client, "directory:reviews", provider.slug)[1])

    assert "Contesté" in article
    assert "n’entre pas dans l’indice" in article
    assert make.TEXT in article


def test_the_reply_is_under_its_review(client, provider, owner):
    review = make.published(provider)
    row = review_rights.reply_to_review(
        review_id=review.pk, user_id=owner.pk, text="Merci, à bientôt.", connection="",
        now=make.NOW,
    )  # fmt: skip
    assert "Merci, à bientôt." not in page(client, "directory:provider", provider.slug)[1]

    review_rights.decide_reply(
        reply_id=row.pk, seen=digest_of(row.text), publish=True, now=make.NOW + timedelta(days=1)
    )

    for name in ("directory:provider", "directory:reviews"):
        assert "Merci, à bientôt." in articles(page(client, name, provider.slug)[1])[0]


def test_the_card_follows_its_reviews(client, provider):
    assert "Pas encore d’avis" in page(client, "directory:provider", provider.slug)[1]
    review = make.published(provider)
    assert make.TEXT in page(client, "directory:provider", provider.slug)[1]
    reviews.withdraw_review(review_id=review.pk, now=make.NOW + timedelta(days=1))
    assert make.TEXT not in page(client, "directory:provider", provider.slug)[1]


@pytest.mark.parametrize("count", [1, 4])
def test_the_page_of_reviews_costs_the_same_queries(
    client, provider, owner, count, django_assert_num_queries
):
    for number in range(count):
        review = make.published(provider, now=make.NOW + timedelta(minutes=number))
        review_rights.decide_reply(
            seen=digest_of("Merci."),
            reply_id=review_rights.reply_to_review(
                review_id=review.pk, user_id=owner.pk, text="Merci.", connection="", now=make.NOW
            ).pk,
            publish=True,
            now=make.NOW,
        )
    client.get(reverse("directory:reviews", args=[provider.slug]))

    with django_assert_num_queries(5):  # the card, its figures, their count, reviews, replies
        client.get(reverse("directory:reviews", args=[provider.slug]), {"x": "1"})


@pytest.mark.parametrize("count", [1, 3])
def test_the_card_costs_the_same_queries(client, provider, count, django_assert_num_queries):
    from directory.review_reading import card_reviews

    for _number in range(count):
        make.published(provider)

    with django_assert_num_queries(3):  # figures, reviews, replies
        card_reviews(provider.pk)


def test_a_hidden_card_shows_no_review_and_a_merged_one_leads_on(client, provider):
    CardRedirect.objects.create(slug="ancienne", provider=provider, created_at=make.NOW)

    assert client.get(reverse("directory:reviews", args=["inconnue"])).status_code == 404
    moved = client.get(reverse("directory:reviews", args=["ancienne"]))
    assert moved.url == reverse("directory:reviews", args=[provider.slug])


# --- The policy (R1.10, R1.11) ---


def test_the_policy_is_written_from_what_the_code_reads(client, monkeypatch):
    first_version()
    response, html = page(client, "reviews:policy")

    assert f"{rules().publication_days} jours au plus, le même pour tous" in html
    assert "5 ans après sa publication" in html
    assert periods()["review"].days == 5 * 365
    for label in [*ReviewRefusal.labels, *DoubtReason.labels]:
        assert str(label) in html
    assert "Rien n’est donné en échange" in html
    for weight in ("0,4", "1,5"):
        assert f"<td>{weight}</td>" in html
    assert response["Cache-Control"].startswith("public")
    assert not response.cookies


def test_the_policy_is_in_the_sitemap(client):
    assert "/avis/politique/" in client.get("/sitemap-reviews.xml").content.decode()


# --- The author ---


def filled(**changed):
    values = dict.fromkeys(RATINGS, "4") | {
        "text": make.TEXT,
        "experience_on": (timezone.localdate() - timedelta(days=10)).isoformat(),
        "author_name": "Léa Meyer",
        "has_lived_it": "on",
    }
    return values | changed


@pytest.fixture
def quick(monkeypatch):
    monkeypatch.setattr(public_forms, "FASTEST_FILL", timedelta(0))


def spontaneous(client, provider, **changed):
    address = reverse("reviews:new", args=[provider.slug])
    html = client.get(address).content.decode()
    challenge = re.search(r'name="challenge" value="([^"]+)"', html)[1]
    values = filled(siret=SIRET, email="lea@boulangerie.example", challenge=challenge)
    return client.post(address, values | changed)


def link_in(kind, part):
    mail = OutboundEmail.objects.filter(kind=f"directory/emails/{kind}").latest("pk")
    return re.search(rf"(/avis/{part}/\S+)", mail.text_body)[1]


def test_a_visitor_writes_confirms_and_follows(client, provider, quick):
    CompanyFactory(siret=SIRET)

    answer = spontaneous(client, provider)
    assert answer.url == reverse("reviews:sent")
    address = link_in("review_confirm", "confirmer")
    for _opened in range(3):  # by a person, a preview, a scanner
        assert client.get(address).status_code == 200
    assert Review.objects.get().status == "unconfirmed"

    followed = client.post(address)

    assert Review.objects.get().status == "waiting"
    html = client.get(followed.url).content.decode()
    assert "Reçu, en cours de lecture" in html
    assert not client.cookies


@pytest.mark.parametrize("email", ["lea@boulangerie.example", "inconnue@nulle-part.example"])
def test_the_answer_is_the_same_for_every_address(client, provider, quick, email):
    CompanyFactory(siret=SIRET)
    UserFactory(email="lea@boulangerie.example")

    answer = spontaneous(client, provider, email=email)

    assert (answer.status_code, answer.url) == (302, reverse("reviews:sent"))


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"fit": ""}, "Donnez une note de 1 à 5"),
        ({"fit": "6"}, "Sélectionnez un choix valide"),
        ({"text": "Bien."}, "30 signes au moins"),
        ({"has_lived_it": ""}, "obligatoire"),
        ({"experience_on": "2031-01-01"}, "une fois l’expérience terminée"),
        ({"siret": "123"}, "Ce SIRET n’est pas juste"),
        ({"siret": "55208131766522"}, "ne connaît pas d’entreprise active"),
    ],
)
def test_bad_input_is_said_in_words_and_nothing_is_lost(client, provider, quick, changed, words):
    CompanyFactory(siret=SIRET)

    answer = spontaneous(client, provider, **changed)

    html = answer.content.decode()
    assert answer.status_code == 200
    assert words in html
    assert "Léa Meyer" in html
    assert not Review.objects.exists()


@pytest.fixture
def invitation(provider, owner):
    mission = make.declared(provider, owner, now=timezone.now())
    reviews.invite_client(mission_id=mission.pk, now=timezone.now())
    return Invitation.objects.get()


def test_the_link_of_an_invitation_opened_by_a_machine_changes_nothing(client, invitation):
    """M1."""
    address = link_in("review_invitation", "invitation")
    for method in (client.get, client.head):
        assert method(address).status_code == 200
    assert client.get(reverse("reviews:decline", args=[address.split("/")[-2]])).status_code == 302

    invitation.refresh_from_db()
    assert (invitation.used_at, invitation.declined_at) == (None, None)
    assert not Review.objects.exists()


def test_an_invited_client_answers_once(client, invitation):
    address = link_in("review_invitation", "invitation")

    answer = client.post(address, filled())

    assert Review.objects.get().invitation == invitation
    assert "Reçu" in client.get(answer.url).content.decode()
    again = client.post(address, filled())
    assert "déjà servi" in again.content.decode()
    assert Review.objects.count() == 1


def test_an_invited_client_says_no(client, invitation):
    address = link_in("review_invitation", "invitation")

    client.post(address + "decliner/")

    assert "nous ne vous demanderons plus" in client.get(address).content.decode()


@pytest.mark.parametrize("name", ["invitation", "confirm", "follow"])
def test_a_wrong_secret_leads_nowhere(client, name):
    assert client.get(reverse(f"reviews:{name}", args=["faux"])).status_code == 404


def test_one_secret_does_not_open_another_page(client, provider):
    review = make.waiting(provider)
    secret = reviews.token(review.pk, reviews.CONFIRM)

    assert client.get(reverse("reviews:follow", args=[secret])).status_code == 404


def test_the_author_brings_a_proof_written_again_and_may_withdraw(client, provider):
    review = make.published(provider)
    address = reverse("reviews:follow", args=[reviews.token(review.pk, reviews.FOLLOW)])
    values = {
        "kind": "invoice",
        "file": SimpleUploadedFile("facture.png", make.picture()),
        "issuer": "404833048",
        "recipient": "418 166 096 00069",
        "number": "FA-7",
        "dated_on": "2026-11-03",
        "iban": "",
    }

    bad = client.post(address, values | {"issuer": "12", "iban": "FR00"})
    assert "9 ou 14 chiffres" in bad.content.decode()
    assert "Cet IBAN n’est pas juste" in bad.content.decode()
    values["file"] = SimpleUploadedFile("facture.png", make.picture())
    client.post(address, values)

    row = ReviewProof.objects.get()
    assert row.file.name.endswith(".webp")
    assert (row.issuer_siren, row.recipient_siren) == ("404833048", "418166096")
    client.post(address, {"do": "withdraw"})
    assert make.again(review).status == "withdrawn"
    assert "Vous avez retiré cet avis" in client.get(address).content.decode()


def test_a_member_writes_for_its_company(client, provider):
    company, user = make.client_company()
    client.force_login(user)
    address = reverse("reviews:new_as_member", args=[provider.slug])

    client.post(address, filled(company=str(company.pk)))

    review = Review.objects.get()
    assert (review.client, review.author, review.level) == (company, user, "V1")


def test_a_member_does_not_write_for_another_company(client, provider):
    _company, user = make.client_company()
    other, _user = make.client_company()
    client.force_login(user)

    client.post(
        reverse("reviews:new_as_member", args=[provider.slug]), filled(company=str(other.pk))
    )

    assert not Review.objects.exists()


# --- The provider ---


def test_the_provider_replies_and_doubts_from_its_page(client, provider, owner):
    review = make.published(provider)
    client.force_login(owner)
    _response, html = page(client, "directory:own_reviews", provider.pk)
    assert "Signaler un doute" in html

    client.post(
        reverse("directory:review_reply", args=[provider.pk, review.pk]), {"text": "Merci."}
    )
    client.post(
        reverse("directory:review_doubt", args=[provider.pk, review.pk]),
        {"reasons": ["not_a_client"], "words": "Inconnu de nos services."},
    )

    html = page(client, "directory:own_reviews", provider.pk)[1]
    assert "Réponse en attente de publication" in html
    assert "Contesté" in html
    assert "Signaler un doute" not in html


def test_a_doubt_without_a_reason_comes_back_whole(client, provider, owner):
    review = make.published(provider)
    client.force_login(owner)

    answer = client.post(
        reverse("directory:review_doubt", args=[provider.pk, review.pk]), {"words": "Mon texte."}
    )

    assert "Mon texte." in answer.content.decode()
    assert not review.doubts.exists()


def test_the_reviews_of_others_are_not_found(client, provider, owner):
    review = make.published(provider)
    other = make.card()
    stranger = UserFactory()
    MembershipFactory(company=other.company, user=stranger)
    client.force_login(stranger)

    for name, args in (
        ("own_reviews", [provider.pk]),
        ("missions", [provider.pk]),
        ("review_reply", [provider.pk, review.pk]),
        ("review_doubt", [provider.pk, review.pk]),
        ("review_reply", [other.pk, review.pk]),
    ):
        assert client.get(reverse(f"directory:{name}", args=args)).status_code == 404


def test_the_provider_declares_a_mission(client, provider, owner):
    CommuneFactory()
    CompanyFactory(siret=SIRET)
    client.force_login(owner)
    values = {
        "siret": SIRET,
        "client_email": "lea@boulangerie.example",
        "subject": "Refonte du site",
        "starts_on": "2026-09-01",
        "ended_on": "2026-11-01",
    }
    address = reverse("directory:missions", args=[provider.pk])

    wrong = client.post(address, values | {"ended_on": "2026-08-01"})
    assert "précéder le début" in wrong.content.decode()
    client.post(address, values)

    mission = Mission.objects.get()
    assert (mission.origin, mission.declared_by) == ("declared", owner)
    assert "Refonte du site" in client.get(address).content.decode()


@pytest.mark.parametrize("count", [1, 3])
def test_the_own_page_costs_the_same_queries(provider, owner, count, django_assert_num_queries):
    client = Client()
    client.force_login(owner)
    for _number in range(count):
        make.published(provider)
    client.get(reverse("directory:own_reviews", args=[provider.pk]))

    with django_assert_num_queries(9):
        client.get(reverse("directory:own_reviews", args=[provider.pk]))
