"""Production starts only with what it needs, and Django finds nothing to say about it."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
REQUIRED = {
    "EMN_SECRET_KEY": "k7Z!q2v9-Lw3x_Rt8u#Yb5n@Me1c%Hs6p^Dj4g&Fa0o*Ti+Qw~Ez=Xv",
    "EMN_PUBLIC_URL": "https://portail.example",
    "EMN_CONTACT_EMAIL": "contact@portail.example",
    "EMN_CENTRE_ADDRESS": "1 place d’Armes, Metz",
    "EMN_PUBLISHER": "Chambre d’essai, établissement public",
    "EMN_PUBLICATION_DIRECTOR": "A. Essai",
    "EMN_HOSTING_COMPANY": "Hébergeur d’essai, 1 rue du Port, Metz, 03 00 00 00 00",
    "EMN_RELAY_BACKEND": "django.core.mail.backends.smtp.EmailBackend",
    "DATABASE_URL": "postgres://portail@127.0.0.1/portail",
}


def manage(*arguments, tmp_path, **environment):
    """Run a command in a process of its own, in an environment with nothing else."""
    return subprocess.run(
        [sys.executable, "-W", "error", "manage.py", *arguments],
        cwd=ROOT,
        env={"PATH": os.environ["PATH"], "EMN_DATA_DIR": str(tmp_path), **environment},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


@pytest.mark.parametrize("missing", REQUIRED)
def test_production_names_the_variable_it_misses(tmp_path, missing):
    environment = {name: value for name, value in REQUIRED.items() if name != missing}

    run = manage("check", tmp_path=tmp_path, EMN_ENV="production", **environment)

    assert run.returncode != 0
    assert missing in run.stderr.splitlines()[-1]


def test_production_refuses_an_address_without_tls(tmp_path):
    environment = REQUIRED | {"EMN_PUBLIC_URL": "http://portail.example"}

    run = manage("check", tmp_path=tmp_path, EMN_ENV="production", **environment)

    assert "https" in run.stderr.splitlines()[-1]


def test_check_deploy_is_silent_in_production(tmp_path):
    run = manage(
        "check",
        "--deploy",
        "--fail-level",
        "INFO",
        tmp_path=tmp_path,
        EMN_ENV="production",
        **REQUIRED,
    )

    assert (run.returncode, run.stderr) == (0, "")
    assert "no issues (0 silenced)" in run.stdout


def test_check_is_silent_in_the_demonstration(tmp_path):
    run = manage("check", "--fail-level", "INFO", tmp_path=tmp_path)

    assert (run.returncode, run.stderr) == (0, "")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("EMN_BOUNCES_URL", "imap://retours:p4ssword@imap.example"),
        ("EMN_ANYMAIL_WEBHOOK_SECRET", "p4ssword"),
    ],
)
def test_value_that_cannot_work_stops_the_start_and_is_not_quoted(tmp_path, name, value):
    run = manage("check", tmp_path=tmp_path, **{name: value})

    assert run.returncode != 0
    assert name in run.stderr.splitlines()[-1]
    assert "p4ssword" not in run.stderr


def test_a_shared_memory_that_goes_silent_is_not_waited_for(tmp_path):
    run = manage(
        "shell",
        "--no-imports",
        "--command",
        "from django.core.cache import cache; print(cache._cache._get_connection_pool(False)"
        ".connection_kwargs['socket_timeout'])",
        tmp_path=tmp_path,
        EMN_ENV="production",
        REDIS_URL="redis://127.0.0.1:6379/0",
        **REQUIRED,
    )

    assert run.stdout.strip() == "5", run.stderr


def test_web_processes_load_no_solver(tmp_path):
    asked = (
        "import sys; from django.urls import get_resolver; get_resolver().url_patterns; "
        "print([name for name in sys.modules if name.partition('.')[0] == 'scipy'])"
    )

    run = manage("shell", "--no-imports", "-c", asked, tmp_path=tmp_path)

    assert (run.returncode, run.stdout.strip(), run.stderr) == (0, "[]", "")
