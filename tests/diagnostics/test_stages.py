"""T1 and T2: reminded of once, begun from both sides, compared, shown and signed."""

import json
import random
from datetime import timedelta
from fractions import Fraction
from html import unescape
from uuid import uuid4

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from diagnostics.assessing import assess
from diagnostics.demo import write_demo_visits
from diagnostics.enums import Depth, Stage
from diagnostics.interview_log import Act
from diagnostics.models import Diagnostic, StageReminder
from diagnostics.progress import paired
from diagnostics.services import diagnostics as services
from diagnostics.services import interviews, progress, signing
from diagnostics.services.reference import DATA, referential_of, sync_diagnostics
from diagnostics.synthesis import proposed
from emn.accounts.demo import AGENT, COMPANY
from emn.accounts.enums import Role
from emn.accounts.services import purge_personal_data
from emn.mailings.models import OutboundEmail
from emn.questionnaires import services as questionnaires
from emn.questionnaires.paths import random_answers
from emn.questionnaires.services import digest_of
from tests.diagnostics.factories import BAKER, NOW, finished, published
from tests.diagnostics.visits import adviser, agent, booked, interview, member
from tests.directory.factories import (
    CommuneFactory,
    CompanyFactory,
    EpciFactory,
    MembershipFactory,
    UserFactory,
)

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("commits")]
YEAR = timedelta(days=365)
BETTER = BAKER | {"x_backup": "tested", "s_goals": "plan"}


@pytest.fixture(autouse=True)
def no_second_factor(settings):
    settings.STAFF_MFA_REQUIRED = False


@pytest.fixture
def clock(monkeypatch):
    """Move the time that pages read."""

    def to(now):
        monkeypatch.setattr("django.utils.timezone.now", lambda: now)

    to(NOW)
    return to


def claimed(firm=None, answers=None, *, now=NOW):
    """A flash diagnostic in the file of a company."""
    firm, diagnostic = firm or member(), finished(answers, now=now)
    services.claim(
        diagnostic_id=diagnostic.pk, company_id=firm.company_id, user_id=firm.user_id, now=now
    )
    diagnostic.refresh_from_db()
    return diagnostic


def followed(first, answers=BETTER, *, now=NOW + YEAR):
    """The flash diagnostic that follows, with its result."""
    made = progress.begin_flash(
        diagnostic_id=first.pk, user_id=first.claimed_by_id, language="fr", now=now
    )
    questionnaires.save_answers(run=made.run, values=answers, seen={}, now=now)
    return services.finish(diagnostic_id=made.pk, now=now)


# --- Reminders ---


def test_a_reminder_is_sent_a_month_ahead_once_and_again_for_the_second_year():
    first = claimed()

    sent = [
        progress.remind_due(now=NOW + timedelta(days=days))
        for days in (333, 334, 335, 400, 699, 700, 701)
    ]

    assert sent == [0, 1, 0, 0, 0, 1, 0]
    mails = OutboundEmail.objects.filter(kind="diagnostics/emails/stage").order_by("pk")
    assert {mail.to_email for mail in mails} == {first.claimed_by.email}
    assert [mail.subject for mail in mails] == [
        "Un an après : où en est Boulangerie Klein ?",
        "2 ans après : où en est Boulangerie Klein ?",
    ]
    assert "/diagnostic/mes-diagnostics/" in mails[0].text_body


def test_who_began_and_left_is_not_written_to():
    first = claimed()
    other = MembershipFactory(company=first.company)
    first.company.memberships.filter(user=first.claimed_by).delete()

    progress.remind_due(now=NOW + YEAR)

    assert OutboundEmail.objects.get(kind="diagnostics/emails/stage").to_email == other.user.email


def test_nobody_is_reminded_of_what_is_made_or_was_replaced():
    firm = member()
    claimed(firm)
    followed(claimed(firm, now=NOW + timedelta(days=1)))
    claimed(now=NOW - 3 * YEAR)  # too long ago

    assert progress.remind_due(now=NOW + YEAR + timedelta(days=2)) == 0


def test_one_failure_holds_no_other_back(monkeypatch):
    claimed(), claimed()
    keep, calls = progress.queue_email, []

    def fails_first(**given):
        calls.append(given)
        if len(calls) == 1:
            raise RuntimeError
        return keep(**given)

    monkeypatch.setattr(progress, "queue_email", fails_first)

    assert progress.remind_due(now=NOW + YEAR) == 1
    assert StageReminder.objects.count() == 1
    assert progress.remind_due(now=NOW + YEAR) == 1


