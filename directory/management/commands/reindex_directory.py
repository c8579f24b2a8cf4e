"""`manage.py reindex_directory [--if-needed] [--rebuild] [--processes N]`: index the cards."""

from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from directory.services.search import is_index_current, rebuild_postings, reindex_published


class Command(BaseCommand):
    help = "Met l’index de la recherche en accord avec les fiches publiées."

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the options."""
        parser.add_argument(
            "--if-needed", action="store_true", help="ne rien faire quand l’index est à jour"
        )
        parser.add_argument(
            "--rebuild", action="store_true", help="refaire aussi les ensembles de fiches"
        )
        parser.add_argument(
            "--processes", type=int, default=2, help="processus qui se partagent les fiches (2)"
        )

    def handle(
        self, *_args: Any, if_needed: bool, rebuild: bool, processes: int, **_options: Any
    ) -> None:
        """Index the cards and say how many."""
        if if_needed and is_index_current():
            return
        count = reindex_published(by=processes)
        if rebuild:
            rebuild_postings()
        self.stdout.write(f"{count} fiches indexées.")
