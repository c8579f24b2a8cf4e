"""The composer: written, seen, checked and sent from the back office, by whoever may."""

from datetime import timedelta
from io import BytesIO

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Permission
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from django.utils import timezone
from PIL import Image

from emn.accounts import roles
from emn.accounts.enums import Role
from emn.accounts.models import User
from emn.mailings import clicks, segments
from emn.mailings.composing import freeze_editions
from emn.mailings.models import Campaign, CampaignLink, OutboundEmail
from emn.mailings.services import audiences
from tests.mailings import letters
from tests.mailings.letters import NOW, mailing_list, reader

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("commits")]

WRITER = ("view_campaign", "add_campaign", "change_campaign", "delete_campaign")
LIST = reverse("admin:mailings_campaign_changelist")


def signed_in(client, *codenames):
    user = User.objects.create_user("agent@centre.example", is_staff=True)
    user.user_permissions.set(
        Permission.objects.filter(content_type__app_label="mailings", codename__in=codenames)
    )
    client.force_login(user)
    return client


@pytest.fixture
def editor(client):
    """Sign in an agent who writes and sends."""
    return signed_in(client, *WRITER, "send_campaign")


@pytest.fixture
def letter():
    reader()
    return letters.written()


def address(name, letter, *args):
    return reverse(f"admin:mailings_campaign_{name}", args=[letter.pk, *args])


def plain(response):
    return response.text.replace("\N{NO-BREAK SPACE}", " ")


@pytest.mark.parametrize("number", [1, 3])
def test_list_costs_the_same_whatever_its_length(editor, number, django_assert_num_queries):
    for n in range(number):
        letters.campaign(title=f"Lettre {n}")
    editor.get(LIST)

    with django_assert_num_queries(7):
        page = editor.get(LIST)

    assert page.text.count(">Lettre ") == number


def test_letter_is_begun_then_named_in_each_language(editor):
    to = mailing_list()

    answer = editor.post(
        reverse("admin:mailings_campaign_add"), {"title": "Décembre", "list": to.pk, "priority": 2}
    )

    letter = Campaign.objects.get()
    assert (letter.title, letter.list, letter.is_archived, letter.status) == (
        "Décembre",
        to,
        False,
        "draft",
    )
    assert answer["Location"] == address("editions", letter)
    editor.post(
        address("editions", letter),
        {"fr-subject": "Bonjour", "de-subject": "Hallo", "de-preheader": "Neues"},
    )
    written = letter.editions.order_by("language").values_list("language", "subject", "preheader")
    assert list(written) == [("de", "Hallo", "Neues"), ("fr", "Bonjour", "")]


def test_preheader_without_subject_is_refused_and_comes_back_filled(editor, letter):
    page = editor.post(
        address("editions", letter), {"fr-subject": "", "fr-preheader": "Une phrase"}
    )

    assert 'value="Une phrase"' in page.text
    assert letter.editions.get().subject == "Des nouvelles (fr)"


def test_settings_are_changed(editor, letter):
    other = mailing_list("agenda")

    editor.post(
        address("settings", letter),
        {"title": "Autre", "list": other.pk, "priority": 1, "is_archived": "on"},
    )

    letter.refresh_from_db()
    assert (letter.title, letter.list, letter.priority) == ("Autre", other, 1)
    assert letter.is_archived


def test_block_is_added_with_its_words_then_changed(editor, letter):
    editor.post(
        address("block_add", letter, "button"),
        {"fr-text": "Venir", "fr-url": "/agenda/", "de-text": "Kommen", "de-url": "/de/agenda/"},
    )

    block = letter.blocks.get(kind="button")
    assert block.content == {
        "all": {},
        "fr": {"text": "Venir", "url": "/agenda/"},
        "de": {"text": "Kommen", "url": "/de/agenda/"},
    }
    page = editor.get(address("block", letter, block.pk))
    assert 'value="Kommen"' in page.text
    editor.post(address("block", letter, block.pk), {"fr-text": "Venez", "fr-url": "/agenda/"})
    block.refresh_from_db()
    assert block.content == {"all": {}, "fr": {"text": "Venez", "url": "/agenda/"}}


def test_wrong_address_comes_back_with_what_to_do(editor, letter):
    page = editor.post(
        address("block_add", letter, "button"), {"fr-text": "Venir", "fr-url": "agenda"}
    )

    assert "n’est pas une adresse complète" in page.text
    assert not letter.blocks.filter(kind="button").exists()


def test_picture_is_stored_once_for_all_languages_and_stays(editor, letter):
    drawn = BytesIO()
    Image.new("RGB", (10, 10)).save(drawn, "PNG")
    file = SimpleUploadedFile("photo.png", drawn.getvalue(), "image/png")

    editor.post(address("block_add", letter, "figure"), {"all-picture": file, "fr-alt": "Salle"})

    block = letter.blocks.get(kind="figure")
    stored = block.content["all"]
    assert stored["picture"].startswith("lettre/")
    editor.post(address("block", letter, block.pk), {"fr-alt": "La salle"})
    block.refresh_from_db()
    assert block.content == {"all": stored, "fr": {"alt": "La salle", "caption": ""}}


