"""Timetables of tables: 100 companies × 40 providers × 12 slots, seconds and proven gap."""

import random
import time

from events.rendezvous.timetable import Problem, Wish, clashes, greedy, score_of, solve

COMPANIES, PROVIDERS, SLOTS = 100, 40, 12
LIMIT_S = 20


def problem(kind: str, seed: int) -> Problem:
    """Draw one evening: how many accepted requests, who comes late or leaves, how many tables."""
    draw = random.Random(f"{kind}:{seed}")
    density = {"sparse": 0.06, "usual": 0.15, "dense": 0.6}[kind.partition(",")[0]]
    wishes = tuple(
        Wish(company, provider, draw.choice((1, 1, 2, 3)))
        for company in range(COMPANIES)
        for provider in range(PROVIDERS)
        if draw.random() < density
    )
    absences = set()
    if "absences" in kind:
        people = [("company", n) for n in range(COMPANIES)]
        people += [("provider", n) for n in range(PROVIDERS)]
        for person in people:
            if draw.random() < 0.4:  # comes late or leaves early, by one to six slots
                away = draw.randrange(1, 7)
                slots = range(away) if draw.random() < 0.5 else range(SLOTS - away, SLOTS)
                absences |= {(person, slot) for slot in slots}
    tables = 25 if "tables" in kind else PROVIDERS
    return Problem(wishes, SLOTS, tables, frozenset(absences))


KINDS = (
    "sparse", "usual", "dense", "dense, few tables", "sparse, absences", "usual, absences",
    "dense, absences", "dense, absences, few tables",
)  # fmt: skip


def run(seeds: int = 3) -> dict:
    """Solve each kind with some seeds; print the worst of each."""
    figures = {}
    for kind in KINDS:
        lines = []
        for seed in range(seeds):
            asked = problem(kind, seed)
            start = time.perf_counter()
            found = solve(asked, seed=seed, time_limit_s=LIMIT_S)
            seconds = time.perf_counter() - start
            assert clashes(asked, found.meetings) == []
            by_hand = score_of(asked, greedy(asked))
            lines.append((seconds, found, by_hand, len(asked.placeable)))
        worst = max(line[0] for line in lines)
        gap = max(line[1].gap for line in lines)
        first = lines[0]
        figures[kind] = {
            "seconds, worst": worst,
            "gap, worst": gap,
            "proven": sum(line[1].is_proven for line in lines),
            "of": seeds,
        }
        print(
            f"{kind:30} {first[3]:5} requests  {worst:6.2f} s  gap {gap:.2%}  "
            f"proven {figures[kind]['proven']}/{seeds}  served {first[1].score.served} "
            f"(greedy {first[2].served})  weight {first[1].score.weight} "
            f"(greedy {first[2].weight})  by {first[1].method}"
        )
    return figures


if __name__ == "__main__":
    run()
