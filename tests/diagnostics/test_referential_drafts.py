"""The referential written by staff: a draft, its pages, its publication."""

import json
import re
from html import unescape

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from diagnostics.enums import Depth
from diagnostics.models import Diagnostic, ReferentialVersion
from diagnostics.referential import definition_of
from diagnostics.referential_words import words_of
from diagnostics.services import diagnostics as services
from diagnostics.services import drafts
from diagnostics.services.reference import DATA, sync_diagnostics
from emn.accounts.enums import Role
from emn.questionnaires.models import Answer, QuestionnaireVersion, Run
from tests.diagnostics.factories import NOW, TIDY, published
from tests.diagnostics.visits import agent

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("commits")]
LIST = "/admin/diagnostics/referentialversion/"


@pytest.fixture
def draft():
    published()
    return drafts.begin_draft()


@pytest.fixture
def director(client):
    client.force_login(agent(Role.DIRECTOR))
    return client


def write(draft, change):
    content = json.loads(json.dumps(draft.content))
    change(content)
    return drafts.write_draft(version_id=draft.pk, content=content, seen_sha256=draft.sha256)


def _question(content, code):
    return next(entry for entry in content["questions"] if entry["code"] == code)


def goals(content, text="Que voulez-vous ?"):
    _question(content, "s_goals")["text"]["fr"] = text


# --- The services ---


def test_a_draft_is_the_published_version_under_the_next_number(draft):
    newest = published()

    assert (draft.number, draft.published_at) == ("1.100", None)
    assert draft.content == {**newest.content, "version": "1.100"}
    assert draft.flash.content == definition_of(newest.content, Depth.FLASH)
    assert draft.flash.published_at is None
    assert newest.number == "1.1"


def test_one_draft_at_a_time(draft):
    with pytest.raises(drafts.DraftRefused, match="déjà ouvert"):
        drafts.begin_draft()


def test_there_is_nothing_to_draw_from_before_a_publication():
    with pytest.raises(drafts.DraftRefused, match="rien à reprendre"):
        drafts.begin_draft()


def test_a_draft_changes_with_its_questionnaires(draft):
    write(draft, goals)

    draft.refresh_from_db()
    for version in (draft.flash, draft.on_site):
        assert "Que voulez-vous ?" in json.dumps(version.content, ensure_ascii=False)
    assert published().content != draft.content


def test_nobody_begins_with_a_draft(draft):
    assert services.start_flash(language="fr", now=NOW).referential.number == "1.1"


def test_what_does_not_hold_together_is_refused_with_its_place(draft):
    with pytest.raises(drafts.DraftRefused) as refused:
        write(draft, lambda c: c["profile"]["on_site"][0].update(
            when={"q": "s_goals", "op": "is", "value": "none"}
        ))  # fmt: skip

    assert refused.value.message == (
        "on_site, sections[profile].questions[trade].when : la question s_goals vient après"
    )
    draft.refresh_from_db()
    assert "when" not in draft.content["profile"]["on_site"][0]


def test_a_draft_that_changed_meanwhile_is_refused(draft):
    write(draft, goals)

    with pytest.raises(drafts.DraftRefused, match="a changé entre-temps"):
        write(draft, lambda c: goals(c, "Autre chose ?"))
    with pytest.raises(drafts.DraftRefused, match="a changé entre-temps"):
        drafts.publish_draft(version_id=draft.pk, seen_sha256=draft.sha256, now=NOW)


def test_publishing_serves_the_draft_and_freezes_it(draft):
    drafts.publish_draft(version_id=draft.pk, seen_sha256=draft.sha256, now=timezone.now())
    draft.refresh_from_db()

    with pytest.raises(drafts.DraftRefused, match="ne change plus"):
        write(draft, goals)
    with pytest.raises(drafts.DraftRefused, match="ne change plus"):
        drafts.drop_draft(version_id=draft.pk)
    made = services.start_flash(language="fr", now=NOW)
    assert made.referential_id == draft.pk
    assert made.run.version.published_at is not None
    assert drafts.begin_draft().number == "1.101"


def test_dropping_leaves_nothing(draft):
    drafts.drop_draft(version_id=draft.pk)

    assert set(ReferentialVersion.objects.values_list("number", flat=True)) == {"1.0", "1.1"}
    left = QuestionnaireVersion.objects.filter(questionnaire__code__startswith="diagnostic-")
    assert left.count() == 4  # two depths of two versions


