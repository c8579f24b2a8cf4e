"""Nothing leaves that is not ready: each check blocks, and says what to do."""

import socket
import threading
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from emn.mailings import link_probe, preflight
from emn.mailings.models import LinkCheck
from emn.mailings.services import drafts
from tests.mailings import letters
from tests.mailings.letters import NOW, reader

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("commits")]


def problems(letter, label=None):
    """Return the sentences, with plain spaces, of one check or of all."""
    return [
        sentence.replace("\N{NO-BREAK SPACE}", " ")
        for found in preflight.run(letter, now=NOW)
        if label is None or str(found.label) == label
        for sentence in found.problems
    ]


@pytest.fixture
def letter():
    """Return an envoi in French that is ready."""
    reader()
    return letters.written()


def checked(url, problem="", at=NOW):
    LinkCheck.objects.update_or_create(url=url, defaults={"problem": problem, "checked_at": at})


def test_ready_letter_has_no_problem(letter):
    assert problems(letter) == []


def test_letter_without_any_language_asks_for_one():
    reader()

    assert problems(letters.campaign(), "L’objet est écrit") == [
        "Écrivez l’objet dans une langue au moins."
    ]


def test_blank_subject_is_a_problem(letter):
    letter.editions.update(subject=" ")

    assert problems(letter) == ["Écrivez l’objet en français."]


def test_language_of_a_reader_without_edition_is_a_problem(letter):
    reader(language="de")

    (problem,) = problems(letter)
    assert problem == (
        "Des destinataires lisent en allemand : écrivez la version dans cette langue, ou retirez "
        "cette langue des destinataires."
    )


def test_language_left_out_of_the_segment_is_none(letter):
    reader(language="de")
    letter.segment = {"language": ["fr"]}

    assert problems(letter) == []


def test_letter_without_block_is_a_problem(letter):
    letter.blocks.all().delete()

    assert problems(letter) == ["Ajoutez un bloc : le message est vide."]


def test_block_without_words_in_a_language_is_a_problem(letter):
    drafts.save_editions(
        campaign_id=letter.pk,
        editions={code: {"subject": code, "preheader": ""} for code in ("fr", "en")},
        now=NOW,
    )
    letter.blocks.create(position=2, kind="weather")

    assert problems(letter) == [
        "Écrivez le bloc 1 (texte) en anglais.",
        "Retirez le bloc 2 : son genre n’existe plus.",
    ]


def test_mark_written_by_hand_is_a_problem(letter):
    letters.add_block(letter, fr="Pour partir : @@EMN-UNSUBSCRIBE@@")

    (problem,) = problems(letter)

    assert problem.endswith("retirez des blocs tout ce qui commence par @@EMN.")


def test_letter_without_unsubscribe_is_a_problem(letter, settings, tmp_path):
    template = tmp_path / "mailings" / "letter.txt"
    template.parent.mkdir()
    template.write_text("rien")
    settings.TEMPLATES = [
        settings.TEMPLATES[0] | {"DIRS": [tmp_path, *settings.TEMPLATES[0]["DIRS"]]}
    ]

    assert len(problems(letter, "On peut se désinscrire")) == 1


def test_picture_without_words_is_a_problem(letter):
    block = letters.add_block(letter, "figure", fr={"alt": "x", "caption": ""})
    block.content = {"all": {"picture": "lettre/a.jpg"}, "fr": {"alt": " ", "caption": ""}}
    block.save()

    assert problems(letter) == [
        "Décrivez l’image http://127.0.0.1:8000/media/lettre/a.jpg en français."
    ]


def test_page_too_heavy_is_a_problem(letter):
    for _n in range(22):
        letters.add_block(letter, fr="a" * 4800)

    (problem,) = problems(letter)
    assert problem == (
        "La version en français pèse 106 Ko : retirez des blocs pour rester sous 102 Ko, sinon des "
        "messageries la coupent."
    )


@pytest.mark.parametrize(
    ("sender", "signing", "expected"),
    [
        ("Centre <lettre@emn.example>", ["emn.example"], 0),
        ("lettre@lettre.emn.example", ["emn.example"], 0),
        ("lettre@emn.example", ["autre.example", "lettre.EMN.example"], 0),
        ("lettre@emn.example", ["autre-emn.example"], 1),
        ("lettre@emn.example", ["example"], 1),
        ("lettre@emn.example", [], 1),
    ],
)
def test_sender_must_be_signed(letter, settings, sender, signing, expected):
    settings.DEFAULT_FROM_EMAIL = "portail@services.example"
    settings.LIST_FROM_EMAIL, settings.DKIM_DOMAINS = sender, signing

    assert len(problems(letter)) == expected


def test_letters_do_not_leave_from_the_domain_of_service_messages(letter, settings):
    settings.LIST_FROM_EMAIL = "Centre <lettre@emn.example>"
    settings.DEFAULT_FROM_EMAIL, settings.DKIM_DOMAINS = "Centre <a@EMN.example>", ["emn.example"]

    (problem,) = problems(letter)
    assert problem.startswith("Les lettres partent de emn.example comme les messages de service")


