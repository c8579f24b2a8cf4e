"""Surveys: how long raking takes, whether it is the reference's, and what the intervals cover.

Coverage: 2,000 samples drawn for each share and size from a population of three strata whose
chances of being drawn differ, weighted as the portal does; how often the truth lies in the interval
that is published (Korn and Graubard, R6.15) and in the one of dashboards (Wilson).
"""

import time
from importlib import import_module

import numpy as np

from observatory.statistics.estimation import intervals_of
from observatory.statistics.intervals import design_effect, effective, finite
from observatory.statistics.raking import Margin, rake

PEOPLE, MARGINS, CATEGORIES = 10_000, 5, 6
SAMPLES = 2_000
LOW, HIGH = 0.93, 0.97
SHARES = tuple(tenth / 10 for tenth in range(1, 10))
SIZES = (50, 100, 200, 800)  # the last is 8 % of the population: the variance is made finite


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
    """Draw, weigh, and count how often each interval holds the share of the population."""
    chance = np.random.default_rng(2026)
    found, published, dashboards = {}, [], []
    for n in SIZES:
        for share in SHARES:
            one, other = _held(chance, n, share)
            published.append(one)
            dashboards.append(other)
            found[f"couverture, n = {n}, p = {share}: publié, tableau de bord"] = (
                f"{one:.3f}  {other:.3f}"
            )
    for name, held in (("publié (Korn-Graubard)", published), ("tableau de bord (Wilson)",
                                                               dashboards)):  # fmt: skip
        inside = sum(LOW <= each <= HIGH for each in held)
        found[f"{name}, entre 0,93 et 0,97"] = (
            f"{inside} sur {len(held)} ({min(held):.3f} à {max(held):.3f})"
        )
    found["publié, jamais sous 0,93"] = "oui" if min(published) >= LOW else "NON"
    return found


def _held(chance, n, share):
    """Return the coverage of the published interval and of the dashboards', as pages show them."""
    sizes = np.array([6_000, 3_000, 1_000])
    drawn = np.array([n // 2, n // 4, n - n // 2 - n // 4])
    chosen = np.array([(chance.random(size) < share).sum() for size in sizes])
    truth = chosen.sum() / sizes.sum()
    weights = np.repeat(sizes / drawn, drawn)
    n_eff = effective(n, design_effect(weights))
    size = n_eff / finite(n, int(sizes.sum()))
    # Drawn without return in each stratum: how many of them said yes is hypergeometric.
    seen = chance.hypergeometric(chosen, sizes - chosen, drawn, size=(SAMPLES, len(sizes)))
    shares, times = np.unique(seen @ (sizes / drawn) / sizes.sum(), return_counts=True)
    held = np.zeros(2, dtype=int)
    for p, count in zip(shares, times, strict=True):
        dashboard, published = intervals_of(float(p), n, n_eff, n - len(sizes), size)
        held += count * np.array(
            [each.low <= truth <= each.high for each in (published, dashboard)]
        )
    return tuple(held / SAMPLES)
