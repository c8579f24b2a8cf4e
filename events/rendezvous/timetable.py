"""Who meets whom at which table, and when: no clash, nobody left alone, the most wishes.

Companies and providers are the two sides of a bipartite graph, accepted requests its edges, slots
the colours of a proper edge colouring. Three things are sought, each before the next:

1. as many people as can be have one meeting at least;
2. the wishes met weigh as much as they can;
3. the meetings are shared out: the sum of the squares of how many each has is the least.

Leaving the hours aside, that is a flow, solved exactly; what it gives bounds every timetable. By
König's theorem (1916) a bipartite graph of degree ≤ k is coloured with k colours, and balanced (de
Werra, 1971), so without absences its solution is always placed: the timetable is proven the best.
Absences may forbid it; alternating paths place nearly all of them, and a mixed integer programme
with the hours takes over when some meetings are left, within the time given: what is not proven
then comes with its gap.
"""

import random
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

if TYPE_CHECKING:
    from scipy.optimize import LinearConstraint

VERSION = "1"  # of the method: the same version, problem and seed give the same timetable
TRIES = 30  # orders in which placing by paths is tried

Side = Literal["company", "provider"]
Person = tuple[Side, int]
Pair = tuple[int, int]  # company, provider
Progress = Callable[[str], None]


@dataclass(frozen=True)
class Wish:
    """A request that was accepted; `weight` ≥ 1 says how much it is wished for."""

    company: int
    provider: int
    weight: int = 1

    @property
    def pair(self) -> Pair:
        """The two."""
        return self.company, self.provider

    @property
    def people(self) -> tuple[Person, Person]:
        """The two, each with their side."""
        return ("company", self.company), ("provider", self.provider)


@dataclass(frozen=True)
class Meeting:
    """One pair at one slot."""

    company: int
    provider: int
    slot: int


@dataclass(frozen=True)
class Problem:
    """What is to be placed. Slots are numbered from 0; `tables` is how many meetings a slot holds.

    `absences`: (person, slot) that cannot be. `kept`: meetings that stand, whatever comes: their
    pairs do not meet again, their people and tables are taken. `first_slot`: those before are over.
    """

    wishes: tuple[Wish, ...]
    slots: int
    tables: int
    absences: frozenset[tuple[Person, int]] = frozenset()
    kept: tuple[Meeting, ...] = ()
    first_slot: int = 0

    @cached_property
    def open_slots(self) -> tuple[int, ...]:
        """The slots that may still be filled."""
        return tuple(range(self.first_slot, self.slots))

    @cached_property
    def room(self) -> dict[int, int]:
        """Slot → free tables."""
        taken = [meeting.slot for meeting in self.kept]
        return {slot: max(self.tables - taken.count(slot), 0) for slot in self.open_slots}

    @cached_property
    def already(self) -> dict[Person, int]:
        """Person → meetings kept."""
        counts: dict[Person, int] = {}
        for meeting in self.kept:
            for person in Wish(meeting.company, meeting.provider).people:
                counts[person] = counts.get(person, 0) + 1
        return counts

    @cached_property
    def _busy(self) -> frozenset[tuple[Person, int]]:
        busy: set[tuple[Person, int]] = set(self.absences)
        for meeting in self.kept:
            busy.add((("company", meeting.company), meeting.slot))
            busy.add((("provider", meeting.provider), meeting.slot))
        return frozenset(busy)

    def is_free(self, person: Person, slot: int) -> bool:
        """Whether the person may be placed there."""
        return (person, slot) not in self._busy

    def shared(self, wish: Wish) -> tuple[int, ...]:
        """Return the slots where both could meet."""
        one, other = wish.people
        return tuple(
            slot
            for slot in self.open_slots
            if self.room[slot] and self.is_free(one, slot) and self.is_free(other, slot)
        )

    @cached_property
    def placeable(self) -> tuple[Wish, ...]:
        """The wishes that could be met, one a pair."""
        known = {(meeting.company, meeting.provider) for meeting in self.kept}
        best: dict[Pair, Wish] = {}
        for wish in self.wishes:
            if wish.pair not in known and self.shared(wish):
                held = best.get(wish.pair)
                if held is None or wish.weight > held.weight:
                    best[wish.pair] = wish
        return tuple(best[pair] for pair in sorted(best))

    @cached_property
    def people(self) -> tuple[Person, ...]:
        """Those who could meet somebody."""
        return tuple(sorted({person for wish in self.placeable for person in wish.people}))


