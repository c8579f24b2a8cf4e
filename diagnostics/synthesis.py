"""What a visit comes to: three strengths, three risks, three priorities (mechanics 5.2). Pure.

What is proposed is only a start: the adviser and the company write what they agree on.
"""

from collections.abc import Mapping
from datetime import date
from typing import Any

from diagnostics.referential import Referential
from emn.lib.calendar import add_months

THREE = 3


def proposed(
    referential: Referential, result: Mapping[str, Any], *, today: date, language: str
) -> dict[str, Any]:
    """Return strengths, risks, priorities and measures to begin with, from a result.

    Strengths: the axes that stand best. Risks: red cards, then the weakest axes. Priorities: the
    first measures called, one a month.
    """
    scored = sorted(
        (entry["shown"], place, code)
        for place, (code, entry) in enumerate(result["axes"].items())
        if entry["shown"] is not None
    )
    axes = {code: axis.title.say(language) for code, axis in referential.axes.items()}
    best = [axes[code] for _score, _place, code in reversed(scored)][:THREE]
    reds = [referential.reds[entry["code"]].title.say(language) for entry in result["reds"]]
    weak = [axes[code] for _score, _place, code in scored if axes[code] not in best]
    called = [
        referential.advice[entry["code"]].levels[entry["level"] - 1].say(language)
        for entry in result["measures"]
    ]
    return {
        "strengths": _three(best),
        "risks": _three([*reds, *weak]),
        "priorities": [
            {"text": text, "who": "", "due_on": add_months(today, rank).isoformat()}
            for rank, text in enumerate(_three(called), start=1)
        ],
        "measures": [entry["code"] for entry in result["measures"][:THREE]],
        "other_aid_cents": 0,
    }


def _three(lines: list[str]) -> list[str]:
    return (lines + [""] * THREE)[:THREE]
