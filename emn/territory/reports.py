"""What a command that compares tables with their sources says of the differences."""

from collections.abc import Sequence

from django.core.management.base import OutputWrapper

from emn.territory.services.reference import TableDiff

SHOWN = 20


def report(
    out: OutputWrapper, diffs: Sequence[TableDiff], *, write: bool, remarks: Sequence[str] = ()
) -> None:
    """Say what differs in each table, then whether it is written."""
    for diff in diffs:
        _show(out, diff)
    for remark in remarks:
        out.write(remark)
    if all(diff.is_empty for diff in diffs):
        out.write("Rien à changer.")
    elif write:
        out.write("Écrit.")
    else:
        out.write("Rien n’est écrit : relancez avec --write.")


def _show(out: OutputWrapper, diff: TableDiff) -> None:
    out.write(
        f"{diff.label} : {len(diff.created)} à créer, {len(diff.changed)} à changer, "
        f"{diff.unchanged} sans changement. Source : {diff.source}."
    )
    for line in diff.changed[:SHOWN]:
        out.write(f"  {line}")
    if len(diff.changed) > SHOWN:
        out.write(f"  … et {len(diff.changed) - SHOWN} autres changements.")
    if diff.missing:
        out.write(
            f"  {len(diff.missing)} absents de la source, conservés : "
            + ", ".join(diff.missing[:SHOWN])
        )
