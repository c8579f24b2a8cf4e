"""The container files name commands that exist, images of one version, and a probe that passes."""

import json
import re
import urllib.request

import pytest
from django.core.management import get_commands

from tests.architecture.test_code import ROOT

COMPOSE = (ROOT / "docker-compose.yml").read_text(encoding="utf-8")
HOSTS = (ROOT / "docker-compose.hosts.yml").read_text(encoding="utf-8")
DOCKERFILE = (ROOT / "Dockerfile").read_text(encoding="utf-8")
NAMING_COMMANDS = [
    *(ROOT / name for name in ("Dockerfile", "docker-compose.yml", "Makefile", "README.md")),
    *sorted((ROOT / "docs").rglob("*.md")),
]


@pytest.mark.parametrize("file", NAMING_COMMANDS, ids=lambda path: path.name)
def test_every_command_that_is_named_exists(file):
    named = set(re.findall(r"manage\.py ([a-z_]+)", file.read_text(encoding="utf-8")))

    assert named - get_commands().keys() == set()


def test_every_image_has_a_full_version():
    ours = {"emn-portal"}
    images = set(re.findall(r"^ +image: (\S+)$", COMPOSE, re.MULTILINE)) - ours
    images |= set(re.findall(r"^FROM (\S+)", DOCKERFILE, re.MULTILINE))

    loose = [name for name in images if not re.search(r":v?\d+\.\d+(\.\d+)?(-[a-z-]+)?$", name)]
    assert len(images) >= 4
    assert loose == []


def test_compose_is_written_as_yaml_reads_it():
    """Without a YAML parser among the dependencies: indents by two, and no name left undefined."""
    lines = [line for line in COMPOSE.splitlines() if line.strip()]
    services = COMPOSE.partition("\nservices:\n")[2].partition("\nvolumes:\n")[0]
    defined = set(re.findall(r"^  ([a-z]+):$", services, re.MULTILINE))
    needed = set(re.findall(r"^ {6}([a-z]+): \{condition:", COMPOSE, re.MULTILINE))
    volumes = set(re.findall(r"^  ([a-z]+):$", COMPOSE.partition("\nvolumes:\n")[2], re.MULTILINE))

    assert [line for line in lines if "\t" in line or (len(line) - len(line.lstrip())) % 2] == []
    assert set(re.findall(r" \*([a-z]+)$", COMPOSE, re.MULTILINE)) == set(
        re.findall(r" &([a-z]+)$", COMPOSE, re.MULTILINE)
    )
    assert needed <= defined
    assert set(re.findall(r"^ +- ([a-z]+):/", COMPOSE, re.MULTILINE)) == volumes


def test_several_hosts_run_the_services_of_one_and_each_is_asked_for():
    services = re.compile(r"^  ([a-z]+):$", re.MULTILINE)
    one = set(services.findall(COMPOSE.partition("\nservices:\n")[2].partition("\nvolumes:\n")[0]))
    parts = re.split(services, HOSTS.partition("\nservices:\n")[2])
    several = dict(zip(parts[1::2], parts[2::2], strict=True))

    assert several.keys() == one - {"mailcatcher"}  # of its own profile already
    assert [name for name, text in several.items() if "profiles: [" not in text] == ["backup"]
    assert {name for name, text in several.items() if "<<: *host" not in text} == {
        "postgres", "redis", "proxy",
    }  # fmt: skip


def test_the_probe_of_the_web_service_is_answered(client, db, settings, monkeypatch):
    """It must ask under a name that ALLOWED_HOSTS knows."""
    _cmd, _python, _option, program = json.loads(
        re.search(r'test: (\["CMD", "python".*\])', COMPOSE).group(1)
    )
    settings.ALLOWED_HOSTS = ["portail.example.fr"]
    monkeypatch.setenv("EMN_PUBLIC_URL", "https://portail.example.fr")
    asked = []
    monkeypatch.setattr(urllib.request, "urlopen", lambda request, timeout: asked.append(request))

    exec(program, {})  # noqa: S102 -- the line of docker-compose.yml itself

    headers = dict(asked[0].header_items())
    assert asked[0].full_url == "http://127.0.0.1:8000/sante/"
    assert headers["X-forwarded-proto"] == "https"
    assert client.get("/sante/", headers=headers).status_code == 200