@dataclass(frozen=True)
class Score:
    """What a timetable comes to, kept meetings included in `served` and `spread`.

    `served`: people with a meeting; `weight`: of the wishes met; `spread`: sum of squares, the less
    the better.
    """

    served: int
    weight: int
    spread: int

    @property
    def rank(self) -> tuple[int, int, int]:
        """The more, the better."""
        return self.served, self.weight, -self.spread


@dataclass(frozen=True)
class Timetable:
    """What was found, and what no timetable can exceed.

    `most_served`, `most_weight`: proven bounds (the second, among those that serve as many).
    `is_spread_proven`: whether the third aim is the best too.
    """

    meetings: tuple[Meeting, ...]
    score: Score
    most_served: int
    most_weight: int
    is_spread_proven: bool
    method: str
    seconds: float = field(compare=False)

    @property
    def is_proven(self) -> bool:
        """Whether nobody can do better on the people, then on the wishes."""
        return self.score.served == self.most_served and self.score.weight == self.most_weight

    @property
    def gap(self) -> float:
        """How far the wishes may be from the best, 0 to 1; 1 when people may have been left out."""
        if self.score.served < self.most_served:
            return 1.0
        if not self.most_weight:
            return 0.0
        return (self.most_weight - self.score.weight) / self.most_weight


def solve(
    problem: Problem,
    *,
    seed: int = 0,
    time_limit_s: float = 20.0,
    progress: Progress = lambda _stage: None,
) -> Timetable:
    """Return the best timetable that the time allows, with its proof or its gap.

    `seed` decides between equals, so that nobody is first by their number. `progress` is told the
    stage: «bound», «place», «search», «done».
    """
    start = time.perf_counter()
    draw = random.Random(seed)  # noqa: S311 -- must be the same each time
    wishes = list(problem.placeable)
    draw.shuffle(wishes)
    progress("bound")
    chosen, bound, is_exact = _choose(problem, wishes, limit_s=time_limit_s / 2)
    least = score_of(problem, [Meeting(*wish.pair, 0) for wish in chosen]).spread
    progress("place")
    best = _greedy(problem, list(problem.placeable), {})
    method = "greedy"
    for attempt in range(TRIES):
        again = random.Random(f"{seed}:{attempt}")  # noqa: S311 -- so must this
        placed = _paint(problem, chosen, again)
        if len(placed) < len(chosen):
            placed = _greedy(problem, wishes, placed)
        if _rank(problem, placed) > _rank(problem, best):
            best, method = placed, "flow"
        if _rank(problem, best) == (*bound, -least):
            break
        if time.perf_counter() - start > time_limit_s / 3:
            break
    served, weight = bound
    score = score_of(problem, _meetings(best))
    if score.rank[:2] != bound:
        progress("search")
        left = time_limit_s - (time.perf_counter() - start)
        found, proved = _search(problem, wishes, limit_s=max(left, 1.0))
        if found is not None and _rank(problem, found) > score.rank:
            best, method = found, "programme"
            score = score_of(problem, _meetings(best))
        if proved is not None and proved < bound:
            served, weight = proved
    progress("done")
    return Timetable(
        meetings=_meetings(best),
        score=score,
        most_served=served,
        most_weight=weight,
        is_spread_proven=is_exact and score.rank[:2] == bound and score.spread == least,
        method=method,
        seconds=time.perf_counter() - start,
    )


def greedy(problem: Problem) -> tuple[Meeting, ...]:
    """Return a simple timetable: the heaviest wishes first, each at the first slot that is free."""
    return _meetings(_greedy(problem, list(problem.placeable), {}))


def score_of(problem: Problem, meetings: Iterable[Meeting]) -> Score:
    """Return what these meetings come to, with those that are kept."""
    counts = dict(problem.already)
    weights = {wish.pair: wish.weight for wish in problem.placeable}
    weight = 0
    for meeting in meetings:
        weight += weights[meeting.company, meeting.provider]
        for person in Wish(meeting.company, meeting.provider).people:
            counts[person] = counts.get(person, 0) + 1
    served = sum(1 for count in counts.values() if count)
    return Score(served, weight, sum(count * count for count in counts.values()))


