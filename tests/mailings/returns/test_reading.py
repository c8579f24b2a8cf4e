"""The corpus read; arbitrary bytes; the table of codes; what never leaves the reader."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emn.mailings.enums import IncidentKind
from emn.mailings.returns import Kind, kind_of_code, read
from tests.mailings.returns.corpus import CASES, TOKEN, WHO, office, postfix, qmail, reply


@pytest.mark.parametrize("name", CASES)
def test_corpus(name):
    message, kind = CASES[name]

    assert (read(message.encode()).kind, name) == (kind, name)


def test_corpus_is_varied_enough():
    assert len(CASES) >= 200


def test_every_delivery_is_named_in_its_return():
    silent = {"person/only-a-body", "person/empty"}
    other_token = {"leave/address", "leave/address-upper-case", "leave/apple", "leave/absent"}

    found = {name for name, (message, _kind) in CASES.items() if read(message.encode()).token}

    assert set(CASES) - found <= silent | other_token


@pytest.mark.parametrize(
    ("codes", "kind"),
    [
        (["5.1.1", "5.1.2", "5.1.3", "5.1.6", "5.1.10", "5.2.1"], Kind.HARD),
        (["5.7.0", "5.7.1", "5.7.26", "5.7.606", "5.3.4"], Kind.POLICY),
        (["4.0.0", "4.2.2", "4.4.7", "4.7.1", "5.2.2"], Kind.SOFT),
        (["5.1.0", "5.1.8", "5.1.11", "5.2.0", "5.2.3", "5.4.1", "5.5.0"], Kind.SOFT),
        (["5.0.0", "2.1.5", "6.1.1", "5.1", "x", ""], None),
    ],
)
def test_table_of_codes(codes, kind):
    assert [kind_of_code(code) for code in codes] == [kind] * len(codes)


def test_kinds_are_those_of_the_model():
    assert {kind.value for kind in Kind} == set(IncidentKind.values)


@pytest.mark.parametrize("make", [postfix, office, qmail])
def test_reader_gives_what_identifies_and_no_address_in_the_words(make):
    found = read(make("5.1.1", f"550 5.1.1 <{WHO}>: User unknown").encode())

    assert (found.status_code, found.token, found.recipients[0]) == ("5.1.1", TOKEN, WHO)
    assert found.message_id == f"<{TOKEN}@lettre.emn.example>"
    assert "User unknown" in found.diagnostic
    assert "@" not in found.diagnostic


def test_delivery_is_found_by_the_message_id_alone():
    message = reply("Réponse automatique").replace(f"retour+{TOKEN}", "contact")

    assert read(message.encode()).token == TOKEN


@given(st.binary(max_size=2_000))
def test_arbitrary_bytes_never_raise(raw):
    assert read(raw).kind in Kind


@given(st.sampled_from(sorted(CASES)), st.integers(0, 3_000), st.binary(max_size=30))
def test_damaged_messages_never_raise_nor_break_the_reader(name, at, noise):
    raw = CASES[name][0].encode()

    assert read(raw[:at] + noise + raw[at + len(noise) :]).rule != "unreadable:broken"


def bomb(levels):
    parts = "".join(
        f"Content-Type: multipart/mixed; boundary=b{n}\n\n--b{n}\n" for n in range(levels)
    )
    return parts.encode() + b"x\n" * 200_000


@pytest.mark.parametrize(
    "raw",
    [
        postfix("5.1.1", "550 5.1.1 no").encode() + b"x" * 76 * 70_000,
        bomb(99),
        bomb(5_000),
        b"Subject: " + b"user " * 200_000 + b"\n\n",
        b"Subject: failure notice\n\n" + b"user!" * 200_000,
        b"Subject: failure notice\n\n" + b"user" * 250_000,
        b"Subject: failure notice\nContent-Type: text/html\n\n" + b"<" * 1_000_000,
        b"Subject: failure notice\nContent-Type: text/html\n\n" + b"<style " * 150_000,
        b"Subject: " + b"=?utf-8?q?x?= " * 60_000 + b"\n\n",
        b"X-A: " + b"\n a" * 300_000,
    ],
)
def test_huge_and_hostile_messages_are_read_in_seconds(raw):
    start = time.process_time()

    read(raw)

    assert time.process_time() - start < 5
