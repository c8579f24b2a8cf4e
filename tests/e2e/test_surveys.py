"""A survey from its draw to the barometer: staff leads it, firms answer, everybody reads it."""

import re
from datetime import timedelta

import pytest
from django.utils import timezone

from emn.mailings.models import Campaign, OutboundEmail
from emn.mailings.services import campaigns, delivery
from observatory.models import AnswerSheet, DrawnUnit, Publication, Survey, SurveyEdition
from observatory.services import publication_documents as documents
from observatory.services.surveys import fieldwork
from observatory.tasks import work_on_survey
from tests.e2e.conftest import PHONE
from tests.e2e.test_staff_tools import person, sign_in
from tests.mailings.letters import mailing_list, reader
from tests.observatory import surveys as make

pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True)]
SAMPLE = 40


@pytest.fixture(autouse=True)
def at_ease(settings, live_server):
    settings.STAFF_MFA_REQUIRED = False
    settings.PUBLIC_URL = live_server.url
    settings.CSRF_TRUSTED_ORIGINS = [live_server.url]
    settings.LIST_SMTP_HOST = ""  # a folder


def step(desk, name, **fields):
    """Press a button of the survey, confirm, and have the worker do what it was asked."""
    row = Survey.objects.get()
    desk.goto(f"/admin/observatory/survey/{row.pk}/change/")
    desk.get_by_role("link", name=name, exact=True).click()
    for field, value in fields.items():
        desk.fill(f"[name={field}]", value)
    desk.click("#content-main input[type=submit], .submit-row input[type=submit]")
    desk.locator(".messagelist .success").wait_for()
    work_on_survey(survey_id=row.pk)


def prepare(desk):
    """Staff writes the survey, counts, draws, opens."""
    sign_in(desk, "agent@centre.example")
    desk.fill("[name=title]", "Baromètre 2026")
    desk.fill("[name=code]", "barometre-2026")
    desk.fill("[name=population]", "les firmes du numérique de Metz")
    desk.select_option("[name=version]", label="barometre 1.0")
    desk.select_option("[name=sector]", index=1)
    desk.check("[name=axes][value=size]")
    desk.fill("[name=sample_size]", str(SAMPLE))
    desk.click("[name=_save]")
    desk.locator(".messagelist .success").wait_for()
    step(desk, "Compter la base")
    step(desk, "Tirer l’échantillon", seed="57")
    closes = timezone.localdate() + timedelta(days=20)
    step(desk, "Ouvrir l’enquête", closes_on=f"{closes:%Y-%m-%d}")


def invite(desk):
    """Staff reads the invitation again, and lets it go to one firm that reads by mail."""
    person_ = reader(to=mailing_list(code="enquetes", kind="survey"), email="lea@firme.example")
    unit = make.addressed(DrawnUnit.objects.order_by("siret").first(), person_.email)
    step(desk, "Préparer l’invitation")
    letter = Campaign.objects.get()
    desk.goto(f"/admin/mailings/campaign/{letter.pk}/change/")
    desk.click("text=Envoyer maintenant")
    desk.click("input[value='Envoyer maintenant']")
    desk.wait_for_selector("text=L’envoi part dans la minute.")
    campaigns.start_due(now=timezone.now())
    delivery.run_campaign(campaign_id=letter.pk)
    assert letter.deliveries.get().state == "sent"
    return unit


def remind(settings):
    """A week later, whoever is silent is reminded; return the path of its link."""
    fieldwork.tick(now=timezone.now() + timedelta(days=8))
    text = OutboundEmail.objects.get(kind="observatory/emails/survey_reminder").text_body
    return re.search(rf"{settings.PUBLIC_URL}(/enquetes/\S+)", text)[1]


