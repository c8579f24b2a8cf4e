"""What `docs/security.md` promises and no other test holds: secrets, pins, fetches, sessions."""

import ast
import re
import subprocess
from pathlib import Path

import pytest
from django.contrib.sessions.models import Session
from django.test import Client

from tests.accounts.conftest import PASSWORD, make_user
from tests.architecture.test_code import ROOT, SOURCES

# What a key looks like, whoever issued it; values made up for tests are named below.
KEYS = re.compile(
    r"-----BEGIN [A-Z ]*PRIVATE KEY-----"
    r"|\bAKIA[0-9A-Z]{16}\b"
    r"|\bgh[pousr]_[A-Za-z0-9]{36}\b"
    r"|\bglpat-[A-Za-z0-9_-]{20}\b"
    r"|\bsk_live_[A-Za-z0-9]{16,}"
    r"|\bxox[abprs]-[A-Za-z0-9-]{10,}"
    r"|\bAIza[A-Za-z0-9_-]{35}\b"
    r"|\beyJ[A-Za-z0-9_-]{20,}\.eyJ[A-Za-z0-9_-]{20,}\."
)
ASSIGNED = re.compile(
    r"^(EMN_[A-Z_]*(?:KEY|SECRET|PASSWORD|TOKEN)[A-Z_]*|POSTGRES_PASSWORD)=(.+)$", re.MULTILINE
)
MADE_UP = {"tests/directory/test_reversibility_rules.py"}  # samples of what the chest refuses
LARGEST_READ = 2_000_000
# Who reaches out of the process, and towards what: a new one is thought about, then written here
# and in docs/security.md.
FETCHES = {
    "emn/lib/backups/copies.py": "EMN_BACKUP_URL",
    "emn/lib/bucket.py": "EMN_FILES_URL, EMN_BACKUP_URL",
    "emn/lib/monitoring/broker.py": "REDIS_URL",
    "emn/lib/monitoring/checks.py": "REDIS_URL, its errors only",
    "emn/lib/outage.py": "none: names of errors",
    "emn/lib/preparation.py": "none: tries a port of this machine",
    "emn/lib/management/commands/runportal.py": "the portal's own probe, on this machine",
    "emn/lib/object_storage.py": "EMN_FILES_URL",
    "emn/lib/open_api.py": "addresses of the settings, no redirect",
    "emn/territory/geometry/download.py": "an address that the operator types, https, no redirect",
    "emn/mailings/list_relays.py": "the relay of the settings",
    "emn/mailings/services/outbox.py": "none: names of errors",
    "emn/mailings/link_probe.py": "what agents write in a letter: public addresses only",
    "emn/mailings/imap.py": "the mailbox of the settings",
    "events/cards/stripe.py": "the card provider of the settings",
}
_OUT = {"httpx", "urllib.request", "imaplib", "smtplib", "poplib", "ftplib", "socket", "redis"}
_OUT |= {"http.client", "requests", "urllib3", "aiohttp", "paramiko"}
_OUT |= {"boto3", "boto3.exceptions", "boto3.s3.transfer", "botocore.config", "botocore.exceptions"}