# --- The company ---


def test_the_company_does_it_again_a_year_later_and_sees_what_changed(client, clock):
    first = claimed()
    client.force_login(first.claimed_by)
    page = reverse("diagnostics:begin_next", args=[first.pk])
    early = client.post(page)
    clock(NOW + YEAR)
    client.force_login(first.claimed_by)
    listed = client.get(reverse("diagnostics:mine")).content.decode()

    begun = client.post(page)
    again = client.post(page)
    made = Diagnostic.objects.get(follows=first)
    questionnaires.save_answers(run=made.run, values=BETTER, seen={}, now=NOW + YEAR)
    client.post(reverse("diagnostics:review", args=[made.run.key]))

    assert early.status_code == 409
    assert "Refaire le point" in listed
    assert (
        begun["Location"] == again["Location"] == reverse("diagnostics:resume", args=[made.run.key])
    )
    made.refresh_from_db()
    assert (made.stage, made.company, made.referential) == (
        Stage.T1,
        first.company,
        first.referential,
    )
    html = unescape(client.get(reverse("diagnostics:result", args=[made.run.key])).content.decode())
    assert "Ce qui a bougé" in html
    assert "Actions faites" in html
    own = client.get(reverse("diagnostics:progress", args=[made.pk])).content.decode()
    assert "trop peu" not in own
    pdf = client.get(reverse("diagnostics:document", args=[made.run.key]))
    assert pdf.content.startswith(b"%PDF")
    assert b"pdfuaid" in pdf.content
    assert client.post(page).status_code == 409  # made: the next opens in a year


def test_what_is_kept_says_the_points_of_the_questions_answered_both_times():
    made = followed(claimed())

    axes = made.progress["axes"]
    assert axes["strategy"]["points"] is not None
    assert {entry["question"] for entry in made.progress["moved"]} == {"x_backup", "s_goals"}
    assert axes["presence"]["points"] == "0"
    outcomes = {entry["code"]: entry["outcome"] for entry in made.progress["measures"]}
    assert "done" in outcomes.values()
    assert list(outcomes) == [entry["code"] for entry in made.follows.result["measures"]]


def test_a_start_of_an_older_version_is_followed_and_compared_in_it(client, tmp_path):
    (tmp_path / "referential-1.0.json").write_text((DATA / "referential-1.0.json").read_text())
    sync_diagnostics(write=True, folder=tmp_path)
    first = claimed()
    sync_diagnostics(write=True)

    made = followed(first)

    newest = claimed(member())
    assert (made.referential.number, newest.referential.number) == ("1.0", "1.1")
    assert made.progress["axes"]["strategy"]["points"] is not None
    for name in ("result", "document"):
        assert client.get(reverse(f"diagnostics:{name}", args=[made.run.key])).status_code == 200


def test_across_versions_nothing_is_compared(client, tmp_path, clock, monkeypatch):
    first = claimed()
    content = json.loads((DATA / "referential-1.1.json").read_text())
    (tmp_path / "referential-1.2.json").write_text(json.dumps(content | {"version": "1.2"}))
    sync_diagnostics(write=True, folder=tmp_path)
    same = progress.version_for(first)
    monkeypatch.setattr(progress, "referential_of", unreadable)
    other = progress.version_for(first)
    monkeypatch.undo()
    clock(NOW + YEAR)
    monkeypatch.setattr(progress, "version_for", lambda _first: other)
    made = followed(first)

    client.force_login(first.claimed_by)
    html = client.get(reverse("diagnostics:progress", args=[made.pk])).content.decode()

    assert (same.number, other.number) == ("1.1", "1.2")
    assert made.progress is None
    assert "Le questionnaire a changé depuis" in html


def unreadable(_version_id):
    raise progress.ReferentialRefused("no more")


def test_that_of_another_company_is_not_found(client, clock):
    first = claimed()
    made = followed(first)
    client.force_login(member().user)

    codes = [
        client.post(reverse("diagnostics:begin_next", args=[first.pk])).status_code,
        client.get(reverse("diagnostics:progress", args=[made.pk])).status_code,
    ]

    assert codes == [404, 404]


