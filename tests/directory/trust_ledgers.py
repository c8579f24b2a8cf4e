"""Random ledgers, and the promises of the index that any of them keeps (rules 1.5, I1 to I16)."""

import json
import random
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

from directory.trust import events as facts
from directory.trust.events import Event, Kind, check
from directory.trust.formula import CONTEXT, compute
from directory.trust.parameters import read
from emn.lib.calendar import add_working_days

ROOT = Path(__file__).parents[2]
STORED = json.loads((ROOT / "directory/data/trust_parameters.json").read_text(encoding="utf-8"))
PARAMETERS = read(STORED["version"], STORED["values"])
AT = date(2026, 11, 23)
NOTHING = Decimal("1E-9")
CENT = Decimal("0.01")


def client(number):
    return f"{number:064x}"


class Ledger:
    """Facts with numbers of their own, each checked as the portal checks them."""

    def __init__(self, *, at=AT):
        self.at, self.events = at, []

    def add(self, kind, days_ago=0, **payload):
        on = self.at - timedelta(days=days_ago)
        check(kind, on, payload)
        event = Event(len(self.events) + 1, str(kind), on, payload)
        self.events.append(event)
        return event

    def review(self, ref, *, days_ago=10, age=30, ratings=(5, 5, 5, 5, 5), level="V2", **changed):
        values = {
            "review": ref,
            "client": changed.pop("client", client(hash(ref) % 10**9)),
            "level": level,
            "ratings": list(ratings),
            "experience_on": (self.at - timedelta(days=max(age, days_ago))).isoformat(),
            "blocked": "",
        }
        return self.add(Kind.REVIEW, days_ago, **values | changed)

    def remove(self, review, reason="unproven", *, days_ago=0, case="dossier-1"):
        return self.add(
            Kind.REVIEW_REMOVED,
            days_ago,
            review=review.payload["review"],
            client=review.payload["client"],
            reason=reason,
            case=case,
        )

    def complaint(self, ref="c1", *, days_ago=30, severity=2, outcome="upheld"):
        return self.add(Kind.COMPLAINT, days_ago, complaint=ref, severity=severity, outcome=outcome)

    def request(self, ref, *, days_ago=30, taken=1, **changed):
        asked = self.at - timedelta(days=days_ago)
        answered = None
        if taken is not None:
            answered = add_working_days(asked, taken, local_law=True)
        values = {
            "request": ref,
            "client": client(hash(ref) % 10**9),
            "asked_on": asked.isoformat(),
            "answered_on": None if answered is None else answered.isoformat(),
            "excluded": "",
        }
        known_on = asked + timedelta(days=20) if answered is None else answered
        return self.add(Kind.REQUEST, max(0, (self.at - known_on).days), **values | changed)

    def sound(self):
        """Add all that the publication gate asks, with three reviews."""
        until = (self.at + timedelta(days=400)).isoformat()
        self.add(Kind.ADHESION, 400, state="active", ends_on=until)
        self.add(Kind.DOCUMENTS, 300, complete=True)
        for number in range(1, 8):
            self.add(Kind.COMMITMENT, 200, number=number, level="attested")
        for number in range(3):
            self.review(f"s{number}", days_ago=40 * (number + 1), client=client(900 + number))
        self.add(Kind.AUDIT, 100, level="on_site", points=90)
        self.add(Kind.REGISTER, 3, state="A", created_on="2015-03-01")
        self.add(Kind.INSOLVENCY, 3, open=False, liquidation=False)
        self.add(Kind.PROFILE, 50)
        self.add(Kind.INSURANCE, 50, cover="rc_pro", ends_on=until)
        self.add(Kind.NOTICE, 60)
        return self


