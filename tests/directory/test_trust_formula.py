"""The formula of the index: the worked vector, each rule, and the promises on random ledgers."""

import random
from dataclasses import fields, replace
from datetime import date, timedelta
from decimal import Decimal
from inspect import signature

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from directory.trust.events import Event, Kind, PayloadInvalid, check
from directory.trust.example import worked_example
from directory.trust.formula import class_of, compute, next_slot, word_of
from directory.trust.parameters import ParametersInvalid, read, written
from emn.lib.calendar import add_months, add_working_days, public_holidays
from tests.directory.trust_ledgers import (
    AT,
    PARAMETERS,
    PROMISES,
    STORED,
    Ledger,
    client,
    component,
    counted_reviews,
    hold_all,
    index,
    random_ledger,
)


def changed(**groups):
    values = {name: dict(group) for name, group in STORED["values"].items()}
    for name, group in groups.items():
        values[name] |= group
    return read("test", values)


# --- The vectors of rules 1.5 ---


def test_the_worked_vector_is_reproduced_to_the_cent():
    result = compute(worked_example(AT, PARAMETERS), PARAMETERS, AT, explain=True)

    points = {row.key: round(row.points, 2) for row in result.components}
    assert {key: str(value) for key, value in points.items()} == {
        "E": "16.43",
        "A": "9.69",
        "R": "16.02",
        "P": "12.10",
        "D": "6.57",
        "S": "5.00",
        "G": "3.50",
        "C": "2.00",
    }
    assert (str(round(result.value, 2)), result.displayed) == ("71.30", 71)
    assert class_of(result.displayed, PARAMETERS) == "B"
    assert (round(result.reliability, 3), round(result.half_width, 1)) == (
        Decimal("0.669"),
        Decimal("9.9"),
    )
    assert result.missing == ()


def test_the_worked_vector_is_exact_where_a_month_is_a_whole_number_of_days():
    whole = changed(calendar={"days_a_month": "32", "days_a_year": "384"})

    result = compute(worked_example(AT, whole), whole, AT)

    values = {row.key: str(round(row.value, 4)) for row in result.components}
    assert values == {
        "E": "0.8214",
        "A": "0.6462",
        "R": "0.6406",
        "P": "0.8065",
        "D": "0.6571",
        "S": "1.0000",
        "G": "0.7000",
        "C": "0.4000",
    }
    assert str(result.value) == "71.3049"


def test_a_newcomer_has_40_and_a_half_points_and_is_not_published():
    ledger = Ledger()
    ledger.add(Kind.ADHESION, 0, state="active", ends_on="2028-11-23")
    ledger.add(Kind.DOCUMENTS, 0, complete=True)
    for number in range(1, 8):
        ledger.add(Kind.COMMITMENT, 0, number=number, level="declared")
    created_on = (AT - timedelta(days=365.25)).isoformat()
    ledger.add(Kind.REGISTER, 0, state="A", created_on=created_on)
    ledger.add(Kind.INSOLVENCY, 0, open=False, liquidation=False)
    ledger.add(Kind.PROFILE, 0)

    result = index(ledger.events)

    assert (round(result.value, 2), round(result.reliability, 2)) == (
        Decimal("40.50"),
        Decimal("0.15"),
    )
    assert [row.what for row in result.missing] == [
        "commitments",
        "reviews",
        "reliability",
        "notice",
    ]


# --- Promises on random ledgers ---


@pytest.mark.parametrize("name", PROMISES)
@given(seed=st.integers(min_value=0, max_value=2**32))
@settings(max_examples=60, deadline=None)
def test_random_ledgers_keep_the_promise(name, seed):
    draw = random.Random(seed)  # noqa: S311 -- a ledger, not a secret
    PROMISES[name](draw, random_ledger(draw))


def test_a_bulk_of_random_ledgers_keeps_every_promise():
    """The first 300 of the 60,000 that `python -m bench trust` goes through."""
    for seed in range(300):
        hold_all(seed)


