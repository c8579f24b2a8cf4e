"""Fill with the version before, migrate with this one, then let both serve."""

import argparse
import os
import shutil
import sys
from pathlib import Path

from bench.compat import __doc__ as description
from bench.compat.journeys import JOURNEYS, Person
from bench.compat.trees import Tree, checked_out, last_tag
from bench.servers import ROOT
from emn.lib.embedded_postgres.server import Server


def main() -> None:
    """Tell what the version before cannot do any more; end with 1 when there is something."""
    parser = argparse.ArgumentParser(
        description=description, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("revision", nargs="?", help="the version on line: a tag, a commit")
    revision = parser.parse_args().revision or last_tag()
    state = Path(os.environ["EMN_DATA_DIR"] + "-compat")
    server = Server(state / "postgres", {})
    shutil.rmtree(server.home, ignore_errors=True)
    shutil.rmtree(state, ignore_errors=True)
    state.mkdir(parents=True)
    server.ensure_running()  # until the end of this process
    failures: list[str] = []
    with checked_out(revision) as code:
        before, after = Tree("before", code, state), Tree("after", ROOT, state)
        if (code / "requirements.txt").read_bytes() != (ROOT / "requirements.txt").read_bytes():
            print("requirements.txt differs: what fails for want of a package is no finding")
        before.bring_up(fill=True)
        print(f"{revision} has filled a database", flush=True)
        after.bring_up(fill=False)
        for tree in (after, before):
            with tree.serving() as address:
                failures += _let_in(tree, address)
        tasks = before.run_clock()
        failures += [f"before, task {line}" for line in tasks[:-1]]
        print(f"before    clock        {tasks[-1]}")
    if failures:
        print(f"{len(failures)} FAILED; traces in {state}/*.log", *failures, sep="\n  ")
        sys.exit(1)


def _let_in(tree: Tree, address: str) -> list[str]:
    failures = []
    for name, journey in JOURNEYS.items():
        person = Person(address)
        journey(person)
        print(
            f"{tree.name:9} {name:12} {person.asked} asked, {len(person.failures)} failed",
            flush=True,
        )
        failures += [f"{tree.name}, {name}: {failure}" for failure in person.failures]
    return failures


main()
