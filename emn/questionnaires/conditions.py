"""Conditions on answers: small trees, as JSON keeps them. Pure.

A node is `{"all": [nodes]}`, `{"any": [nodes]}`, `{"not": node}` or a leaf
`{"q": question, "op": operator, "value": …}`. A leaf on a question without an answer, or that was
answered « je ne sais pas », is false whatever its operator: only `not` turns it. An absent tree
holds. The browser evaluates the same trees (static/js/questionnaire.js).
"""

from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal, InvalidOperation
from typing import Any

Tree = Mapping[str, Any]

UNKNOWN = "unknown"  # the answer «je ne sais pas», to any question that allows it
DEEPEST = 8  # levels: nobody reads a deeper tree
IS, IN, HAS, ANY_OF, AT_LEAST, AT_MOST, STARTS, ANSWERED = (
    "is", "in", "has", "any_of", "at_least", "at_most", "starts", "answered",
)  # fmt: skip
OPERATORS: Mapping[str, type] = {
    IS: object,
    IN: list,
    HAS: str,
    ANY_OF: list,
    AT_LEAST: object,
    AT_MOST: object,
    STARTS: list,
    ANSWERED: bool,
}


def holds(tree: Tree | None, answers: Mapping[str, Any]) -> bool:
    """Tell whether a sound tree (see `shape_faults`) is true of `answers`: question → value."""
    if tree is None:
        return True
    if "all" in tree:
        return all(holds(node, answers) for node in tree["all"])
    if "any" in tree:
        return any(holds(node, answers) for node in tree["any"])
    if "not" in tree:
        return not holds(tree["not"], answers)
    return _leaf(tree["op"], answers.get(tree["q"]), tree.get("value"))


def _leaf(operator: str, given: Any, wanted: Any) -> bool:
    if given is None or given == UNKNOWN:
        return False
    return bool(_TESTS[operator](given, wanted))


def _is_at_least(given: Any, wanted: Any) -> bool:
    left, right = number(given), number(wanted)
    return left is not None and right is not None and left >= right


_TESTS: Mapping[str, Callable[[Any, Any], bool]] = {
    IS: lambda given, wanted: given == wanted,
    IN: lambda given, wanted: given in wanted,
    HAS: lambda given, wanted: isinstance(given, list) and wanted in given,
    ANY_OF: lambda given, wanted: isinstance(given, list) and not set(wanted).isdisjoint(given),
    STARTS: lambda given, wanted: isinstance(given, str) and given.startswith(tuple(wanted)),
    ANSWERED: lambda _given, wanted: wanted,
    AT_LEAST: _is_at_least,
    AT_MOST: lambda given, wanted: _is_at_least(wanted, given),
}


def number(value: Any) -> Decimal | None:
    """Return the finite number that a value writes («12.5», 3), None when it writes none."""
    if isinstance(value, bool) or not isinstance(value, int | str):
        return None
    try:
        found = Decimal(value)
    except InvalidOperation:
        return None
    return found if found.is_finite() else None


def leaves(tree: Tree | None) -> Iterator[Tree]:
    """Yield the leaves of a sound tree, from left to right."""
    if tree is None:
        return
    for key in ("all", "any"):
        for node in tree.get(key, ()):
            yield from leaves(node)
    if "not" in tree:
        yield from leaves(tree["not"])
    if "q" in tree:
        yield tree


def asked_by(tree: Tree | None) -> list[str]:
    """Return the questions that a sound tree reads, each once, in order."""
    return list(dict.fromkeys(leaf["q"] for leaf in leaves(tree)))


def shape_faults(tree: Any, *, depth: int = 1) -> list[str]:
    """Return what is malformed in a tree, whatever the questions are; nothing when it is sound."""
    if depth > DEEPEST:
        return [f"la condition a plus de {DEEPEST} niveaux"]
    if not isinstance(tree, Mapping):
        return ["une condition s’écrit comme un objet JSON"]
    if "q" in tree or "op" in tree:
        fault = _leaf_fault(tree)
        return [fault] if fault else []
    if len(tree) != 1 or not {"all", "any", "not"} & set(tree):
        return ["une condition a une seule clé : all, any, not, ou bien q et op"]
    ((key, inside),) = tree.items()
    nodes = [inside] if key == "not" else inside
    if not isinstance(nodes, list) or not nodes:
        return [f"{key} attend une liste d’au moins une condition"]
    return [fault for node in nodes for fault in shape_faults(node, depth=depth + 1)]


def _leaf_fault(leaf: Mapping[str, Any]) -> str:
    operator, wanted = leaf.get("op"), leaf.get("value")
    fault = ""
    if not isinstance(leaf.get("q"), str):
        fault = "q nomme une question"
    elif not isinstance(operator, str) or operator not in OPERATORS:
        fault = f"l’opérateur {operator!r} n’existe pas"
    elif extra := set(leaf) - {"q", "op", "value"}:
        fault = f"clé inconnue : {', '.join(sorted(extra))}"
    elif wanted is None or not isinstance(wanted, OPERATORS[operator]):
        fault = f"l’opérateur {operator} attend une autre valeur que {wanted!r}"
    elif operator in {AT_LEAST, AT_MOST} and number(wanted) is None:
        fault = f"l’opérateur {operator} attend un nombre"
    elif isinstance(wanted, list) and not (wanted and all(isinstance(v, str) for v in wanted)):
        fault = f"l’opérateur {operator} attend une liste de codes"
    return fault
