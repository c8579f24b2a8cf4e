"""Another centre: the portal opened for the Ain, with real rows of its communes and register."""

import html
import subprocess
import sys
from io import BytesIO, StringIO
from pathlib import Path

import pytest
from django.conf import settings as portal
from django.core.management import CommandError, call_command
from PIL import Image, ImageColor

from emn.accounts.models import User
from emn.lib import centre
from emn.lib.palette import palette
from emn.lib.pdf import render_pdf
from emn.lib.social_cards import Words
from emn.lib.social_cards.drawing import draw
from emn.mailings.models import OutboundEmail
from emn.mailings.rendering import lay_out
from emn.territory.ground import map_ground
from emn.territory.models import Commune, Epci
from tests.directory.factories import NOW

AIN = Path(__file__).parent / "data" / "ain"
SETTING = {"EMN_PUBLISHER": "PUBLISHER", "EMN_REGION_DEPARTEMENTS": "REGION_DEPARTEMENTS"}
PAGES = [
    "/", "/recherche/?q=site", "/annuaire/", "/annuaire/carte/", "/annuaire/inscription/",
    "/charte/", "/classement/", "/avis/politique/", "/plaintes/", "/besoins/nouveau/",
    "/agenda/", "/formations/", "/showrooms/", "/clubs/", "/diagnostic/", "/observatoire/",
    "/publications/", "/lettre/", "/donnees/", "/accessibilite/", "/mentions-legales/",
    "/donnees-personnelles/", "/sitemap.xml", "/robots.txt", "/.well-known/security.txt",
    "/agenda.ics", "/agenda/rss/", "/donnees/catalogue.rdf", "/en/annuaire/", "/de/annuaire/",
]  # fmt: skip


def new_centre(folder, *options, source=AIN / centre.FILE):
    out = StringIO()
    call_command(
        "new_centre", str(folder), "--from", str(source), "--territory", str(AIN), "--no-input",
        *options, stdout=out,
    )  # fmt: skip
    return out.getvalue()


@pytest.fixture
def ain(tmp_path, settings):
    """The settings that a start under the folder of the Ain would have."""
    folder = tmp_path / "ain"
    new_centre(folder, "--no-load")
    settings.CENTRE_DIR = folder
    settings.CENTRE_COLOURS = True
    for name, value in centre.environment(folder).items():
        setattr(settings, name.removeprefix("EMN_"), value)
    settings.REGION_DEPARTEMENTS = settings.REGION_DEPARTEMENTS.split(",")
    settings.DPO_EMAIL = settings.SECURITY_EMAIL = settings.CONTACT_EMAIL
    settings.DEFAULT_FROM_EMAIL = f"{settings.CENTRE_NAME} <{settings.CONTACT_EMAIL}>"
    return folder


@pytest.fixture
def opened(ain, db):
    """The portal of the Ain, loaded as `new_centre` does after its migrations."""
    for step in [
        ("sync_territory", "--write"), ("sync_taxonomy", "--write"), *portal.AFTER_MIGRATION,
        ("invite_agent", "Direction@ain.example", "Anne Essai"),
    ]:  # fmt: skip
        call_command(*step, stdout=StringIO())
    return ain


def test_public_pages_say_nothing_of_the_centre_that_is_shipped(opened, client):
    told = {}
    for page in PAGES:
        answer = client.get(page)
        body = b"".join(answer) if answer.streaming else answer.content
        text = html.unescape(body.decode())
        told[page] = (answer.status_code, "Moselle" in text, "Metz" in text)

    assert told == dict.fromkeys(PAGES, (200, False, False))
    assert "Espace Ain Numérique" in client.get("/").content.decode()


def test_the_territory_and_the_first_agent_are_those_of_the_file(opened):
    assert set(Commune.objects.values_list("departement_code", flat=True)) == {"01"}
    assert Epci.objects.count() == 4
    assert map_ground().is_schematic
    agent = User.objects.get(email="direction@ain.example")
    assert (agent.is_staff, [group.name for group in agent.groups.all()]) == (True, ["director"])
    assert OutboundEmail.objects.filter(to_email=agent.email).count() == 1


def test_the_register_of_the_departement_is_read(opened):
    out = StringIO()

    call_command("import_sirene", "--write", str(AIN / "etablissements.csv"), stdout=out)

    assert "3" in out.getvalue()


def test_running_again_keeps_what_was_written(tmp_path):
    folder = tmp_path / "ain"
    new_centre(folder, "--no-load")
    first = (folder / centre.FILE).read_text(encoding="utf-8")

    call_command("new_centre", str(folder), "--no-input", "--no-load", stdout=StringIO())

    assert (folder / centre.FILE).read_text(encoding="utf-8") == first