class RandomLedger(Ledger):
    """0 to some 50 facts of every kind, ages up to five years."""

    def __init__(self, draw, *, at=AT):
        super().__init__(at=at)
        self.draw = draw
        if draw.random() < 0.3:
            self.sound()
        for part in (self.charter, self.reviews, self.dealings, self.situation, self.papers):
            part()
        if draw.random() < 0.1:
            self.add(Kind.WARNING, self.age(600), case="comite-1")
        if self.events and draw.random() < 0.1:
            self.add(Kind.VOID, 0, event=draw.choice(self.events).id, reason="erreur")

    def age(self, most=1_800):
        return self.draw.randrange(most)

    def later(self, days):
        return (self.at + timedelta(days=days)).isoformat()

    def some(self, most):
        return range(self.draw.choice((0, 0, self.draw.randrange(most))))

    def one_in(self, number):
        return self.draw.randrange(number) == 0

    def charter(self):
        draw, start = self.draw, self.age()
        if not self.one_in(10):
            ends_on = self.later(max(-start, draw.randrange(-100, 800)))
            self.add(Kind.ADHESION, start, state="active", ends_on=ends_on)
            if self.one_in(10):
                state = draw.choice(facts.ADHESION_STATES[1:])
                self.add(Kind.ADHESION, self.age(), state=state, ends_on=None)
        if not self.one_in(5):
            self.add(Kind.DOCUMENTS, self.age(), complete=not self.one_in(10))
        for _ in self.some(12):
            level = draw.choice(facts.COMMITMENT_LEVELS)
            self.add(Kind.COMMITMENT, self.age(), number=draw.randrange(1, 8), level=level)
        for _ in self.some(4):
            level = draw.choice(("documentary", "on_site", "on_site", "refused"))
            points = 0 if level == "refused" else draw.randrange(101)
            self.add(Kind.AUDIT, self.age(), level=level, points=points)
        if self.one_in(2):
            self.add(Kind.NOTICE, self.age(100))

    def reviews(self):
        draw, reviews = self.draw, []
        for number in self.some(14):
            days_ago = self.age(1_000)
            reviews.append(
                self.review(
                    f"r{number}",
                    days_ago=days_ago,
                    age=days_ago + draw.randrange(400),
                    ratings=[draw.randrange(1, 6) for _ in range(5)],
                    level=draw.choice(facts.REVIEW_LEVELS),
                    client=client(draw.randrange(12)),
                    blocked=draw.choice(("", "", "", "", "linked_party")),
                )
            )
        for review in reviews:
            if self.one_in(10):
                self.remove(review, draw.choice(facts.REMOVALS), days_ago=self.age(60))

    def dealings(self):
        draw = self.draw
        for number in self.some(6):
            self.complaint(
                f"c{draw.randrange(4)}-{number % 2}",
                days_ago=self.age(),
                severity=draw.randrange(1, 4),
                outcome=draw.choice(facts.OUTCOMES),
            )
        for number in self.some(14):
            days_ago = self.age(1_400)
            self.add(
                Kind.MISSION,
                days_ago,
                mission=f"m{number}",
                client=client(draw.randrange(12)),
                done_on=self.later(-days_ago),
            )
        for number in self.some(14):
            self.request(
                f"q{number}",
                days_ago=self.age(900) + 40,
                taken=draw.choice((None, 1, 3, 6, 9, 12)),
                client=client(draw.randrange(12)),
                excluded=draw.choice(("", "", "", "spam", "linked_party")),
            )

    def situation(self):
        draw = self.draw
        if not self.one_in(10):
            created = draw.choice((None, self.later(-draw.randrange(2_000, 5_000))))
            self.add(Kind.REGISTER, self.age(40), state=draw.choice("AAAF"), created_on=created)
        if not self.one_in(10):
            is_open = self.one_in(10)
            self.add(Kind.INSOLVENCY, self.age(40), open=is_open, liquidation=is_open)
        if not self.one_in(5):
            self.add(Kind.PROFILE, self.age(700))

    def papers(self):
        draw, papers = self.draw, []
        for kind, name, values in (
            (Kind.INSURANCE, "cover", facts.COVERS),
            (Kind.CERTIFICATION, "code", facts.CERTIFICATIONS),
        ):
            for _ in self.some(5):
                days_ago = self.age(900)
                said = {
                    name: draw.choice(values),
                    "ends_on": self.later(draw.randrange(-days_ago, 400)),
                }
                papers.append(self.add(kind, days_ago, **said))
        if papers and self.one_in(5):
            self.add(Kind.ENDED, self.age(50), event=draw.choice(papers).id, reason="retrait")


def random_ledger(draw, *, at=AT):
    """Return a ledger drawn at random."""
    return RandomLedger(draw, at=at)