def test_random_ledgers_reach_every_kind_and_both_sides_of_the_gate():
    kinds, published, classes = set(), set(), set()
    for seed in range(400):
        ledger = random_ledger(random.Random(seed))  # noqa: S311
        kinds |= {event.kind for event in ledger.events}
        result = index(ledger.events)
        published.add(result.is_published)
        classes.add(class_of(result.displayed, PARAMETERS))
    assert published == {True, False}
    assert kinds == {str(kind) for kind in Kind} - {"fall_notice"}
    assert classes >= {"B", "C", "D"}


def test_i13_the_formula_has_no_input_but_the_facts_of_one_provider():
    assert list(signature(compute).parameters) == ["events", "parameters", "at", "explain"]
    assert {field.name for field in fields(Event)} == {"id", "kind", "on", "payload"}
    words = {"payment", "fee", "sponsor", "member", "cci", "price"}
    assert not words & {*STORED["values"], *(str(kind) for kind in Kind)}


def test_r1_24_a_fact_of_payment_is_refused():
    with pytest.raises(PayloadInvalid):
        check("payment", AT, {"amount": 100})
    with pytest.raises(PayloadInvalid):
        check(Kind.PROFILE, AT, {"sponsor": True})


def test_i16_two_versions_are_computable_for_every_day():
    ledger = Ledger().sound()
    other = changed(weights={"R": "20", "A": "20"})

    for days in (0, 100, 399):
        day = AT - timedelta(days=days)
        assert compute(ledger.events, PARAMETERS, day) != compute(ledger.events, other, day)
        assert compute(ledger.events, PARAMETERS, day).version == "1.0"


# --- The components ---


def test_an_old_attestation_falls_back_to_a_declaration():
    ledger = Ledger()
    ledger.add(Kind.COMMITMENT, 10, number=1, level="attested")
    day = ledger.events[0].on

    on_the_last_day = index(ledger.events, at=add_months(day, 24))
    on_the_day_after = index(ledger.events, at=add_months(day, 24) + timedelta(days=1))

    assert round(component(on_the_last_day, "E").value * 28) == 9  # (0.75 + 6 × 0.25) / 7
    assert component(on_the_day_after, "E").value == Decimal("0.25")


def test_a_failure_stands_until_a_later_proof():
    ledger = Ledger()
    ledger.add(Kind.COMMITMENT, 20, number=1, level="verified")
    ledger.add(Kind.COMMITMENT, 10, number=1, level="failed")
    failed = component(index(ledger.events), "E").value
    ledger.add(Kind.COMMITMENT, 5, number=1, level="attested")
    proven = component(index(ledger.events), "E").value

    assert (round(failed * 28, 3), round(proven * 28, 3)) == (6, 9)


def test_a_refused_audit_is_worth_nothing_until_one_takes_place():
    ledger = Ledger()
    ledger.add(Kind.AUDIT, 30, level="documentary", points=80)
    ledger.add(Kind.AUDIT, 20, level="refused", points=0)
    refused = component(index(ledger.events), "A").value
    ledger.add(Kind.AUDIT, 10, level="on_site", points=80)

    assert refused == 0
    assert component(index(ledger.events), "A").value > Decimal("0.5")


def test_a_second_review_of_a_client_within_24_months_does_not_count():
    ledger = Ledger()
    ledger.review("a", days_ago=700, client=client(1))
    ledger.review("b", days_ago=100, client=client(1))
    ledger.review("c", days_ago=100, client=client(2))

    assert [row.payload["review"] for row in counted_reviews(ledger.events)] == ["a", "c"]


def test_a_fourth_review_within_30_days_does_not_count():
    ledger = Ledger()
    for number in range(4):
        ledger.review(f"r{number}", days_ago=20 - number, client=client(number))

    assert [row.payload["review"] for row in counted_reviews(ledger.events)] == ["r0", "r1", "r2"]


def test_next_slot_gives_the_first_day_on_which_a_review_counts():
    taken = [(AT - timedelta(days=days), client(days)) for days in (20, 19, 18)]

    assert next_slot(taken, client=client(1), not_before=AT, parameters=PARAMETERS) == (
        AT - timedelta(days=20) + timedelta(days=30)
    )
    assert next_slot(taken[:2], client=client(1), not_before=AT, parameters=PARAMETERS) == AT
    assert next_slot(taken[:2], client=client(20), not_before=AT, parameters=PARAMETERS) == (
        add_months(AT - timedelta(days=20), 24)
    )


