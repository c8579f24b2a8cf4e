"""How sure the mean of an indicator is: how many are behind it, its interval (R6.22, R7.07).

The gain of maturity is paired: each company is its own control. Kept as plain numbers, said in the
language of the page.
"""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from fractions import Fraction
from typing import Any

from django.utils.formats import number_format
from django.utils.translation import gettext as _

from diagnostics.progress import FEWEST, POINTS_THAT_COUNT, paired
from observatory.funding_queries import INDICATORS, PAIRED
from observatory.models import ReportFigure


def precision(indicator: str, quantities: Sequence[Decimal]) -> dict[str, Any]:
    """Return what says how sure a value is; nothing for a count or a sum."""
    known = INDICATORS.get(indicator)
    if known is None or not known.is_estimate or not quantities:
        return {}
    found: dict[str, Any] = {"n": len(quantities)}
    if indicator in PAIRED:
        between = paired([Fraction(each) for each in quantities])
        found |= {"low": None} if between is None else {
            "low": round(between.low, 1), "high": round(between.high, 1), "share": between.share,
        }  # fmt: skip
    return found


def of_figure(figure: ReportFigure) -> list[str]:
    """Return the same of a frozen figure, from its lines, in words."""
    known = INDICATORS.get(figure.indicator)
    if known is None or not known.is_estimate:
        return []
    return said(precision(figure.indicator, [line.quantity for line in figure.lines.all()]))


def said(found: Mapping[str, Any]) -> list[str]:
    """Return it in words: « n = 12 ; intervalle apparié à 95 % : de 2,1 à 8,4 »."""
    if not found:
        return []
    count = _("n = %(n)d") % {"n": found["n"]}
    if "low" not in found:
        return [count]
    if found["low"] is None:
        few = _("moins de %(count)d entreprises : pas d’intervalle") % {"count": FEWEST}
        return [f"{count} ; {few}"]
    between = _("intervalle apparié à 95 %% : de %(low)s à %(high)s") % {
        "low": _signed(found["low"]), "high": _signed(found["high"]),
    }  # fmt: skip
    return [
        f"{count} ; {between}",
        _("%(share)d %% gagnent %(points)d points ou plus") % {
            "share": found["share"], "points": POINTS_THAT_COUNT,
        },
        _("Qui part de bas monte souvent de soi-même : une part du gain peut venir de là."),
    ]  # fmt: skip


def _signed(value: float) -> str:
    number = number_format(abs(value), decimal_pos=1)
    return f"\N{MINUS SIGN}{number}" if value < 0 else number
