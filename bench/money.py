"""200 invoices by 16 threads, a third of the attempts failing after the number was taken.

To reach: numbers 1 to 200, no gap, no duplicate. Counted beside them: invoices a second.
"""

import os
import subprocess
import sys

from bench.servers import ROOT


def run() -> dict:
    """Return the figures, from a process whose database is the bench's own."""
    environment = os.environ | {"EMN_LOG_LEVEL": "CRITICAL"}
    subprocess.run(
        [sys.executable, "manage.py", "migrate", "--verbosity=0"],
        cwd=ROOT,
        env=environment,
        check=True,
    )
    said = subprocess.run(
        [sys.executable, "-m", "bench.money_worker"],
        cwd=ROOT,
        env=environment,
        check=True,
        stdout=subprocess.PIPE,
        text=True,
    ).stdout
    print(said)
    return {"said": said.splitlines()}
