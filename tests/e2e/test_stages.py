"""A year later: the company does it again and sees what changed; its people say their own."""

from datetime import timedelta
from pathlib import Path

import pytest
from django.utils import timezone

from diagnostics.models import Diagnostic, VoiceLink
from diagnostics.services import diagnostics as services
from diagnostics.services import voices
from tests.diagnostics.factories import BAKER, finished
from tests.diagnostics.visits import member
from tests.e2e.conftest import PHONE
from tests.e2e.test_diagnostic import codes_of

pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True)]
PASSWORD = "un-an-apres-le-depart-2026"
BETTER = BAKER | {"x_backup": "tested", "s_goals": "plan"}


@pytest.fixture
def firm():
    made = member()
    made.user.set_password(PASSWORD)
    made.user.save()
    made.user.emailaddress_set.get_or_create(email=made.user.email, verified=True, primary=True)
    return made


def signed_in(visit, firm, path):
    page = visit("/compte/connexion/", viewport=PHONE)
    page.goto(path)
    page.locator("[name=login]").fill(firm.user.email)
    page.locator("[name=password]").fill(PASSWORD)
    page.locator("[name=password]").press("Enter")
    page.wait_for_url(f"**{path}")
    return page


def test_a_year_later_the_company_sees_what_changed(visit, firm):
    then = timezone.now() - timedelta(days=366)
    first = finished(now=then)
    services.claim(
        diagnostic_id=first.pk, company_id=firm.company_id, user_id=firm.user_id, now=then
    )
    page = signed_in(visit, firm, "/diagnostic/mes-diagnostics/")

    page.get_by_role("button", name="Refaire le point").click()
    page.wait_for_url("**/question/profile/")
    while "/question/" in page.url:
        before = page.url
        for code in codes_of(page):
            values = BETTER[code] if isinstance(BETTER[code], list) else [BETTER[code]]
            for value in values:
                page.locator(f"[data-emn-question={code}] label:has(input[value={value}])").click()
        page.locator("form.question-form .button-main").click()
        page.wait_for_url(lambda url, before=before: url != before)
    page.get_by_role("button", name="Voir mon résultat").click()
    page.get_by_role("heading", name="Ce qui a bougé").wait_for()

    made = Diagnostic.objects.get(follows=first)
    row = page.locator(".progress tbody tr", has_text="Sécurité et conformité")
    cells = row.locator("td").all_inner_texts()
    assert int(cells[1]) - int(cells[0]) == int(cells[2].replace("\u00a0", "").replace("+", ""))
    assert made.company == firm.company
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    with page.expect_download() as download:
        page.locator(".result-actions .button-main").click()
    assert Path(download.value.path()).read_bytes().startswith(b"%PDF")
    page.goto("/diagnostic/mes-diagnostics/")
    page.get_by_role("link", name="Ce qui a bougé").click()
    page.get_by_role("heading", name="Boulangerie Klein").wait_for()


@pytest.mark.parametrize("prefix", ["", "/de"])
def test_the_people_answer_without_a_script_nor_a_cookie(visit, firm, prefix):
    finished()
    link = voices.open_link(
        company_id=firm.company_id, user_id=firm.user_id, days=7, most=3, now=timezone.now()
    )
    page = visit(f"{prefix}/diagnostic/voix/{link.key}/", viewport=PHONE, javascript=False)

    for code in codes_of(page):
        page.locator(f"[data-emn-question={code}] label:has(input[value=rather_yes])").click()
    page.locator("form.question-form .button-main").click()
    page.wait_for_url("**/merci/")

    assert VoiceLink.objects.get().count == 1
    assert page.context.cookies() == []
