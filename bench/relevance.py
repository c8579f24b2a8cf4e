"""The golden set of the search, asked over the demonstration's cards: the share of right answers.

To reach: ≥ 95 % of the sentences have a right answer among the first five, and none is without an
answer. Mean of eight days.
"""

import os
import subprocess
import sys

from bench.search import PREPARATION
from bench.servers import ROOT


def run() -> None:
    """Write the demonstration's cards once, ask, and print the set's score."""
    environment = os.environ | {
        "EMN_DATA_DIR": os.environ["EMN_DATA_DIR"] + "-relevance",
        "EMN_LOG_LEVEL": "ERROR",
    }
    commands = (
        *(("manage.py", *command) for command in PREPARATION),
        ("-m", "bench.relevance_worker"),
    )
    for command in commands:
        subprocess.run(
            [sys.executable, *command],
            cwd=ROOT,
            env=environment,
            check=True,
            stdout=None if command[0] == "-m" else subprocess.DEVNULL,
        )
