"""Proposals for a need at 10,000 and at 1,000,000 cards, against raw SQL over the same cards.

To reach: over frequent and rare services, towns and villages, every client size and trade, p95 of
the first three providers in the published order ≤ 150 ms, or ≤ 3 × the raw SQL that only filters.
The invented cards have neither a score of quality nor a zone: the minimum of quality is lifted, and
every card reaches 30 km. Nothing is answered from a result that was kept.
"""

import json
import os
import subprocess
import sys

from bench.search import PREPARATION
from bench.servers import ROOT

SIZES = (10_000, 1_000_000)


def run() -> dict:
    """Return the figures of each size, over the cards that the search measures."""
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
            [sys.executable, "-m", "bench.needs_worker"],
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
    print(f"{'case':24} {'p50':>8} {'p95':>8} {'raw p95':>8} {'ratio':>6} {'candidates':>10}")
    for name, case in found.items():
        print(
            f"{name:24} {case['p50']:8.1f} {case['p95']:8.1f} {case['raw']:8.1f} "
            f"{case['p95'] / case['raw']:6.2f} {case['candidates']:10.0f}"
        )
