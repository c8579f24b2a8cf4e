"""Constraints that several models keep."""

from typing import TYPE_CHECKING, Literal

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import BigIntegerRangeField, DateRangeField, DateTimeRangeField
from django.db.models import F, Func, Q, Value

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise as StrPromise

_SPANS = {"tstzrange": DateTimeRangeField, "daterange": DateRangeField}


def one_at_a_time(
    *, name: str, of: str, start: str, end: str, condition: Q, message: "StrPromise",
    span: Literal["tstzrange", "daterange"] = "tstzrange",
) -> ExclusionConstraint:  # fmt: skip
    """Return what refuses two rows of one `of` (a key) whose spans, end excluded, overlap.

    The key is a range too: two ranges are in PostgreSQL's own GiST, where an equality of keys would
    ask for btree_gist.
    """
    key = Func(F(of), F(of), Value("[]"), function="int8range", output_field=BigIntegerRangeField())
    time = Func(F(start), F(end), Value("[)"), function=span, output_field=_SPANS[span]())
    return ExclusionConstraint(
        name=name,
        expressions=[(key, "&&"), (time, "&&")],
        condition=condition,
        violation_error_message=message,
    )
