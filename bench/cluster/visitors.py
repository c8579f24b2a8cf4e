"""A crowd: each person does one thing, and sends again, as the page asks, until it is accepted."""

import random
import re
import threading
import time
import urllib.parse
from collections import Counter
from dataclasses import dataclass, field

from bench.cluster.front import Answer, Front

REGISTER, SUBSCRIBE, DIAGNOSE, READERS = 24, 10, 6, 3
TRIES = 15
SHOWS_FOR_S = 8.0
FILLS_FOR_S = 2.6
PAGES = (
    "/",
    "/annuaire/",
    "/agenda/",
    "/lettre/archives/",
    "/besoins/nouveau/",
    "/recherche/?q=site",
)
_CHALLENGE = re.compile(r'name="challenge" value="([^"]+)"')
_numbers = iter(range(1, 10**6))
_RUN = f"{int(time.time()):x}"  # mailboxes differ from those of the run before


@dataclass
class Crowd:
    """The people of one fault; `registered`, `subscribed`, `answered`: what was acknowledged."""

    front: Front
    slug: str
    name: str
    answers: list[Answer] = field(default_factory=list)
    registered: set[str] = field(default_factory=set)
    attempted: set[str] = field(default_factory=set)
    subscribed: set[str] = field(default_factory=set)
    answered: set[str] = field(default_factory=set)
    unclear: list[bytes] = field(default_factory=list)
    threads: list[threading.Thread] = field(default_factory=list)

    def start(self) -> None:
        """Let everybody in."""
        self._ends = time.monotonic() + SHOWS_FOR_S
        lives = [self._register] * REGISTER + [self._subscribe] * SUBSCRIBE
        lives += [self._diagnose] * DIAGNOSE + [self._read] * READERS
        self.threads = [threading.Thread(target=life) for life in lives]
        for thread in self.threads:
            thread.start()

    def join(self) -> None:
        """Wait for the last one to leave."""
        for thread in self.threads:
            thread.join()

    def seen(self, struck: float) -> dict:
        """Return counts, and the seconds from the fault to the last bad answer."""
        kinds = Counter(_kind(answer) for answer in self.answers)
        bad = [answer.at - struck for answer in self.answers if _kind(answer) in {"503", "none"}]
        return {
            "asked": len(self.answers),
            **{kind: kinds[kind] for kind in ("2xx/3xx", "503", "other", "none")},
            "unclear": len(self.unclear),
            "slowest_s": round(max(answer.seconds for answer in self.answers), 1),
            "last_bad_s": round(max(bad, default=0), 1),
            "registered": len(self.registered),
        }

    def slow(self, struck: float, *, beyond_s: float = 3.0) -> list[str]:
        """Tell of each answer that took longer: seconds, when it was asked, of whom, what came."""
        waited = sorted(
            (answer for answer in self.answers if answer.seconds > beyond_s),
            key=lambda answer: answer.at,
        )
        return [
            f"{one.seconds:5.1f} s from {one.at - one.seconds - struck:5.1f} to"
            f" {one.at - struck:5.1f}: {one.host} {one.status or 'none'} {one.asked}"
            for one in waited
        ]

    def _ask(self, method: str, path: str, body: bytes = b"", *, visitor: str) -> Answer:
        answer = self.front.ask(method, path, body, visitor=visitor)
        self.answers.append(answer)
        if answer.status >= 500 and not _is_page(answer.body):
            self.unclear.append(answer.body[:300])
        return answer

    def _read(self) -> None:
        visitor = _visitor()
        while time.monotonic() < self._ends:
            self._ask("GET", random.choice(PAGES), visitor=visitor)
            time.sleep(0.08)

    def _register(self) -> None:
        mailbox = f"{_word()}@entreprise.example"
        self.attempted.add(mailbox)
        values = {"full_name": "Anne Essai", "email": mailbox, "company_name": "Meyer", "siret": ""}
        if self._send(f"/agenda/{self.slug}/inscription/", values):
            self.registered.add(mailbox)

    def _subscribe(self) -> None:
        mailbox = f"{_word()}@abonne.example"
        if self._send("/lettre/", {"email": mailbox, "lists": "lettre", "language": "fr"}):
            self.subscribed.add(mailbox)

    def _send(self, path: str, values: dict[str, str]) -> bool:
        """Open a form, fill it in, send it; again after an answer that is not an acceptance."""
        visitor = _visitor()
        time.sleep(random.uniform(0, SHOWS_FOR_S - FILLS_FOR_S - 2))
        for _try in range(TRIES):
            page = self._ask("GET", path, visitor=visitor)
            found = _CHALLENGE.search(page.body.decode())
            if found:
                time.sleep(FILLS_FOR_S)
                sent = values | {"website": "", "challenge": found[1], "proof": ""}
                answer = self._ask(
                    "POST", path, urllib.parse.urlencode(sent).encode(), visitor=visitor
                )
                if answer.status == 302:
                    return True
            time.sleep(1)
        return False

    def _diagnose(self) -> None:
        """Begin a flash diagnostic, and answer its first page; again until it is taken."""
        visitor, key = _visitor(), ""
        for _try in range(TRIES):
            answer = self._ask("POST", "/diagnostic/commencer/", visitor=visitor)
            if answer.status == 302:
                key = answer.location.split("/diagnostic/")[1].split("/")[0]
                break
            time.sleep(1)
        time.sleep(random.uniform(0, 6))
        first = self._ask("GET", f"/diagnostic/{key}/", visitor=visitor).location if key else ""
        sent = {"size": "micro", "situation": "consumers", "seen-size": "0", "seen-situation": "0"}
        for _try in range(TRIES if first else 0):
            body = urllib.parse.urlencode(sent).encode()
            answer = self._ask("POST", first, body, visitor=visitor)
            if answer.status == 302:
                self.answered.add(key)
                return
            time.sleep(1)


def _visitor() -> str:
    number = next(_numbers)
    return f"10.{number // 65536}.{number // 256 % 256}.{number % 256}"


def _word() -> str:
    return f"r{_RUN}p{next(_numbers)}"


def _kind(answer: Answer) -> str:
    if not answer.status:
        return "none"
    if answer.status < 400:
        return "2xx/3xx"
    return "503" if answer.status == 503 else "other"


def _is_page(body: bytes) -> bool:
    """Whether an answer of failure is the portal's own page, in its own words."""
    return b"<html" in body and b"</html>" in body and b"Traceback" not in body
