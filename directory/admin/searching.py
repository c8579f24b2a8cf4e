"""Searching staff's lists by the start of words, quick whatever their length and the words."""

import re
from collections.abc import Sequence
from typing import Any, ClassVar

from django.contrib.postgres.search import SearchQuery, SearchVector
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from directory.models import Company, Provider
from emn.lib.admin import BaseAdmin

MOST_KEYS = 10_000
_WORD = re.compile(r"\w+")


class WordSearch(BaseAdmin):
    """A list searched by the words of both names of a card, or by SIRET.

    `paths` lead from a row to cards. The keys that the indexes find choose the rows; what more than
    `MOST_KEYS` cards answer to is looked for in the rows themselves, in the order of the list: it
    is soon met.
    """

    search_help_text = _("Le début des mots du nom, ou d’un SIRET.")
    paths: ClassVar[tuple[str, ...]] = ("",)
    names: ClassVar[tuple[str, ...]] = ("name", "company__name")
    siret: ClassVar[str] = "company__siret"

    def keys(self, typed: str) -> QuerySet[Any]:
        """Return the keys of the cards that answer, some of them twice."""
        companies = answering(Company.objects.all(), typed, names=["name"], sirets=["siret"])
        of_companies = Provider.objects.filter(company__in=companies.values("pk"))
        named = answering(Provider.objects.all(), typed, names=["name"])
        return named.values("pk").union(of_companies.values("pk"), all=True)

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        """Keep the rows that answer to what was typed."""
        if not search_term.strip():
            return queryset, False
        keys = [row["pk"] for row in self.keys(search_term)[: MOST_KEYS + 1]]
        if len(keys) <= MOST_KEYS:
            chosen = Q(*((f"{path}pk__in", keys) for path in self.paths), _connector=Q.OR)
            return queryset.filter(chosen), False
        names = [path + name for path in self.paths for name in self.names]
        sirets = [path + self.siret for path in self.paths]
        return answering(queryset, search_term, names=names, sirets=sirets), False


def answering(
    rows: QuerySet[Any], typed: str, *, names: Sequence[str], sirets: Sequence[str] = ()
) -> QuerySet[Any]:
    """Keep the rows of which one name holds all the words typed, or one SIRET begins so.

    A word is held by a name of which a word begins so. Digits alone are a SIRET.
    """
    digits = "".join(typed.split())
    if digits.isdecimal():
        begins = [(f"{siret}__startswith", digits) for siret in sirets]
        return rows.filter(Q(*begins, _connector=Q.OR)) if begins else rows.none()
    terms = [f"'{word}':*" for word in _WORD.findall(typed)]
    if not terms:
        return rows.none()
    query = SearchQuery(" & ".join(terms), config="simple", search_type="raw")
    vectors = {
        f"words_of_{name}".replace("__", "_"): SearchVector(name, config="simple") for name in names
    }
    held = Q(*((vector, query) for vector in vectors), _connector=Q.OR)
    kept: QuerySet[Any] = rows.alias(**vectors).filter(held)
    return kept
