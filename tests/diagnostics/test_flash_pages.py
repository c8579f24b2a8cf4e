"""The flash diagnostic by its pages: no account, no cookie, nothing lost."""

import json
import re
from datetime import timedelta
from html import unescape
from ipaddress import IPv4Address
from itertools import count
from secrets import randbelow

import pytest
from django.db import InternalError, connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import override

from diagnostics.models import Diagnostic, ReferentialVersion
from diagnostics.services import diagnostics as services
from diagnostics.services.reference import (
    DATA,
    VersionRefused,
    changes_of_files,
    sync_diagnostics,
)
from diagnostics.views import flash_papers
from directory.services import taxonomy as taxonomy_services
from emn.accounts.services import erase_account, purge_personal_data
from emn.lib.forms import is_proof, new_challenge
from emn.mailings.models import ConsentRecord, OutboundEmail
from emn.questionnaires.models import Answer, Run
from tests.diagnostics.factories import BAKER, NOW, TIDY, begun, chance_answers, finished, published
from tests.diagnostics.visits import interview
from tests.directory.factories import CompanyFactory, MembershipFactory, UserFactory

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("commits")]
START = "/diagnostic/"


@pytest.fixture(autouse=True)
def own_address(client):
    """The counters of addresses outlive a test: each has its own."""
    client.defaults["REMOTE_ADDR"] = str(IPv4Address(1 + randbelow(2**32 - 2)))


def at(diagnostic, step=""):
    return f"/diagnostic/{diagnostic.run.key}/{step}"


def answer_all(client, answers, prefix=""):
    """Go from « Commencer » to the summary; return its address and how many pages were shown."""
    url = client.post(f"{prefix}/diagnostic/commencer/")["Location"]
    url = client.get(url)["Location"]
    pages = 0
    while "/question/" in url:
        html = client.get(url).content.decode()
        asked = set(re.findall(r'data-emn-question="(\w+)"', html))
        seen = dict(re.findall(r'name="(seen-\w+)" value="(\d+)"', html))
        url = client.post(url, {code: answers[code] for code in asked} | seen)["Location"]
        pages += 1
    return url, pages


# --- From the first click to the PDF ---


@pytest.mark.parametrize("prefix", ["", "/de", "/en"])
def test_from_the_first_click_to_the_pdf(client, prefix):
    published()

    review, pages = answer_all(client, BAKER, prefix)
    result = client.post(review)["Location"]
    html = client.get(result).content.decode()
    pdf = client.get(result.replace("resultat/", "rapport.pdf"))

    assert pages == 15
    assert review.endswith("/verifier/")
    assert html.count('class="measures"') == 2
    assert pdf["Content-Type"] == "application/pdf"
    assert pdf.content.startswith(b"%PDF")
    assert "attachment" in pdf["Content-Disposition"]
    assert not client.cookies


def test_the_first_page_is_the_same_for_everyone(client):
    response = client.get(START)

    assert "public" in response["Cache-Control"]
    assert not client.cookies
    assert "csrf" not in response.content.decode()


def test_without_a_published_version_it_says_so(client):
    response = client.post(f"{START}commencer/")

    assert response.status_code == 503
    assert "ouvre bientôt" in response.content.decode()


@pytest.mark.parametrize("prefix", ["", "/de", "/en"])
def test_the_questions_are_on_paper_too(client, prefix):
    missing = client.get(f"{prefix}/diagnostic/questionnaire.pdf")
    published()

    response = client.get(f"{prefix}/diagnostic/questionnaire.pdf")

    assert missing.status_code == 404
    assert b"pdfuaid" in response.content
    assert "public" in response["Cache-Control"]
    assert not client.cookies


def test_what_does_not_concern_is_not_asked(client):
    published()

    _review, pages = answer_all(client, TIDY)

    assert pages == 1 + 11


@pytest.mark.parametrize("seed", range(12))
def test_whatever_is_answered_there_is_a_report(client, seed):
    diagnostic = finished(chance_answers(seed))

    page = client.get(at(diagnostic, "resultat/"))
    pdf = client.get(at(diagnostic, "rapport.pdf"))

    assert (page.status_code, pdf.status_code) == (200, 200)


# --- Nothing lost ---


def test_a_run_is_taken_up_where_it_was_on_another_device(client):
    diagnostic = begun({"size": "micro", "situation": ["consumers"], "s_goals": "list"})

    assert client.get(at(diagnostic))["Location"] == at(diagnostic, "question/s_budget/")
    html = client.get(at(diagnostic, "question/s_goals/")).content.decode()
    assert re.search(r'value="list"[^>]*checked', html)