def test_an_update_of_the_portal_never_takes_the_words_of_the_centre_away(draft, tmp_path):
    drafts.publish_draft(version_id=draft.pk, seen_sha256=draft.sha256, now=timezone.now())
    content = json.loads((DATA / "referential-1.1.json").read_text())
    (tmp_path / "referential-1.2.json").write_text(json.dumps({**content, "version": "1.2"}))

    sync_diagnostics(write=True, folder=tmp_path)
    sync_diagnostics(write=True, folder=tmp_path)

    shipped = ReferentialVersion.objects.get(number="1.2")
    assert shipped.published_at is None
    with pytest.raises(drafts.DraftRefused, match="vient avec le portail"):
        write(shipped, goals)
    with pytest.raises(drafts.DraftRefused, match="vient avec le portail"):
        drafts.drop_draft(version_id=shipped.pk)
    drafts.publish_draft(version_id=shipped.pk, seen_sha256=shipped.sha256, now=NOW)


# --- The pages ---


def page(draft, end, client, **data):
    url = f"{LIST}{draft.pk}/{end}/"
    answer = client.post(url, data) if data else client.get(url)
    return answer.status_code, unescape(answer.content.decode())


def test_a_draft_goes_from_button_to_publication(director):
    version = published()

    director.post(f"{LIST}{version.pk}/nouvelle/", {"seen": "-"})
    draft = ReferentialVersion.objects.get(number="1.100")
    shown = unescape(director.get(f"{LIST}{draft.pk}/change/").content.decode())
    assert re.findall(rf'href="{LIST}{draft.pk}/([\w/-]+)/"', shown)[:9] == [
        "changements", "parcours", "apercu/flash", "apercu/sur-place", "export", "mots", "import",
        "abandonner", "publier",
    ]  # fmt: skip

    director.post(f"{LIST}{draft.pk}/publier/", {"seen": draft.sha256})

    draft.refresh_from_db()
    assert draft.published_at is not None


def test_words_weight_and_condition_are_changed_by_a_form(director, draft):
    url = f"{LIST}{draft.pk}/mots/questions[s_goals]/"
    shown = director.get(url).context["form"]
    data = {name: shown[name].value() or "" for name in shown.fields}
    data |= {"words0-fr": "Que voulez-vous ?", "weight": "1", "when": "team"}

    answer = director.post(url, data)

    assert answer.status_code == 302
    draft.refresh_from_db()
    changed = _question(draft.content, "s_goals")
    assert changed["text"]["fr"] == "Que voulez-vous ?"
    assert (changed["weight"], changed["when"]) == (1, "team")
    _status, html = page(draft, "changements", director)
    assert "questions[s_goals].text.fr" in html
    assert "Que voulez-vous ?" in html


def test_a_condition_is_changed_and_refused_with_its_place(director, draft):
    url = f"{LIST}{draft.pk}/mots/conditions/"
    shown = director.get(url).context["form"]
    data = {name: shown[name].value() for name in shown.fields}

    late = director.post(url, data | {"tree-team": '{"q": "s_goals", "op": "is", "value": "none"}'})
    broken = director.post(url, data | {"tree-team": "{"})
    fine = director.post(url, data | {"tree-team": '{"q": "size", "op": "is", "value": "large"}'})

    assert late.status_code == broken.status_code == 422
    assert "team : une règle d’applicabilité ne lit que le profil" in unescape(
        late.content.decode()
    )
    assert "Ce n’est pas du JSON" in unescape(broken.content.decode())
    assert fine.status_code == 302


def test_a_translation_left_empty_is_refused(director, draft):
    url = f"{LIST}{draft.pk}/mots/axes[strategy]/"
    shown = director.get(url).context["form"]
    data = {name: shown[name].value() for name in shown.fields} | {"words0-de": " "}

    assert director.post(url, data).status_code == 422


def test_every_word_is_on_a_page(director, draft):
    _status, html = page(draft, "mots", director)

    for place, _words in words_of(draft.content):
        assert place.partition(".")[0] in html


def test_the_export_is_what_the_import_takes(director, draft):
    exported = director.get(f"{LIST}{draft.pk}/export/")
    content = json.loads(exported.content)
    assert content == draft.content
    goals(content)

    answer = director.post(
        f"{LIST}{draft.pk}/import/",
        {"seen": draft.sha256, "file": SimpleUploadedFile("r.json", json.dumps(content).encode())},
    )

    assert answer.status_code == 302
    draft.refresh_from_db()
    assert draft.content == content


