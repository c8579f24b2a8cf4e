"""Reads of the territory that give something else than a queryset."""

from django.conf import settings
from django.db.models import Case, Value, When
from rapidfuzz import fuzz, process

from emn.territory.models import Commune
from emn.territory.names import place_key

_LIKE_ENOUGH = 78  # of 100; «sarrebour» finds Sarrebourg, «metz» does not find Mey


def communes_matching(text: str, *, limit: int = 10) -> list[Commune]:
    """Return the communes that `text`, a name, its beginning or a postcode, may mean; best first.

    The département's own come first, then the larger. A name that begins no commune's is read
    as mistyped and compared with all of them.
    """
    key = place_key(text[:100])
    own_first = Case(When(departement_code=settings.DEPARTEMENT, then=Value(0)), default=Value(1))
    exact_first = Case(When(name_folded=key, then=Value(0)), default=Value(1))
    found = list(
        Commune.objects.named_like(text[:100]).order_by(
            exact_first, own_first, "-population", "pk"
        )[:limit]
    )
    if found or len(key) < 3 or key.isdigit():  # noqa: PLR2004 -- shorter words resemble anything
        return found
    names = dict(Commune.objects.values_list("pk", "name_folded"))
    close = process.extract(key, names, scorer=fuzz.ratio, score_cutoff=_LIKE_ENOUGH, limit=limit)
    by_code = Commune.objects.in_bulk([code for _name, _score, code in close])
    own = settings.DEPARTEMENT
    ranked = sorted(
        close, key=lambda hit: (-hit[1], by_code[hit[2]].departement_code != own, hit[2])
    )
    return [by_code[code] for _name, _score, code in ranked]