def test_the_start_that_was_replaced_is_not_followed():
    firm = member()
    old, _new = claimed(firm), claimed(firm, now=NOW + timedelta(days=1))

    with pytest.raises(progress.StageRefused, match="plus récent"):
        progress.begin_flash(
            diagnostic_id=old.pk, user_id=firm.user_id, language="fr", now=NOW + YEAR
        )


def test_the_database_keeps_one_of_a_stage():
    first = claimed()
    made = followed(first)

    run = questionnaires.start_run(version_id=first.referential.flash_id, language="fr", now=NOW)

    with pytest.raises(IntegrityError, match="one_of_a_stage"), transaction.atomic():
        Diagnostic.objects.create(
            referential=first.referential, run=run, depth=Depth.FLASH, stage=made.stage,
            follows=first,
        )  # fmt: skip


@pytest.mark.parametrize("count", [1, 3])
def test_the_list_takes_the_same_queries_whatever_there_is(client, count):
    firm = member()
    for number in range(count):
        claimed(firm, now=NOW + timedelta(days=number))
    client.force_login(firm.user)
    page = reverse("diagnostics:mine")
    client.get(page)

    with CaptureQueriesContext(connection) as asked:
        client.get(page)

    assert len(asked) == 7


def test_the_result_of_the_second_year_takes_few_queries(client):
    made = followed(claimed())
    url = reverse("diagnostics:result", args=[made.run.key])
    client.get(url)

    with CaptureQueriesContext(connection) as asked:
        client.get(url)

    assert len(asked) <= 15


def test_one_that_nobody_finished_goes_after_thirty_days():
    first = claimed()
    made = progress.begin_flash(
        diagnostic_id=first.pk, user_id=first.claimed_by_id, language="fr", now=NOW + YEAR
    )

    purge_personal_data(now=NOW + YEAR + timedelta(days=31), write=True)

    assert list(Diagnostic.objects.all()) == [first]
    assert made.stage == Stage.T1


# --- The adviser ---


def declared(diagnostic, answers, *, now):
    acts = [Act(uuid4(), "declared", code, value, now) for code, value in answers.items()]
    user_id = diagnostic.adviser.user_id
    interviews.note(diagnostic_id=diagnostic.pk, acts=acts, user_id=user_id, now=now)
    return interviews.conclude(diagnostic_id=diagnostic.pk, user_id=user_id, now=now)


def signed(diagnostic, *, now):
    content = proposed(
        referential_of(diagnostic.referential_id), diagnostic.result, today=now.date(),
        language="fr",
    )  # fmt: skip
    user_id = diagnostic.adviser.user_id
    signing.write_synthesis(diagnostic_id=diagnostic.pk, user_id=user_id, content=content, now=now)
    for party in ("adviser", "company"):
        shown = signing.to_sign(Diagnostic.objects.get(pk=diagnostic.pk))
        signing.sign(
            diagnostic_id=diagnostic.pk, user_id=user_id, party=party, full_name="Anna Klein",
            drawing="", seen_sha256=digest_of(shown), now=now,
        )  # fmt: skip
    return Diagnostic.objects.select_related("run", "adviser", "company").get(pk=diagnostic.pk)


def visited(seed=1):
    """A signed visit, and the answers given."""
    diagnostic = interview(now=NOW)
    at = NOW + timedelta(days=3)
    chance = random.Random(seed)  # noqa: S311 -- a draw
    answers = random_answers(interviews.definition_of(diagnostic), chance)
    return signed(declared(diagnostic, answers, now=at), now=at), answers


def test_the_adviser_does_it_again_from_the_desk_and_both_sign_what_changed(client, clock):
    first, answers = visited()
    later = NOW + YEAR
    clock(later)
    client.force_login(first.adviser.user)

    desk = client.get(reverse("diagnostics:desk")).content.decode()
    assert client.post(reverse("diagnostics:desk"), {"follow": "9" * 5_000}).status_code == 404
    response = client.post(reverse("diagnostics:desk"), {"follow": first.pk})

    made = Diagnostic.objects.select_related("adviser", "run").get(follows=first)
    assert "Refaire le point, un an après" in desk
    assert response["Location"] == reverse("diagnostics:interview", args=[made.pk])
    assert client.post(reverse("diagnostics:desk"), {"follow": first.pk})["Location"].endswith(
        f"/{made.pk}/"
    )
    assert set(interviews.facts(made).declared) <= {"trade"}
    made = signed(declared(made, answers | {"s_goals": "plan"}, now=later), now=later)
    synthesis = client.get(reverse("diagnostics:signing", args=[made.pk])).content.decode()
    assert made.synthesis.shown["progress"]["stage"] == "Un an après"
    assert (made.t1_planned_on, made.t2_planned_on) == (None, first.t2_planned_on)
    assert "Ce qui a bougé" in synthesis
    assert signing.issue(diagnostic_id=made.pk, now=later) == 2
    own = client.get(reverse("diagnostics:visit_paper", args=[made.pk, "report"]))
    assert b"pdfuaid" in own.content