def test_going_back_keeps_what_was_chosen(client):
    diagnostic = begun({"size": "micro", "situation": ["consumers"], "s_goals": "list"})
    url = at(diagnostic, "question/s_budget/")

    response = client.post(url, {"s_budget": "case", "seen-s_budget": "0", "vers": "avant"})
    empty = client.post(at(diagnostic, "question/p_found/"), {"vers": "avant"})

    assert response["Location"] == at(diagnostic, "question/s_goals/")
    assert Answer.objects.get(question="s_budget").value == "case"
    assert empty["Location"] == url


def test_a_missing_answer_is_asked_for_and_the_others_of_the_page_stay(client):
    diagnostic = begun()

    response = client.post(at(diagnostic, "question/profile/"), {"situation": ["premises"]})

    html = response.content.decode()
    assert response.status_code == 422
    assert "Choisissez une réponse pour continuer" in html
    assert re.search(r'value="premises"[^>]*checked', html)
    assert not Answer.objects.exists()


def test_a_stale_tab_shows_what_is_kept_and_overwrites_nothing(client):
    diagnostic = begun({"size": "micro", "situation": ["consumers"]})
    url = at(diagnostic, "question/s_goals/")
    client.post(url, {"s_goals": "list", "seen-s_goals": "0"})

    response = client.post(url, {"s_goals": "plan", "seen-s_goals": "0"})

    html = response.content.decode()
    assert response.status_code == 409
    assert "dans une autre page" in html
    assert re.search(r'value="list"[^>]*checked', html)
    assert 'name="seen-s_goals" value="1"' in html
    assert Answer.objects.get(question="s_goals").value == "list"


@pytest.mark.django_db(transaction=True)
def test_an_answer_is_saved_in_two_queries_and_no_transaction_around(client):
    diagnostic = begun(BAKER)
    url = at(diagnostic, "question/s_goals/")
    client.get(url)  # the questionnaire is read once

    with CaptureQueriesContext(connection) as asked:
        response = client.post(url, {"s_goals": "plan", "seen-s_goals": "1"})

    assert response.status_code == 302
    assert len(asked) == 2


def test_the_link_of_an_interview_opens_no_flash_page(client):
    key = interview().run.key

    assert client.get(f"/diagnostic/{key}/question/s_goals/").status_code == 404


def test_the_summary_shows_each_answer_and_changes_it(client):
    diagnostic = begun(BAKER | {"x_login": "unknown"})

    html = unescape(client.get(at(diagnostic, "verifier/")).content.decode())
    page = at(diagnostic, "question/x_login/?verifier")
    back = client.post(page, {"x_login": "vault", "seen-x_login": "1"})

    assert "Je ne sais pas" in html
    assert "Je vends à des particuliers\u00a0; J’ai des locaux" in html or "particuliers ; " in html
    assert page in html
    assert back["Location"] == at(diagnostic, "verifier/")


def test_an_answer_that_brings_a_question_asks_it_before_the_summary(client):
    diagnostic = begun(TIDY)

    response = client.post(
        at(diagnostic, "question/profile/?verifier"),
        {"size": "micro", "situation": ["none"], "seen-size": "1", "seen-situation": "1"},
    )

    assert response["Location"] == at(diagnostic, "question/k_leavers/")


def test_a_finished_run_leads_to_its_result_and_opens_again(client):
    diagnostic = finished()

    assert client.get(at(diagnostic))["Location"] == at(diagnostic, "resultat/")
    late = client.post(at(diagnostic, "question/s_goals/"), {"s_goals": "plan"})
    assert late["Location"] == at(diagnostic, "resultat/")
    again = client.post(at(diagnostic, "resultat/"), {"do": "reopen"})
    assert again["Location"] == at(diagnostic, "verifier/")
    assert Diagnostic.objects.get().result is None
    assert Answer.objects.count() == len(BAKER)


@pytest.mark.parametrize("key", ["x" * 22, "é" * 22, "mes", "0"])
def test_a_wrong_link_leads_nowhere(client, key):
    for step in ("", "question/s_goals/", "verifier/", "resultat/", "rapport.pdf", "lien/"):
        assert client.get(f"/diagnostic/{key}/{step}").status_code == 404


# --- The result ---


def test_the_result_says_the_truth_about_itself(client):
    diagnostic = finished(BAKER | {"x_login": "unknown", "x_backup": "unknown"})

    html = unescape(client.get(at(diagnostic, "resultat/")).content.decode())

    assert "12 des 14 questions" in html
    assert "trop peu de réponses pour une note" in html
    assert "une photographie de six minutes" in html
    assert "Ce que vous ne saviez pas" in html
    assert "no-store" in client.get(at(diagnostic, "resultat/"))["Cache-Control"]