def index(ledger_events, *, at=AT, parameters=PARAMETERS):
    return compute(ledger_events, parameters, at)


def component(result, key):
    return next(row for row in result.components if row.key == key)


def counted_reviews(events, *, at=AT):
    """Return the reviews that count, with their facts."""
    by_id = {event.id: event for event in events}
    lines = compute(events, PARAMETERS, at, explain=True).lines
    return [
        by_id[line.event] for line in lines if line.what == Kind.REVIEW and line.state == "counts"
    ]


# --- Promises that a random ledger is asked to keep ---


def holds_i1(draw, ledger):
    result = compute(ledger.events, PARAMETERS, AT, explain=True)
    assert 0 <= result.value <= 100
    assert all(0 <= row.value <= 1 and 0 <= row.reliability <= 1 for row in result.components)
    assert abs(sum(row.points for row in result.components) - result.raw) < CENT
    for row in result.components:
        lines = [line.points for line in result.lines if line.component == row.key]
        assert abs(CONTEXT.plus(sum(lines)) - row.points) < CENT
    assert abs(sum(line.points for line in result.lines) - result.value) < CENT


def holds_i2(draw, ledger):
    assert index(ledger.events) == index(list(ledger.events))


def holds_i3(draw, ledger):
    before = compute(ledger.events, PARAMETERS, AT, explain=True)
    shuffled = [*ledger.events, *draw.choices(ledger.events, k=5)] if ledger.events else []
    draw.shuffle(shuffled)
    assert compute(shuffled, PARAMETERS, AT, explain=True) == before
    # Numbers are nothing either: facts renumbered, and what points to them with them.
    numbers = [event.id for event in ledger.events]
    draw.shuffle(numbers)
    renamed = dict(zip((event.id for event in ledger.events), numbers, strict=True))
    others = [
        replace(
            event,
            id=renamed[event.id],
            payload={
                name: renamed[value] if name == "event" else value
                for name, value in event.payload.items()
            },
        )
        for event in ledger.events
    ]
    if not any(event.kind == Kind.VOID for event in others):
        assert index(others) == index(ledger.events)


def holds_i4(draw, ledger):
    reviews = [event for event in ledger.events if event.kind == Kind.REVIEW]
    if not reviews:
        return
    chosen = draw.choice(reviews)
    place = draw.randrange(5)
    ratings = list(chosen.payload["ratings"])
    if ratings[place] == 5:
        return
    ratings[place] += 1
    better = replace(chosen, payload={**chosen.payload, "ratings": ratings})
    others = [better if event is chosen else event for event in ledger.events]
    assert index(others).value >= index(ledger.events).value


def holds_i5(draw, ledger):
    before = index(ledger.events)
    known = len(ledger.events)
    ledger.complaint(
        "nouvelle",
        days_ago=draw.randrange(900),
        severity=draw.randrange(1, 4),
        outcome=draw.choice(facts.OUTCOMES),
    )
    with_it = index(ledger.events)
    assert with_it.value <= before.value
    worse = replace(
        ledger.events[-1], payload={**ledger.events[-1].payload, "outcome": "upheld", "severity": 3}
    )
    assert index([*ledger.events[:-1], worse]).value <= with_it.value
    del ledger.events[known:]


def holds_i6(draw, ledger):
    counted = counted_reviews(ledger.events)
    alone = [
        review
        for review in counted
        if sum(row.payload["client"] == review.payload["client"] for row in counted) == 1
    ]
    if not alone:
        return
    chosen = draw.choice(alone)
    before = index(ledger.events)
    y = Decimal(sum(chosen.payload["ratings"]) - 5) / 20
    known = len(ledger.events)
    reason = draw.choice(facts.REMOVALS)
    ledger.remove(chosen, reason)
    after = index(ledger.events)
    del ledger.events[known:]
    if y >= component(before, "R").value + NOTHING:
        assert after.value <= before.value
    elif y < component(before, "R").value - NOTHING and reason != "fraud_provider":
        assert after.raw >= before.raw


