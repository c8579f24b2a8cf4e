"""Counting the vote: means, ranks, what parts a tie; then the ballots of the room."""

from concurrent.futures import ThreadPoolExecutor
from fractions import Fraction

import pytest
from django.db import connection
from hypothesis import given
from hypothesis import strategies as st

from events.enums import VoteCriterion
from events.models import Ballot
from events.rendezvous import vote
from events.services import doors, voting
from events.services.rendezvous import RendezvousRefused
from events.templatetags.events_tags import mark_of
from tests.directory.factories import UserFactory
from tests.events import rendezvous as make
from tests.events.factories import NOW, seated

four = st.tuples(*[st.integers(1, 5)] * 4)


def test_the_criteria_are_those_that_the_pages_name():
    assert tuple(VoteCriterion.values) == vote.CRITERIA


def test_a_worked_vote():
    """A: 4.5 on average; B and C: 4 both, B answers the problem better; D: nobody marked it."""
    lines = vote.count(
        {
            1: [(5, 4, 5, 4)],
            2: [(5, 4, 4, 3), (5, 4, 4, 3)],
            3: [(4, 4, 4, 4)],
            4: [],
        }
    )

    assert [(line.pitch, line.rank) for line in lines] == [(1, 1), (2, 2), (3, 3), (4, 4)]
    assert lines[0].mean == Fraction(9, 2)
    assert (lines[1].mean, lines[1].parted_by, lines[1].is_tied) == (4, "answers", False)
    assert lines[2].parted_by == "answers"
    assert lines[3].mean is None


def test_what_nothing_parts_shares_its_rank_and_the_next_is_skipped():
    lines = vote.count({7: [(3, 3, 3, 3)], 5: [(3, 3, 3, 3)], 6: [(1, 1, 1, 1)]})

    assert [(line.pitch, line.rank, line.is_tied) for line in lines] == [
        (5, 1, True), (7, 1, True), (6, 3, False),
    ]  # fmt: skip


@given(st.dictionaries(st.integers(1, 5), st.lists(four, max_size=6), max_size=5))
def test_order_never_contradicts_the_means(ballots):
    lines = vote.count(ballots)

    means = [line.mean or 0 for line in lines]
    assert means == sorted(means, reverse=True)
    assert [line.rank for line in lines] == sorted(line.rank for line in lines)
    assert {line.pitch for line in lines} == set(ballots)


# --- In the room ---


def voting_room(voters=2):
    evening = make.evening()
    pitch = make.chosen(make.pitch_of(make.irritant_of(evening)), 1)
    agent = UserFactory()
    entries = []
    for number in range(voters):
        entry = seated(evening.session, number)
        doors.check_in(
            session_id=evening.session_id, registration_id=entry.pk, by_id=agent.pk,
            client_id=f"00000000-0000-0000-0000-{number:012d}", scanned_at=NOW, now=NOW,
        )  # fmt: skip
        entries.append(entry)
    evening.paper_ballots = 3
    evening.save()
    voting.open_vote(evening_id=evening.pk, now=NOW)
    evening.refresh_from_db()
    return evening, pitch, entries


def cast(evening, code, pitch, marks=(5, 4, 3, 2)):
    return voting.cast(evening_id=evening.pk, code=code, marks={pitch.pk: marks}, now=NOW)


@pytest.mark.django_db(transaction=True)
def test_a_ballot_sent_again_replaces_the_one_before():
    evening, pitch, (one, two) = voting_room()

    cast(evening, one.ticket, pitch)
    cast(evening, one.ticket, pitch)
    cast(evening, f"http://x/agenda/billet/{one.ticket}/", pitch, (1, 1, 1, 1))
    cast(evening, two.ticket, pitch)
    paper = voting.paper_codes(evening)[0].lower()
    cast(evening, f" {paper[:4]}-{paper[4:]} ".replace("o", "0").replace("i", "1"), pitch)

    assert voting.voters(evening) == 3
    assert Ballot.objects.filter(marks=[1, 1, 1, 1]).count() == 1
    assert one.ticket not in str(list(Ballot.objects.values_list("voter", flat=True)))


@pytest.mark.django_db(transaction=True)
def test_the_same_ballot_from_eight_telephones_is_one():
    evening, pitch, (one,) = voting_room(voters=1)

    def attempt(_n):
        try:
            return cast(evening, one.ticket, pitch)
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(attempt, range(8))) == [1] * 8
    assert Ballot.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_only_the_present_vote_and_only_while_it_is_open():
    evening, pitch, (one,) = voting_room(voters=1)
    away = seated(evening.session, 9)

    with pytest.raises(RendezvousRefused, match="présentes"):
        cast(evening, away.ticket, pitch)
    with pytest.raises(RendezvousRefused, match="code de cette soirée"):
        cast(evening, "AAAAAAAA", pitch)
    with pytest.raises(RendezvousRefused, match="chacun des passages"):
        voting.cast(evening_id=evening.pk, code=one.ticket, marks={}, now=NOW)
    assert voting.standings(evening) == []
    cast(evening, one.ticket, pitch)
    evening = voting.close_vote(evening_id=evening.pk, now=NOW)
    with pytest.raises(RendezvousRefused, match="clos"):
        cast(evening, one.ticket, pitch)

    [(found, line)] = voting.standings(evening)
    assert (found, line.ballots, line.mean) == (pitch, 1, Fraction(7, 2))


def test_a_mean_is_written_as_one_rounds_by_hand():
    assert [mark_of(Fraction(29, 8)), mark_of(Fraction(27, 8))] == ["3,63", "3,38"]
    assert mark_of(None) == "–"
