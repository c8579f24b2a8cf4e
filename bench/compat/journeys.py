"""What visitors, members and agents do in an hour, told as failures."""

import http.cookiejar
import re
import time
import urllib.error
import urllib.parse
import urllib.request
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

PASSWORD = "demo-emn-2026"
AGENT, PROVIDER, COMPANY = "agent@emn.example", "prestataire@emn.example", "entreprise@emn.example"
FILLS_FOR_S = 2.6  # a form sent sooner is a robot's
OF_A_SHAPE = 3  # pages of one shape of address that are opened
_PAGES = (
    "/", "/recherche/?q=site", "/annuaire/?q=web&rayon=20", "/annuaire/carte/", "/agenda.ics",
    "/agenda/rss/", "/api/v1/", "/api/v1/schema/", "/donnees/catalogue.rdf", "/besoins/nouveau/",
    "/lettre/", "/de/", "/en/annuaire/", "/sante/",
)  # fmt: skip
_MEMBER_PAGES = ("/compte/", "/dossier/", "/diagnostic/")
_INPUT = re.compile(r"<input\b[^>]*>")
_LINK = re.compile(r'href="(/[^"#]*)"')


class _Stays(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_args: object) -> None:
        return None


@dataclass
class Person:
    """One browser."""

    address: str
    failures: list[str] = field(default_factory=list)
    asked: int = 0

    def __post_init__(self) -> None:
        cookies = urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar())
        self._opener = urllib.request.build_opener(cookies, _Stays())

    def ask(self, path: str, sent: dict[str, str] | None = None) -> tuple[int, str, str]:
        """Return status, body and where one is sent; an error of the portal is a failure."""
        body = None if sent is None else urllib.parse.urlencode(sent).encode()
        request = urllib.request.Request(self.address + path, body, {"Referer": self.address})
        self.asked += 1
        try:
            answer = self._opener.open(request, timeout=60)
        except urllib.error.HTTPError as refusal:
            answer = refusal
        with answer:
            status, text = answer.status, answer.read().decode(errors="replace")
            where = urllib.parse.urlsplit(answer.headers.get("Location", ""))
        if status >= 500:
            self.failures.append(f"{status} {'GET' if sent is None else 'POST'} {path}")
        return status, text, where.path + (f"?{where.query}" if where.query else "")

    def fill(self, path: str, values: dict[str, str]) -> str:
        """Open a form, send it with what it hides; return where one is sent, else fail."""
        _status, page, _where = self.ask(path)
        hidden = {
            name: _attribute(field, "value")
            for field in _INPUT.findall(page)
            if (name := _attribute(field, "name")) and 'type="hidden"' in field
        }
        if "challenge" in hidden:
            time.sleep(FILLS_FOR_S)
        status, said, where = self.ask(path, {"website": "", **hidden, **values})
        if status != 302:
            told = re.findall(r'class="errorlist"[^>]*><li>([^<]+)', said)
            self.failures.append(f"{status} POST {path}: not taken {told}")
        return where

    def walk(self, paths: list[str]) -> None:
        """Open some pages of each shape of address."""
        shapes: defaultdict[str, int] = defaultdict(int)
        for path in paths:
            shape = _shape(path)
            shapes[shape] += 1
            if shapes[shape] <= OF_A_SHAPE:
                self.ask(path)


def _attribute(tag: str, name: str) -> str:
    found = re.search(rf'\b{name}="([^"]*)"', tag)
    return found[1] if found else ""


def _shape(path: str) -> str:
    """The address without what differs from one row to the other."""
    parts = urllib.parse.urlsplit(path).path.strip("/").split("/")
    return "/".join(
        part if index < 2 and part.isalpha() else "*" for index, part in enumerate(parts)
    )


def read(person: Person) -> None:
    """Pages of the map of the site, and some that are not on it."""
    person.walk(list(_PAGES))
    found = []
    for index in re.findall(r"<loc>([^<]+)</loc>", person.ask("/sitemap.xml")[1]):
        path = urllib.parse.urlsplit(index).path
        if path.endswith(".xml"):
            inside = re.findall(r"<loc>([^<]+)</loc>", person.ask(path)[1])
            found += [urllib.parse.urlsplit(one).path for one in inside]
        else:
            found.append(path)
    person.walk(found)


def register(person: Person) -> None:
    """A seat at a session to come."""
    agenda = person.ask("/agenda/")[1]
    for path in dict.fromkeys(re.findall(r'href="(/agenda/[a-z0-9-]+/)"', agenda)):
        form = f"{path}inscription/"
        if f'href="{form}"' in person.ask(path)[1]:
            values = {"full_name": "Anne Essai", "email": _mailbox(), "people": "1"}
            person.fill(form, values)
            return
    person.failures.append("no session that takes registrations")


def subscribe(person: Person) -> None:
    """The letter."""
    person.fill("/lettre/", {"email": _mailbox(), "lists": "lettre", "language": "fr"})


def diagnose(person: Person) -> None:
    """The first page of a flash diagnostic."""
    run = person.ask("/diagnostic/commencer/", {})[2]
    first = person.ask(run)[2] if run else ""
    if not first:
        person.failures.append("no diagnostic begins")
        return
    sent = {"size": "micro", "situation": "consumers", "seen-size": "0", "seen-situation": "0"}
    if person.ask(first, sent)[0] != 302:
        person.failures.append(f"POST {first}: an answer is not taken")


def _signed_in(mailbox: str) -> Callable[[Person], None]:
    def journey(person: Person) -> None:
        person.fill("/compte/connexion/", {"login": mailbox, "password": PASSWORD})
        found = []
        for path in _MEMBER_PAGES:
            found += _LINK.findall(person.ask(path)[1])
        person.walk([path for path in dict.fromkeys(found) if _is_of_a_member(path)])

    journey.__doc__ = f"The account and the file of {mailbox}."
    return journey


def _is_of_a_member(path: str) -> bool:
    return path.startswith(("/compte/", "/dossier/", "/besoins/")) and "deconnexion" not in path


def work(person: Person) -> None:
    """The back office: each list, the first row of each, each form to add."""
    person.fill("/compte/connexion/", {"login": AGENT, "password": PASSWORD})
    index = person.ask("/admin/")[1]
    for path in dict.fromkeys(_LINK.findall(index)):
        if path.startswith("/admin/") and "logout" not in path:
            for row in _first_rows(person.ask(path)[1], path):
                person.ask(row)


def _first_rows(page: str, path: str) -> Iterator[str]:
    here = urllib.parse.urlsplit(path).path
    rows = [one for one in _LINK.findall(page) if one.startswith(here) and "/change/" in one]
    yield from rows[:1]


def _mailbox() -> str:
    return f"compat{time.time_ns():x}@entreprise.example"


JOURNEYS: dict[str, Callable[[Person], None]] = {
    "read": read,
    "register": register,
    "subscribe": subscribe,
    "diagnose": diagnose,
    "a provider": _signed_in(PROVIDER),
    "a company": _signed_in(COMPANY),
    "an agent": work,
}
