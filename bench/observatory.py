"""The observatory: a register of 1,000,000 establishments made a cube, its pages, and secrecy.

To reach: the four indicators of the register in ≤ 3 minutes, under 500 MB for the process; the page
of an indicator, warm, ≥ 0.60 of a bare view of its bytes; a page of 100 cells of the API in ≤ 5
queries; on 1,000 random linked tables, no hidden cell within ±15 % of an attacker by linear
programs; at most 1.5 times as many cells hidden as the exact optimum, on small tables.
`BENCH_UNITS` and `BENCH_TABLES` give other sizes.
"""

import json
import os
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

import brotli

from bench.servers import ROOT, get, manage, requests_per_second, serving

UNITS, TABLES, ROUNDS = 1_000_000, 1_000, 3
PAGE = "/observatoire/etablissements-tic/"


def run() -> dict:
    """Return every figure."""
    tables = int(os.environ.get("BENCH_TABLES", TABLES))
    halves = [_start("secrecy", str(first), str(tables), "2") for first in range(2)]
    halves = [_answer(worker) for worker in halves]
    found = {
        "linked tables": sum(half["tables"] for half in halves),
        "cells of a table": halves[0]["cells"],
        "hidden cells placed within ±15 % (0)": sum(half["exposed"] for half in halves),
        "hidden, share of the cells": statistics.mean(half["loss"] for half in halves),
        "one table, ms": statistics.mean(half["ms"] for half in halves),
        "hidden / optimum, worst of small tables (≤ 1.5)": max(half["worst"] for half in halves),
        "hidden / optimum, mean": statistics.mean(half["ratio"] for half in halves),
    }
    for command in (("migrate",), ("sync_territory", "--write"), ("collectstatic", "--noinput")):
        manage(*command)
    found |= _answer(_start("fill", os.environ.get("BENCH_UNITS", str(UNITS))))
    found |= _answer(_start("cube"))
    found |= _answer(_start("api"))
    found |= _pages()
    for name, value in found.items():
        print(f"{name:52} {value:12,.2f}")
    return found


def _pages() -> dict:
    """Alternate the page and a bare view of its bytes; return the medians."""
    with serving("emn.wsgi:application") as portal, tempfile.TemporaryDirectory() as folder:
        page = get(portal + PAGE)
        body = Path(folder) / "page"
        body.write_bytes(brotli.compress(page, quality=5))
        with serving("bench.bare:application", BENCH_BODY=str(body)) as bare:
            requests_per_second(portal + PAGE, seconds=1)
            requests_per_second(bare, seconds=1)
            rounds = [
                (requests_per_second(bare), requests_per_second(portal + PAGE))
                for _round in range(ROUNDS)
            ]
        size = len(body.read_bytes())
    yardstick, warm = (statistics.median(column) for column in zip(*rounds, strict=True))
    return {"page, kB sent": size / 1000, "page warm / bare view (≥ 0.60)": warm / yardstick}


def _start(*words: str) -> subprocess.Popen:
    return subprocess.Popen(
        [sys.executable, "-m", "bench.observatory_worker", *words],
        cwd=ROOT,
        env=os.environ | {"EMN_LOG_LEVEL": "ERROR"},
        stdout=subprocess.PIPE,
        text=True,
    )


def _answer(worker: subprocess.Popen) -> dict:
    said, _errors = worker.communicate()
    if worker.returncode:
        raise SystemExit(f"bench.observatory_worker ended with {worker.returncode}")
    return json.loads(said.splitlines()[-1])
