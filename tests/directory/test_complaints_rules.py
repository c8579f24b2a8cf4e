"""The pure rules of complaints: states, clocks, scope, recusal, ballot, figures."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from directory.complaints import ballot, clocks, figures, recusal, scope, states
from directory.complaints.rules import rules
from directory.enums import College, ComplaintEventKind, InadmissibleReason, Measure
from directory.enums import ComplaintStatus as Status

Kind = ComplaintEventKind
DAY = date(2026, 11, 23)  # a Monday
TERM = (date(2026, 1, 10), date(2028, 1, 10))


# --- R1.04 ---


@pytest.mark.parametrize(
    ("changed", "wanted"),
    [
        ({}, []),
        ({"client_kind": "independent"}, []),
        ({"client_kind": "authority"}, []),
        ({"client_kind": "association"}, []),
        ({"client_kind": "consumer"}, ["consumer"]),
        ({"client_kind": "large"}, ["large"]),
        ({"is_lowest_price": True}, ["lowest_price"]),
        ({"contract_on": TERM[0] - timedelta(days=1)}, ["outside_term"]),
        ({"contract_on": TERM[0]}, []),
        ({"contract_on": TERM[1] - timedelta(days=1)}, []),
        ({"contract_on": TERM[1]}, ["outside_term"]),
        ({"terms": ()}, ["outside_term"]),
        ({"terms": ((date(2020, 1, 1), date(2022, 1, 1)), TERM)}, []),
        (
            {"client_kind": "consumer", "contract_on": date(2030, 1, 1), "is_lowest_price": True},
            ["consumer", "outside_term", "lowest_price"],
        ),
    ],
)
def test_the_scope_is_that_of_the_rules(changed, wanted):
    facts = {
        "client_kind": "company",
        "contract_on": date(2026, 6, 1),
        "is_lowest_price": False,
        "terms": (TERM,),
    }

    assert scope.refusals(scope.Facts(**facts | changed)) == wanted


# --- R1.05: states and clocks ---


def walks():
    """Every sequence of what may happen, drawn step by step."""
    return st.lists(st.integers(0, 30), max_size=14)


@given(walks())
def test_no_walk_leaves_the_table_and_every_walk_may_end(choices):
    status, path = Status.UNCONFIRMED, []
    for choice in choices:
        moves = [kind for kind in Kind if states.leads_to(kind, status)]
        if not moves:
            break
        kind = moves[choice % len(moves)]
        path.append(kind)
        status = states.leads_to(kind, status)

    assert (status in states.ENDED) == (not [k for k in Kind if states.leads_to(k, status)])
    if status in {Status.DECIDED, Status.CLOSED}:
        assert Kind.REFERRED in path  # nothing is judged without the committee
        assert Kind.ADMITTED in path  # nor without having been put to the provider
    if status == Status.CLOSED:
        assert (Kind.FINAL in path) ^ (Kind.APPEAL_DECIDED in path)
    if status == Status.CONCILIATED:
        assert Kind.REPLIED in path
    if status == Status.NO_REPLY:
        assert Kind.REPLIED not in path


def test_a_court_action_moves_no_state():
    for status in Status:
        after = states.leads_to(Kind.COURT, status)
        assert after in {None, status}
    assert states.leads_to(Kind.REFERRED, Status.REPLY) == Status.COMMITTEE


@pytest.mark.parametrize(
    ("status", "entered", "wanted"),
    [
        (Status.RECEIVED, DAY, date(2026, 11, 25)),
        (Status.RECEIVED, date(2026, 11, 27), date(2026, 12, 1)),  # a Friday
        (Status.RECEIVED, date(2026, 12, 24), date(2026, 12, 29)),  # 25, and 26 here; week-end
        (Status.REPLY, DAY, date(2026, 12, 8)),
        (Status.CONCILIATION, DAY, date(2027, 1, 22)),
        (Status.COMMITTEE, DAY, date(2027, 1, 22)),
        (Status.DECIDED, DAY, date(2026, 12, 23)),
        (Status.CLOSED, DAY, None),
        (Status.UNCONFIRMED, DAY, None),
    ],
)
def test_each_step_has_its_last_day(status, entered, wanted):
    assert clocks.due_on(status, entered, rules=rules(), local_law=True) == wanted


def test_a_clock_is_late_the_day_after_its_last():
    assert not clocks.is_late(DAY, on=DAY)
    assert clocks.is_late(DAY, on=DAY + timedelta(days=1))
    assert not clocks.is_late(DAY, on=DAY + timedelta(days=90), stopped=True)
    assert clocks.is_stopped(Status.CONCILIATION, court_since=DAY)
    assert not clocks.is_stopped(Status.COMMITTEE, court_since=DAY)


@pytest.mark.parametrize(
    ("days", "stopped", "fast"), [(0, 0, True), (30, 0, True), (31, 0, False), (45, 15, True)]
)
def test_an_agreement_within_thirty_days_is_fast(days, stopped, fast):
    ended = DAY + timedelta(days=days)

    assert clocks.is_fast(DAY, ended, stopped_days=stopped, rules=rules()) is fast


# --- R1.06: recusal and ballot ---


@pytest.mark.parametrize(
    ("member", "wanted"),
    [
        ({"siren": "111111111"}, "party"),
        ({"siren": "222222222"}, "party"),
        ({"siren": "333333333", "linked": {"111111111"}}, "linked"),
        ({"siren": "", "linked": {"222222222"}}, "linked"),
        ({"siren": "444444444"}, "competitor"),
        ({"siren": "333333333", "linked": {"444444444"}}, "competitor"),
        ({"siren": "333333333"}, None),
        ({"siren": ""}, None),
    ],
)
def test_who_is_tied_to_a_party_is_recused(member, wanted):
    facts = {
        "linked": set(),
        "parties": {"111111111", "222222222"},
        "competitors": {"444444444"},
    }

    assert recusal.reason_of(**facts | member) == wanted


def test_a_complainant_without_siren_recuses_nobody_without_siren():
    tied = recusal.reason_of(siren="", linked=set(), parties={"", "111111111"}, competitors=set())

    assert tied is None


P, U, C = College.PROVIDERS.value, College.USERS.value, College.PUBLIC.value


@pytest.mark.parametrize(
    ("votes", "wanted"),
    [
        ([(P, 2), (U, 2), (C, 2)], 2),
        ([(P, 0), (U, 2), (C, 2)], 2),
        ([(P, 0), (U, 2), (C, 4)], 2),  # two of three want at least a public warning
        ([(P, 0), (P, 0), (P, 0), (U, 3), (C, 3)], 3),  # three votes of a college weigh one
        ([(P, 0), (P, 2), (U, 2), (C, 0)], 0),  # 1,5 of 3: a tie takes the milder
        ([(P, 1), (U, 3)], 1),  # a tie
        ([(P, None), (U, 2), (C, 0)], 0),
        ([(P, None), (U, None), (C, 3)], 3),
        ([(P, None), (U, None), (C, None)], None),
        ([], None),
    ],
)
def test_the_ballot_takes_the_gravest_step_that_more_than_half_wants(votes, wanted):
    assert ballot.taken(votes) == wanted


VOTES = st.lists(
    st.tuples(st.sampled_from([P, U, C]), st.none() | st.sampled_from(Measure.values)), max_size=9
)


@given(VOTES, st.randoms())
def test_the_order_of_votes_does_not_matter(votes, random):
    shuffled = list(votes)
    random.shuffle(shuffled)

    assert ballot.taken(shuffled) == ballot.taken(votes)


@given(VOTES.filter(lambda votes: any(step is not None for _college, step in votes)), st.data())
def test_a_milder_vote_never_makes_the_measure_graver(votes, data):
    places = [place for place, (_college, step) in enumerate(votes) if step]
    if not places:
        return
    place = data.draw(st.sampled_from(places))
    college, step = votes[place]
    milder = [*votes[:place], (college, step - 1), *votes[place + 1 :]]

    assert ballot.taken(milder) <= ballot.taken(votes)


@given(VOTES)
def test_what_is_taken_lies_between_what_was_voted(votes):
    steps = [step for _college, step in votes if step is not None]
    taken = ballot.taken(votes)

    assert (taken is None) == (not steps)
    assert not steps or 0 <= taken <= max(steps)


def test_an_abstention_makes_the_quorum_and_an_absence_does_not():
    colleges = College.values

    assert ballot.colleges_without_vote([(P, None), (U, 0), (C, 2)], colleges=colleges) == []
    assert ballot.colleges_without_vote([(P, 1), (P, 1)], colleges=colleges) == [U, C]


# --- Figures ---


@pytest.mark.parametrize(
    ("counts", "wanted"),
    [
        ((0, 0, 0, 0), (0, 0, 0, 0)),
        ((3, 2, 1, 0), (None, None, None, None)),
        ((40, 30, 20, 5), (40, 30, 20, 5)),
        ((40, 38, 20, 5), (40, None, None, None)),  # two inadmissible would be known
        ((40, 40, 36, 4), (40, 40, None, None)),
        ((40, 30, 3, 27), (40, 30, None, None)),
    ],
)
def test_few_complaints_are_not_shown_nor_given_away(counts, wanted):
    names = tuple(figures.WITHIN)
    shown = figures.protected(dict(zip(names, counts, strict=True)), fewest=5)

    assert tuple(shown[name] for name in names) == wanted


def test_the_median_of_too_few_is_not_shown():
    assert figures.median_days([10, 20, 30, 40], fewest=5) is None
    assert figures.median_days([10, 20, 31, 40, 50], fewest=5) == 31
    assert figures.median_days([1, 2, 3, 4, 5, 6], fewest=5) == 4


def test_every_reason_of_the_scope_has_its_words():
    assert {"consumer", "large", "outside_term", "lowest_price"} <= set(InadmissibleReason.values)
