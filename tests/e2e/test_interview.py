"""An interview: begun online, continued without network, reloaded, synchronised, signed."""

from datetime import timedelta
from io import BytesIO

import pytest
from django.utils import timezone
from PIL import Image

from diagnostics.models import Diagnostic, EvidencePhoto, InterviewAct
from diagnostics.services import interviews
from emn.lib.storage import private_storage
from tests.diagnostics.visits import interview
from tests.e2e.conftest import kept_in_the_clear, until
from tests.lib.test_supervisor import eventually

pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True)]

PASSWORD = "un-entretien-a-mener-2026"
TABLET = {"width": 768, "height": 1024}
AXES = 7


@pytest.fixture
def diagnostic(settings):
    settings.STAFF_MFA_REQUIRED = False
    made = interview(now=timezone.now() - timedelta(days=3))
    agent = made.adviser.user
    agent.set_password(PASSWORD)
    agent.save()
    agent.emailaddress_set.get_or_create(email=agent.email, verified=True, primary=True)
    return made


def opened(visit, diagnostic):
    page = visit("/compte/connexion/", viewport=TABLET)
    url = f"/diagnostic/conseil/entretiens/{diagnostic.pk}/"
    page.goto(url)
    page.locator("[name=login]").fill(diagnostic.adviser.user.email)
    page.locator("[name=password]").fill(PASSWORD)
    page.locator("[name=password]").press("Enter")
    page.wait_for_url(f"**{url}")
    page.locator("[data-emn-interview][data-kept]").wait_for()
    until(page, "navigator.serviceWorker.controller !== null")
    return page


def answer(page, code, value, kind="declared"):
    page.locator(f'[name="{code}-{kind}"][value="{value}"]').check()


def answer_axis(page):
    """Declare, by the keyboard, the first answer of each question of the axis that is shown."""
    page.evaluate("""() => {
      for (const block of document.querySelectorAll(".is-current [data-question]:not([hidden])")) {
        const fields = [...block.querySelectorAll('[data-kind="declared"]')];
        if (!fields.some((field) => field.checked) && fields[0].type !== "text") fields[0].click();
      }
    }""")
    go_on(page)


def go_on(page):
    page.locator(".is-current [data-next]").click()
    until(page, "`#${document.querySelector('.is-current').id}` === location.hash")


def waiting(page, count):
    page.locator(f'[data-part="line"][data-waiting="{count}"]').wait_for()


def picture():
    written = BytesIO()
    Image.new("RGB", (2400, 1200), "teal").save(written, "JPEG")
    return written.getvalue()


def sign(page, name):
    """Draw and give the name of the next who signs."""
    form = page.locator("form[data-party]").first
    sheet = form.locator("canvas")
    sheet.scroll_into_view_if_needed()
    box = sheet.bounding_box()
    page.mouse.move(box["x"] + 20, box["y"] + 20)
    page.mouse.down()
    page.mouse.move(box["x"] + 200, box["y"] + 80, steps=12)
    page.mouse.up()
    form.get_by_label("Nom et prénom").fill(name)
    form.get_by_role("button", name="J’ai lu, je signe").click()


def test_an_answer_taken_back_at_once_is_taken_back(visit, diagnostic, offline_errors):
    """The second act comes before the first is on the disk."""
    interviews.note(
        diagnostic_id=diagnostic.pk,
        acts=interviews.acts_of([("declared", "size", "micro")], now=timezone.now()),
        user_id=diagnostic.adviser.user_id,
        now=timezone.now(),
    )
    page = opened(visit, diagnostic)
    waiting(page, 0)
    page.context.set_offline(True)

    page.evaluate("""async () => {
      for (const value of ["small", "micro"]) {
        document.querySelector(`[name="size-declared"][value="${value}"]`).click();
        await new Promise((resolve) => setTimeout(resolve, 1));
      }
    }""")
    waiting(page, 2)

    assert page.locator('[name="size-declared"][value="micro"]').is_checked()
    page.context.set_offline(False)
    waiting(page, 0)
    assert interviews.facts(diagnostic).declared["size"] == "micro"


def test_an_interview_goes_on_without_network_and_is_signed(visit, diagnostic, offline_errors):
    page = opened(visit, diagnostic)
    before = InterviewAct.objects.count()
    answer(page, "size", "micro")
    answer(page, "situation", "none")
    eventually(lambda: InterviewAct.objects.count() == before + 2)
    waiting(page, 0)
    go_on(page)

    page.context.set_offline(True)
    answer(page, "s_goals", "plan")
    answer(page, "s_goals", "none", kind="observed")
    question = page.locator('[data-question="s_goals"]')
    question.get_by_text("Note et photos").click()
    question.get_by_label("Ce qui a été vu").fill("Rien d’écrit, dit Mme Klein")
    question.locator("[data-photo]").set_input_files(
        {"name": "mur.jpg", "mimeType": "image/jpeg", "buffer": picture()}
    )
    waiting(page, 4)
    assert "Klein" not in kept_in_the_clear(page, "emn-interview")

    page.reload()
    page.get_by_role("heading", name="Boulangerie Klein").wait_for()
    waiting(page, 4)
    assert page.locator('[name="s_goals-observed"][value="none"]').is_checked()
    for _axis in range(AXES):
        answer_axis(page)
    page.get_by_text("Toutes les réponses sont là.").wait_for()
    page.get_by_role("button", name="Passer à la synthèse").click()
    page.get_by_text("La synthèse s’ouvre avec le réseau").wait_for()
    assert InterviewAct.objects.count() == before + 2

    page.context.set_offline(False)
    waiting(page, 0)
    known = interviews.facts(diagnostic)
    photo = EvidencePhoto.objects.get()
    assert known.gaps == ("s_goals",)
    assert known.notes == {"s_goals": "Rien d’écrit, dit Mme Klein"}
    with private_storage().open(photo.file.name) as file:
        assert Image.open(file).size == (1600, 800)

    page.get_by_role("button", name="Passer à la synthèse").click()
    page.get_by_role("button", name="Relire et signer").click()
    for name in ("Claire Hoffmann", "Anna Klein"):
        sign(page, name)
        page.locator("p", has_text=name).first.wait_for()
    page.get_by_text("Signé par les deux").wait_for()

    signed = Diagnostic.objects.get(pk=diagnostic.pk)
    assert signed.signed_at is not None
    assert signed.signatures.exclude(drawing="").count() == 2
    private_storage().delete(photo.file.name)
