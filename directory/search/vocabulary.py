"""Setting slips right: unknown words are replaced by known ones that they resemble."""

from functools import reduce
from operator import or_
from string import ascii_lowercase, digits

from django.contrib.postgres.aggregates import StringAgg
from django.db.models import Q, Value
from rapidfuzz import process
from rapidfuzz.distance import OSA

from directory.models import SearchWord

SHORTEST_MENDED = 4  # signs: a shorter word resembles too many
LONG_WORD = 6  # signs: from here on, two slips are forgiven
VERY_LONG_WORD = 10  # signs: from here on, three
_SHORTEST_HALF = 3
_SIGNS = ascii_lowercase + digits  # what a folded word is made of
_HEARD_ALIKE = (
    set("ckqs"), set("fpv"), set("gj"), set("iy"), set("sz"), set("aeoh"), set("td"), set("bp"),
)  # fmt: skip


def mended(
    words: tuple[str, ...], unknown: tuple[str, ...], taxonomy: frozenset[str]
) -> tuple[str, ...]:
    """Return the words with each unknown one replaced by the nearest known, or cut in two.

    Near: one slip in a word of 4 or 5 signs, two from 6, three from 10; or the start of a word of
    the taxonomy, such as « ordi ». A word that resembles nothing stays as it is.
    """
    wrong = [word for word in unknown if len(word) >= SHORTEST_MENDED]
    if not wrong:
        return words
    right: dict[str, tuple[str, ...]] = {}
    # From what costs least to what costs most: each step looks only at what is left.
    for step in (_one_slip_of_the_taxonomy, _one_slip, _some_slips):
        if rest := [word for word in wrong if not right.get(word)]:
            right |= step(rest, taxonomy)
    found: list[str] = []
    for word in words:
        found += right.get(word) or (word,)
    return tuple(dict.fromkeys(found))


def _one_slip_of_the_taxonomy(
    wrong: list[str], taxonomy: frozenset[str]
) -> dict[str, tuple[str, ...]]:
    """Set right from memory."""
    return {word: _nearest(word, taxonomy, taxonomy, slips=1) for word in wrong}


def _one_slip(wrong: list[str], taxonomy: frozenset[str]) -> dict[str, tuple[str, ...]]:
    """Ask which of the words one slip away are known: some hundreds of keys, whatever is known."""
    asked = {word: _one_slip_away(word) for word in wrong}
    rows = SearchWord.objects.filter(word__in=sorted(set().union(*asked.values())))
    known = set(rows.values_list("word", flat=True))
    return {
        word: _nearest(word, frozenset(known & near), taxonomy, slips=1)
        for word, near in asked.items()
    }


def _one_slip_away(word: str) -> set[str]:
    """Return the words made by leaving out, swapping, replacing or adding one sign."""
    cuts = [(word[:place], word[place:]) for place in range(len(word) + 1)]
    return {
        *(left + right[1:] for left, right in cuts if right),
        *(left + right[1] + right[0] + right[2:] for left, right in cuts if len(right) > 1),
        *(left + sign + right[1:] for left, right in cuts if right for sign in _SIGNS),
        *(left + sign + right for left, right in cuts for sign in _SIGNS),
    }


def _some_slips(wrong: list[str], taxonomy: frozenset[str]) -> dict[str, tuple[str, ...]]:
    """Read every word of a like length and start."""
    vocabulary = taxonomy.union(_resembling(wrong))
    return {
        word: _nearest(word, vocabulary, taxonomy, slips=_slips(word))
        or _longer(word, taxonomy)
        or _halves(word, taxonomy)
        for word in wrong
    }


def _slips(word: str) -> int:
    return 1 + (len(word) >= LONG_WORD) + (len(word) >= VERY_LONG_WORD)


def _resembling(wrong: list[str]) -> list[str]:
    """Return the words of cards that have a like length and start, read as one long text."""
    alike = reduce(
        or_,
        (
            Q(word__startswith=start, length__range=(len(word) - slips, len(word) + slips))
            for word in wrong
            for slips in [_slips(word)]
            for start in _starts(word)
        ),
    )
    rows = SearchWord.objects.with_length().filter(alike)
    return (rows.aggregate(words=StringAgg("word", Value(" ")))["words"] or "").split()


def _starts(word: str) -> list[str]:
    """Return the first signs that may have been meant: as typed, swapped, or heard alike."""
    heard = (signs for signs in _HEARD_ALIKE if word[0] in signs)
    return sorted({word[0], word[1]}.union(*heard))


def _nearest(
    word: str, vocabulary: frozenset[str], taxonomy: frozenset[str], *, slips: int
) -> tuple[str, ...]:
    """Return the nearest word: the fewest slips, the same first sign, a word of the taxonomy."""
    starts = set(_starts(word))
    close = process.extract(word, vocabulary, scorer=OSA.distance, score_cutoff=slips, limit=None)
    ranked = sorted(
        (distance, known[0] != word[0], known not in taxonomy, known)
        for known, distance, _place in close
        if known[0] in starts
    )
    return (ranked[0][-1],) if ranked else ()


def _longer(word: str, taxonomy: frozenset[str]) -> tuple[str, ...]:
    """Return the shortest word of the taxonomy that the word begins."""
    longer = (known for known in taxonomy if known.startswith(word))
    return tuple(sorted(longer, key=lambda known: (len(known), known))[:1])


def _halves(word: str, taxonomy: frozenset[str]) -> tuple[str, ...]:
    """Return the two known words that were typed as one, the longest first half first."""
    cuts = range(len(word) - _SHORTEST_HALF, _SHORTEST_HALF - 1, -1)
    pieces = {half for cut in cuts for half in (word[:cut], word[cut:])}
    rows = SearchWord.objects.filter(word__in=pieces - taxonomy)
    known = taxonomy.union(rows.values_list("word", flat=True))
    return next(((word[:cut], word[cut:]) for cut in cuts if {word[:cut], word[cut:]} <= known), ())
