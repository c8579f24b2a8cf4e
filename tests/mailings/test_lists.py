"""`sync_lists`: the shipped lists and topics in the database."""

import json
from io import StringIO

import pytest
from django.core.management import call_command
from django.utils.translation import override

from emn.mailings.models import MailingList, Topic
from emn.mailings.services.lists import LISTS_FILE, sync_lists

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("commits")]


def run(**options):
    out = StringIO()
    call_command("sync_lists", stdout=out, **options)
    return out.getvalue()


def test_nothing_is_written_unless_asked():
    said = run()

    assert "Rien n’est écrit" in said
    assert "lettre, formations, enquetes, prestataires" in said
    assert MailingList.objects.count() + Topic.objects.count() == 0


def test_lists_and_topics_come_in_three_languages_and_a_second_run_changes_nothing():
    run(write=True)
    with override("de"):
        names = [entry.name for entry in MailingList.objects.in_order()]

    assert names[:2] == ["Der Newsletter", "Der Kalender der Schulungen"]
    assert MailingList.objects.get(code="enquetes").kind == "survey"
    assert Topic.objects.count() == 12
    assert "rien à changer" in run(write=True)


def test_every_text_is_there_in_every_language():
    content = json.loads(LISTS_FILE.read_text(encoding="utf-8"))

    texts = [entry["name"] for entry in content["lists"] + content["topics"]]
    texts += [entry["description"] for entry in content["lists"]]
    assert [
        text for text in texts if set(text) != {"fr", "de", "en"} or not all(text.values())
    ] == []


def test_a_changed_text_is_shown_then_written_and_what_the_file_forgot_is_kept(tmp_path):
    sync_lists(write=True)
    content = json.loads(LISTS_FILE.read_text(encoding="utf-8"))
    content["lists"][0]["name"]["fr"] = "Le courrier"
    content["topics"].pop()
    file = tmp_path / "lists.json"
    file.write_text(json.dumps(content), encoding="utf-8")

    diff = sync_lists(write=True, file=file)

    assert diff.changed == ["lettre\N{NO-BREAK SPACE}: name_fr La lettre → Le courrier"]
    assert (diff.created, Topic.objects.count()) == ([], 12)
    assert MailingList.objects.get(code="lettre").name_fr == "Le courrier"
