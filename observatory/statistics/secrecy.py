"""Statistical secrecy of published tables (rules 6.1). Pure.

Primary: a cell that too few units make (frequency), or that one unit dominates, is hidden.
Secondary: enough other cells are hidden that whoever knows every published cell, every sum that
links them and that nothing is negative cannot place a hidden one within ±15 %. Linked tables (a
hierarchy of activities crossed with one of territories, and time) are one set of cells and one set
of sums, hence protected together. `attack` is that adversary: two linear programs a cell.

The hiding is the heuristic of Kelly, Golden and Assad (1992): for each primary cell, the cheapest
shift of the true table that moves it up, then down, by its margin; what moves is hidden. A cleaning
pass shows again what proves needless; `optimum` is the exact answer, for small tables.

Only a solver that has finished is believed: one that failed protects nothing, and raises. Solvers
load where they run, in a worker: web processes read the thresholds only.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from math import inf
from typing import Any

import numpy as np
from numpy.typing import NDArray

Key = Any  # whatever names a cell: hashable
FREQUENCY = 3  # units, for business statistics (R6.01)
SURVEY = 5  # respondents of one's own surveys (R6.02)
SOLE_TRADERS = 11  # the same, when most are one person (R6.01, R6.02)
DOMINANCE = 0.85  # strictly above is hidden
MARGIN = 0.15  # what an attacker's interval must hold on either side (R6.04)
_TINY = 1e-6
_SOLVED, _UNBOUNDED = 0, 3  # how a linear program may end, as scipy says it


@dataclass(frozen=True, slots=True)
class Count:
    """A cell before protection: its value, who makes it, the largest contribution.

    `least`: how many units it takes. A weighted cell compares its largest unweighted contribution
    with its weighted value, and counts its units by weight (R6.01): the caller gives both so.
    """

    value: float
    units: float
    largest: float = 0.0
    least: int = FREQUENCY


@dataclass(frozen=True, slots=True)
class Sum:
    """`total` is the sum of `parts`; all are published unless hidden."""

    total: Key
    parts: tuple[Key, ...]


@dataclass(frozen=True, slots=True)
class Protection:
    """What is hidden, and how much that is: the share of all the cells."""

    primary: frozenset[Key]
    secondary: frozenset[Key]
    loss: float

    @property
    def hidden(self) -> frozenset[Key]:
        """Every hidden cell."""
        return self.primary | self.secondary


def is_sensitive(cell: Count) -> bool:
    """Tell whether a cell must be hidden for itself; nobody stands behind an empty one."""
    if cell.units == 0:
        return False
    return cell.units < cell.least or cell.largest > DOMINANCE * cell.value + 1e-12


def is_revealing_share(percent: float, units: float, least: int) -> bool:
    """Tell whether a share says the same of each member of a small group (R6.07)."""
    return units < 2 * least and percent in {0.0, 100.0}


def crossed(*trees: Mapping[str, Sequence[str]]) -> list[Sum]:
    """Return every sum of a table whose dimensions are trees (node → children; roots and leaves).

    The key of a cell is the tuple of its nodes, one a dimension. A dimension without children at
    all, `{"x": ()}`, adds nothing up.
    """
    nodes = [
        list(dict.fromkeys([*tree, *(child for children in tree.values() for child in children)]))
        for tree in trees
    ]
    sums = []
    for place, tree in enumerate(trees):
        others = [nodes[other] if other != place else [""] for other in range(len(trees))]
        for parent, children in tree.items():
            if not children:
                continue
            for rest in product(*others):
                at = [*rest]
                keys = []
                for node in (parent, *children):
                    at[place] = node
                    keys.append(tuple(at))
                sums.append(Sum(keys[0], tuple(keys[1:])))
    return sums


class _Table:
    """The cells in a fixed order, and the sums as a matrix A with A·x = 0."""

    def __init__(self, cells: Mapping[Key, float], sums: Sequence[Sum]) -> None:
        self.keys = list(cells)
        self.place = {key: index for index, key in enumerate(self.keys)}
        self.values = np.array([cells[key] for key in self.keys], dtype=float)
        from scipy.sparse import coo_array, csr_array  # noqa: PLC0415 -- in a worker only

        rows, columns, signs = [], [], []
        for number, entry in enumerate(sums):
            for key, sign in ((entry.total, -1.0), *((part, 1.0) for part in entry.parts)):
                if key in self.place:  # a cell that is not there is empty
                    rows.append(number)
                    columns.append(self.place[key])
                    signs.append(sign)
        self.matrix = csr_array(
            coo_array((signs, (rows, columns)), shape=(len(sums), len(self.keys)))
        )


def attack(
    values: Mapping[Key, float],
    sums: Sequence[Sum],
    hidden: Collection[Key],
    targets: Collection[Key] | None = None,
) -> dict[Key, tuple[float, float]]:
    """Return what an adversary can tell of each hidden cell (or of `targets`): (least, most)."""
    asked = targets if targets is not None else hidden
    return dict(_attacked(_Table(values, sums), hidden, asked))


def _attacked(
    table: "_Table", hidden: Collection[Key], targets: Collection[Key]
) -> Iterator[tuple[Key, tuple[float, float]]]:
    hidden = set(hidden)
    unknown = [place for place, key in enumerate(table.keys) if key in hidden]
    column = {place: index for index, place in enumerate(unknown)}
    known = table.values.copy()
    known[unknown] = 0.0
    matrix = table.matrix[:, unknown]
    used = np.diff(matrix.indptr) > 0
    matrix, right = matrix[used], -(table.matrix @ known)[used]
    for key in targets:
        cost = np.zeros(len(unknown))
        cost[column[table.place[key]]] = 1.0
        yield key, (_extreme(cost, matrix, right), -_extreme(-cost, matrix, right))


def _extreme(cost: NDArray[Any], matrix: Any, right: NDArray[Any]) -> float:
    """Return the least of cost·x; −∞ once proven to be without end. Raises ArithmeticError."""
    from scipy.optimize import linprog  # noqa: PLC0415 -- in a worker only

    if not matrix.shape[0]:
        return 0.0 if cost.min() >= 0 else -inf
    answer = linprog(cost, A_eq=matrix, b_eq=right, bounds=(0, None), method="highs")
    if answer.status == _UNBOUNDED:
        return -inf
    if answer.status != _SOLVED:
        raise ArithmeticError(f"an attack was not carried through: {answer.message}")
    return float(answer.fun)


def exposed(
    values: Mapping[Key, float],
    sums: Sequence[Sum],
    hidden: Collection[Key],
    targets: Collection[Key],
) -> set[Key]:
    """Return the targets that the adversary places within ±15 % of their value, on either side."""
    attacked = _attacked(_Table(values, sums), hidden, targets)
    return {key for key, interval in attacked if _is_placed(values[key], interval)}


def _is_placed(value: float, interval: tuple[float, float]) -> bool:
    """Tell whether the interval is too narrow, but for what the solver rounds."""
    low, high = interval
    slack = 1e-7 * (1 + value)
    return low > value * (1 - MARGIN) + slack or high < value * (1 + MARGIN) - slack


def protect(
    cells: Mapping[Key, Count], sums: Sequence[Sum], *, also_hidden: Collection[Key] = ()
) -> Protection:
    """Hide what must be, and what must be beside it, in linked tables; nothing is altered.

    `also_hidden` are cells that another measure of the same people hides.
    """
    primary = frozenset(key for key, cell in cells.items() if is_sensitive(cell))
    values = {key: cell.value for key, cell in cells.items()}
    hidden = set(primary) | {key for key in also_hidden if key in cells}
    table = _Table(values, sums)
    for key in sorted(primary, key=lambda key: (-values[key], table.place[key])):
        for direction in (1.0, -1.0):
            hidden |= _shift(table, key, direction, hidden)
    hidden = _cleaned(table, primary, hidden, set(also_hidden))
    return Protection(
        primary=primary,
        secondary=frozenset(hidden) - primary,
        loss=len(hidden) / len(cells) if cells else 0.0,
    )


def _shift(table: _Table, key: Key, direction: float, hidden: Collection[Key]) -> set[Key]:
    """Return what the cheapest shift of one cell by its margin makes move.

    Each variable is split in what rises and what falls; a cell that is hidden already moves for
    nothing, and an empty one never does: zeros are no suppressors.
    """
    from scipy.optimize import linprog  # noqa: PLC0415 -- in a worker only

    size, values = len(table.keys), table.values
    target = table.place[key]
    need = MARGIN * values[target]
    if need <= _TINY:
        return set()
    # A large cell absorbs the whole shift alone: the price of a unit falls with what it can take.
    price = 1.0 / np.maximum(np.minimum(values, need), _TINY) + 1e-3 * np.log1p(values) / need
    for known in hidden:
        price[table.place[known]] = 0.0
    price[target] = 0.0
    most_up = np.where(values > 0, inf, 0.0)
    most_down = values.copy()
    least_up, least_down = np.zeros(size), np.zeros(size)
    if direction > 0:
        least_up[target], most_down[target] = need, 0.0
    else:
        least_down[target], most_up[target] = need, 0.0
    matrix = _beside(table.matrix)
    answer = linprog(
        np.concatenate([price, price]),
        A_eq=matrix,
        b_eq=np.zeros(table.matrix.shape[0]),
        bounds=np.column_stack(
            [np.concatenate([least_up, least_down]), np.concatenate([most_up, most_down])]
        ),
        method="highs-ds",  # a vertex: as few cells as the price allows
    )
    if answer.status != _SOLVED:  # raising a cell and all its totals is always there
        raise ArithmeticError(f"no shift protects {key}: {answer.message}")
    moved = answer.x[:size] - answer.x[size:]
    return {table.keys[place] for place in np.flatnonzero(np.abs(moved) > _TINY * need)}


def _beside(matrix: Any) -> Any:
    """Return [A, -A]."""
    from scipy.sparse import csr_array  # noqa: PLC0415 -- in a worker only

    whole = matrix.tocoo()
    rows, columns = whole.coords
    return csr_array(
        (
            np.concatenate([whole.data, -whole.data]),
            (np.concatenate([rows, rows]), np.concatenate([columns, columns + matrix.shape[1]])),
        ),
        shape=(matrix.shape[0], 2 * matrix.shape[1]),
    )


def _cleaned(
    table: _Table, primary: Collection[Key], hidden: set[Key], kept: Collection[Key]
) -> set[Key]:
    """Show again, the largest first, each secondary cell without which the attack still fails."""
    values = {key: table.values[place] for key, place in table.place.items()}
    spare = sorted(
        hidden - set(primary) - set(kept), key=lambda key: (-values[key], table.place[key])
    )
    for key in spare:
        fewer = hidden - {key}
        attacked = _attacked(table, fewer, primary)
        if not any(_is_placed(values[target], interval) for target, interval in attacked):
            hidden = fewer
    return hidden


def optimum(cells: Mapping[Key, Count], sums: Sequence[Sum]) -> frozenset[Key]:
    """Return the fewest cells that protect, exactly (mixed-integer program): small tables only.

    Binary h: hidden; for each primary cell and direction, a shift y with A·y = 0 that moves it by
    its margin, where only hidden cells move: -value·h ≤ y ≤ most·h.
    """
    from scipy.optimize import Bounds, LinearConstraint, milp  # noqa: PLC0415 -- in a bench only

    values = {key: cell.value for key, cell in cells.items()}
    primary = [key for key, cell in cells.items() if is_sensitive(cell)]
    table = _Table(values, sums)
    size, most = len(table.keys), max(1.0, float(table.values.max(initial=0.0)))
    wanted = [(key, direction) for key in primary for direction in (1.0, -1.0)]
    width = size * (1 + len(wanted))
    lower, upper = np.zeros(width), np.ones(width)
    for key in primary:
        lower[table.place[key]] = 1.0
    upper[:size][table.values <= 0] = 0.0
    rules = []
    for number, (key, direction) in enumerate(wanted, start=1):
        block = slice(number * size, (number + 1) * size)
        lower[block], upper[block] = -table.values, most
        target = number * size + table.place[key]
        need = MARGIN * values[key] * direction
        lower[target] = upper[target] = need
        whole = np.zeros((table.matrix.shape[0], width))
        whole[:, block] = table.matrix.toarray()
        rules.append(LinearConstraint(whole, 0, 0))
        for sign, reach in ((1.0, np.full(size, most)), (-1.0, table.values)):
            tied = np.zeros((size, width))
            tied[:, block] = sign * np.eye(size)
            tied[:, :size] = -np.diag(reach)
            rules.append(LinearConstraint(tied, -inf, 0))
    integral = np.zeros(width)
    integral[:size] = 1
    answer = milp(
        np.concatenate([np.ones(size), np.zeros(width - size)]),
        constraints=rules, integrality=integral, bounds=Bounds(lower, upper),
    )  # fmt: skip
    if answer.status != _SOLVED:
        raise ArithmeticError(f"no optimum: {answer.message}")
    return frozenset(table.keys[place] for place in np.flatnonzero(answer.x[:size] > 0.5))  # noqa: PLR2004


def differences(before: Mapping[Key, Count], after: Mapping[Key, Count]) -> set[Key]:
    """Return the cells whose change between two releases is that of too few units.

    Both hold the published cells only. Whoever subtracts one release from the other would read the
    answer of those few (R6.04).
    """
    return {
        key
        for key, cell in after.items()
        if key in before and 0 < abs(cell.units - before[key].units) < cell.least
    }
