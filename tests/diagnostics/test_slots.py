"""When an adviser can come, and what holds of an interview: pure."""

from datetime import UTC, date, datetime, time, timedelta
from itertools import permutations
from uuid import UUID
from zoneinfo import ZoneInfo

from hypothesis import given, settings
from hypothesis import strategies as st

from diagnostics.aid import room_left_cents, table, value_on
from diagnostics.interview_log import Act, facts_of
from diagnostics.slots import SPAN, Range, Week, free_starts

CLOCK = ZoneInfo("Europe/Paris")
NOW = datetime(2026, 12, 14, 8, 0, tzinfo=UTC)  # a Monday
MORNINGS = tuple(Range(day, time(9), time(12)) for day in range(5))


def starts(*, away=(), taken=(), limit=9):
    week = Week(MORNINGS, away, taken, limit)
    found = free_starts(week, now=NOW, clock=CLOCK, local_law=True)
    return [start.astimezone(CLOCK) for start in found]


def test_slots_leave_out_days_off_absences_and_what_is_too_soon():
    found = starts(away=[(date(2026, 12, 21), date(2026, 12, 23))])

    assert [f"{start:%d %H:%M}" for start in found if start.month == 12] == [
        "16 09:00", "17 09:00", "18 09:00", "24 09:00", "28 09:00", "29 09:00", "30 09:00",
        "31 09:00",
    ]  # fmt: skip


def test_a_visit_takes_its_slot_and_the_drive_after_it():
    free = starts()

    assert starts(taken=[free[0] + timedelta(minutes=90)]) == free[1:]


@settings(max_examples=50, deadline=None)
@given(st.integers(1, 3), st.data())
def test_no_span_of_thirty_days_holds_more_than_the_limit(limit, data):
    taken = []
    while len(taken) < 8 and (free := starts(taken=taken, limit=limit)):
        taken.append(data.draw(st.sampled_from(free)))

    taken.sort()
    assert all(after - before >= SPAN for before, after in zip(taken, taken[limit:], strict=False))


def act(number, value, *, at=0, kind="observed"):
    return Act(UUID(int=number), kind, "s_goals", value, NOW + timedelta(minutes=at))


def test_any_order_of_arrival_comes_to_the_same():
    acts = [
        act(1, "none", at=1), act(2, "plan", at=3), act(4, "list", at=3), act(3, "ideas", at=2),
    ]  # fmt: skip

    assert {str(facts_of(order)) for order in permutations(acts)} == {str(facts_of(acts))}
    assert facts_of(acts).observed == {"s_goals": "list"}  # the latest, then the greatest


def test_what_is_taken_back_is_not_known_and_what_is_seen_counts_first():
    said = act(1, "plan", kind="declared")

    both = facts_of([said, act(2, "none", at=1)])
    back = facts_of([said, act(2, "none", at=1), act(3, None, at=2)])

    assert (both.answers, both.gaps) == ({"s_goals": "none"}, ("s_goals",))
    assert (back.answers, back.gaps) == ({"s_goals": "plan"}, ())


def test_the_aid_is_what_the_table_says_on_the_day():
    first = table()[0]

    assert value_on(date(2026, 12, 31), service="on_site").aid_cents == (
        first.value_cents - first.price_cents
    )


def test_the_ceiling_of_three_years_counts_cents():
    assert room_left_cents(aid=1_00, ours=0, declared=299_999_00) == 0
    assert room_left_cents(aid=1_01, ours=100_000_00, declared=199_999_00) == -1