def test_questions_offer_what_is_known_and_refuse_a_faint_colour_with_its_ratio(
    tmp_path, monkeypatch
):
    folder = tmp_path / "ain"
    new_centre(folder, "--no-load")
    colours = ["#8fbdf2", "#123e7c", "", "", ""]  # by day: refused, then taken; ember; by night
    answers = iter(["Autre nom", *[""] * (len(centre.FACTS) - 1), *colours, ""])
    monkeypatch.setattr("builtins.input", lambda _question: next(answers))
    out = StringIO()

    call_command("new_centre", str(folder), "--no-load", stdout=out)

    facts = centre.read(folder / centre.FILE)
    assert facts["identity"]["name"] == "Autre nom"
    assert facts["identity"]["short_name"] == "EAN"
    assert facts["colours"]["light"]["river"] == "#123e7c"
    assert "river sur paper, le jour : contraste de 1.9, il en faut 4.5." in out.getvalue()
    assert next(answers, None) is None


@pytest.mark.parametrize(
    ("before", "after", "sentence"),
    [
        ('"#1f4e8c"', '"#8fbdf2"', "river sur paper, le jour : contraste de 1.9, il en faut 4.5."),
        ('river = "#8fbdf2"', 'river = "#1f4e8c"', "la nuit : contraste de"),
        ('"#1f4e8c"', '"blue"', "« blue » n’est pas une couleur"),
        ('name = "Ain"\n', "", "Il manque territory.name."),
        ('departement = "01"', 'departement = "02"', "aucune commune du département 02"),
        ("contact@ain.example", "contact", "« contact » n’est pas une adresse."),
    ],
)
def test_what_is_wrong_is_said_and_nothing_is_written(tmp_path, before, after, sentence):
    source = tmp_path / "faulty.toml"
    text = (AIN / centre.FILE).read_text(encoding="utf-8")
    assert before in text
    source.write_text(text.replace(before, after), encoding="utf-8")

    with pytest.raises(CommandError, match=r"Rien n’est écrit") as refused:
        new_centre(tmp_path / "ain", "--no-load", source=source)

    assert sentence in str(refused.value)
    assert not (tmp_path / "ain").exists()


def test_settings_read_the_folder_and_the_environment_speaks_louder(tmp_path):
    folder = tmp_path / "ain"
    new_centre(folder, "--no-load")
    code = (
        "import emn.settings as s; "
        "print(s.CENTRE_NAME, s.DEPARTEMENT, s.CONTACT_EMAIL, s.REGION_DEPARTEMENTS[0],"
        " s.CENTRE_COLOURS, len(s.FIRST_RUN), sep='|')"
    )

    ran = subprocess.run(
        [sys.executable, "-c", code],
        cwd=portal.BASE_DIR,
        env={
            "EMN_DATA_DIR": str(tmp_path), "EMN_CENTRE_DIR": str(folder),
            "EMN_CONTACT_EMAIL": "autre@ain.example",
        },
        capture_output=True, text=True, timeout=60, check=True,
    )  # fmt: skip

    assert ran.stdout.strip() == "Espace Ain Numérique|01|autre@ain.example|01|True|1"


THEIRS, SHIPPED = "#1f4e8c", "#0b5566"  # river


def test_a_message_has_the_colours_of_the_centre(ain):
    message = lay_out(subject="Objet", text="Bonjour.", language="fr")

    assert (THEIRS in message, SHIPPED in message.lower()) == (True, False)
    assert "#8fbdf2" in message  # by night


def test_a_picture_has_the_colours_of_the_centre(opened):
    picture = Image.open(BytesIO(draw(Words("Bourg", "Titre", "")))).convert("RGB")

    assert picture.getpixel((600, 625)) == ImageColor.getrgb(THEIRS)


def test_a_document_has_the_colours_of_the_centre(ain, settings):
    words = dict.fromkeys(
        ["title", "made", "page", "of", "intro", "colour_label", "colour", "none", "withdrawal",
         "contact"], "Mot",
    )  # fmt: skip
    data = {**words, "centre": "Centre", "language": "fr", "requests": []}

    def document():
        return render_pdf("directory/oneshot/requests.typ", data, at=NOW)

    of_the_ain = document()
    settings.CENTRE_DIR = None

    assert of_the_ain != document() == document()


def test_colours_that_the_centre_leaves_out_are_those_of_the_portal(ain):
    assert palette().light["river"] == THEIRS
    assert palette().light["on_ember"] == "#fff"
