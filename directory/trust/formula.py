"""The formula of the « indice de confiance e-TIC » (rules 1.5): facts in, an explained index out.

Pure: `compute` reads the facts of one provider, the parameters of one version and a day, nothing
else: no other provider's data (I13), no payment (R1.24). All arithmetic is `Decimal`; the weights
of age are rounded to 12 decimals, so that sums are exact and the order of facts is nothing (I3).
"""

from collections import defaultdict, deque
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import ROUND_HALF_EVEN, ROUND_HALF_UP, Context, Decimal, localcontext
from functools import lru_cache
from typing import Any

from directory.trust.events import FRAUDS, Event, Kind, voids_in_force
from directory.trust.parameters import COMPONENTS, SHRUNK, A, C, D, E, G, P, Parameters, R, S
from emn.lib.calendar import add_months, add_working_days, working_days_between

CONTEXT = Context(prec=28, rounding=ROUND_HALF_EVEN)
ZERO, ONE, HALF, HUNDRED = Decimal(0), Decimal(1), Decimal("0.5"), Decimal(100)
FOUR_PLACES = Decimal("0.0001")
SIX_PLACES = Decimal("0.000001")
_TWELVE_PLACES = Decimal("1E-12")
_ONE_DAY = timedelta(days=1)
_FIVE_ONES, _SPREAD = 5, Decimal(20)  # five ratings from 1 to 5 make a sum from 5 to 25
MALUS, CAP = "malus", "cap"
PLACES = (*COMPONENTS, MALUS, CAP)
VERIFIED_LEVELS = ("V2", "V3")


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the statement; the lines of a component sum to its points, all lines to the IC.

    `what`: a kind of fact, or `start` (what no evidence is worth), `seniority`, `missing`, `age`,
    `no_procedure`, `confirmed`, `overflow`, or the name of a cap. `state`: `counts`, or why it does
    not. `until`: the last day on which it counts as it does. `detail`: the facts to put in words.
    """

    component: str
    what: str
    points: Decimal
    event: int | None = None
    on: date | None = None
    until: date | None = None
    state: str = "counts"
    detail: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Component:
    """The value of one component in [0, 1], its points out of `weight`, its reliability (ρ)."""

    key: str
    value: Decimal
    weight: Decimal
    points: Decimal
    reliability: Decimal


@dataclass(frozen=True, slots=True)
class Missing:
    """A condition of publication that is not met; `have` of the `need` that it asks."""

    what: str
    have: str = ""
    need: str = ""


@dataclass(frozen=True, slots=True)
class Result:
    """An index, explained. `value` (4 decimals) may only be shown when nothing is `missing`.

    `raw`, `malus`, `cap`, `value`, `half_width` are points out of 100; `reliability` (F) is in
    [0, 1]. `lines` are empty unless they were asked for. `load` is L, the burden of complaints.
    """

    version: str
    at: date
    components: tuple[Component, ...]
    raw: Decimal
    malus: Decimal
    cap: Decimal | None
    value: Decimal
    reliability: Decimal
    half_width: Decimal
    adhesion: str  # a state of the adhesion, or ""
    missing: tuple[Missing, ...]
    lines: tuple[Line, ...] = ()
    load: Decimal = ZERO

    @property
    def is_published(self) -> bool:
        """Whether the index may be shown."""
        return not self.missing

    @property
    def displayed(self) -> int:
        """The index as it is shown: a whole number, half up."""
        return int(self.value.quantize(ONE, rounding=ROUND_HALF_UP))

    def as_json(self) -> dict[str, Any]:
        """Return what a snapshot keeps, every number a string."""
        return {
            "components": {
                row.key: {
                    "value": str(row.value),
                    "weight": str(row.weight),
                    "points": str(row.points),
                    "reliability": str(row.reliability),
                }
                for row in self.components
            },
            "raw": str(self.raw),
            "malus": str(self.malus),
            "cap": None if self.cap is None else str(self.cap),
            "missing": [[row.what, row.have, row.need] for row in self.missing],
        }


def class_of(displayed: int, parameters: Parameters) -> str:
    """Return the class of an index as it is shown: A to D."""
    for letter in "ABC":
        if displayed >= parameters.classes[letter]:
            return letter
    return "D"


def word_of(reliability: Decimal, parameters: Parameters) -> str:
    """Return the word for a reliability: `weak`, `medium` or `strong`."""
    for word in ("strong", "medium"):
        if reliability >= parameters.reliability_words[word]:
            return word
    return "weak"


@lru_cache(maxsize=100_000)
def decay(days: int, half_life_months: Decimal, days_a_month: Decimal) -> Decimal:
    """Return 0.5^(age / half-life), to 12 decimals.

    The age is counted in days: two weights then shrink by the same factor as time passes, or
    opinions that balance each other could drift (I12).
    """
    with localcontext(CONTEXT):
        exponent = Decimal(days) / (half_life_months * days_a_month)
        return (HALF**exponent).quantize(_TWELVE_PLACES)


def compute(
    events: Iterable[Event], parameters: Parameters, at: date, *, explain: bool = False
) -> Result:
    """Return the index of the provider whose facts these are, as of the day `at`.

    Facts of later days, voided ones and those that still wait for their notice are left out; an id
    met twice is one fact. `explain` asks for the lines of the statement.
    """
    with localcontext(CONTEXT):
        return _Computation(events, parameters, at, explain=explain).result()


@dataclass(slots=True)
class _Value:
    """What a component came to: value, reliability, and the weight of its evidence (M)."""

    value: Decimal
    reliability: Decimal
    mass: Decimal = ZERO


class _Facts:
    """The facts that hold on a day, by kind."""

    def __init__(self, events: Iterable[Event], at: date) -> None:
        known = {event.id: event for event in events}
        self.voided = voids_in_force(event for event in known.values() if event.kind == Kind.VOID)
        self.held: dict[int, date] = {}
        self._by_kind: defaultdict[str, list[Event]] = defaultdict(list)
        for event in known.values():
            # A voided review keeps its slot (I8): the reviews see to it.
            if event.on <= at and (event.id not in self.voided or event.kind == Kind.REVIEW):
                self._by_kind[event.kind].append(event)
        for notice in self._by_kind.pop(Kind.FALL_NOTICE, ()):
            until = date.fromisoformat(notice.payload["until"])
            if at < until:
                self.held |= dict.fromkeys(notice.payload["events"], until)
        self.ended: dict[int, date] = {}
        for event in self._by_kind.pop(Kind.ENDED, ()):
            target = event.payload["event"]
            self.ended[target] = min(event.on, self.ended.get(target, event.on))

    def __getitem__(self, kind: Kind) -> list[Event]:
        events = self._by_kind.get(kind, [])
        if self.held:
            return [event for event in events if event.id not in self.held]
        return events

    def waiting(self) -> Iterator[tuple[Event, date]]:
        """Yield the facts that wait for their notice, each with the day on which it counts."""
        for events in self._by_kind.values():
            for event in events:
                if event.id in self.held:
                    yield event, self.held[event.id]


def _day(event: Event, name: str) -> date:
    return date.fromisoformat(event.payload[name])


def _content(event: Event) -> tuple[str, int]:
    """Return what tells two facts of one day apart, whatever their order.

    By what they say first: two facts that say the same weigh the same, whatever their number.
    """
    said = repr(sorted((name, str(value)) for name, value in event.payload.items()))
    return said, event.id


class _Computation:
    def __init__(
        self, events: Iterable[Event], parameters: Parameters, at: date, *, explain: bool
    ) -> None:
        self.facts = _Facts(events, at)
        self.parameters = parameters
        self.at = at
        self.explain = explain
        self.lines: list[Line] = []
        self.prior = parameters.prior["value"]
        self.adhesion, self.since, self.ends_on = self._adhesion()
        self.removed = self._removed()

    def result(self) -> Result:
        values = {
            E: self._commitments(),
            A: self._audits(),
            R: self._reviews(),
            P: self._complaints(),
            D: self._replies(),
            S: self._administrative(),
            G: self._insurances(),
            C: self._certifications(),
        }
        weights = self.parameters.weights
        raw = sum((weights[key] * row.value for key, row in values.items()), ZERO)
        malus = self._malus()
        cap = self._cap(raw - malus)
        value = raw - malus if cap is None else min(cap, raw - malus)
        value = max(ZERO, min(HUNDRED, value))
        reliability = (
            sum((weights[key] * row.reliability for key, row in values.items()), ZERO) / HUNDRED
        )
        if self.explain:
            self._explain_rest(raw - malus, value)
        return Result(
            version=self.parameters.version,
            at=self.at,
            components=tuple(
                Component(
                    key=key,
                    value=row.value.quantize(SIX_PLACES),
                    weight=weights[key],
                    points=(weights[key] * row.value).quantize(FOUR_PLACES),
                    reliability=row.reliability.quantize(SIX_PLACES),
                )
                for key, row in values.items()
            ),
            raw=raw.quantize(FOUR_PLACES, rounding=ROUND_HALF_UP),
            malus=malus,
            cap=cap,
            value=value.quantize(FOUR_PLACES, rounding=ROUND_HALF_UP),
            reliability=reliability.quantize(FOUR_PLACES, rounding=ROUND_HALF_UP),
            half_width=self._half_width(values),
            adhesion=self.adhesion,
            missing=tuple(self._missing(reliability)),
            load=self.load,
            lines=tuple(sorted(self.lines, key=_place)),
        )

    # --- Tools ---

    def _say(
        self,
        component: str,
        what: str,
        points: Decimal,
        event: Event | None = None,
        *,
        until: date | None = None,
        state: str = "counts",
        **detail: Any,
    ) -> None:
        if self.explain:
            if event is not None:
                detail = {**event.payload, **detail}
            self.lines.append(
                Line(
                    component=component,
                    what=what,
                    points=points,
                    event=None if event is None else event.id,
                    on=None if event is None else event.on,
                    until=until,
                    state=state,
                    detail=detail,
                )
            )

    def _weight_of_age(self, day: date, component: str) -> Decimal:
        numbers = self.parameters
        return decay(
            max(0, (self.at - day).days),
            numbers.half_life_months[component],
            numbers.calendar["days_a_month"],
        )

    def _years_since(self, day: date) -> Decimal:
        days = Decimal(max(0, (self.at - day).days))
        return days / self.parameters.calendar["days_a_year"]

    def _latest(self, kind: Kind) -> Event | None:
        return max(self.facts[kind], key=lambda event: (event.on, _content(event)), default=None)

    def _shrunk(
        self, component: str, items: list[tuple[Event, Decimal, Decimal]], **detail: Any
    ) -> _Value:
        """Return (K·m + Σ w·y) / (K + Σ w); `items` are (fact, weight, value)."""
        strength = self.parameters.strength[component]
        mass = sum((weight for _event, weight, _value in items), ZERO)
        total = sum((weight * value for _event, weight, value in items), ZERO)
        if self.explain:
            points = self.parameters.weights[component]
            self._say(component, "start", points * self.prior, **detail)
            for event, weight, value in items:
                share = points * weight * (value - self.prior) / (strength + mass)
                self._say(component, event.kind, share, event, y=value, weight=weight)
        return _Value(
            value=(strength * self.prior + total) / (strength + mass),
            reliability=mass / (mass + strength),
            mass=mass,
        )

    # --- Adhesion ---

    def _adhesion(self) -> tuple[str, date | None, date | None]:
        """Return the state of the adhesion, since when it runs without a break, and until when."""
        rank = {"active": 0, "suspended": 1, "expired": 2, "resigned": 3, "withdrawn": 4}
        state, since, ends_on = "", None, None
        events = self.facts[Kind.ADHESION]
        for event in sorted(events, key=lambda event: (event.on, rank[event.payload["state"]])):
            if ends_on is not None and event.on > ends_on:
                since = None
            state = event.payload["state"]
            if state == "active":
                since, ends_on = since or event.on, _day(event, "ends_on")
            elif state != "suspended":
                since, ends_on = None, None
        if ends_on is not None and self.at > ends_on:
            state, since = "expired", None
        return state, since, ends_on

    # --- E ---

    def _commitments(self) -> _Value:
        worth = self.parameters.commitments
        count = self.parameters.count("commitments", "count")
        by_number: defaultdict[int, list[Event]] = defaultdict(list)
        for event in self.facts[Kind.COMMITMENT]:
            by_number[event.payload["number"]].append(event)
        total, proven, known = ZERO, 0, 0
        for number in range(1, count + 1):
            fact, level, until = self._commitment(by_number.get(number, []))
            total += worth[level]
            proven += level in {"attested", "verified"}
            known += level != "declared"
            if self.explain:
                points = self.parameters.weights[E] * worth[level] / count
                what = Kind.COMMITMENT if fact else "declared"
                state = "counts" if fact is None or fact.payload["level"] == level else "expired"
                self._say(E, what, points, fact, until=until, state=state, number=number)
        self.commitments_proven = proven
        return _Value(total / count, Decimal(known) / count)

    def _commitment(self, events: list[Event]) -> tuple[Event | None, str, date | None]:
        """Return the fact that stands for an engagement, its level today, its last day."""
        failures = [event for event in events if event.payload["level"] == "failed"]
        failure = max(failures, key=lambda event: (event.on, _content(event)), default=None)
        months = self.parameters.count("commitments", "months")
        best: tuple[Event | None, str, date | None] = (failure, "failed", None)
        best_rank: tuple[Any, ...] = ()
        if failure is None:
            best = (None, "declared", None)
        for event in events:
            level = event.payload["level"]
            if level == "failed" or (failure is not None and event.on <= failure.on):
                continue
            until = None
            if level != "declared":
                until = add_months(event.on, months)
                if event.id in self.facts.ended or self.at > until:
                    until = min(until, self.facts.ended.get(event.id, until))
                    level = "declared"
            rank = (self.parameters.commitments[level], event.on, _content(event))
            if rank > best_rank:
                best, best_rank = (event, level, until), rank
        return best

    # --- A ---

    def _audits(self) -> _Value:
        done = [event for event in self.facts[Kind.AUDIT] if event.payload["level"] != "refused"]
        refused = [event for event in self.facts[Kind.AUDIT] if event.payload["level"] == "refused"]
        self.is_audited = bool(done)
        last_refusal = max((event.on for event in refused), default=None)
        is_refused = last_refusal is not None and all(event.on <= last_refusal for event in done)
        items = [
            (
                event,
                self.parameters.audits[event.payload["level"]] * self._weight_of_age(event.on, A),
                Decimal(event.payload["points"]) / HUNDRED,
            )
            for event in done
        ]
        if not is_refused:
            return self._shrunk(A, items)
        mass = sum((weight for _event, weight, _value in items), ZERO)
        for event, _weight, _value in items:
            self._say(A, event.kind, ZERO, event, state="refused_since")
        for event in refused:
            self._say(A, event.kind, ZERO, event)
        return _Value(ZERO, mass / (mass + self.parameters.strength[A]), mass)

    # --- R ---

    def _removed(self) -> dict[str, Event]:
        """Return, for each removed review, the fact that removed it."""
        self.fraud_clients: set[str] = set()
        self.own_fraud_clients: set[str] = set()
        removed: dict[str, Event] = {}
        for event in self.facts[Kind.REVIEW_REMOVED]:
            removed[event.payload["review"]] = event
            if event.payload["reason"] in FRAUDS:
                self.fraud_clients.add(event.payload["client"])
            if event.payload["reason"] == "fraud_provider":
                self.own_fraud_clients.add(event.payload["client"])
        return removed

    def _reviews(self) -> _Value:
        """R. Slots are given by date alone, never by rating (I4), and never given back (I8)."""
        levels = self.parameters.review_levels
        started: dict[str, Event] = {}
        latest: dict[str, Event] = {}
        for event in self.facts[Kind.REVIEW]:
            ref = event.payload["review"]
            if ref not in latest or _review_rank(event) > _review_rank(latest[ref]):
                latest[ref] = event
            if event.payload["blocked"] or not levels[event.payload["level"]]:
                continue
            if ref not in started or event.on < started[ref].on:
                started[ref] = event
        seated = self._seats(started)
        items, verified = [], []
        for ref, event in latest.items():
            state = self._review_state(ref, event, started, seated)
            if state == "counts":
                ended = _day(event, "experience_on")
                weight = levels[event.payload["level"]] * self._weight_of_age(ended, R)
                value = Decimal(sum(event.payload["ratings"]) - _FIVE_ONES) / _SPREAD
                items.append((event, weight, value))
                if event.payload["level"] in VERIFIED_LEVELS:
                    verified.append(event)
            else:
                self._say(R, event.kind, ZERO, event, state=state)
        self.verified_reviews = verified
        return self._shrunk(R, items)

    def _seats(self, started: Mapping[str, Event]) -> set[str]:
        """Return the reviews that hold a slot (M2): burnt for good, whatever becomes of them."""
        months = self.parameters.count("review_slots", "client_months")
        days = timedelta(days=self.parameters.count("review_slots", "days"))
        most = self.parameters.count("review_slots", "most")
        seated: set[str] = set()
        free_from: dict[str, date] = {}
        recent: deque[date] = deque()
        for ref, event in sorted(started.items(), key=lambda entry: (entry[1].on, entry[0])):
            client = event.payload["client"]
            while recent and recent[0] <= event.on - days:
                recent.popleft()
            if event.on < free_from.get(client, date.min) or len(recent) >= most:
                continue
            seated.add(ref)
            recent.append(event.on)
            free_from[client] = add_months(event.on, months)
        return seated

    def _review_state(
        self, ref: str, event: Event, started: Mapping[str, Event], seated: set[str]
    ) -> str:
        if event.id in self.facts.voided:
            return "voided"
        if ref in self.removed:
            return "removed"
        if event.payload["client"] in self.fraud_clients:
            return "pair_voided"
        if event.payload["blocked"]:
            return "blocked"
        if ref not in started:
            return "unverified"
        return "counts" if ref in seated else "no_slot"

    # --- P ---

    def _complaints(self) -> _Value:
        numbers = self.parameters.complaints
        latest: dict[str, Event] = {}
        for event in self.facts[Kind.COMPLAINT]:
            ref = event.payload["complaint"]
            if ref not in latest or self._complaint_rank(event) > self._complaint_rank(latest[ref]):
                latest[ref] = event
        burdens = [
            (event, self._burden(event) * self._weight_of_age(event.on, P))
            for event in latest.values()
        ]
        load = self.load = sum((burden for _event, burden in burdens), ZERO)
        room = numbers["base"] + numbers["per_mission"] * self._missions()
        kept = ONE / (ONE + load / room)
        years = self._seniority()
        value = min(kept, (self.prior + years * kept) / (ONE + years))
        if self.explain:
            weight = self.parameters.weights[P]
            clean = (self.prior + years) / (ONE + years)
            self._say(P, "start", weight * self.prior)
            self._say(P, "seniority", weight * (clean - self.prior), years=years)
            for event, burden in burdens:
                share = weight * (value - clean) * burden / load if load else ZERO
                self._say(P, event.kind, share, event)
        return _Value(value, years / (years + ONE))

    def _burden(self, event: Event) -> Decimal:
        severity = Decimal(event.payload["severity"])
        return severity * self.parameters.complaints[event.payload["outcome"]]

    def _complaint_rank(self, event: Event) -> tuple[date, Decimal, tuple[str, int]]:
        """Order the facts of one complaint: the last one stands, on one day the worst."""
        return event.on, self._burden(event), _content(event)

    def _missions(self) -> Decimal:
        """Return N: missions proven in 36 months; those of a client faked with do not count."""
        months = self.parameters.count("complaints", "mission_months")
        proven = {
            event.payload["mission"]
            for event in self.facts[Kind.MISSION]
            if event.payload["client"] not in self.own_fraud_clients
            and self.at < add_months(_day(event, "done_on"), months)
        }
        return min(Decimal(len(proven)), self.parameters.complaints["most_missions"])

    def _seniority(self) -> Decimal:
        years = ZERO if self.since is None else self._years_since(self.since)
        return min(years, self.parameters.seniority["most_years"])

    # --- D ---

    def _replies(self) -> _Value:
        """D. Of the requests of one client within 90 days, the first counts."""
        days = timedelta(days=self.parameters.count("request_days", "client"))
        requests: dict[str, Event] = {}
        for event in self.facts[Kind.REQUEST]:
            ref = event.payload["request"]
            if ref not in requests or (event.on, _content(event)) > (
                requests[ref].on,
                _content(requests[ref]),
            ):
                requests[ref] = event
        items = []
        free_from: dict[str, date] = {}
        ordered = sorted(
            requests.values(),
            key=lambda event: (event.payload["asked_on"], event.payload["request"]),
        )
        for event in ordered:
            client, asked_on = event.payload["client"], _day(event, "asked_on")
            if event.payload["excluded"]:
                self._say(D, event.kind, ZERO, event, state="excluded")
            elif asked_on < free_from.get(client, date.min):
                self._say(D, event.kind, ZERO, event, state="no_slot")
            else:
                free_from[client] = asked_on + days
                weight = self._weight_of_age(asked_on, D)
                items.append((event, weight, self._reply(event, asked_on)))
        return self._shrunk(D, items)

    def _reply(self, event: Event, asked_on: date) -> Decimal:
        if event.payload["answered_on"] is None:
            return ZERO
        answered_on = _day(event, "answered_on")
        if (answered_on - asked_on).days > _LONGEST_DELAY:
            return ZERO
        taken = working_days_between(asked_on, answered_on, local_law=self.parameters.local_law)
        for days, value in self.parameters.reply_steps:
            if taken <= days:
                return value
        return ZERO

    # --- S, G, C ---

    def _administrative(self) -> _Value:
        shares, weight = self.parameters.administrative, self.parameters.weights[S]
        self.register, self.insolvency = self._latest(Kind.REGISTER), self._latest(Kind.INSOLVENCY)
        created = self.register.payload["created_on"] if self.register else None
        age = ZERO
        if created is not None:
            age = min(ONE, self._years_since(date.fromisoformat(created)) / shares["years"])
        is_clear = self.insolvency is not None and not self.insolvency.payload["open"]
        profile = self._latest(Kind.PROFILE)
        months = self.parameters.count("administrative", "confirmed_months")
        until = None if profile is None else add_months(profile.on, months) - _ONE_DAY
        is_confirmed = until is not None and self.at <= until
        parts = (
            ("age", shares["age"] * age, self.register, None, "counts"),
            ("no_procedure", shares["no_procedure"] * is_clear, self.insolvency, None, "counts"),
            ("confirmed", shares["confirmed"] * is_confirmed, profile, until,
             "counts" if is_confirmed or profile is None else "expired"),
        )  # fmt: skip
        for what, share, event, last_day, state in parts:
            self._say(S, what, weight * share, event, until=last_day, state=state)
        is_checked = self.register is not None and self.insolvency is not None
        return _Value(sum((part[1] for part in parts), ZERO), Decimal(is_checked))

    def _insurances(self) -> _Value:
        return self._papers(
            G,
            self.facts[Kind.INSURANCE],
            code=lambda event: event.payload["cover"],
            shares=self.parameters.insurances,
        )

    def _certifications(self) -> _Value:
        return self._papers(
            C,
            self.facts[Kind.CERTIFICATION],
            code=lambda event: event.payload["code"],
            shares=self.parameters.certifications,
        )

    def _papers(self, component: str, events: list[Event], *, code: Any, shares: Any) -> _Value:
        """Return min(1, Σ shares) of the papers valid today, the best of each family."""
        best: dict[str, Event] = {}
        for event in events:
            state, until = self._validity(event)
            if state != "counts":
                self._say(component, event.kind, ZERO, event, until=until, state=state)
                continue
            family = code(event).partition(":")[0]
            rank = (shares.get(code(event), ZERO), event.payload["ends_on"], _content(event))
            held = best.get(family)
            if held is None or rank > (
                shares.get(code(held), ZERO),
                held.payload["ends_on"],
                _content(held),
            ):
                best[family] = event
        total = sum((shares.get(code(event), ZERO) for event in best.values()), ZERO)
        value = min(ONE, total)
        if self.explain:
            weight = self.parameters.weights[component]
            for event in best.values():
                points = weight * shares.get(code(event), ZERO)
                until = self._validity(event)[1]
                self._say(component, event.kind, points, event, until=until)
            if total > 1:
                self._say(component, "overflow", weight * (ONE - total))
        return _Value(value, Decimal(self._documents_checked()))

    def _validity(self, event: Event) -> tuple[str, date]:
        """Return the state of a paper and its last day; it is worth nothing from the day after."""
        ends_on = _day(event, "ends_on")
        if event.id in self.facts.ended:
            return "lost", min(ends_on, self.facts.ended[event.id] - _ONE_DAY)
        return ("counts" if self.at <= ends_on else "expired"), ends_on

    def _documents_checked(self) -> bool:
        check = self._latest(Kind.DOCUMENTS)
        return check is not None and check.payload["complete"]

    # --- Malus, caps, interval, gate ---

    def _malus(self) -> Decimal:
        numbers = self.parameters.malus
        total = ZERO
        own_frauds = [
            event
            for event in self.facts[Kind.REVIEW_REMOVED]
            if event.payload["reason"] == "fraud_provider"
        ]
        for name, months, events in (
            ("warning", numbers["warning_months"], self.facts[Kind.WARNING]),
            ("fraud", numbers["fraud_months"], own_frauds),
        ):
            for event in _first_of_each_case(events):
                until = add_months(event.on, int(months)) - _ONE_DAY
                if self.at <= until:
                    total += numbers[name]
                    self._say(MALUS, name, -numbers[name], event, until=until)
        return total

    def _cap(self, points: Decimal) -> Decimal | None:
        caps = []
        if not self.verified_reviews:
            caps.append(("no_verified_review", self.parameters.caps["no_verified_review"]))
        if not self.is_audited:
            caps.append(("no_audit", self.parameters.caps["no_audit"]))
        if not caps:
            return None
        name, cap = min(caps, key=lambda entry: entry[1])
        self._say(CAP, name, min(ZERO, cap - points), cap=cap)
        return cap

    def _explain_rest(self, points: Decimal, value: Decimal) -> None:
        """Say what the bounds take or give, and which facts wait for their notice."""
        if points < 0:
            self._say(CAP, "floor", value - points)
        for event, until in self.facts.waiting():
            self._say(_COMPONENT_OF[Kind(event.kind)], event.kind, ZERO, event,
                      state="waiting", counts_from=until)  # fmt: skip

    def _half_width(self, values: Mapping[str, _Value]) -> Decimal:
        """Return z·√Σ (W·s)², s = √(v(1-v) / (K + M + 1)), over A, R and D."""
        variance = ZERO
        for key in SHRUNK:
            row = values[key]
            room = self.parameters.strength[key] + row.mass + ONE
            spread = row.value * (ONE - row.value) / room
            variance += self.parameters.weights[key] ** 2 * spread
        width = self.parameters.interval["z"] * variance.sqrt()
        return width.quantize(FOUR_PLACES, rounding=ROUND_HALF_UP)

    def _missing(self, reliability: Decimal) -> Iterator[Missing]:
        """Yield the conditions of the publication gate that are not met."""
        gate = self.parameters.gate
        if self.adhesion != "active":
            yield Missing("adhesion", have=self.adhesion)
        yield from self._missing_register()
        if not self._documents_checked():
            yield Missing("documents")
        if self.commitments_proven < gate["commitments"]:
            yield Missing("commitments", str(self.commitments_proven), str(gate["commitments"]))
        clients = self._recent_clients()
        if clients < gate["reviews"]:
            yield Missing("reviews", str(clients), str(gate["reviews"]))
        if reliability < gate["reliability"]:
            have = reliability.quantize(Decimal("0.01"), rounding="ROUND_DOWN")
            yield Missing("reliability", str(have), str(gate["reliability"]))
        notices = [event.on for event in self.facts[Kind.NOTICE]]
        due_on = None if not notices else notice_ends_on(min(notices), self.parameters)
        if due_on is None or self.at < due_on:
            yield Missing("notice", have="" if due_on is None else due_on.isoformat())

    def _missing_register(self) -> Iterator[Missing]:
        if self.register is None or self.register.payload["state"] != "A":
            yield Missing("register")
        elif (self.at - self.register.on).days > self.parameters.gate["register_days"]:
            yield Missing("register_old", self.register.on.isoformat())
        if self.insolvency is None:
            yield Missing("insolvency_unknown")
        elif self.insolvency.payload["liquidation"]:
            yield Missing("liquidation")
        elif (self.at - self.insolvency.on).days > self.parameters.gate["register_days"]:
            yield Missing("insolvency_old", self.insolvency.on.isoformat())

    def _recent_clients(self) -> int:
        months = self.parameters.count("gate", "review_months")
        return len(
            {
                event.payload["client"]
                for event in self.verified_reviews
                if self.at < add_months(_day(event, "experience_on"), months)
            }
        )


_LONGEST_DELAY = 60  # days: beyond, no step of a version is reached, and nothing need be counted
_COMPONENT_OF = {
    Kind.COMPLAINT: P,
    Kind.AUDIT: A,
    Kind.COMMITMENT: E,
    Kind.WARNING: MALUS,
}


def _review_rank(event: Event) -> tuple[date, bool, str, tuple[str, int]]:
    """Order the facts of one review: the last one stands, on one day the blocked one."""
    return event.on, bool(event.payload["blocked"]), event.payload["level"], _content(event)


def _first_of_each_case(events: Iterable[Event]) -> Iterable[Event]:
    """Return one fact a case: what one decision found costs once."""
    cases: dict[str, Event] = {}
    for event in events:
        case = event.payload["case"]
        cases[case] = min(event, cases.get(case, event), key=lambda row: (row.on, row.id))
    return cases.values()


def _place(line: Line) -> tuple[int, date, int]:
    what_is_constant_first = date.min if line.on is None else line.on
    return PLACES.index(line.component), what_is_constant_first, line.event or 0


def notice_ends_on(told_on: date, parameters: Parameters) -> date:
    """Return the day from which an index may be published, its provider told on `told_on`."""
    return add_working_days(
        told_on, parameters.count("gate", "notice_days"), local_law=parameters.local_law
    )


def next_slot(
    taken: Iterable[tuple[date, str]], *, client: str, not_before: date, parameters: Parameters
) -> date:
    """Return the first day on which a review of `client` may start to count (M2).

    `taken`: day and client of every review that ever started, removed ones too: their slots are
    burnt (I8). Whoever moderates reviews records the fact on that day.
    """
    months = parameters.count("review_slots", "client_months")
    days = timedelta(days=parameters.count("review_slots", "days"))
    most = parameters.count("review_slots", "most")
    rows = sorted(taken)
    day = not_before
    while True:
        own = [add_months(on, months) for on, who in rows if who == client]
        day = max([day, *own])
        recent = [on for on, _who in rows if day - days < on <= day]
        if len(recent) < most:
            return day
        day = recent[-most] + days
