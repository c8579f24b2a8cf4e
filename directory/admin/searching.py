"""Searching long lists by the start of words, which an index answers whatever their length."""

import re
from typing import Any, ClassVar

from django.contrib.postgres.search import SearchQuery, SearchVector
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from directory.models import Company, Provider

HELP = _("Le début des mots du nom, ou d’un SIRET.")
_NAME = SearchVector("name", config="simple")
_WORD = re.compile(r"\w+")


class WordSearch:
    """A list searched by words: of the cards its rows name, unless `searched_by` says otherwise.

    `searched`: the lookups of the rows that lead to the keys which `searched_by` returns.
    """

    search_help_text = HELP
    searched: ClassVar[tuple[str, ...]] = ("pk",)

    def searched_by(self, typed: str) -> QuerySet[Any]:
        """Return the keys that the lookups must lead to."""
        return cards_named(typed)

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        """Keep the rows that answer to what was typed."""
        if not search_term.strip():
            return queryset, False
        keys = self.searched_by(search_term)
        return queryset.filter(
            Q(*((f"{name}__in", keys) for name in self.searched), _connector=Q.OR)
        ), False


def companies_named(typed: str) -> QuerySet[Any]:
    """Return the keys of the companies whose name holds all the words, or whose SIRET begins so."""
    digits = "".join(typed.split())
    if digits.isdecimal():
        return Company.objects.filter(siret__startswith=digits).values("pk")
    return _holding(Company.objects.all(), typed).values("pk")


def cards_named(typed: str) -> QuerySet[Any]:
    """Return the keys of the cards whose name, or whose company, answers to what was typed.

    As one set of keys: an OR over two tables would read both whole.
    """
    of_companies = Provider.objects.filter(company__in=companies_named(typed))
    return _holding(Provider.objects.all(), typed).values("pk").union(of_companies.values("pk"))


def _holding(rows: QuerySet[Any], typed: str) -> QuerySet[Any]:
    """Keep the rows whose name has, for each word typed, a word that begins so."""
    terms = [f"'{word}':*" for word in _WORD.findall(typed)]
    if not terms:
        return rows.none()
    query = SearchQuery(" & ".join(terms), config="simple", search_type="raw")
    return rows.alias(name_vector=_NAME).filter(name_vector=query)
