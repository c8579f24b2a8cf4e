"""`manage.py sync_territory [--write]`: bring the reference data in line with what is shipped."""

from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from emn.territory.services import reference

SHOWN = 20


class Command(BaseCommand):
    help = "Compare communes, EPCI et NAF aux fichiers livrés ; --write écrit les différences."

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the options."""
        parser.add_argument("--write", action="store_true", help="écrire les différences")

    def handle(self, *_args: Any, write: bool, **_options: Any) -> None:
        """Show the differences, and write them when asked."""
        diffs = reference.sync_reference(write=write)
        for diff in diffs:
            self._show(diff)
        if all(diff.is_empty for diff in diffs):
            self.stdout.write("Rien à changer.")
        elif write:
            self.stdout.write("Écrit.")
        else:
            self.stdout.write("Rien n’est écrit : relancez avec --write.")

    def _show(self, diff: reference.TableDiff) -> None:
        self.stdout.write(
            f"{diff.label} : {len(diff.created)} à créer, {len(diff.changed)} à changer, "
            f"{diff.unchanged} sans changement. Source : {diff.source}."
        )
        for line in diff.changed[:SHOWN]:
            self.stdout.write(f"  {line}")
        if len(diff.changed) > SHOWN:
            self.stdout.write(f"  … et {len(diff.changed) - SHOWN} autres changements.")
        if diff.missing:
            self.stdout.write(
                f"  {len(diff.missing)} absents de la source, conservés : "
                + ", ".join(diff.missing[:SHOWN])
            )
