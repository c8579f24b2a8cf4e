"""What seals a backup, and which backups stay: pure."""

import io
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from emn.lib.backups.keeping import ID_FORMAT, Rule, kept
from emn.lib.backups.sealing import CHUNK, Broken, SealedReader, SealedWriter, name_of_key

KEY = "une clé au hasard, de plus de trente-deux signes"
HEAD = 24


def sealed(content, *, key=KEY, label="a"):
    file = io.BytesIO()
    writer = SealedWriter(file, key=key, label=label)
    writer.write(content)
    writer.close()
    assert writer.written == len(file.getvalue())
    return file.getvalue()


def opened(data, *, key=KEY, label="a", size=-1):
    reader = SealedReader(io.BytesIO(data), key=key, label=label)
    parts = []
    while part := reader.read(size):
        parts.append(part)
    return b"".join(parts)


@settings(max_examples=40, deadline=None)
@given(content=st.binary(max_size=200), repeat=st.integers(0, 3), size=st.integers(1, 99))
def test_what_was_sealed_is_read_again(content, repeat, size):
    content = content * repeat

    assert opened(sealed(content), size=size) == content


@pytest.mark.parametrize("length", [0, CHUNK - 1, CHUNK, CHUNK + 1, 2 * CHUNK])
def test_lengths_around_a_chunk(length):
    content = bytes(length)

    assert opened(sealed(content), size=CHUNK // 3) == content


@pytest.mark.parametrize("place", [0, HEAD - 1, HEAD, HEAD + CHUNK + 16, -1])
def test_one_altered_byte_is_seen(place):
    data = bytearray(sealed(bytes(2 * CHUNK)))
    data[place] ^= 1

    with pytest.raises(Broken):
        opened(bytes(data))


@pytest.mark.parametrize("cut", [1, 16, CHUNK + 16, CHUNK + 17])
def test_a_file_cut_off_is_seen_even_between_two_chunks(cut):
    data = sealed(bytes(2 * CHUNK))

    with pytest.raises(Broken):
        opened(data[:-cut])


def test_chunks_that_changed_places_are_seen():
    data = sealed(b"a" * CHUNK + b"b" * CHUNK + b"c")
    chunk = CHUNK + 16
    first, second = data[HEAD : HEAD + chunk], data[HEAD + chunk : HEAD + 2 * chunk]

    with pytest.raises(Broken):
        opened(data[:HEAD] + second + first + data[HEAD + 2 * chunk :])


def test_another_key_or_label_does_not_open():
    data = sealed(b"secret")

    with pytest.raises(Broken):
        opened(data, key=f"{KEY}.")
    with pytest.raises(Broken):
        opened(data, label="b")


def test_the_same_content_is_never_sealed_alike():
    assert sealed(b"secret") != sealed(b"secret")
    assert b"secret" not in sealed(b"secret")


def test_name_of_a_key_tells_keys_apart():
    assert name_of_key(KEY) == name_of_key(KEY) != name_of_key(f"{KEY}.")


# --- Which stay ---


def names(start, count, step):
    return [(start + number * step).strftime(ID_FORMAT) for number in range(count)]


def test_kept_are_the_last_of_each_day_week_and_month():
    ids = names(datetime(2026, 1, 1, 2, tzinfo=UTC), 300, timedelta(days=1))

    stays = sorted(kept(ids, Rule(days=3, weeks=2, months=2)))

    # The 300th day is Tuesday 27 October: it ends its day, its week and its month so far.
    assert [name[:10] for name in stays] == [
        "2026-09-30",  # the month before
        "2026-10-25",  # a Sunday: the week before, and the third day
        "2026-10-26",
        "2026-10-27",
    ]


def test_kept_is_one_a_day_when_there_are_several():
    ids = names(datetime(2026, 11, 28, 1, tzinfo=UTC), 8, timedelta(hours=6))

    assert sorted(kept(ids, Rule(days=2, weeks=0, months=0))) == [ids[3], ids[7]]


@given(
    hours=st.lists(st.integers(0, 20_000), min_size=1, max_size=60, unique=True),
    days=st.integers(0, 5),
    weeks=st.integers(0, 5),
    months=st.integers(0, 5),
)
def test_kept_always_holds_the_newest_and_never_more_than_asked(hours, days, weeks, months):
    start = datetime(2026, 1, 1, tzinfo=UTC)
    ids = [(start + timedelta(hours=hour)).strftime(ID_FORMAT) for hour in hours]

    stays = kept(ids, Rule(days, weeks, months))

    assert max(ids) in stays
    assert stays <= set(ids)
    assert len(stays) <= max(1, days + weeks + months)