@given(
    st.lists(st.tuples(st.integers(0, 400), st.integers(0, 5)), max_size=12),
    st.integers(0, 5),
    st.integers(0, 400),
)
@settings(max_examples=80, deadline=None)
def test_a_review_recorded_on_its_slot_always_counts(rows, who, before):
    day = AT - timedelta(days=500)
    taken = []
    for days, number in rows:
        slot = next_slot(
            taken,
            client=client(number),
            not_before=day + timedelta(days=days),
            parameters=PARAMETERS,
        )
        if all(on <= slot for on, _who in taken):
            taken.append((slot, client(number)))
    last = max([day + timedelta(days=before), *(on for on, _who in taken)])
    slot = next_slot(taken, client=client(who), not_before=last, parameters=PARAMETERS)
    events = [
        Event(place + 1, "review", on, {
            "review": f"r{place}", "client": whose, "level": "V2", "ratings": [4] * 5,
            "experience_on": on.isoformat(), "blocked": "",
        })
        for place, (on, whose) in enumerate([*taken, (slot, client(who))])
    ]  # fmt: skip

    assert len(counted_reviews(events, at=slot)) == len(events)


def test_fraud_of_the_provider_costs_points_its_missions_and_once_a_case():
    ledger = Ledger().sound()
    ledger.complaint()
    for number in range(10):
        ledger.add(Kind.MISSION, 50, mission=f"m{number}", client=client(900), done_on="2026-09-01")
    before = index(ledger.events)
    first, second = [row for row in ledger.events if row.kind == Kind.REVIEW][:2]
    ledger.remove(first, "fraud_provider", case="enquete-1")
    ledger.remove(second, "fraud_provider", case="enquete-1")

    after = index(ledger.events)

    assert (before.malus, after.malus) == (0, 15)
    assert component(after, "P").value < component(before, "P").value


@pytest.mark.parametrize("reason", ["fraud_provider", "fraud_third_party"])
def test_i7_fraud_voids_every_review_of_the_pair(reason):
    ledger = Ledger()
    ledger.review("old", days_ago=800, client=client(1))
    fake = ledger.review("fake", days_ago=10, client=client(1))
    ledger.review("other", days_ago=10, client=client(2))
    before = counted_reviews(ledger.events)
    ledger.remove(fake, reason)

    left = counted_reviews(ledger.events)

    assert [row.payload["review"] for row in before] == ["old", "fake", "other"]
    assert [row.payload["review"] for row in left] == ["other"]


def test_fraud_of_a_third_party_leaves_the_missions():
    ledger = Ledger().sound()
    ledger.complaint()
    ledger.add(Kind.MISSION, 50, mission="m1", client=client(900), done_on="2026-09-01")
    before = component(index(ledger.events), "P")
    review = next(row for row in ledger.events if row.kind == Kind.REVIEW)
    ledger.remove(review, "fraud_third_party")

    assert component(index(ledger.events), "P") == before


def test_three_clean_years_bring_complaints_to_seven_eighths():
    ledger = Ledger()
    ledger.add(Kind.ADHESION, 1_200, state="active", ends_on="2027-11-23")

    assert component(index(ledger.events), "P").value == Decimal("0.875")


def test_a_renewal_in_time_keeps_the_years():
    ledger = Ledger()
    ledger.add(Kind.ADHESION, 1_200, state="active", ends_on="2025-08-11")
    ledger.add(Kind.ADHESION, 500, state="active", ends_on="2027-08-11")

    assert component(index(ledger.events), "P").value == Decimal("0.875")


def test_an_adhesion_that_lapsed_starts_its_years_again():
    ledger = Ledger()
    ledger.add(Kind.ADHESION, 1_200, state="active", ends_on="2025-01-01")
    ledger.add(Kind.ADHESION, 10, state="active", ends_on="2028-01-01")

    assert component(index(ledger.events), "P").value < Decimal("0.52")