def test_the_plan_follows_the_budget_and_the_hours(client):
    diagnostic = finished()
    html = {
        budget: client.get(at(diagnostic, f"resultat/?budget={budget}&heures=8")).content.decode()
        for budget in (0, 5000)
    }
    strange = client.get(at(diagnostic, "resultat/?budget=9&heures=x")).content.decode()

    # From a thousand on too: « 1 000 € » is for people, not for the address.
    choices = re.findall(r'href="\?budget=([^&"]*)&amp;heures=8#plan"', html[0])
    assert choices == ["500", "1000", "5000"]
    plans = {(p["budget"], p["hours_a_month"]): p for p in diagnostic.result["plans"]}
    for budget, page in html.items():
        listed = page.split('class="plan-measures"')[1].split("</ol>")[0]
        assert listed.count("<li>") == len(plans[budget, 8]["codes"])
    assert strange.count('class="chip" aria-current="true"') == 2


def test_a_measure_leads_to_a_search_a_need_and_the_next_sessions(client):
    from events.enums import SessionStatus
    from tests.events.factories import ThemeFactory
    from tests.events.factories import published as published_session

    taxonomy_services.sync_taxonomy(write=True)
    theme = ThemeFactory(slug="securite")
    now = timezone.now()
    soon = published_session(starts_at=now + timedelta(days=3), now=now, themes=[theme])
    diagnostic = finished()

    html = client.get(at(diagnostic, "resultat/")).content.decode()

    assert soon.status == SessionStatus.PUBLISHED
    assert soon.get_absolute_url() in html
    assert "/annuaire/?service=sauvegarde-des-donnees" in html
    assert "/besoins/nouveau/?service=sauvegarde-des-donnees" in html
    assert "/annuaire/atelier" not in html  # no provider is named


def test_the_report_takes_few_queries_whatever_there_is_to_say(client):
    counts = []
    for answers in (TIDY, BAKER):
        diagnostic = finished(answers)
        url = at(diagnostic, "resultat/")
        client.get(url)
        with CaptureQueriesContext(connection) as asked:
            client.get(url)
        counts.append(len(asked))

    assert max(counts) <= 15
    assert abs(counts[0] - counts[1]) <= 2  # sessions and their themes


def test_the_pdf_is_tagged_and_the_same_twice(client):
    diagnostic = finished()
    url = at(diagnostic, "rapport.pdf")
    first = client.get(url).content

    assert b"pdfuaid" in first
    assert client.get(url).content == first


# --- Sending the link ---


def filled(**changed):
    challenge = new_challenge(now=timezone.now() - timedelta(seconds=10))
    proof = next(str(number) for number in count() if is_proof(challenge, str(number)))
    return {"email": "lea@boulangerie.example", "challenge": challenge, "proof": proof} | changed


def test_the_link_is_sent_and_the_address_kept_nowhere_else(client):
    diagnostic = finished()

    response = client.post(at(diagnostic, "lien/"), filled())

    mail = OutboundEmail.objects.get()
    assert response["Location"] == at(diagnostic, "lien/envoye/")
    assert at(diagnostic) in mail.text_body
    assert not ConsentRecord.objects.exists()
    kept = json.dumps(list(Diagnostic.objects.values()), default=str)
    assert "lea@" not in kept


def test_the_letter_is_asked_for_apart_and_confirmed_by_its_mailbox(client):
    from emn.mailings.services.lists import sync_lists

    sync_lists(write=True)
    diagnostic = finished()

    page = unescape(client.get(at(diagnostic, "lien/")).content.decode())
    client.post(at(diagnostic, "lien/"), filled(letter="on"))

    assert "J’accepte de recevoir" in page
    assert not re.search(r'name="letter"[^>]*checked', page)
    assert set(OutboundEmail.objects.values_list("kind", flat=True)) == {
        "diagnostics/emails/link", "mailings/emails/confirm",
    }  # fmt: skip
    assert {record.act for record in ConsentRecord.objects.all()} == {"requested"}


# --- Whose it is ---


def test_a_diagnostic_is_put_in_the_file_of_ones_company(client):
    diagnostic = finished()
    member = MembershipFactory()
    client.force_login(member.user)

    response = client.post(at(diagnostic, "dossier/"), {"company": member.company.pk})
    listed = client.get("/diagnostic/mes-diagnostics/").content.decode()

    assert response["Location"] == at(diagnostic, "resultat/?dit=rattache")
    assert at(diagnostic, "resultat/") in listed
    diagnostic.refresh_from_db()
    assert (diagnostic.company, diagnostic.claimed_by) == (member.company, member.user)
    reopened = client.post(at(diagnostic, "resultat/"), {"do": "reopen"})
    assert reopened.status_code == 409


