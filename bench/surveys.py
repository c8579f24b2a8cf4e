"""Surveys: how long raking takes, whether it is the reference's, and what the intervals cover.

Coverage: 2,000 samples drawn for each proportion from a population of three strata whose chances of
being drawn differ, weighted as the portal does; how often Wilson's interval holds the truth.
"""

import time
from importlib import import_module

import numpy as np

from observatory.statistics.intervals import (
    clopper_pearson,
    design_effect,
    effective,
    finite,
    wilson,
)
from observatory.statistics.raking import Margin, rake

PEOPLE, MARGINS, CATEGORIES = 10_000, 5, 6
SAMPLES = 2_000
LOW, HIGH = 0.93, 0.97
SHARES = (0.1, 0.2, 0.3, 0.5, 0.7, 0.8, 0.9)
SIZES = (50, 100, 200)


def run():
    """Measure all three."""
    found = raking() | coverage()
    for name, value in found.items():
        print(f"{name:<60} {value}")
    return found


def raking():
    """10,000 respondents, five margins of six categories, to 1e-6."""
    chance = np.random.default_rng(57)
    base = chance.uniform(1, 5, PEOPLE)
    true = base * chance.uniform(0.6, 1.7, PEOPLE)
    margins, codes = [], []
    for _each in range(MARGINS):
        numbers = chance.integers(0, CATEGORIES, PEOPLE)
        sums = np.bincount(numbers, weights=true)
        targets = {str(code): float(total) for code, total in enumerate(sums)}
        margins.append(Margin([str(code) for code in numbers], targets))
        codes.append((numbers, sums))
    started = time.perf_counter()
    raked = rake(base, margins)
    took = time.perf_counter() - started
    started = time.perf_counter()
    cut = rake(base, margins, bounds=(1.1, 1.2))
    took_cut = time.perf_counter() - started
    return {
        "calage, 10 000 x 5 marges (s, < 1)": round(took, 3),
        "calage, écart aux marges (< 1e-6)": f"{raked.error:.1e}",
        "calage borné serré (s)": round(took_cut, 3),
        "calage borné serré, écart aux marges": f"{cut.error:.1e}",
        "écart à ipfn (< 1e-6)": against_ipfn(base, codes, raked.weights),
    }


def against_ipfn(base, codes, weights):
    """Return the greatest difference with the published implementation, where it is installed."""
    try:
        ipfn = import_module("ipfn.ipfn").ipfn
        pandas = import_module("pandas")
    except ImportError:
        return "ipfn n’est pas installé"
    names = [f"m{number}" for number in range(len(codes))]
    table = pandas.DataFrame(
        {name: numbers for name, (numbers, _sums) in zip(names, codes, strict=True)}
    )
    table["total"] = base
    aggregates = []
    for name, (_numbers, sums) in zip(names, codes, strict=True):
        series = pandas.Series(sums)
        series.index.name = name
        aggregates.append(series)
    fitted = ipfn(table, aggregates, [[name] for name in names], convergence_rate=1e-12,
                  max_iteration=1_000, rate_tolerance=0).iteration()  # fmt: skip
    return f"{np.abs(fitted['total'].to_numpy() - weights).max():.1e}"


def coverage():
    """Draw, weigh, and count how often the interval holds the share of the population."""
    chance = np.random.default_rng(2026)
    found, worst = {}, []
    for n in SIZES:
        for share in SHARES:
            held, exact = _held(chance, n, share)
            worst.append(held)
            found[f"couverture, n = {n}, p = {share}"] = f"{held:.3f} (exact {exact:.3f})"
    ok = all(LOW <= held <= HIGH for held in worst)
    found["couverture, toutes entre 0,93 et 0,97"] = (
        f"{'oui' if ok else 'NON'} ({min(worst):.3f} à {max(worst):.3f})"
    )
    return found


def _held(chance, n, share):
    sizes = np.array([6_000, 3_000, 1_000])
    drawn = np.array([n // 2, n // 4, n - n // 2 - n // 4])
    population = [chance.random(size) < share for size in sizes]
    truth = sum(int(each.sum()) for each in population) / sizes.sum()
    weights = np.repeat(sizes / drawn, drawn)
    size = effective(n, design_effect(weights)) / finite(n, int(sizes.sum()))
    held = exact = 0
    for _sample in range(SAMPLES):
        seen = np.concatenate(
            [
                chance.choice(each, count, replace=False)
                for each, count in zip(population, drawn, strict=True)
            ]
        )
        p = float((weights * seen).sum() / weights.sum())
        between = wilson(p, size)
        held += between.low <= truth <= between.high
        between = clopper_pearson(p, size)
        exact += between.low <= truth <= between.high
    return held / SAMPLES, exact / SAMPLES