def shipped():
    """Yield the text files of the repository, as git has them or, without it, as they lie there."""
    listed = subprocess.run(
        ["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    names = listed.stdout.split("\0") if listed.returncode == 0 else []
    hidden = {".git", ".venv", "var"}
    paths = [ROOT / name for name in names if name] or [
        path for path in ROOT.rglob("*") if not hidden & set(path.relative_to(ROOT).parts)
    ]
    for path in paths:
        if path.is_file() and path.stat().st_size < LARGEST_READ:
            yield path, path.read_text(encoding="utf-8", errors="ignore")


# --- Secrets ---


def test_no_key_lies_in_the_repository():
    found = {str(path.relative_to(ROOT)) for path, text in shipped() if KEYS.search(text)}

    assert found - MADE_UP == set()


def test_no_value_is_given_to_a_secret_variable():
    found = [
        (str(path.relative_to(ROOT)), name)
        for path, text in shipped()
        if path.suffix not in {".py", ".md"}
        for name, value in ASSIGNED.findall(text)
        if not value.startswith(("$", "build"))
    ]

    assert found == []
    assert ".env" in (ROOT / ".gitignore").read_text(encoding="utf-8").split()


@pytest.mark.parametrize(
    "text",
    [
        "-----BEGIN RSA " + "PRIVATE KEY-----",
        "AKIA" + "A" * 16,
        "ghp_" + "a" * 36,
        "sk_live_" + "a" * 24,
    ],
)
def test_a_key_is_seen(text):
    assert KEYS.search(text)


# --- What is installed ---


@pytest.mark.parametrize("name", ["requirements.txt", "requirements-dev.txt"])
def test_every_package_has_one_version_and_its_digests(name):
    text = (ROOT / name).read_text(encoding="utf-8").replace("\\\n", " ")
    lines = [
        line for line in text.splitlines() if line.strip() and not line.lstrip().startswith("#")
    ]

    loose = [
        line for line in lines if not re.match(r"[A-Za-z0-9._\[\]-]+==\S+ .*--hash=sha256:", line)
    ]
    assert len(lines) > 30
    assert loose == []  # nor an address, nor an index of its own


def test_what_is_installed_is_checked_against_the_digests():
    for name in ("Dockerfile", "Makefile"):
        text = (ROOT / name).read_text(encoding="utf-8")
        installs = re.findall(r"pip install (?!--quiet uv)[^\n]*-r \S+", text)
        assert installs
        assert all("--require-hashes" in line for line in installs)


# --- What the server fetches ---


def modules_of(path):
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.module or ""


def test_only_known_modules_reach_out():
    users = {str(path.relative_to(ROOT)) for path in SOURCES if _OUT & set(modules_of(path))}

    assert users == FETCHES.keys()


def test_only_known_modules_write_csv():
    """They keep from being a formula what a spreadsheet would compute."""
    writers = {
        str(path.relative_to(ROOT))
        for path in SOURCES
        if re.search(r"csv\.(writer|DictWriter)\(", path.read_text(encoding="utf-8"))
    }

    assert writers == {
        "emn/lib/tables.py", "emn/territory/sirene/stream.py", "observatory/services/open_data.py",
        "observatory/services/release_files.py",
    }  # fmt: skip
    composed = {"observatory/services/open_data.py": "observatory/datasets.py"}  # where cells are
    for path in writers:
        assert "escaped(" in (ROOT / composed.get(path, path)).read_text(encoding="utf-8")


def test_nothing_is_read_that_runs_what_it_reads():
    banned = {"pickle", "marshal", "shelve", "yaml"}

    users = [str(path.relative_to(ROOT)) for path in SOURCES if banned & set(modules_of(path))]

    assert users == []


# --- Sessions and doors ---


def sign_in(client, **more):
    return client.post(
        "/compte/connexion/", {"login": "alice@firm.example", "password": PASSWORD} | more
    )


@pytest.mark.django_db
def test_a_session_that_someone_prepared_is_not_the_one_signed_in(client, settings):
    make_user()
    prepared = client.session
    prepared["planted"] = "yes"
    prepared.save()
    client.cookies[settings.SESSION_COOKIE_NAME] = prepared.session_key

    sign_in(client)

    assert client.get("/compte/").status_code == 200
    assert client.cookies[settings.SESSION_COOKIE_NAME].value != prepared.session_key
    assert not Session.objects.filter(pk=prepared.session_key).exists()


@pytest.mark.django_db
def test_a_session_ends_on_the_server_when_one_leaves(client, settings):
    make_user()
    sign_in(client)
    key = client.cookies[settings.SESSION_COOKIE_NAME].value

    client.post("/compte/deconnexion/")

    assert not Session.objects.filter(pk=key).exists()
    client.cookies[settings.SESSION_COOKIE_NAME] = key
    assert client.get("/compte/").status_code == 302


@pytest.mark.django_db
def test_a_new_password_ends_the_other_sessions():
    person = make_user()
    elsewhere = Client()
    elsewhere.force_login(person)

    person.set_password("un-autre-mot-de-passe")
    person.save()

    assert elsewhere.get("/compte/").status_code == 302


@pytest.mark.django_db
@pytest.mark.parametrize(
    "target", ["https://evil.example/", "//evil.example/", "/\\evil.example", "javascript:alert(1)"]
)
def test_signing_in_leads_nowhere_else(client, target):
    make_user()

    response = sign_in(client, next=target)

    assert response.status_code == 302
    assert response["Location"].startswith("/")
    assert "evil" not in response["Location"]


@pytest.mark.django_db
def test_another_host_name_is_not_answered(client, settings, caplog):
    settings.ALLOWED_HOSTS = ["portail.example"]

    assert client.get("/", headers={"Host": "evil.example"}).status_code == 400
    assert [record for record in caplog.records if record.levelname == "ERROR"] == []


def test_the_list_of_what_reaches_out_is_told():
    told = (ROOT / "docs" / "security.md").read_text(encoding="utf-8")

    assert [path for path in FETCHES if f"`{path}`" not in told] == []


def test_every_proof_that_the_checklist_names_exists():
    """A name of a test or of a file, in the column of proofs of docs/security.md."""
    told = (ROOT / "docs" / "security.md").read_text(encoding="utf-8")
    tests = "\n".join(path.read_text(encoding="utf-8") for path in (ROOT / "tests").rglob("*.py"))

    proofs = set(re.findall(r"`(test_[a-z0-9_]+)`", told))
    files = set(re.findall(r"`((?:emn|tests|docs|directory|events|diagnostics)/[^`*]+)`", told))
    modules = {path.stem for path in (ROOT / "tests").rglob("test_*.py")}
    missing = {name for name in proofs if f"def {name}(" not in tests and name not in modules}
    assert len(proofs) > 40
    assert missing == set()
    assert [name for name in files if not Path(ROOT / name).exists()] == []
