"""`make bench`: run every measurement, print its figures beside the ones to reach.

`python -m bench pages` runs one; `--json FILE` keeps the figures. `cluster` runs only when it is
named: it needs root.
"""

import argparse
import importlib
import json
import os
import platform
from pathlib import Path

MEASUREMENTS = (
    "pages", "import_sirene", "relevance", "search", "needs", "mailings", "trust", "events",
    "interleavings", "money", "diagnostics", "rendezvous", "observatory", "surveys",
)  # fmt: skip


def machine() -> str:
    """Name the machine in one line."""
    model = ""
    if (cpu := Path("/proc/cpuinfo")).exists():
        names = [line for line in cpu.read_text().splitlines() if line.startswith("model name")]
        model = names[0].split(":", 1)[1].strip() if names else ""
    return (
        f"{model or platform.machine()}, {os.cpu_count()} cœurs, Python {platform.python_version()}"
    )


def main() -> None:
    """Run what was asked and print a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("measurements", nargs="*", default=MEASUREMENTS)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    print(machine())
    figures = {}
    for name in options.measurements:
        print(f"\n== {name}")
        figures[name] = importlib.import_module(f"bench.{name}").run()
    if options.json:
        options.json.write_text(json.dumps(figures, indent=2, ensure_ascii=False))


if __name__ == "__main__":
    main()
