"""Another centre: the portal opened for the Ain, with real rows of its communes and register."""

import html
import subprocess
import sys
from io import StringIO
from pathlib import Path

import pytest
from django.conf import settings as portal
from django.core.management import CommandError, call_command

from emn.accounts.models import User
from emn.lib import centre
from emn.mailings.models import OutboundEmail
from emn.territory.ground import map_ground
from emn.territory.models import Commune, Epci

AIN = Path(__file__).parent / "data" / "ain"
SETTING = {"EMN_PUBLISHER": "PUBLISHER", "EMN_REGION_DEPARTEMENTS": "REGION_DEPARTEMENTS"}
PAGES = [
    "/", "/recherche/?q=site", "/annuaire/", "/annuaire/carte/", "/annuaire/inscription/",
    "/charte/", "/classement/", "/avis/politique/", "/plaintes/", "/besoins/nouveau/", "/grappes/",
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