def clashes(problem: Problem, meetings: Iterable[Meeting]) -> list[str]:
    """Say what is wrong with a timetable: nothing, for one of `solve`."""
    wrong: list[str] = []
    taken: set[tuple[Person, int]] = set()
    tables: dict[int, int] = {}
    pairs: set[Pair] = set()
    wished = {wish.pair for wish in problem.placeable}
    for meeting in meetings:
        pair = (meeting.company, meeting.provider)
        if pair not in wished or pair in pairs:
            wrong.append(f"{pair} was not asked for, or meets twice")
        pairs.add(pair)
        tables[meeting.slot] = tables.get(meeting.slot, 0) + 1
        for person in Wish(*pair).people:
            if (person, meeting.slot) in taken or not problem.is_free(person, meeting.slot):
                wrong.append(f"{person} cannot be at slot {meeting.slot}")
            taken.add((person, meeting.slot))
    for slot, count in tables.items():
        if count > problem.room.get(slot, 0):
            wrong.append(f"slot {slot} holds {count} meetings")
    return wrong


# --- The flow: which wishes, whatever the hours ---


def _choose(
    problem: Problem, wishes: list[Wish], *, limit_s: float
) -> tuple[list[Wish], tuple[int, int], bool]:
    """Return the wishes of the best flow, its (served, weight), and whether it shares out best.

    Variables: one a wish, then for each person one a meeting they may have. The first of these is
    «has a meeting», and the k-th costs 2k − 1 in the spread: a convex cost, so a flow is integral.
    """
    from scipy.optimize import Bounds, LinearConstraint, milp  # noqa: PLC0415 -- in a worker only
    from scipy.sparse import csr_matrix  # noqa: PLC0415

    base = sum(1 for count in problem.already.values() if count)
    if not wishes:
        return [], (base, 0), True
    places = [
        (person, number)
        for person in problem.people
        for number in range(sum(problem.is_free(person, slot) for slot in problem.open_slots))
    ]
    place_of = {person: index for index, person in enumerate(problem.people)}
    many = len(wishes)
    rows, columns, values = [], [], []
    for column, wish in enumerate(wishes):
        for person in wish.people:
            rows.append(place_of[person])
            columns.append(column)
            values.append(1.0)
    for column, (person, _number) in enumerate(places, many):
        rows.append(place_of[person])
        columns.append(column)
        values.append(-1.0)
    size = many + len(places)
    degree = csr_matrix((values, (rows, columns)), shape=(len(place_of), size))
    total = np.concatenate([np.ones(many), np.zeros(len(places))])
    limits = [
        LinearConstraint(degree, 0, 0),
        LinearConstraint(total[None, :], 0, sum(problem.room.values())),
    ]
    first = np.zeros(size)
    squares = np.zeros(size)
    for column, (person, number) in enumerate(places, many):
        had = problem.already.get(person, 0)
        first[column] = float(number == 0 and not had)
        squares[column] = 2 * (had + number) + 1
    weight = np.zeros(size)
    weight[:many] = [wish.weight for wish in wishes]
    most = 1 + sum(wish.weight for wish in wishes)
    aim = most * first + weight
    whole = np.ones(size)
    answer = milp(
        -aim, constraints=limits, bounds=Bounds(0, 1), integrality=whole,
        options={"time_limit": limit_s, "mip_rel_gap": 0.0},
    )  # fmt: skip
    if answer.x is None:  # the time was too short: nothing can be said
        return [], (base + len(problem.people), most - 1), False
    value = round(float(aim @ np.round(answer.x)))
    if answer.status == 0:
        shared = milp(
            squares,
            constraints=[*limits, LinearConstraint(aim[None, :], value, np.inf)],
            bounds=Bounds(0, 1), integrality=whole,
            options={"time_limit": limit_s, "mip_rel_gap": 0.0},
        )  # fmt: skip
        if shared.x is not None and round(float(aim @ np.round(shared.x))) == value:
            chosen = [wish for wish, x in zip(wishes, shared.x, strict=False) if round(x)]
            return chosen, (base + value // most, value % most), shared.status == 0
    chosen = [wish for wish, x in zip(wishes, answer.x, strict=False) if round(x)]
    top = int(-answer.mip_dual_bound + 1e-6)
    return chosen, (base + top // most, top % most), False


# --- Placing: slots as colours, by alternating paths ---

Placed = dict[Pair, int]


class _Grid:
    """Who is where: for each person and slot, whom they meet."""

    def __init__(self, problem: Problem, placed: Mapping[Pair, int]) -> None:
        self.problem = problem
        self.slot_of: Placed = {}
        self.at: dict[Person, dict[int, Pair]] = {}
        self.load = dict.fromkeys(problem.open_slots, 0)
        for pair, slot in placed.items():
            self.put(pair, slot)

    @staticmethod
    def ends(pair: Pair) -> tuple[Person, Person]:
        return ("company", pair[0]), ("provider", pair[1])

    def put(self, pair: Pair, slot: int) -> None:
        self.slot_of[pair] = slot
        self.load[slot] += 1
        for person in self.ends(pair):
            self.at.setdefault(person, {})[slot] = pair

    def take(self, pair: Pair) -> None:
        slot = self.slot_of.pop(pair)
        self.load[slot] -= 1
        for person in self.ends(pair):
            del self.at[person][slot]

    def open_for(self, person: Person) -> list[int]:
        """Return the slots where the person is free."""
        there = self.at.get(person, {})
        problem = self.problem
        return [
            slot
            for slot in problem.open_slots
            if slot not in there and problem.room[slot] and problem.is_free(person, slot)
        ]

    def chain(self, person: Person, slot: int, other: int) -> list[Pair]:
        """Return the meetings at the two slots that hang together, from this person and slot on."""
        found: list[Pair] = []
        while (pair := self.at.get(person, {}).get(slot)) is not None and pair not in found:
            found.append(pair)
            one, two = self.ends(pair)
            person = two if person == one else one
            slot, other = other, slot
        return found

    def may_swap(self, chain: list[Pair], slot: int, other: int) -> bool:
        """Whether each meeting of the chain may go to the other of its two slots."""
        return all(
            self.problem.is_free(person, slot if self.slot_of[pair] == other else other)
            for pair in chain
            for person in self.ends(pair)
        )

    def swap(self, chain: list[Pair], slot: int, other: int) -> None:
        moved = [(pair, slot if self.slot_of[pair] == other else other) for pair in chain]
        for pair, _to in moved:
            self.take(pair)
        for pair, to in moved:
            self.put(pair, to)


def _paint(problem: Problem, chosen: list[Wish], draw: random.Random) -> Placed:
    """Place the chosen wishes; all of them without absences, else as many as paths allow."""
    grid = _Grid(problem, {})
    order = list(chosen)
    draw.shuffle(order)
    choices = {wish.pair: len(problem.shared(wish)) for wish in order}
    order.sort(key=lambda wish: choices[wish.pair])
    for wish in order:
        _place(grid, wish, draw)
    _balance(grid)
    return grid.slot_of


def _place(grid: _Grid, wish: Wish, draw: random.Random) -> bool:
    """Put one meeting where both are free, after moving a chain of others when need be."""
    one, two = wish.people
    free_one, free_two = grid.open_for(one), grid.open_for(two)
    both = sorted(set(free_one) & set(free_two), key=lambda slot: (grid.load[slot], slot))
    if both:
        grid.put(wish.pair, both[0])
        return True
    trials = [(a, b) for a in free_one for b in free_two]
    draw.shuffle(trials)
    for a, b in trials:
        for person, here, there in ((two, a, b), (one, b, a)):
            # `here` is free for the other; the chain that leaves `person` at `here` goes to `there`
            chain = grid.chain(person, here, there)
            if grid.may_swap(chain, here, there):
                other = one if person == two else two
                if grid.problem.is_free(person, here) and not any(
                    other in grid.ends(pair) for pair in chain
                ):
                    grid.swap(chain, here, there)
                    grid.put(wish.pair, here)
                    return True
    return False


def _balance(grid: _Grid) -> None:
    """Bring each slot within its tables by swapping chains; drop what cannot be brought."""
    problem = grid.problem
    while True:
        over = [slot for slot in problem.open_slots if grid.load[slot] > problem.room[slot]]
        if not over:
            return
        if not any(_relieve(grid, slot) for slot in over):
            pair = next(pair for pair, slot in grid.slot_of.items() if slot == over[0])
            grid.take(pair)


def _relieve(grid: _Grid, slot: int) -> bool:
    """Move one meeting more out of `slot` than into it; False when no chain allows it."""
    room = grid.problem.room
    others = [s for s in grid.problem.open_slots if s != slot and grid.load[s] < room[s]]
    for other in sorted(others, key=lambda s: grid.load[s] - room[s]):
        here = [pair for pair, at in grid.slot_of.items() if at == slot]
        for pair in here:
            for person in grid.ends(pair):
                if other in grid.at[person]:
                    continue  # not the end of its chain
                chain = grid.chain(person, slot, other)
                if len(chain) % 2 and grid.may_swap(chain, slot, other):
                    grid.swap(chain, slot, other)
                    return True
    return False


def _greedy(problem: Problem, wishes: list[Wish], placed: Mapping[Pair, int]) -> Placed:
    """Add wishes one by one: those of people without a meeting first, then the heaviest."""
    grid = _Grid(problem, placed)
    alone = {p for p in problem.people if not problem.already.get(p) and not grid.at.get(p)}
    for wish in sorted(
        wishes, key=lambda w: (-sum(person in alone for person in w.people), -w.weight)
    ):
        if wish.pair in grid.slot_of:
            continue
        one, two = wish.people
        both = set(grid.open_for(one)) & set(grid.open_for(two))
        fit = [slot for slot in both if grid.load[slot] < problem.room[slot]]
        if fit:
            grid.put(wish.pair, min(fit, key=lambda slot: (grid.load[slot], slot)))
    return grid.slot_of


# --- The whole programme, with the hours ---


def _search(
    problem: Problem, wishes: list[Wish], *, limit_s: float
) -> tuple[Placed | None, tuple[int, int] | None]:
    """Solve wishes × slots; return what was found and the (served, weight) that it proves."""
    from scipy.optimize import Bounds, milp  # noqa: PLC0415 -- in a worker only

    if not wishes:
        return {}, None
    cells = [(index, slot) for index, wish in enumerate(wishes) for slot in problem.shared(wish)]
    place_of = {person: index for index, person in enumerate(problem.people)}
    hours: dict[tuple[Person, int], int] = {}
    rows, columns = [], []
    once_rows, served_rows, served_columns, served_values = [], [], [], []
    table_rows = []
    for column, (index, slot) in enumerate(cells):
        once_rows.append(index)
        table_rows.append(slot)
        for person in wishes[index].people:
            rows.append(hours.setdefault((person, slot), len(hours)))
            columns.append(column)
            served_rows.append(place_of[person])
            served_columns.append(column)
            served_values.append(-1.0)
    many, people = len(cells), len(place_of)
    size = many + people
    for row in range(people):
        served_rows.append(row)
        served_columns.append(many + row)
        served_values.append(1.0)
    line = range(many)
    ones = np.ones(many)
    room = np.array([problem.room.get(slot, 0) for slot in range(problem.slots)])
    limits = [
        _at_most(np.ones(len(rows)), rows, columns, (len(hours), size), np.ones(len(hours))),
        _at_most(ones, once_rows, line, (len(wishes), size), np.ones(len(wishes))),
        _at_most(ones, table_rows, line, (problem.slots, size), room),
        _at_most(np.array(served_values), served_rows, served_columns, (people, size),
                 np.zeros(people)),
    ]  # fmt: skip
    most = 1 + sum(wish.weight for wish in wishes)
    aim = np.zeros(size)
    aim[:many] = [wishes[index].weight for index, _slot in cells]
    aim[many:] = [0.0 if problem.already.get(person) else most for person in problem.people]
    answer = milp(
        -aim, constraints=limits, bounds=Bounds(0, 1), integrality=np.ones(size),
        options={"time_limit": limit_s, "mip_rel_gap": 0.0},
    )  # fmt: skip
    base = sum(1 for count in problem.already.values() if count)
    proved = None
    if answer.mip_dual_bound is not None and np.isfinite(answer.mip_dual_bound):
        top = int(-answer.mip_dual_bound + 1e-5)
        proved = (base + top // most, top % most)
    if answer.x is None:
        return None, proved
    placed = {
        wishes[index].pair: slot
        for (index, slot), x in zip(cells, answer.x, strict=False)
        if round(x)
    }
    return placed, proved


def _at_most(
    values: Any, rows: Any, columns: Any, shape: tuple[int, int], top: Any
) -> "LinearConstraint":
    from scipy.optimize import LinearConstraint  # noqa: PLC0415 -- in a worker only
    from scipy.sparse import csr_matrix  # noqa: PLC0415

    return LinearConstraint(csr_matrix((values, (rows, columns)), shape=shape), -np.inf, top)


def _meetings(placed: Mapping[Pair, int]) -> tuple[Meeting, ...]:
    found = [Meeting(company, provider, slot) for (company, provider), slot in placed.items()]
    return tuple(sorted(found, key=lambda m: (m.slot, m.company, m.provider)))


def _rank(problem: Problem, placed: Mapping[Pair, int]) -> tuple[int, int, int]:
    return score_of(problem, _meetings(placed)).rank