def test_block_with_settings_alone_keeps_them(editor, letter):
    page = editor.get(address("block_add", letter, "new-providers"))
    assert 'value="5"' in page.text

    editor.post(address("block_add", letter, "new-providers"), {"all-count": "3"})

    assert letter.blocks.get(kind="new-providers").content == {"all": {"count": 3}}


def test_unknown_kind_verb_or_language_is_not_found(editor, letter):
    block = letter.blocks.get()
    for path in [
        address("block_add", letter, "weather"),
        address("block_act", letter, block.pk, "danser"),
        address("decide", letter, "danser"),
        address("preview", letter, "de"),
        reverse("admin:mailings_campaign_change", args=[letter.pk + 100]),
        address("block", letters.campaign(), block.pk),
    ]:
        assert editor.get(path).status_code == 404


def test_blocks_are_moved_and_taken_out_by_buttons_only(editor, letter):
    first = letter.blocks.get()
    second = letters.add_block(letter, fr="Deux.")

    def order():
        return list(letter.blocks.order_by("position").values_list("pk", flat=True))

    editor.get(address("block_act", letter, second.pk, "monter"))
    assert order() == [first.pk, second.pk]
    editor.post(address("block_act", letter, second.pk, "monter"))
    assert order() == [second.pk, first.pk]
    editor.post(address("block_act", letter, second.pk, "descendre"))
    assert order() == [first.pk, second.pk]
    editor.post(address("block_act", letter, first.pk, "retirer"))
    assert order() == [second.pk]


def test_composer_shows_words_checks_readers_text_and_frames(editor, letter):
    reader(language="de")
    letter.segment = {"language": ["fr", "de"]}
    letter.save()

    page = editor.get(address("change", letter))

    assert "Des destinataires lisent en allemand" in plain(page)
    assert "Français, Allemand" in page.text
    assert page.text.count(f'src="{address("preview", letter, "fr")}"') == 2
    assert "Bonjour à toutes et à tous.\n" in page.text
    assert "@@EMN" not in page.text
    assert "frame-src 'self'" in page["Content-Security-Policy"]


def test_composer_says_what_each_block_lacks(editor, letter):
    letter.editions.create(language="de", subject="Hallo")
    letter.blocks.create(position=2, kind="weather")

    page = editor.get(address("change", letter), {"langue": "de"})

    assert "Manque : allemand" in plain(page)
    assert f'src="{address("preview", letter, "de")}"' in page.text


def test_composer_of_a_segment_that_no_longer_exists_says_to_choose_again(editor, letter):
    letter.segment = {"weather": ["rain"]}
    letter.save()

    page = plain(editor.get(address("change", letter)))

    assert "faites-le à nouveau" in page
    assert editor.get(address("segment", letter)).status_code == 200


