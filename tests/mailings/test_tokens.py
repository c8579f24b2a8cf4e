"""The tokens of links and return paths."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emn.mailings import tokens

NUMBERS = st.integers(0, 2**64 - 1)


@given(subscriber=st.integers(0, 2**48 - 1), mailing_list=st.integers(0, 2**16 - 1))
def test_a_token_gives_back_its_numbers_whatever_its_case(subscriber, mailing_list):
    token = tokens.make(tokens.LIST, subscriber, mailing_list)

    assert tokens.read(tokens.LIST, token) == (subscriber, mailing_list)
    assert tokens.read(tokens.LIST, token.upper()) == (subscriber, mailing_list)
    assert len(token) == 32


@given(number=NUMBERS, place=st.integers(0, 31), sign=st.sampled_from("abcdefghijklmnopqrstuvwxyz"))
def test_a_changed_token_opens_nothing(number, place, sign):
    token = tokens.make(tokens.RETURN, number)
    changed = token[:place] + sign + token[place + 1 :]

    if changed != token:
        assert tokens.read(tokens.RETURN, changed) is None


def test_a_number_too_large_for_its_place_is_refused():
    with pytest.raises(OverflowError):
        tokens.make(tokens.LIST, 1, 2**16)


@given(st.text(max_size=80))
def test_what_is_no_token_opens_nothing(text):
    assert tokens.read(tokens.PREFERENCES, text) is None


def test_a_token_serves_one_purpose_and_one_portal(settings):
    token = tokens.make(tokens.PREFERENCES, 7)

    assert tokens.read(tokens.RETURN, token) is None
    former, settings.SECRET_KEY = settings.SECRET_KEY, "another"
    assert tokens.read(tokens.PREFERENCES, token) is None
    settings.SECRET_KEY_FALLBACKS = [former]
    assert tokens.read(tokens.PREFERENCES, token) == (7,)


@pytest.mark.parametrize("token", ["", "=", "é" * 32, "a" * 32])
def test_malformed_tokens_are_refused(token):
    assert tokens.read(tokens.PREFERENCES, token) is None
