"""The second voice: sums alone, by threes, on a page that knows nobody."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import connection, models
from django.urls import reverse
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from diagnostics.models import VoiceLink, VoiceTally
from diagnostics.services import diagnostics as services
from diagnostics.services import voices
from diagnostics.services.reference import DATA
from diagnostics.voice_words import voices_of
from diagnostics.voices import BATCH, axes_of, known_of, renewed, topics
from emn.questionnaires.definition import read
from tests.diagnostics.factories import BAKER, finished, published
from tests.diagnostics.visits import member

QUESTIONS = (
    "v_direction", "v_customers", "v_retype", "v_tools", "v_alert", "v_passwords", "v_learn",
    "v_waste",
)  # fmt: skip
DEFINITION = read(__import__("json").loads((DATA / "voices-1.0.json").read_text())["questionnaire"])


def said(value="yes", **more):
    return dict.fromkeys(QUESTIONS, value) | more


# --- From sums to scores ---


def test_worked_vector():
    """Security: (0 + 1 + 3 + 2 + 2 + 2) of 18 points: 55."""
    sums = {
        "v_alert": {"no": 1, "rather_no": 1, "yes": 1},
        "v_passwords": {"rather_yes": 3},
        "v_learn": {"no": 3},
        "v_tools": {"yes": 3},
        "v_retype": {"rather_no": 2, "unknown": 1},
    }

    found = axes_of(DEFINITION, sums)

    assert found["security"] == 55
    assert found["skills"] == 0
    assert found["equipment"] == 75  # the highest band, without its number
    assert found["management"] is None  # two opinions
    assert found["strategy"] is None


@pytest.mark.parametrize(
    ("theirs", "ours", "found"),
    [
        (30, 50, []), (30, 51, [("a", False)]), (60, 39, [("a", True)]), (0, 44, []),
        (0, 45, [("a", False)]), (75, 54, [("a", True)]), (75, 100, []), (None, 90, []),
        (50, None, []),
    ],
)  # fmt: skip
def test_more_than_twenty_points_are_a_topic(theirs, ours, found):
    assert topics({"a": theirs}, {"a": ours}) == found


@given(
    st.dictionaries(
        st.sampled_from(QUESTIONS),
        st.dictionaries(
            st.sampled_from(["no", "rather_no", "rather_yes", "yes", "unknown"]), st.integers(0, 40)
        ),
    )
)
def test_no_score_says_that_all_said_the_same(sums):
    for axis, found in axes_of(DEFINITION, sums).items():
        assert found is None or found == 0 or 25 <= found <= 75, axis


ANSWERS = st.sampled_from(["no", "rather_no", "rather_yes", "yes", "unknown"])


@given(st.lists(st.fixed_dictionaries(dict.fromkeys(QUESTIONS, ANSWERS)), max_size=25))
def test_a_score_that_changes_mixes_three_voices(people):
    """Those who have no opinion leave nobody alone, in a score or in the difference of two."""
    sums, shown = {code: {} for code in QUESTIONS}, {}
    for number, answers in enumerate(people, start=1):
        for code, answer in answers.items():
            sums[code][answer] = sums[code].get(answer, 0) + 1
        if number % BATCH:
            continue
        before, shown = shown, renewed(DEFINITION, sums, shown)
        for section in DEFINITION.sections:
            if shown["axes"][section.code] == before.get("axes", {}).get(section.code):
                continue
            for question in section.questions:
                came = known_of(DEFINITION, sums)[question.code]
                new = came - before.get("known", {}).get(question.code, 0)
                assert new >= 3
                assert shown["known"][question.code] == came


def test_an_axis_waits_for_opinions_and_not_for_answers():
    first = {code: {"yes": 2, "no": 3} for code in QUESTIONS}
    shown = renewed(DEFINITION, first, {})
    alone = {code: {"yes": 3, "no": 3, "unknown": 2} for code in QUESTIONS}
    enough = {code: {"yes": 5, "no": 3, "unknown": 2} for code in QUESTIONS}

    assert shown["axes"]["strategy"] == 40
    assert renewed(DEFINITION, alone, shown) == shown
    assert renewed(DEFINITION, enough, shown)["axes"]["strategy"] == 62


# --- The link ---


def opened(firm=None, *, now=None, **more):
    published()
    firm = firm or member()
    return voices.open_link(
        company_id=firm.company_id, user_id=firm.user_id, now=now or timezone.now(),
        **({"days": 14, "most": 10} | more),
    )  # fmt: skip


pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("commits")]


@pytest.mark.parametrize("prefix", ["", "/de", "/en"])
def test_three_answers_are_shown_and_two_are_not(client, prefix):
    link = opened()
    page = f"{prefix}/diagnostic/voix/{link.key}/"
    form = client.get(page)

    answers = [client.post(page, said(value)) for value in ("no", "rather_yes")]
    link.refresh_from_db()
    before = link.shown
    answers += [client.post(page, said("yes"))]

    link.refresh_from_db()
    assert form.status_code == 200
    assert [response["Location"] for response in answers] == [f"{page}merci/"] * 3
    assert client.get(f"{page}merci/").status_code == 200
    assert not client.cookies
    assert (before, link.shown["count"], link.shown["axes"]["strategy"]) == (None, 3, 55)


def test_what_is_shown_is_made_again_by_threes():
    link = opened()
    counts = []
    for _answer in range(7):
        voices.answer(key=link.key, values=said(), now=timezone.now())
        link.refresh_from_db()
        counts.append(link.shown and link.shown["count"])

    assert counts == [None, None, 3, 3, 3, 6, 6]


def test_nothing_kept_could_be_tied_to_a_person():
    """Sums by question: no row of an answer, no time, nothing that points at somebody."""
    kinds = {field.name: type(field) for field in VoiceTally._meta.get_fields()}
    times = (models.DateTimeField, models.TimeField)

    assert set(kinds) == {"id", "link", "question", "answer", "count"}
    assert not any(isinstance(field, times) for field in VoiceLink._meta.get_fields())
    assert {
        field.related_model.__name__
        for field in VoiceLink._meta.get_fields()
        if field.is_relation and field.name != "opened_by"
    } == {"Company", "QuestionnaireVersion", "VoiceTally"}


def test_every_question_is_asked_for(client):
    link = opened()
    page = reverse("diagnostics:voice", args=[link.key])

    response = client.post(page, said(v_alert=""))

    assert response.status_code == 422
    assert not VoiceTally.objects.exists()


def test_a_link_ends_by_its_day_its_cap_and_its_button(client):
    now = timezone.now()
    firm = member()
    capped = opened(firm, most=BATCH)
    page = reverse("diagnostics:voice", args=[capped.key])
    codes = [client.post(page, said()).status_code for _answer in range(4)]
    over = opened(firm, now=now - timedelta(days=15))
    codes.append(client.get(reverse("diagnostics:voice", args=[over.key])).status_code)
    closed = opened(firm)
    client.force_login(firm.user)
    own = reverse("diagnostics:voices", args=[firm.company_id])
    shown = client.get(own).content.decode()
    client.post(own, {"do": "close"})
    codes.append(client.post(reverse("diagnostics:voice", args=[closed.key]), said()).status_code)

    assert codes == [302, 302, 302, 410, 410, 410]
    assert closed.key in shown
    with pytest.raises(voices.VoiceRefused):
        voices.answer(key=over.key, values=said(), now=now)


def test_a_new_link_closes_the_former():
    firm = member()
    old, new = opened(firm), opened(firm)

    assert list(VoiceLink.objects.open(today=timezone.localdate())) == [new]
    assert old.key != new.key


def test_the_company_opens_it_and_others_do_not(client):
    published()
    firm, other = member(), member()
    page = reverse("diagnostics:voices", args=[firm.company_id])
    client.force_login(other.user)
    refused = [client.get(page).status_code, client.post(page, {"do": "open"}).status_code]
    client.force_login(firm.user)

    wrong = client.post(page, {"do": "open", "most": 2, "days": 14})
    made = client.post(page, {"do": "open", "most": 3, "days": 14})

    assert refused == [404, 404]
    assert (wrong.status_code, made["Location"]) == (422, page)
    assert VoiceLink.objects.get().company == firm.company
    assert "Moins de trois réponses" in client.get(page).content.decode()


@pytest.mark.parametrize("key", ["x" * 22, "é" * 22])
def test_a_wrong_link_leads_nowhere(client, key):
    assert client.get(f"/diagnostic/voix/{key}/").status_code == 404


def test_both_voices_stand_in_the_report_and_what_differs_is_a_topic(client):
    firm = member()
    link = opened(firm)
    for _answer in range(3):
        voices.answer(key=link.key, values=said(), now=timezone.now())
    diagnostic = finished(BAKER, now=timezone.now())
    alone = voices_of(diagnostic)
    services.claim(
        diagnostic_id=diagnostic.pk, company_id=firm.company_id, user_id=firm.user_id,
        now=timezone.now(),
    )  # fmt: skip
    diagnostic.refresh_from_db()

    found = voices_of(diagnostic)
    html = client.get(f"/diagnostic/{diagnostic.run.key}/resultat/").content.decode()

    assert alone is None
    assert {line.theirs for line in found.lines} == {"75 ou plus"}
    assert len(found.topics) == len(
        [c for c in diagnostic.result["axes"].values() if c["shown"] < 55]
    )
    assert "À en parler ensemble" in html
    assert client.get(f"/diagnostic/{diagnostic.run.key}/rapport.pdf").content.startswith(b"%PDF")


@pytest.mark.django_db(transaction=True)
def test_answers_at_once_are_all_counted_and_the_cap_holds():
    link = opened(most=6)

    def attempt(_number):
        try:
            voices.answer(key=link.key, values=said(), now=timezone.now())
        except voices.VoiceRefused:
            return 0
        finally:
            connection.close()
        return 1

    with ThreadPoolExecutor(4) as pool:
        kept = sum(pool.map(attempt, range(9)))

    link.refresh_from_db()
    assert (kept, link.count, link.shown["count"]) == (6, 6, 6)
    assert set(link.tallies.values_list("count", flat=True)) == {6}