def test_an_appointment_a_year_later_is_the_next_stage(client, clock):
    first, _answers = visited()
    clock(NOW + YEAR)
    firm = first.company.memberships.get()
    visit = booked(first.adviser, firm, now=NOW + YEAR)
    client.force_login(first.adviser.user)
    page = reverse("diagnostics:adviser_appointment", args=[visit.pk])

    html = client.get(page).content.decode()
    client.post(page, {"do": "start", "language": "de"})

    made = Diagnostic.objects.select_related("run").get(appointment=visit)
    assert "Cette visite refait le point" in html
    assert (made.stage, made.follows, made.run.language) == (Stage.T1, first, "de")
    shown = client.get(reverse("diagnostics:interview_shell", args=[made.pk])).content.decode()
    assert "Strategie und Steuerung" in shown
    assert shown.count('<legend lang="de">') > 40


def test_an_appointment_goes_on_with_what_was_begun_without_one():
    """Else the visit would be a new start, and what changed would never be said."""
    first, _answers = visited()
    who = first.adviser
    begun = interviews.start_next(diagnostic_id=first.pk, user_id=who.user_id, now=NOW + YEAR)
    visit = booked(who, first.company.memberships.get(), now=NOW + YEAR)

    made = interviews.start(
        appointment_id=visit.pk, user_id=who.user_id, now=NOW + YEAR + timedelta(days=3)
    )

    assert (made.pk, made.appointment, made.stage) == (begun.pk, visit, Stage.T1)


def test_too_early_nothing_is_begun(client, clock):
    first, _answers = visited()
    clock(NOW + timedelta(days=90))
    client.force_login(first.adviser.user)

    response = client.post(reverse("diagnostics:desk"), {"follow": first.pk})

    assert response.status_code == 409
    assert not Diagnostic.objects.exclude(follows=None).exists()


def test_a_signed_one_outlives_what_it_follows():
    first, answers = visited()
    made = interviews.start_next(
        diagnostic_id=first.pk, user_id=first.adviser.user_id, now=NOW + YEAR
    )
    made = signed(declared(made, answers, now=NOW + YEAR), now=NOW + YEAR)

    first.delete()

    made.refresh_from_db()
    assert made.follows is None
    assert made.progress["whole"]["points"] == "0"


def test_the_guide_is_on_paper_in_the_language_of_the_questions(client):
    diagnostic = interview()
    client.force_login(diagnostic.adviser.user)
    page = reverse("diagnostics:guide")

    assert b"pdfuaid" in client.get(f"{page}?language=de").content
    assert (
        page in client.get(reverse("diagnostics:interview", args=[diagnostic.pk])).content.decode()
    )


# --- Staff ---


def test_staff_reads_the_mean_change_from_five_companies(client):
    firms = [
        claimed(MembershipFactory(company=CompanyFactory(siret=f"{number}2345678900015")))
        for number in range(1, 6)
    ]
    agent = interview().adviser.user
    client.force_login(agent)
    page = reverse("diagnostics:progress_all")
    for first in firms[:4]:
        followed(first)
    few = client.get(page).content.decode()
    followed(firms[4])
    client.get(page)

    with CaptureQueriesContext(connection) as asked:
        html = unescape(client.get(page).content.decode())

    group = progress.figures()[0]
    assert "moins de cinq entreprises" in few
    assert (group.count, group.whole.count) == (5, 5)
    assert "Retour vers la moyenne" in html
    assert "à ne pas publier" in html
    assert len([q for q in asked if "diagnostics_diagnostic" in q["sql"]]) == 1