def answer(page, *, option):
    """Answer screen by screen, and hand in."""
    page.get_by_role("button", name="Commencer").click()
    page.get_by_label(option, exact=True).check()
    page.get_by_role("button", name="Continuer").click()
    page.get_by_label("Suivi des clients").check()
    page.get_by_role("button", name="Continuer").click()
    page.get_by_role("button", name="Continuer").click()
    page.get_by_role("button", name="Remettre mes réponses").click()
    page.get_by_role("heading", name="Merci, votre réponse compte").wait_for()


def answer_by_pages(client, unit, *, site):
    """The same through the same pages, without drawing them."""
    page = client.post(f"/enquetes/{unit.token}/commencer/")
    for given in ({"site": site}, {"tools": ["erp"]}, {"said": ""}):
        page = client.post(page["Location"], given | dict.fromkeys(map("seen-{}".format, given), 0))
    page = client.post(page["Location"])
    assert page["Location"].endswith("/merci/")


def enter(desk, unit):
    """Staff writes down what a firm says on the telephone."""
    desk.goto(f"/admin/observatory/drawnunit/{unit.pk}/change/")
    desk.get_by_role("link", name="Saisir ses réponses").click()
    desk.check("[name=mode][value=phone]")
    desk.click("[type=submit][value='Saisir ses réponses']")
    desk.get_by_label("Non", exact=True).check()
    for _screen in range(3):
        desk.get_by_role("button", name="Continuer").click()
    desk.get_by_role("button", name="Remettre mes réponses").click()
    desk.get_by_role("heading", name="Merci, votre réponse compte").wait_for()
    assert AnswerSheet.objects.get(unit=unit).mode == "phone"


def publish(desk):
    """Staff freezes the figures, composes, publishes; return the publication."""
    step(desk, "Figer une édition")
    desk.goto(f"/admin/observatory/surveyedition/{SurveyEdition.objects.get().pk}/change/")
    desk.get_by_role("link", name="Composer une publication").click()
    desk.click("[type=submit][value='Composer une publication']")
    desk.locator(".messagelist .success").wait_for()
    desk.goto(f"/admin/observatory/publication/{Publication.objects.get().pk}/change/")
    desk.fill("[name=parts-0-text]", "La **moitié** des firmes a un site.")
    desk.click("[name=_continue]")
    desk.get_by_role("link", name="Publier", exact=True).click()
    desk.click("[type=submit][value='Publier l’étude']")
    desk.get_by_text("La publication est parue.").wait_for()
    return Publication.objects.get()


def test_from_the_draw_to_the_published_barometer(visit, client, settings):
    make.register(small=50, large=30)
    make.published()
    person("agent@centre.example", is_staff=True, is_superuser=True)

    desk = visit("/admin/observatory/survey/add/")
    prepare(desk)
    invited = invite(desk)
    phone = visit(remind(settings), viewport=PHONE, javascript=False)
    answer(phone, option="Oui")
    phone.get_by_text("il en faut cinq").wait_for()
    others = list(DrawnUnit.objects.exclude(pk=invited.pk).order_by("siret"))
    enter(desk, others.pop())
    for rank, unit in enumerate(others):
        answer_by_pages(client, unit, site="no" if rank % 2 else "yes")
    phone.reload()
    phone.get_by_role("heading", name="Vous et vos pairs").wait_for()
    assert phone.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]

    fieldwork.tick(now=timezone.now() + timedelta(days=21))
    closed = client.get(invited.get_absolute_url())
    assert (closed.status_code, "Cette enquête est close" in closed.text) == (410, True)
    barometer = publish(desk)

    phone.goto("/publications/")
    phone.get_by_role("link", name="Baromètre 2026").click()
    phone.get_by_role("heading", name="Méthode").wait_for()
    assert phone.get_by_text("50 %").first.is_visible()
    assert phone.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    assert phone.context.cookies() == []
    documents.make_left(now=timezone.now())
    assert client.get(f"/publications/{barometer.reference}.pdf").status_code == 200
    assert "Baromètre 2026" in client.get("/publications/rss/").text