def test_nobody_puts_it_in_the_file_of_another_company(client):
    diagnostic = finished()
    member, other = MembershipFactory(), CompanyFactory()
    client.force_login(member.user)

    client.post(at(diagnostic, "dossier/"), {"company": other.pk})
    diagnostic.refresh_from_db()
    assert diagnostic.company is None

    services.claim(
        diagnostic_id=diagnostic.pk, company_id=member.company.pk, user_id=member.user.pk, now=NOW
    )
    second = MembershipFactory()
    with pytest.raises(services.DiagnosticRefused, match="autre entreprise"):
        services.claim(
            diagnostic_id=diagnostic.pk, company_id=second.company.pk, user_id=second.user.pk,
            now=NOW,
        )  # fmt: skip


def test_an_unfinished_diagnostic_is_nobodys(client):
    diagnostic = begun(BAKER)
    member = MembershipFactory()
    client.force_login(member.user)

    response = client.post(at(diagnostic, "dossier/"), {"company": member.company.pk})

    assert "Terminez d’abord" in unescape(response.content.decode())


def test_who_has_no_company_is_told_how_to_have_one(client):
    diagnostic = finished()
    client.force_login(UserFactory())

    assert "/annuaire/" in client.get(at(diagnostic, "dossier/")).content.decode()


def test_what_nobody_claimed_goes_after_thirty_days():
    old, claimed, recent = finished(), finished(), finished(now=NOW + timedelta(days=20))
    member = MembershipFactory()
    services.claim(
        diagnostic_id=claimed.pk, company_id=member.company.pk, user_id=member.user.pk, now=NOW
    )

    purge_personal_data(now=NOW + timedelta(days=29), write=True)
    before = Diagnostic.objects.count()
    purge_personal_data(now=NOW + timedelta(days=31), write=True)

    assert before == 3
    assert set(Diagnostic.objects.all()) == {claimed, recent}
    assert not Run.objects.filter(pk=old.run_id).exists()
    assert not Answer.objects.filter(run=old.run_id).exists()


def test_erasing_a_person_leaves_the_diagnostic_to_its_company():
    diagnostic = finished()
    member = MembershipFactory()
    services.claim(
        diagnostic_id=diagnostic.pk, company_id=member.company.pk, user_id=member.user.pk, now=NOW
    )

    erase_account(user_id=member.user.pk)

    diagnostic.refresh_from_db()
    assert (diagnostic.company, diagnostic.claimed_by) == (member.company, None)


# --- Versions ---


def test_versions_are_published_once_and_never_change(tmp_path):
    assert [diff.created for diff in sync_diagnostics(write=False)] == [["1.0", "1.1"], ["1.0"]]
    assert not ReferentialVersion.objects.exists()
    sync_diagnostics(write=True)
    assert [diff.created for diff in sync_diagnostics(write=True)] == [[], []]

    content = json.loads((DATA / "referential-1.0.json").read_text())
    content["parameters"]["axes_shown"] = 4
    (tmp_path / "referential-1.0.json").write_text(json.dumps(content))
    with pytest.raises(VersionRefused, match="est publiée"):
        sync_diagnostics(write=True, folder=tmp_path)
    with pytest.raises(InternalError, match="does not change"):
        ReferentialVersion.objects.update(content=content)


def test_a_new_version_leaves_the_runs_of_the_old_one(client, tmp_path):
    diagnostic = begun(BAKER)
    content = json.loads((DATA / "referential-1.1.json").read_text())
    content["version"] = "1.10"
    content["parameters"]["axes_shown"] = 7
    (tmp_path / "referential-1.10.json").write_text(json.dumps(content))
    assert changes_of_files(folder=tmp_path) == [
        "version : 1.1 → 1.10",
        "parameters.axes_shown : 5 → 7",
    ]
    sync_diagnostics(write=True, folder=tmp_path)

    services.finish(diagnostic_id=diagnostic.pk, now=NOW)
    new = services.start_flash(language="fr", now=NOW)

    diagnostic.refresh_from_db()
    assert diagnostic.referential.number == "1.1"
    assert diagnostic.result["whole"]["shown"] == 11
    assert new.referential.number == "1.10"


def test_the_sheet_on_paper_is_made_once_for_each_language(client, monkeypatch):
    published()
    flash_papers._paper.cache_clear()
    made = []
    monkeypatch.setattr(
        flash_papers, "paper_pdf", lambda *_given, **more: made.append(more) or b"%PDF"
    )

    for number, language in enumerate(("fr", "de", "fr", "de")):
        with override(language):
            page = reverse("diagnostics:paper")
        assert client.get(page, {"n": number}).content == b"%PDF"

    flash_papers._paper.cache_clear()
    assert len(made) == 2


def test_a_report_is_compiled_so_often_for_a_link_and_no_more(client, monkeypatch):
    monkeypatch.setattr(flash_papers, "REPORTS_PER_HOUR", 1)
    one, other = finished(), finished()

    codes = [client.get(at(row, "rapport.pdf")).status_code for row in (one, one, other)]

    assert codes == [200, 429, 200]
