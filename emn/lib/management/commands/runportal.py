"""The whole portal from one command: checks, preparation, then web and worker until Ctrl-C."""

import http.client
import os
import sys
from argparse import ArgumentParser
from io import StringIO
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand
from django.db import connections

from emn.lib import env, preparation
from emn.lib.embedded_postgres.server import ServerUnavailable
from emn.lib.supervisor import Program, Supervisor

HOST = "127.0.0.1"
_ROOT_WARNING = "You're running the worker with superuser"  # in a container, root is all there is


class Command(BaseCommand):
    help = "Lance le portail : base de données, site et envois, jusqu’à Ctrl-C."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--port", type=int, default=8000, help="port du site (8000)")
        parser.add_argument(
            "--without-data", action="store_true", help="sans les données de démonstration"
        )

    def handle(self, *_args: Any, port: int, without_data: bool = False, **_options: Any) -> None:
        if "EMN_PUBLIC_URL" not in os.environ and settings.DEMO:
            settings.PUBLIC_URL = os.environ["EMN_PUBLIC_URL"] = f"http://{HOST}:{port}"
        os.environ.setdefault("EMN_LOG_LEVEL", "WARNING")
        try:
            preparation.check_port(HOST, port)
            preparation.check_folder(settings.DATA_DIR)
            self._prepare(first_run=[] if without_data or not settings.DEMO else settings.FIRST_RUN)
        except (preparation.PortalCannotStart, ServerUnavailable) as refusal:
            sys.exit(f"Le portail ne peut pas démarrer. {refusal}")
        except KeyboardInterrupt:
            sys.exit("\nArrêté avant la fin de la préparation ; make run la reprendra.")
        connections.close_all()
        Supervisor([_web(port), _worker()], say=self._say).run()
        self._say("Le portail est arrêté.")

    def _prepare(self, *, first_run: list[dict[str, Any]]) -> None:
        # First: a process that has read a language before its catalogue is there speaks French on.
        preparation.compile_catalogues(settings.LOCALE_PATHS)
        preparation.check_database()
        if preparation.migrate():
            for command, *arguments in settings.AFTER_MIGRATION:
                call_command(command, *arguments, stdout=StringIO())
            self._say("Base de données : à jour.")
        if preparation.collect_static():
            self._say("Feuilles de style et images : prêtes.")
        for step in first_run:
            preparation.first_run(**step)

    def _say(self, sentence: str) -> None:
        self.stdout.write(sentence)
        self.stdout.flush()


def _web(port: int) -> Program:
    return Program(
        label="Le serveur web",
        command=[
            sys.executable, "-m", "granian", "--interface", "wsgi", "--host", HOST,
            "--port", str(port), "--workers", str(env.integer("EMN_WEB_WORKERS", 2)),
            "--blocking-threads", "4", "--no-ws", "--log-level", "warning", "emn.wsgi:application",
        ],
        grace_s=15,
        is_ready=lambda: _answers(port),
        announcement=_welcome(port),
    )  # fmt: skip


def _worker() -> Program:
    return Program(
        label="Le service des envois",
        command=[
            sys.executable, "-W", f"ignore:{_ROOT_WARNING}", "-m", "celery", "--quiet",
            "-A", "emn", "worker", "--beat", "--concurrency", "2", "--loglevel", "WARNING",
            "--without-gossip", "--without-mingle", "--without-heartbeat",
        ],
        grace_s=60,
    )  # fmt: skip


def _answers(port: int) -> bool:
    """Whether the site already answers."""
    connection = http.client.HTTPConnection(HOST, port, timeout=10)
    try:
        connection.request("GET", "/sante/")
        return connection.getresponse().status == http.HTTPStatus.OK
    except OSError:
        return False
    finally:
        connection.close()


def _welcome(port: int) -> str:
    lines = ["", f"Le portail est ouvert : http://{HOST}:{port}/"]
    if settings.DEMO:
        lines += [
            f"  les courriels envoyés : http://{HOST}:{port}/demo/courriels/",
            f"  comptes de démonstration, mot de passe {settings.DEMO_PASSWORD} :",
            *(f"    {address} ({who})" for address, who in settings.DEMO_ACCOUNTS),
        ]
    return "\n".join([*lines, "Ctrl-C arrête tout, sans rien perdre ; deux fois, sans attendre."])
