"""Errors that readers report: taken without account, decided by staff, answered once."""

import pytest
from django.urls import reverse

from directory.enums import ReportStatus
from directory.models import CardReport, Provider
from directory.services import reports as services
from emn.accounts.enums import Role
from emn.lib import forms as public_forms
from emn.mailings.models import OutboundEmail
from tests.directory.factories import NOW, ProviderFactory, UserFactory, published_card
from tests.directory.test_admin import sign_in

pytestmark = pytest.mark.django_db
READER = "lectrice@ailleurs.example"


def report(card, **changed):
    values = {"category": "contact", "message": "Numéro coupé.", "email": "", "language": "fr"}
    return services.report_error(provider_id=card.pk, now=NOW, **values | changed)


def decide(entry, decision=ReportStatus.CORRECTED, answer=""):
    return services.decide_report(
        report_id=entry.pk, decision=decision, answer=answer, by_id=UserFactory().pk, now=NOW
    )


def mails(template):
    return OutboundEmail.objects.filter(kind=f"directory/emails/{template}")


def test_a_report_writes_to_nobody():
    owner = UserFactory()
    card = published_card(owner=owner)
    before = OutboundEmail.objects.count()

    report(card, email=READER)

    assert OutboundEmail.objects.count() == before


def test_the_same_words_twice_are_one_report():
    card = published_card()

    assert report(card) == report(card)
    assert report(card, message="Autre chose.") != report(card)


def test_a_card_takes_few_reports_at_once():
    card = published_card()
    for n in range(services.MOST_OPEN_PER_CARD):
        report(card, message=f"{n}")

    with pytest.raises(services.ReportRefused, match="déjà de nombreux"):
        report(card, message="encore")


def test_only_a_public_card_is_reported():
    with pytest.raises(Provider.DoesNotExist):
        report(ProviderFactory())


def test_who_left_an_address_is_answered_in_its_language():
    entry = decide(report(published_card(), email=READER, language="de"))

    mail = mails("report_decided").get()
    assert (mail.to_email, mail.language, mail.unsolicited) == (READER, "de", True)
    assert entry.status == ReportStatus.CORRECTED


def test_who_left_none_is_not():
    decide(report(published_card()))

    assert not mails("report_decided").exists()


def test_the_owner_is_told_without_the_reader_s_address():
    owner = UserFactory()
    entry = report(published_card(owner=owner), email=READER)

    decide(entry, ReportStatus.OWNER_TOLD)

    mail = mails("report_passed_on").get()
    assert mail.to_email == owner.email
    assert "Numéro coupé." in mail.text_body
    assert READER not in mail.text_body + mail.reply_to


def test_nobody_is_told_of_a_card_that_nobody_holds():
    entry = report(published_card(), email=READER)

    with pytest.raises(services.ReportRefused, match="Personne ne tient"):
        decide(entry, ReportStatus.OWNER_TOLD)

    entry.refresh_from_db()
    assert entry.status == ReportStatus.OPEN
    assert not mails("report_decided").exists()


def test_unfounded_is_explained_to_who_waits():
    entry = report(published_card(), email=READER)

    with pytest.raises(services.ReportRefused, match="Dites pourquoi"):
        decide(entry, ReportStatus.UNFOUNDED)


def test_a_report_is_decided_once():
    entry = report(published_card())
    decide(entry)

    with pytest.raises(services.ReportRefused, match="déjà traité"):
        decide(entry)


# --- Pages ---


def page_of(card):
    return reverse("directory:report_error", args=[card.slug])


@pytest.fixture
def at_leisure(monkeypatch):
    from datetime import timedelta

    monkeypatch.setattr(public_forms, "FASTEST_FILL", timedelta(0))


def filled(client, card, **changed):
    shown = client.get(page_of(card)).content.decode()
    challenge = shown.partition('name="challenge" value="')[2].partition('"')[0]
    return {"category": "closed", "challenge": challenge, "proof": "", "website": ""} | changed


def test_every_card_invites_to_report(client):
    card = published_card()

    assert page_of(card) in client.get(card.get_absolute_url()).content.decode()


def test_a_reader_reports_without_account(client, at_leisure):
    card = published_card()

    page = client.post(page_of(card), filled(client, card, email=READER)).content.decode()

    assert "bien arrivé" in page
    assert CardReport.objects.get().email == READER


def test_a_robot_reports_nothing(client, at_leisure):
    card = published_card()

    client.post(page_of(card), filled(client, card, website="https://spam.example"))
    client.post(page_of(card), filled(client, card) | {"challenge": "faux"})

    assert not CardReport.objects.exists()


def test_the_centre_decides_in_the_back_office(client, settings):
    settings.STAFF_MFA_REQUIRED = False
    sign_in(client, Role.RECEPTION)
    entry = report(published_card())
    shown = client.get(reverse("admin:directory_cardreport_change", args=[entry.pk]))
    button = shown.context["buttons"][0][0]

    client.get(button)
    entry.refresh_from_db()
    assert entry.status == ReportStatus.OPEN
    client.post(button, {"decision": "corrected"})

    entry.refresh_from_db()
    assert entry.status == ReportStatus.CORRECTED


def test_an_adviser_does_not_decide(client, settings):
    settings.STAFF_MFA_REQUIRED = False
    sign_in(client, Role.ADVISER)
    entry = report(published_card())

    response = client.post(
        reverse("admin:directory_cardreport_decide", args=[entry.pk]), {"decision": "corrected"}
    )

    assert response.status_code == 403
