"""A crowd that registers at one session, and the agenda of 20,000 sessions beside that of 200.

To reach: 400 people at once for 50 seats, each on a connection of their own: exactly 50 seats, 350
ranks in the waiting list in the order of arrival, no 500, no lock that does not come; whole
registrations (form read, form sent) a second ≥ 0.30 of a bare Django view that inserts one row,
under the same load. Agenda: p95 of the list with 20,000 sessions ≤ 2 × that with 200.

The proof of work is the visitor's own machine's: it is computed between the two timed halves. Each
person has an address of their own, as a proxy would say; the hourly ceiling of mails is lifted.
"""

import http.client
import json
import os
import re
import statistics
import subprocess
import sys
import threading
import time
import urllib.parse

from bench.servers import ROOT, manage, serving

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "emn.settings")
from emn.lib.forms import is_proof

PEOPLE, SEATS, ROUNDS = 400, 50, 3
FASTEST_FILL_S = 2.5
_CHALLENGE = re.compile(r'name="challenge" value="([^"]+)"')


def run() -> dict:
    """Return the figures of the crowd and of the agenda."""
    for command in (("migrate",), ("sync_territory", "--write"), ("collectstatic", "--noinput")):
        manage(*command)
    figures = {"crowd": _crowd(), "agenda": {}}
    for size in (200, 20_000):
        figures["agenda"][size] = _worker("agenda", str(size))
    few, many = (figures["agenda"][size] for size in (200, 20_000))
    print(f"\n{'agenda, ms':24} {'p95, 200':>9} {'p95, 20,000':>12} {'ratio':>6}")
    for name in few:
        print(f"{name:24} {few[name]:9.1f} {many[name]:12.1f} {many[name] / few[name]:6.2f}")
    manage("migrate")
    return figures


def _worker(*what: str) -> dict:
    said = subprocess.run(
        [sys.executable, "-m", "bench.events_worker", *what],
        cwd=ROOT,
        env=os.environ | {"EMN_LOG_LEVEL": "ERROR"},
        check=True,
        stdout=subprocess.PIPE,
        text=True,
    ).stdout
    return json.loads(said.splitlines()[-1])


def _crowd() -> dict:
    """Alternate the portal and the bare view; return medians, and what became of the seats."""
    _worker("table")
    rounds, whole, bare_rates = [], [], []
    lifted = {"EMN_BEHIND_PROXY": "true", "EMN_MAIL_HOURLY_CEILING": "1000000"}
    with (
        serving("emn.wsgi:application", **lifted) as portal,
        serving("bench.bare_insert:application") as bare,
    ):
        for number in range(ROUNDS):
            slug = _worker("session", str(SEATS))["slug"]
            whole.append(_register_all(portal, f"/agenda/{slug}/inscription/", number))
            bare_rates.append(PEOPLE / _at_once(bare, [("POST", "/", b"x")] * PEOPLE)[0])
            rounds.append(_worker("outcome", slug))
    rate, bare_rate = (
        statistics.median(column) for column in ([w["per_s"] for w in whole], bare_rates)
    )
    figures = {
        "registrations_per_s": round(rate, 1),
        "bare_per_s": round(bare_rate, 1),
        "ratio": round(rate / bare_rate, 3),
        "statuses": [w["statuses"] for w in whole],
        "outcomes": rounds,
    }
    print(
        f"{PEOPLE} people, {SEATS} seats: {rate:.1f} registrations/s, bare insert "
        f"{bare_rate:.1f}/s, ratio {rate / bare_rate:.3f}"
    )
    print(f"answers {figures['statuses']}\nseats   {rounds}")
    return figures


def _register_all(portal: str, path: str, number: int) -> dict:
    """Read the form, then send it, each time all at once; return the rate and the answers."""
    read_s, pages = _at_once(portal, [("GET", path, b"")] * PEOPLE)
    if {status for status, _page in pages} != {200}:
        raise RuntimeError(f"the form answered {[status for status, _page in pages][:10]}")
    waited = time.monotonic()
    bodies = [_filled(page, f"r{number}p{person}") for person, (_s, page) in enumerate(pages)]
    time.sleep(max(0.0, FASTEST_FILL_S - (time.monotonic() - waited)))
    sent_s, answers = _at_once(portal, [("POST", path, body) for body in bodies])
    statuses = sorted({status for status, _page in answers})
    return {
        "per_s": PEOPLE / (read_s + sent_s),
        "statuses": {status: sum(s == status for s, _p in answers) for status in statuses},
    }


def _filled(page: bytes, name: str) -> bytes:
    challenge = _CHALLENGE.search(page.decode())[1]
    proof = next(n for n in range(10**7) if is_proof(challenge, str(n)))
    values = {
        "full_name": name, "email": f"{name}@entreprise.example", "company_name": "Meyer",
        "siret": "", "website": "", "challenge": challenge, "proof": proof,
    }  # fmt: skip
    return urllib.parse.urlencode(values).encode()


def _at_once(base: str, requests: list[tuple[str, str, bytes]]) -> tuple[float, list]:
    """Send all from as many connections, opened before; return the seconds, and each answer."""
    host = base.removeprefix("http://")
    answers: list = [None] * len(requests)
    barrier = threading.Barrier(len(requests) + 1)

    def ask(place: int, method: str, path: str, body: bytes) -> None:
        connection = http.client.HTTPConnection(host, timeout=120)
        connection.connect()
        barrier.wait()
        headers = {
            "X-Forwarded-For": f"10.{place // 65536}.{place // 256 % 256}.{place % 256}",
            "Content-Type": "application/x-www-form-urlencoded",
        }
        connection.request(method, path, body or None, headers)
        answer = connection.getresponse()
        answers[place] = (answer.status, answer.read())
        connection.close()

    threads = [
        threading.Thread(target=ask, args=(place, *request))
        for place, request in enumerate(requests)
    ]
    for thread in threads:
        thread.start()
    barrier.wait()
    start = time.perf_counter()
    for thread in threads:
        thread.join()
    return time.perf_counter() - start, answers
