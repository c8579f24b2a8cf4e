"""The directory's search at 10,000 and at 1,000,000 cards, against raw SQL over the same cards.

To reach: over a mix of rare and frequent words, none to four filters, with and without a place,
first and fiftieth page, p95 of a search ≤ 1.5 × (raw SQL of its page and facets + rendering the
page from memory), and ≤ 2 × its own p95 at 10,000 cards; a word that hundreds of thousands of cards
hold ≤ 0.5 × the raw SQL that ranks and counts them; suggestions ≤ 0.4 × a search; the map of all
≤ 60 kB and ≤ 3 × its raw SQL. Nothing is answered from a page or result that was kept.
"""

import json
import os
import subprocess
import sys

from bench.servers import ROOT

SIZES = (10_000, 1_000_000)
PREPARATION = (
    ("migrate", "-v0"),
    ("sync_territory", "--write"),
    ("seed_demo",),
    ("collectstatic", "--noinput"),
)


def run() -> dict:
    """Return the figures of each size. The cards of a size are written once and kept."""
    figures = {}
    for size in [int(size) for size in os.environ.get("BENCH_SIZES", "").split()] or SIZES:
        state = os.environ["EMN_DATA_DIR"] + f"-search-{size}"
        environment = os.environ | {"EMN_DATA_DIR": state, "EMN_LOG_LEVEL": "ERROR"}
        for command in (*PREPARATION, ("seed_demo", "--scale", str(size))):
            subprocess.run(
                [sys.executable, "manage.py", *command],
                cwd=ROOT,
                env=environment,
                check=True,
                stdout=subprocess.DEVNULL,
            )
        said = subprocess.run(
            [sys.executable, "-m", "bench.search_worker"],
            cwd=ROOT,
            env=environment,
            check=True,
            stdout=subprocess.PIPE,
            text=True,
        ).stdout
        figures[size] = json.loads(said.splitlines()[-1])
        _print(size, figures[size])
    return figures


def _print(size: int, found: dict) -> None:
    print(f"\n{size:,} cards, ms")
    print(f"{'case':28} {'search p95':>10} {'raw p95':>10} {'render p95':>10} {'ratio':>6}")
    for name, case in found["cases"].items():
        print(
            f"{name:28} {case['search']:10.2f} {case['raw']:10.2f} {case['render']:10.2f} "
            f"{case['search'] / (case['raw'] + case['render']):6.2f}"
        )
    for name, value in found["figures"].items():
        print(f"{name:40} {value:10.3f}")