def test_insurance_and_label_are_worth_nothing_from_the_day_after_their_end():
    ledger = Ledger()
    ledger.add(Kind.INSURANCE, 10, cover="rc_pro", ends_on=AT.isoformat())
    ledger.add(Kind.CERTIFICATION, 10, code="hds", ends_on=AT.isoformat())
    tomorrow = AT + timedelta(days=1)

    last = [component(index(ledger.events), key).value for key in "GC"]
    after = [component(index(ledger.events, at=tomorrow), key).value for key in "GC"]

    assert (last, after) == ([Decimal("0.7"), Decimal("0.4")], [0, 0])


def test_of_two_levels_of_a_label_the_best_counts():
    ledger = Ledger()
    for code in ("label_nr:1", "label_nr:2"):
        ledger.add(Kind.CERTIFICATION, 10, code=code, ends_on="2027-01-01")

    assert component(index(ledger.events), "C").value == Decimal("0.3")


def test_one_request_of_a_client_in_90_days_counts():
    ledger = Ledger()
    ledger.request("a", days_ago=100, taken=1, client=client(1))
    one = component(index(ledger.events), "D")
    ledger.request("b", days_ago=20, taken=None, client=client(1))

    assert component(index(ledger.events), "D") == one


@pytest.mark.parametrize(
    ("taken", "value"), [(1, 1), (2, 1), (3, "0.8"), (5, "0.8"), (6, "0.4"), (10, "0.4"), (11, 0)]
)
def test_a_reply_is_worth_by_its_working_days(taken, value):
    ledger = Ledger()
    ledger.request("a", days_ago=40, taken=taken)

    lines = compute(ledger.events, PARAMETERS, AT, explain=True).lines

    assert next(line.detail["y"] for line in lines if line.what == "request") == Decimal(value)


def test_caps_hold_without_audit_and_without_verified_review():
    ledger = Ledger().sound()
    without_audit = [event for event in ledger.events if event.kind != Kind.AUDIT]
    without_reviews = [event for event in ledger.events if event.kind != Kind.REVIEW]

    assert (index(without_audit).cap, index(without_reviews).cap) == (75, 60)
    assert index(ledger.events).cap is None


def test_a_public_warning_costs_five_points_for_twelve_months():
    ledger = Ledger().sound()
    before = index(ledger.events).value
    ledger.add(Kind.WARNING, 0, case="comite-1")

    assert index(ledger.events).value == before - 5
    assert index(ledger.events, at=add_months(AT, 12)).malus == 0


# --- The gate ---


def test_a_sound_ledger_is_published():
    assert index(Ledger().sound().events).missing == ()


@pytest.mark.parametrize(
    ("dropped", "missing"),
    [
        (Kind.ADHESION, ["adhesion"]),
        (Kind.REGISTER, ["register"]),
        (Kind.INSOLVENCY, ["insolvency_unknown"]),
        (Kind.DOCUMENTS, ["documents"]),
        (Kind.NOTICE, ["notice"]),
    ],
)
def test_each_condition_alone_blocks_publication(dropped, missing):
    events = [event for event in Ledger().sound().events if event.kind != dropped]

    assert [row.what for row in index(events).missing if row.what != "reliability"] == missing


def test_too_few_commitments_or_clients_block_publication():
    ledger = Ledger().sound()
    reviews = [row for row in ledger.events if row.payload.get("review") != "s1"]

    assert [(row.what, row.have, row.need) for row in index(reviews).missing] == [
        ("reviews", "2", "3")
    ]
    four_left = [row for row in ledger.events if row.payload.get("number", 1) < 4]
    assert ("commitments", "3", "4") in {
        (row.what, row.have, row.need) for row in index(four_left).missing
    }


def test_an_old_experience_opens_no_gate():
    events = Ledger().sound().events
    later = AT + timedelta(days=1_100)

    assert "reviews" in {row.what for row in index(events, at=later).missing}


@pytest.mark.parametrize(
    ("silent", "missing"), [(Kind.REGISTER, "register_old"), (Kind.INSOLVENCY, "insolvency_old")]
)
def test_a_register_silent_for_more_than_30_days_hides_the_index(silent, missing):
    events = Ledger().sound().events  # both answered three days ago
    other = next(row for row in events if row.kind in {Kind.REGISTER, Kind.INSOLVENCY} - {silent})
    events = [*events, replace(other, id=99, on=AT)]

    last = index(events, at=AT + timedelta(days=27)).missing
    after = index(events, at=AT + timedelta(days=28)).missing

    assert (last, [row.what for row in after]) == ((), [missing])