def test_preview_is_a_frame_without_script(editor, letter):
    page = editor.get(address("preview", letter, "fr"))

    policy = page["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "script-src" not in policy
    assert "sandbox allow-popups" in policy
    assert page["X-Frame-Options"] == "SAMEORIGIN"
    assert "@@EMN" not in page.text
    assert '<a target="_blank" ' in page.text


def test_preview_of_what_left_is_what_left(editor, letter):
    freeze_editions(letter, now=NOW)
    letter.editions.update(html="<p>parti</p>", text="parti en texte")

    assert editor.get(address("preview", letter, "fr")).text == "<p>parti</p>"
    assert "parti en texte" in editor.get(address("change", letter)).text


def test_readers_are_chosen_and_counted(editor, letter):
    reader(language="de")

    page = editor.post(address("segment", letter), {"language": ["fr"]}, follow=True)

    letter.refresh_from_db()
    assert letter.segment == {"language": ["fr"]}
    assert "Calcul en cours…" in page.text
    audiences.count(campaign_id=letter.pk, now=timezone.now())
    page = editor.get(address("segment", letter))
    assert "1 personne" in plain(page)
    assert "Calcul en cours…" not in page.text


def test_readers_are_counted_again_by_a_button_and_never_in_the_request(
    editor, letter, monkeypatch
):
    audiences.count(campaign_id=letter.pk, now=timezone.now())
    monkeypatch.setattr(segments, "count_audience", None)
    reader()

    page = editor.get(address("change", letter))
    assert "<strong>1 personne</strong>" in plain(page)
    page = editor.post(address("count", letter), follow=True)

    assert "Calcul en cours…" in page.text
    assert "Les chiffres ci-dessus sont d’avant." in page.text
    for verb in ("programmer", "envoyer"):
        assert "Calcul en cours…" in editor.get(address("decide", letter, verb)).text


def test_unknown_value_of_a_criterion_is_refused(editor, letter):
    editor.post(address("segment", letter), {"language": ["it"]})

    letter.refresh_from_db()
    assert letter.segment == {}


def test_trial_goes_to_the_agent_alone(editor, letter):
    editor.get(address("trial", letter, "fr"))
    assert not OutboundEmail.objects.exists()

    page = editor.post(
        address("trial", letter, "fr"), {"to": "autre@ailleurs.example"}, follow=True
    )

    assert OutboundEmail.objects.get().to_email == "agent@centre.example"
    assert "L’essai part vers votre adresse." in page.text
    page = editor.post(address("trial", letter, "de"), follow=True)
    assert "Écrivez d’abord l’objet" in page.text


def test_links_are_asked_again_by_a_button(editor, letter):
    page = editor.post(address("links", letter), follow=True)

    assert "Les liens sont en cours de vérification" in page.text


def test_letter_is_scheduled_reopened_and_its_history_kept(editor, letter):
    tomorrow = timezone.localtime() + timedelta(days=1)
    audiences.count(campaign_id=letter.pk, now=timezone.now())
    assert "Recevront" in editor.get(address("decide", letter, "programmer")).text

    editor.post(address("decide", letter, "programmer"), {"at": f"{tomorrow:%Y-%m-%dT%H:%M}"})

    letter.refresh_from_db()
    assert letter.status == "scheduled"
    assert letter.scheduled_at == tomorrow.replace(second=0, microsecond=0)
    assert letter.decided_by.email == "agent@centre.example"
    page = editor.get(address("change", letter))
    assert address("decide", letter, "rouvrir") in page.text
    assert address("editions", letter) not in page.text
    editor.post(address("decide", letter, "rouvrir"))
    letter.refresh_from_db()
    assert letter.status == "draft"
    said = LogEntry.objects.order_by("pk").values_list("change_message", flat=True)
    assert list(said) == ["Programmer", "Revenir au brouillon"]


def test_refusal_comes_back_in_the_page(editor, letter):
    letter.blocks.all().delete()

    page = editor.post(address("decide", letter, "envoyer"))

    assert "Ajoutez un bloc" in page.text
    letter.refresh_from_db()
    assert letter.status == "draft"


@pytest.mark.parametrize(
    ("status", "verb", "expected"),
    [
        ("sending", "suspendre", "paused"),
        ("paused", "reprendre", "sending"),
        ("paused", "annuler", "cancelled"),
    ],
)
def test_decision_calls_its_service(editor, letter, status, verb, expected):
    Campaign.objects.update(status=status, started_at=NOW, audience=1)

    page = editor.post(address("decide", letter, verb), {"reason": "Une faute"}, follow=True)

    letter.refresh_from_db()
    assert letter.status == expected
    assert page.redirect_chain[0][0] == address("progress", letter)


def test_writing_what_is_scheduled_is_refused(editor, letter):
    Campaign.objects.update(status="scheduled", scheduled_at=NOW)

    page = editor.post(address("editions", letter), {"fr-subject": "Autre"})

    assert "rouvrez-le comme brouillon" in page.text


def test_clicks_are_shown_by_link(editor, letter):
    letters.add_block(letter, fr="[a](https://a.example/)")
    freeze_editions(letter, now=NOW)
    link = CampaignLink.objects.get()
    clicks.add_clicks({clicks.Clicked(link.pk, NOW.date()): 12})

    page = editor.get(address("change", letter))

    assert "<td>https://a.example/</td><td>12</td>" in page.text


def test_only_a_draft_may_be_deleted(editor, letter):
    Campaign.objects.update(status="sent", started_at=NOW, audience=1)

    assert editor.post(address("delete", letter), {"post": "yes"}).status_code == 403
    editor.post(LIST, {"action": "delete_selected", "_selected_action": [letter.pk], "post": "yes"})
    assert Campaign.objects.exists()

    Campaign.objects.update(status="draft")
    editor.post(address("delete", letter), {"post": "yes"})
    assert not Campaign.objects.exists()


# --- Who may ---


def test_writer_without_the_permission_does_not_send(client, letter):
    writer = signed_in(client, *WRITER)

    page = writer.get(address("change", letter))

    assert "/decision/" not in page.text
    assert address("editions", letter) in page.text
    assert writer.post(address("decide", letter, "envoyer")).status_code == 403


def test_reader_only_reads(client, letter):
    agent = signed_in(client, "view_campaign")
    block = letter.blocks.get()

    page = agent.get(address("change", letter))

    assert page.status_code == 200
    assert address("editions", letter) not in page.text
    assert agent.get(address("preview", letter, "fr")).status_code == 200
    for path in [
        reverse("admin:mailings_campaign_add"),
        address("settings", letter),
        address("editions", letter),
        address("segment", letter),
        address("block_add", letter, "text"),
        address("block", letter, block.pk),
        address("block_act", letter, block.pk, "retirer"),
        address("links", letter),
        address("count", letter),
        address("decide", letter, "annuler"),
        address("trial", letter, "fr"),
    ]:
        assert agent.post(path).status_code == 403


def test_agent_of_another_trade_sees_nothing(client, letter):
    agent = signed_in(client, "view_outboundemail")

    for name, args in [("change", ()), ("preview", ("fr",))]:
        assert agent.get(address(name, letter, *args)).status_code == 403


def test_editors_and_the_director_send():
    send = "mailings.send_campaign"

    holders = {role for role in Role if send in roles.permissions_of(role)}

    assert holders == {Role.EDITOR, Role.DIRECTOR}
