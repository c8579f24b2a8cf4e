"""`python -m bench cluster`: the portal on several hosts, each of which falls in turn.

Three web hosts, three of workers and two of the clock, each in a network namespace of its own,
one PostgreSQL, one Redis, one relay. Visitors read, register for a session of five seats, subscribe
and answer a diagnostic through a balancer while hosts are killed, cut off, filled or unplugged; a
letter goes out meanwhile. After each fault, and once all mail has left, what must hold is counted.
Ends with 1 when something was lost or doubled. Needs root (`ip netns`) and redis-server.
"""

import os
import sys
import time
from pathlib import Path

from bench.cluster.faults import FAULTS
from bench.cluster.hosts import Cluster
from bench.cluster.ledger import Ledger
from bench.cluster.network import network
from bench.cluster.visitors import Crowd


def run() -> dict:
    """Return a row for each fault and the final count; exit with 1 when one is not clean."""
    state = Path(os.environ["EMN_DATA_DIR"] + "-cluster")
    chosen = [fault for fault in FAULTS if ONLY in fault.name]
    with network() as lan, Cluster(state, lan) as cluster:
        sessions = cluster.prepare(len(chosen))
        began = time.monotonic()
        cluster.start()
        print(f"{len(cluster.members)} processes up after {time.monotonic() - began:.0f} s")
        ledger, rows = Ledger(), []
        for fault, slug in zip(chosen, sessions, strict=True):
            rows.append(_under(fault, slug, cluster, ledger))
        outcome = ledger.settle(cluster)
        print(f"the whole: {time.monotonic() - began:.0f} s without the preparation")
    faults = [line for line, count in outcome.items() if line.startswith("!") and count]
    for line, count in outcome.items():
        print(f"  {line:64} {count}")
    print(f"  a file of 3 MB sent to the host without a disk: {cluster.upload}")
    faults += [f"{name} under {row['fault']}" for row in rows for name in _MUST_BE_0 if row[name]]
    faults += [f"{row['fault']}: not whole again" for row in rows if row["whole_s"] is None]
    if faults:
        print("NOT CLEAN:", "; ".join(faults))
        sys.exit(1)
    return {"faults": rows, "outcome": outcome}


ONLY = os.environ.get("BENCH_FAULTS", "")  # a part of their names
_MUST_BE_0 = ("unclear", "lost", "twice", "beyond")
_COLUMNS = (
    "fault", "asked", "2xx/3xx", "503", "other", "none", "unclear", "slowest_s", "last_bad_s",
    "whole_s", "registered", "lost", "twice", "beyond",
)  # fmt: skip


def _under(fault, slug: str, cluster: Cluster, ledger: Ledger) -> dict:
    """Let the crowd act while one thing fails; return what was seen."""
    crowd = Crowd(cluster.front, slug, fault.name)
    crowd.start()
    time.sleep(3.5)  # the crowd has its forms open
    struck = time.monotonic()
    fault.strike(cluster)
    whole_s = cluster.until_whole(since=struck, within=60)
    crowd.join()
    row = {"fault": fault.name, **crowd.seen(struck), "whole_s": whole_s}
    row |= ledger.check(crowd, slug, cluster)
    if not ledger.headed:
        print(
            " ".join(f"{name:>10}" for name in _COLUMNS).replace("     fault", f"{'fault':24}", 1)
        )
        ledger.headed = True
    print(
        f"{row['fault']:24} " + " ".join(f"{row[name]!s:>10}" for name in _COLUMNS[1:]), flush=True
    )
    for line in crowd.slow(struck):
        print(f"    {line}")
    return row