def test_publication_waits_for_ten_working_days_of_notice():
    ledger = Ledger().sound()
    told_on = date(2026, 12, 14)  # Christmas, 26 December and New Year stand between
    events = [row for row in ledger.events if row.kind != Kind.NOTICE]
    events.append(Event(99, "notice", told_on, {}))
    events.append(Event(98, "register", told_on, {"state": "A", "created_on": None}))
    events.append(Event(97, "insolvency", told_on, {"open": False, "liquidation": False}))

    assert index(events, at=date(2026, 12, 28)).missing != ()
    assert index(events, at=date(2026, 12, 29)).missing == ()


@pytest.mark.parametrize("state", ["suspended", "withdrawn", "resigned", "expired"])
def test_an_adhesion_that_is_not_active_shows_no_index(state):
    ledger = Ledger().sound()
    ledger.add(Kind.ADHESION, 1, state=state, ends_on=None)

    assert [row.what for row in index(ledger.events).missing] == ["adhesion"]


def test_the_index_disappears_on_the_day_after_the_end_of_the_adhesion():
    events = Ledger().sound().events
    ends_on = AT + timedelta(days=400)

    assert index(events, at=ends_on).adhesion == "active"
    assert index(events, at=ends_on + timedelta(days=1)).adhesion == "expired"


# --- Notice of a fall, corrections ---


def test_a_fact_under_notice_counts_from_its_day():
    ledger = Ledger().sound()
    before = index(ledger.events).value
    complaint = ledger.complaint(days_ago=0, severity=3)
    until = AT + timedelta(days=14)
    ledger.add(Kind.FALL_NOTICE, 0, events=[complaint.id], until=until.isoformat())

    during = compute(ledger.events, PARAMETERS, AT, explain=True)

    assert during.value == before
    assert [line.state for line in during.lines if line.what == "complaint"] == ["waiting"]
    assert index(ledger.events, at=until).value < index(ledger.events[:-2], at=until).value


def test_a_voided_fact_never_was_even_on_past_days():
    ledger = Ledger().sound()
    past = AT - timedelta(days=20)
    before = index(ledger.events, at=past)
    complaint = ledger.complaint(days_ago=25)
    assert index(ledger.events, at=past).value < before.value
    ledger.add(Kind.VOID, 0, event=complaint.id, reason="erreur")

    assert index(ledger.events, at=past) == before


def test_a_void_that_is_voided_gives_the_fact_back():
    ledger = Ledger()
    audit = ledger.add(Kind.AUDIT, 5, level="on_site", points=90)
    with_it = index(ledger.events)
    void = ledger.add(Kind.VOID, 0, event=audit.id, reason="erreur")
    assert index(ledger.events) != with_it
    ledger.add(Kind.VOID, 0, event=void.id, reason="erreur")

    assert index(ledger.events) == with_it


# --- Classes, words, parameters, calendar ---


@pytest.mark.parametrize(
    ("displayed", "letter"), [(80, "A"), (79, "B"), (65, "B"), (64, "C"), (50, "C"), (49, "D")]
)
def test_class_of_the_displayed_index(displayed, letter):
    assert class_of(displayed, PARAMETERS) == letter


@pytest.mark.parametrize(
    ("reliability", "word"),
    [("0.49", "weak"), ("0.5", "medium"), ("0.7499", "medium"), ("0.75", "strong")],
)
def test_word_of_a_reliability(reliability, word):
    assert word_of(Decimal(reliability), PARAMETERS) == word


def test_parameters_are_written_as_they_are_read():
    assert read("1.0", written(PARAMETERS)) == PARAMETERS
    assert written(PARAMETERS) == STORED["values"]