def test_the_database_sums_what_the_formula_does():
    points = [Fraction(value) for value in ("7/3", "-2", "5", "14/3", "31/6", "0")]
    for number, change in enumerate(points, start=1):
        first = claimed(MembershipFactory(company=CompanyFactory(siret=f"{number}2345678900015")))
        made = followed(first)
        known, unknown = {"points": str(change)}, {"points": None}
        axes = {"strategy": known, "building": known if number > 2 else unknown}
        Diagnostic.objects.filter(pk=made.pk).update(progress={"whole": known, "axes": axes})

    (group,) = progress.figures()

    wanted = paired(points)
    assert (group.count, group.whole.improved, group.axes["building"]) == (6, 2, None)
    for found in (group.whole, group.axes["strategy"]):
        assert (found.mean, found.low, found.high) == pytest.approx(
            (wanted.mean, wanted.low, wanted.high)
        )


def test_who_may_not_read_diagnostics_does_not_read_their_progress(client):
    client.force_login(UserFactory(is_staff=True))

    assert client.get(reverse("diagnostics:progress_all")).status_code == 403


def test_the_same_answers_change_nothing():
    first = claimed()

    made = followed(first, BAKER)

    assert {change["points"] for change in made.progress["axes"].values()} == {"0"}
    assert {entry["outcome"] for entry in made.progress["measures"]} == {"open"}
    assert assess(referential_of(first.referential_id), "flash", BAKER) == first.result


# --- Around the visit that refreshes ---


def test_what_began_at_the_desk_speaks_the_language_of_the_first_visit(client, clock):
    first, _answers = visited()
    type(first.run).objects.filter(pk=first.run_id).update(language="de")
    clock(NOW + YEAR)
    client.force_login(first.adviser.user)

    client.post(reverse("diagnostics:desk"), {"follow": first.pk})

    assert Diagnostic.objects.select_related("run").get(follows=first).run.language == "de"


def test_the_visit_says_that_its_interview_began_without_it(client, clock):
    first, _answers = visited()
    who = first.adviser
    interviews.start_next(diagnostic_id=first.pk, user_id=who.user_id, now=NOW + YEAR)
    visit = booked(who, first.company.memberships.get(), now=NOW + YEAR)
    clock(NOW + YEAR)
    client.force_login(who.user)

    html = client.get(reverse("diagnostics:adviser_appointment", args=[visit.pk])).content.decode()

    assert "Reprendre l’entretien" in html
    assert 'name="language"' not in html


def test_papers_without_an_appointment_are_told_too():
    first, answers = visited()
    made = interviews.start_next(
        diagnostic_id=first.pk, user_id=first.adviser.user_id, now=NOW + YEAR
    )
    made = signed(declared(made, answers, now=NOW + YEAR), now=NOW + YEAR)
    OutboundEmail.objects.all().delete()

    signing.issue(diagnostic_id=made.pk, now=NOW + YEAR)

    told = OutboundEmail.objects.get(kind="diagnostics/emails/visit_documents")
    assert told.to_email == made.company.memberships.get().user.email


def test_the_guide_is_of_the_version_of_that_interview(client, monkeypatch):
    diagnostic, other = interview(), interview()
    Diagnostic.objects.filter(pk=other.pk).update(adviser=adviser())
    client.force_login(diagnostic.adviser.user)
    asked = []
    monkeypatch.setattr(
        "diagnostics.views.desk.paper_pdf",
        lambda *_a, reference, at: asked.append(reference) or b"",
    )
    old = diagnostic.referential
    new = type(old).objects.get(pk=old.pk)
    new.pk, new.number, new.published_at = None, "1.9", NOW + YEAR
    for depth in Depth.values:
        version = getattr(old, depth)
        version.pk, version.number = None, "1.9"
        version.save()
        setattr(new, f"{depth}_id", version.pk)
    new.save()
    page = reverse("diagnostics:guide")

    codes = [
        client.get(page, sent).status_code
        for sent in (
            {}, {"entretien": diagnostic.pk}, {"visite": diagnostic.appointment_id},
            {"entretien": other.pk}, {"visite": "x"},
        )
    ]  # fmt: skip

    assert codes == [200, 200, 200, 404, 404]
    number = Diagnostic.objects.get(pk=diagnostic.pk).referential.number
    assert asked[0] == "Référentiel 1.9"
    assert asked[1] == f"Référentiel {number}"


