"""Home, list and card against a bare Django view of the same bytes, on the same server."""

import statistics
import tempfile
from pathlib import Path

import brotli

from bench.servers import get, manage, requests_per_second, serving

PAGES = {"home": "/", "list": "/annuaire/?q=site", "card": "/annuaire/atelier-du-sillon/"}
ROUNDS = 3
PREPARATION = (
    ("migrate",),
    ("sync_territory", "--write"),
    ("seed_demo",),
    ("collectstatic", "--noinput"),
)


def run() -> dict:
    """Return, for each page, requests per second bare, warm and cold, and the two ratios.

    Warm: the page is in the memory of the process. Cold: each request has an address of its own, so
    no page is; the parts that pages share (frame, services, a card's own version) are. To reach:
    warm ≥ 1.0 of the bare view, cold ≥ 0.10. Medians of alternating rounds.
    """
    for command in PREPARATION:
        manage(*command)
    figures = {}
    print(f"{'page':6} {'kB':>6} {'bare/s':>8} {'warm/s':>8} {'cold/s':>8} {'warm':>6} {'cold':>6}")
    with serving("emn.wsgi:application") as portal, tempfile.TemporaryDirectory() as folder:
        for name, path in PAGES.items():
            page = get(portal + path)
            body = Path(folder) / name
            body.write_bytes(brotli.compress(page, quality=5))
            with serving("bench.bare:application", BENCH_BODY=str(body)) as bare:
                requests_per_second(portal + path, seconds=1)
                requests_per_second(bare, seconds=1)
                rounds = [
                    (
                        requests_per_second(bare),
                        requests_per_second(portal + path),
                        requests_per_second(portal + path, unique=True),
                    )
                    for _round in range(ROUNDS)
                ]
            yardstick, warm, cold = (
                statistics.median(column) for column in zip(*rounds, strict=True)
            )
            figures[name] = {
                "bytes": len(page),
                "bare_per_s": yardstick,
                "warm_per_s": warm,
                "cold_per_s": cold,
                "warm_ratio": round(warm / yardstick, 2),
                "cold_ratio": round(cold / yardstick, 3),
            }
            print(
                f"{name:6} {len(page) / 1000:6.1f} {yardstick:8.0f} {warm:8.0f} {cold:8.0f} "
                f"{warm / yardstick:6.2f} {cold / yardstick:6.3f}"
            )
    # A web worker ends without leaving the embedded server; the last command to leave stops it.
    manage("migrate")
    return figures