@pytest.mark.parametrize(
    ("groups", "words"),
    [
        ({"weights": {"E": "21"}}, "somme des poids"),
        ({"caps": {"no_audit": "-1"}}, "positif"),
        ({"caps": {"no_audit": "beaucoup"}}, "n’est pas un nombre"),
        ({"caps": {"other": "1"}}, "exactement"),
        ({"strength": {"R": "0"}}, "nul"),
        ({"prior": {"value": "1.5"}}, "dépasser 1"),
        ({"gate": {"reviews": "2.5"}}, "entier"),
        ({"classes": {"A": "60"}}, "décroissant"),
        ({"commitments": {"declared": "0.9"}}, "croissant"),
        ({"insurances": {"cyber": "0.5"}}, "garanties"),
        ({"administrative": {"age": "0.6"}}, "situation administrative"),
        ({"replies": {"vite": "1"}}, "jours ouvrés"),
    ],
)
def test_parameters_that_break_a_promise_are_refused(groups, words):
    with pytest.raises(ParametersInvalid, match=words):
        changed(**groups)


def test_parameters_of_other_groups_are_refused():
    with pytest.raises(ParametersInvalid, match="Groupes"):
        read("1", STORED["values"] | {"payment": {"points": "1"}})


@pytest.mark.parametrize(
    ("kind", "payload"),
    [
        (Kind.COMMITMENT, {"number": 8, "level": "attested"}),
        (Kind.COMMITMENT, {"number": True, "level": "attested"}),
        (Kind.COMMITMENT, {"number": 1}),
        (Kind.AUDIT, {"level": "refused", "points": 3}),
        (Kind.ADHESION, {"state": "active", "ends_on": None}),
        (Kind.ADHESION, {"state": "active", "ends_on": "2026-11-22"}),
        (Kind.MISSION, {"mission": "m", "client": client(1), "done_on": "2026-11-24"}),
        (Kind.MISSION, {"mission": "m", "client": "Boulangerie Weber", "done_on": "2026-11-01"}),
        (Kind.INSURANCE, {"cover": "rc_pro", "ends_on": "demain"}),
        (Kind.COMPLAINT, {"complaint": "a b", "severity": 1, "outcome": "upheld"}),
        (Kind.FALL_NOTICE, {"events": [], "until": "2026-12-01"}),
    ],
)
def test_a_fact_that_says_something_impossible_is_refused(kind, payload):
    with pytest.raises(PayloadInvalid):
        check(kind, AT, payload)


def test_public_holidays_of_moselle():
    """Source: the official calendar of 2026 (droit local d’Alsace-Moselle)."""
    assert sorted(public_holidays(2026, local_law=True)) == [
        date(2026, 1, 1), date(2026, 4, 3), date(2026, 4, 6), date(2026, 5, 1), date(2026, 5, 8),
        date(2026, 5, 14), date(2026, 5, 25), date(2026, 7, 14), date(2026, 8, 15),
        date(2026, 11, 1), date(2026, 11, 11), date(2026, 12, 25), date(2026, 12, 26),
    ]  # fmt: skip
    assert len(public_holidays(2026, local_law=False)) == 11


@pytest.mark.parametrize(
    ("day", "count", "end"),
    [
        (date(2026, 11, 23), 10, date(2026, 12, 7)),
        (date(2026, 12, 22), 2, date(2026, 12, 24)),
        (date(2026, 12, 24), 1, date(2026, 12, 28)),
        (date(2026, 4, 2), 1, date(2026, 4, 7)),
    ],
)
def test_working_days_step_over_week_ends_and_holidays(day, count, end):
    assert add_working_days(day, count, local_law=True) == end


def test_months_end_on_the_last_day_of_a_shorter_month():
    assert add_months(date(2024, 8, 31), 18) == date(2026, 2, 28)
    assert add_months(date(2024, 2, 29), 24) == date(2026, 2, 28)


def test_weights_shrink_alike_whatever_the_dates():
    """I12 rests on it: opinions that balance each other stay balanced."""
    ledger = Ledger()
    ledger.review("a", days_ago=15, age=31, ratings=[5] * 5, client=client(1))
    ledger.review("b", days_ago=10, age=31, ratings=[1] * 5, client=client(2))

    for days in range(0, 800, 50):
        value = component(index(ledger.events, at=AT + timedelta(days=days)), "R").value
        assert value == Decimal("0.5")


def test_the_interval_narrows_with_evidence():
    ledger = Ledger().sound()
    bare = replace(index([]), missing=())

    assert index(ledger.events).half_width < bare.half_width