@pytest.mark.parametrize(
    ("written", "words"),
    [
        (b"{", "Ce n’est pas du JSON"),
        (b"[" * 100_000, "Ce n’est pas du JSON"),
        (b'{"axes": NaN}', "Ce n’est pas du JSON"),
        (b'{"axes": 1e999}', "Ce n’est pas du JSON"),
        (b'{"axes": "\\ud800"}', "Ce n’est pas du JSON"),
        (b'{"axes": "\\u0000"}', "Ce n’est pas du JSON"),
        (b"[]", "Une version s’écrit comme un objet JSON"),
        (b"{}", "il manque 'parameters'"),
        (b"x" * (2 * 1024 * 1024 + 1), "2 Mo au plus"),
    ],
)
def test_a_file_that_is_no_version_is_refused(director, draft, written, words):
    _status, html = page(
        draft, "import", director, seen=draft.sha256, file=SimpleUploadedFile("r.json", written)
    )

    assert words in html.replace("\N{NO-BREAK SPACE}", " ")
    draft.refresh_from_db()
    assert draft.content == {**published().content, "version": "1.100"}


def test_every_fault_of_a_file_is_told(director, draft):
    content = json.loads(json.dumps(draft.content))
    _question(content, "s_goals")["weight"] = 7
    content["measures"][0]["why"].pop("en")

    _status, html = page(
        draft, "import", director, seen=draft.sha256,
        file=SimpleUploadedFile("r.json", json.dumps(content).encode()),
    )  # fmt: skip

    assert "<li>s_goals : poids de 1 à 3</li>" in html
    assert "<li>measures[a_goals].why : les mots manquent en en</li>" in html


def test_the_ways_are_counted(director, draft):
    _status, html = page(draft, "parcours", director)

    cells = re.findall(r"<t[hd][^>]*>([^<]+)</t[hd]>", html)
    assert cells[cells.index("Flash, en six minutes") :][:5] == [
        "Flash, en six minutes", "8", "de 13 à 16", "de 5 à 6", "aucune",
    ]  # fmt: skip


@pytest.mark.parametrize("end", ["changements", "parcours", "apercu/flash", "mots", "publier"])
def test_the_pages_ask_a_constant_number_of_queries(director, draft, end):
    director.get(f"{LIST}{draft.pk}/{end}/")

    with CaptureQueriesContext(connection) as asked:
        director.get(f"{LIST}{draft.pk}/{end}/")

    assert len([query for query in asked if "diagnostics_" in query["sql"]]) <= 2


def test_only_who_may_write_writes(client, draft):
    client.force_login(agent(Role.ANALYST))

    assert page(draft, "changements", client)[0] == 200
    for end in ("mots", "import", "mots/axes[strategy]"):
        assert page(draft, end, client)[0] == 404
    for end in ("nouvelle", "publier", "abandonner"):
        assert page(draft, end, client, seen=draft.sha256)[0] == 403
    client.force_login(agent(Role.RECEPTION))
    assert page(draft, "export", client)[0] == 404
    assert ReferentialVersion.objects.filter(published_at=None).count() == 1


# --- The preview ---


def fields(html):
    return {
        name: unescape(value)
        for name, value in re.findall(r'name="(page|carried|seen-\w+)" value="([^"]*)"', html)
    }


def test_the_preview_goes_to_the_end_and_keeps_nothing(director, draft):
    url = f"{LIST}{draft.pk}/apercu/flash/"
    html = director.get(url).content.decode()
    assert "/de/admin/" not in html  # its languages are its own links
    pages = 0
    while 'name="carried"' in html:
        asked = set(re.findall(r'data-emn-question="(\w+)"', html))
        answer = director.post(url, fields(html) | {code: TIDY[code] for code in asked})
        html = answer.content.decode()
        pages += 1

    assert pages == 12  # the company, then eleven that concern it
    assert "100 / 100" in html
    assert [model.objects.count() for model in (Run, Answer, Diagnostic)] == [0, 0, 0]


def test_the_preview_refuses_and_goes_back_like_the_page(director, draft):
    url = f"{LIST}{draft.pk}/apercu/flash/"
    first = fields(director.get(url).content.decode())
    company = {"size": "alone", "situation": ["none"]}

    refused = director.post(url, first)
    second = fields(director.post(url, first | company).content.decode())
    back = director.post(url, second | {"vers": "avant"}).content.decode()

    assert refused.status_code == 422
    assert second["page"] == "s_goals"
    assert json.loads(second["carried"]) == company
    assert fields(back)["page"] == "profile"
    assert re.search(r'value="alone"[^>]*checked', back)


@pytest.mark.parametrize("carried", ["{", "[]", '{"size": "huge"}', "[" * 100_000, "3"])
def test_the_preview_survives_what_it_did_not_write(director, draft, carried):
    answer = director.post(
        f"{LIST}{draft.pk}/apercu/flash/", {"carried": carried, "page": "nowhere"}
    )

    assert answer.status_code == 422
    assert fields(answer.content.decode())["carried"] == "{}"


def test_the_preview_speaks_each_language(director, draft):
    html = director.get(f"{LIST}{draft.pk}/apercu/flash/?langue=de").content.decode()

    assert draft.content["profile"]["title"]["de"] in unescape(html)