def test_an_adviser_sees_own_visits_and_the_flash_ones_of_where_they_go():
    mine, other = interview(), interview()
    other.adviser = adviser()
    other.save()
    nobodys, here = finished(), claimed()
    elsewhere = claimed()
    who = mine.adviser
    who.epcis.add(here.company.commune.epci)
    elsewhere.company.commune = CommuneFactory(
        insee_code="57463", epci=EpciFactory(siren="200039865", name="Metz")
    )
    elsewhere.company.save()

    def seen(user):
        return set(Diagnostic.objects.scoped_for(user).values_list("pk", flat=True))

    assert seen(who.user) == {mine.pk, nobodys.pk, here.pk}
    assert seen(other.adviser.user) == {other.pk, nobodys.pk, here.pk, elsewhere.pk}
    everything = {row.pk for row in (mine, other, nobodys, here, elsewhere)}
    assert seen(agent(Role.DIRECTOR)) == seen(agent(Role.ANALYST)) == everything


def test_another_advisers_visit_is_not_found_in_the_back_office(client):
    mine, other = interview(), interview()
    Diagnostic.objects.filter(pk=other.pk).update(adviser=adviser())
    client.force_login(mine.adviser.user)
    pages = [reverse("admin:diagnostics_diagnostic_change", args=[row.pk]) for row in (mine, other)]

    assert client.get(pages[0]).status_code == 200
    assert client.get(pages[1]).status_code in {302, 404}


def test_a_dropped_interview_keeps_its_history_and_frees_its_stage(client, clock):
    first, _answers = visited()
    who = first.adviser
    begun = interviews.start_next(diagnostic_id=first.pk, user_id=who.user_id, now=NOW + YEAR)
    clock(NOW + YEAR)
    client.force_login(who.user)
    page = reverse("diagnostics:drop", args=[begun.pk])

    without = client.post(page, {"reason": " "}).status_code
    done = client.post(page, {"reason": "L’entreprise a fermé."})
    other = interviews.start_next(diagnostic_id=first.pk, user_id=who.user_id, now=NOW + YEAR)

    begun.refresh_from_db()
    assert (without, done["Location"]) == (422, reverse("diagnostics:desk"))
    assert (begun.dropped_reason, begun.stage) == ("L’entreprise a fermé.", Stage.T1)
    assert (other.stage, other.follows) == (Stage.T1, first)
    assert other.pk != begun.pk
    html = client.get(reverse("diagnostics:interview", args=[begun.pk])).content.decode()
    assert "L’entreprise a fermé." in html
    assert page not in html
    listed = client.get(reverse("diagnostics:desk")).content.decode()
    assert reverse("diagnostics:interview", args=[begun.pk]) not in listed
    act = Act(uuid4(), "observed", "s_goals", "list", NOW + YEAR)
    noted = interviews.note(diagnostic_id=begun.pk, acts=[act], user_id=who.user_id, now=NOW + YEAR)
    assert noted[0].is_late
    with pytest.raises(interviews.InterviewRefused, match="abandonné"):
        interviews.conclude(diagnostic_id=begun.pk, user_id=who.user_id, now=NOW + YEAR)


def test_a_dropped_visit_may_be_begun_again_and_a_signed_one_is_not_dropped():
    begun = interview()
    visit, who = begun.appointment, begun.adviser
    first, _answers = visited()

    interviews.drop(diagnostic_id=begun.pk, user_id=who.user_id, reason="Malade", now=NOW)
    again = interviews.start(appointment_id=visit.pk, user_id=who.user_id, now=NOW)

    assert again.pk != begun.pk
    with pytest.raises(interviews.InterviewRefused, match="signé"):
        interviews.drop(
            diagnostic_id=first.pk, user_id=first.adviser.user_id, reason="Non", now=NOW
        )


def test_the_demonstration_has_a_company_a_year_later():
    published()
    UserFactory(email=AGENT, is_staff=True)
    firm = MembershipFactory(user=UserFactory(email=COMPANY))

    seeded = [write_demo_visits(now=NOW) for _ in range(2)]

    first, again = Diagnostic.objects.order_by("pk")
    assert seeded[1] == 0
    assert (first.company, again.company) == (firm.company, firm.company)
    assert (again.stage, again.follows) == (Stage.T1, first)
    assert Fraction(again.progress["axes"]["security"]["points"]) > 0