def test_letter_for_nobody_is_a_problem():
    assert problems(letters.written()) == [
        "Personne ne recevrait cet envoi : revoyez la liste ou les destinataires."
    ]


# --- Links ---


def test_own_link_is_checked_at_once(letter):
    letters.add_block(
        letter, fr="[a](/annuaire/) [b](/de/annuaire/) [c](/annuair/) [d](/de/nada/x/)"
    )

    assert problems(letter) == [
        "Corrigez le lien http://127.0.0.1:8000/annuair/ : le portail n’a pas cette page.",
        "Corrigez le lien http://127.0.0.1:8000/de/nada/x/ : le portail n’a pas cette page.",
    ]


def test_own_link_to_a_card_that_is_gone_is_a_problem_once_asked(letter):
    letters.add_block(letter, fr="[a](/annuaire/partie/)")
    checked("http://127.0.0.1:8000/annuaire/partie/", "le site répond 404")

    assert problems(letter) == [
        "Corrigez ou retirez le lien http://127.0.0.1:8000/annuaire/partie/ : le site répond 404."
    ]


def test_foreign_link_waits_for_its_answer(letter):
    letters.add_block(letter, fr="[a](https://a.example/) [b](mailto:a@b.example)")
    waits = (
        "Le lien https://a.example/ n’est pas encore vérifié : attendez quelques secondes, puis "
        "rechargez la page."
    )
    assert problems(letter) == [waits]

    checked("https://a.example/")
    assert problems(letter) == []

    checked("https://a.example/", at=NOW - timedelta(days=7))
    assert problems(letter) == [waits]


class Answers(BaseHTTPRequestHandler):
    """A server that answers by the path."""

    def do_GET(self):
        status = int(self.path.strip("/").split("-")[0])
        self.send_response(status)
        if 300 <= status < 400:
            self.send_header("Location", self.path.partition("-")[2] or "/302-")
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_args):
        pass


@pytest.fixture(scope="module")
def server():
    with HTTPServer(("127.0.0.1", 0), Answers) as running:
        threading.Thread(target=running.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{running.server_port}"
        running.shutdown()


def here(_host):
    return "127.0.0.1"


@pytest.mark.parametrize(
    ("path", "problem"),
    [
        ("/200", ""),
        ("/403", ""),
        ("/429", ""),
        ("/302-/200", ""),
        ("/404", "le site répond 404"),
        ("/410", "le site répond 410"),
        ("/503", "le site répond 503"),
        ("/302-/404", "le site répond 404"),
        ("/302-", "le site renvoie trop de fois ailleurs"),
        ("/302-ftp://x.example/", "le site ne répond pas"),
    ],
)
def test_probe_tells_what_is_not_there_from_what_keeps_robots_out(server, path, problem):
    assert link_probe.problem_of(server + path, address_of=here) == problem


def test_probe_knocks_at_no_private_door(server):
    assert link_probe.problem_of(f"{server}/200") == "cette adresse n’est pas publique"


def test_probe_looks_at_each_redirection(server):
    addresses = iter(["127.0.0.1", ""])

    problem = link_probe.problem_of(f"{server}/302-/200", address_of=lambda _host: next(addresses))

    assert problem == "cette adresse n’est pas publique"


def test_probe_asks_at_the_address_that_was_looked_at(server):
    """A name that leads inside a moment later, or nowhere, is not looked up again."""
    port = server.rpartition(":")[2]

    assert link_probe.problem_of(f"http://renamed.invalid:{port}/200", address_of=here) == ""


def test_probe_of_a_dead_site_says_so(monkeypatch):
    def unknown(*_args, **_options):
        raise socket.gaierror

    monkeypatch.setattr(socket, "getaddrinfo", unknown)

    assert link_probe.problem_of("https://a.example/") == "le site ne répond pas"


def test_links_of_a_draft_are_asked_until_they_are_sound(letter, server, settings):
    settings.PUBLIC_URL = server
    letters.add_block(letter, fr="[a](/200) [b](/404) [c](mailto:a@b.example)")

    assert drafts.check_links(campaign_id=letter.pk, now=NOW) == 2
    assert drafts.check_links(campaign_id=letter.pk, now=NOW) == 1

    answers = LinkCheck.objects.order_by("url").values_list("url", "problem")
    assert list(answers) == [(f"{server}/200", ""), (f"{server}/404", "le site répond 404")]


def test_a_page_of_the_portal_leads_the_probe_to_no_private_door(letter, server, settings):
    settings.PUBLIC_URL = server
    letters.add_block(letter, fr="[a](/302-http://localhost:1/)")

    drafts.check_links(campaign_id=letter.pk, now=NOW)

    assert LinkCheck.objects.get().problem == "cette adresse n’est pas publique"


def test_links_of_a_deleted_draft_are_not_asked(letter):
    letter.delete()

    assert drafts.check_links(campaign_id=letter.pk or 0, now=NOW) == 0