def holds_i7(draw, ledger):
    counted = counted_reviews(ledger.events)
    if not counted:
        return
    chosen = draw.choice(counted)
    known = len(ledger.events)
    ledger.remove(chosen, draw.choice(facts.FRAUDS))
    left = counted_reviews(ledger.events)
    del ledger.events[known:]
    assert chosen.payload["client"] not in {review.payload["client"] for review in left}
    assert {review.id for review in left} <= {review.id for review in counted}


def holds_i8(draw, ledger):
    counted = counted_reviews(ledger.events)
    if not counted:
        return
    chosen = draw.choice(counted)
    known = len(ledger.events)
    if draw.random() < 0.5:
        ledger.remove(chosen)
    else:
        ledger.add(Kind.VOID, 0, event=chosen.id, reason="erreur")
    left = {review.id for review in counted_reviews(ledger.events)}
    del ledger.events[known:]
    assert left == {review.id for review in counted} - {chosen.id}


def holds_i9(draw, ledger):
    before = index(ledger.events)
    known = len(ledger.events)
    ledger.review(
        "bloque",
        days_ago=draw.randrange(600),
        age=600,
        ratings=[draw.randrange(1, 6) for _ in range(5)],
        level=draw.choice(("V1", "V2", "V3")),
        client=client(draw.randrange(12)),
        blocked=draw.choice(facts.BLOCKS[1:]),
    )
    after = index(ledger.events)
    del ledger.events[known:]
    assert after == before


def holds_i10(draw, ledger):
    kinds = {Kind.CERTIFICATION, Kind.INSURANCE, Kind.COMMITMENT}
    papers = [event for event in ledger.events if event.kind in kinds]
    if not papers:
        return
    lost = draw.choice(papers)
    if lost.payload.get("level") == "failed":
        return
    before = index(ledger.events)
    known = len(ledger.events)
    ledger.add(Kind.ENDED, 0, event=lost.id, reason="perte")
    after = index(ledger.events)
    del ledger.events[known:]
    assert after.value <= before.value
    if lost.kind != Kind.COMMITMENT:
        ended = replace(lost, payload={**lost.payload, "ends_on": lost.on.isoformat()})
        others = [ended if event is lost else event for event in ledger.events]
        assert index(others).value <= before.value


def holds_i11(draw, ledger):
    before = component(index(ledger.events), "R").value
    known = len(ledger.events)
    ledger.review(
        "seul",
        age=draw.randrange(20),
        days_ago=0,
        ratings=[draw.choice((1, 5))] * 5,
        level="V3",
        client=client(77),
    )
    after = component(index(ledger.events), "R").value
    del ledger.events[known:]
    assert abs(after - before) * PARAMETERS.weights["R"] <= 3


def holds_i12(draw, ledger):
    later = AT + timedelta(days=draw.randrange(1, 900))
    now, then = index(ledger.events), index(ledger.events, at=later)
    for key in "RD":
        before, after = component(now, key).value, component(then, key).value
        assert abs(after - Decimal("0.5")) <= abs(before - Decimal("0.5")) + Decimal("0.000001")


def holds_i14(draw, ledger):
    keep = {Kind.REGISTER, Kind.INSOLVENCY, Kind.PROFILE, Kind.DOCUMENTS}
    bare = index([event for event in ledger.events if event.kind in keep])
    for key in "ARDP":
        assert component(bare, key).value == Decimal("0.5")
    assert component(bare, "E").value == Decimal("0.25")


def holds_i15(draw, ledger):
    salt = draw.randrange(10**6)
    others = [
        replace(
            event,
            payload={
                name: f"{int(value, 16) + salt:064x}" if name == "client" else value
                for name, value in event.payload.items()
            },
        )
        for event in ledger.events
    ]
    assert index(others) == index(ledger.events)


PROMISES = {
    name.removeprefix("holds_").upper(): check
    for name, check in list(globals().items())
    if name.startswith("holds_")
}


def hold_all(seed):
    """Draw one ledger and ask it every promise; the message of a failure names the seed."""
    ledger = random_ledger(random.Random(seed))  # noqa: S311 -- ledgers, not secrets
    for name, promise in PROMISES.items():
        try:
            promise(random.Random(f"{seed} {name}"), ledger)  # noqa: S311
        except AssertionError as broken:
            raise AssertionError(f"{name} is broken by ledger {seed}: {broken}") from broken
