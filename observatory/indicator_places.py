"""Where the portal shows the indicators beside their own pages: home, search, sitemap, letters."""

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from functools import partial
from typing import Any

from django import forms
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from emn.lib.home_blocks import Figure
from emn.lib.site_search import NOTHING, SearchHit, SearchHits
from emn.lib.sitemaps import PublicSitemap
from emn.lib.text import stem, words
from emn.mailings import blocks
from observatory.indicator_reading import Summary, summaries
from observatory.indicators.registry import indicators, said


class IndicatorSitemap(PublicSitemap):
    """The first page and one a published indicator."""

    def items(self) -> list[str]:
        """Return the codes of those with a figure, after the page that lists them."""
        return ["", *(entry.indicator.code for entry in summaries() if entry.release)]

    def location(self, item: str) -> str:
        """Return the path of a page."""
        return (
            reverse("observatory:indicator", args=[item]) if item else reverse("observatory:index")
        )


def home_figure(code: str) -> Figure | None:
    """Return the figure of the home page; None while it has none."""
    summary = _summary(code)
    if summary is None or summary.release is None or not summary.number:
        return None
    digits = summary.indicator.decimals
    return Figure(
        value=round(Decimal(str(summary.number)), digits) if digits else round(summary.number),
        unit=summary.unit if summary.unit == "%" else "",
        label=summary.title,
        as_of=summary.release.as_of,
        url=reverse("observatory:indicator", args=[code]),
    )


def home_figures() -> Mapping[str, Any]:
    """Return key → reader of the figures of the home page."""
    return {code: partial(home_figure, code) for code, entry in indicators().items() if entry.home}


def _summary(code: str) -> Summary | None:
    return next((entry for entry in summaries() if entry.indicator.code == code), None)


def search(asked: str, limit: int) -> SearchHits:
    """Return the indicators whose title or definition holds most words of the question."""
    wanted = {stem(word) for word in words(asked)}
    scored = []
    for place, entry in enumerate(summaries()):
        title = {stem(word) for word in words(entry.title)}
        text = {stem(word) for word in words(entry.text)}
        if score := 2 * len(wanted & title) + len(wanted & text):
            scored.append((-score, place, entry))
    scored.sort(key=lambda found: found[:2])
    if not scored or not wanted:
        return NOTHING
    return SearchHits(
        total=len(scored),
        hits=[
            SearchHit(
                title=entry.title,
                url=reverse("observatory:indicator", args=[entry.indicator.code]),
                summary=f"{entry.value} {entry.counted} ({entry.period})" if entry.value else "",
            )
            for _score, _place, entry in scored[:limit]
        ],
        more_url=reverse("observatory:index"),
    )


class FigureSettings(forms.Form):
    """Which indicator."""

    indicator = forms.ChoiceField(
        label=_("Indicateur"),
        choices=lambda: [(code, said(e.title, "fr")) for code, e in indicators().items()],
    )


def figure_block() -> blocks.BlockKind:
    """Return the block of a letter that shows a figure with its date and its page."""
    return blocks.BlockKind(
        key="indicator",
        order=120,
        label=_("Chiffre de l’observatoire"),
        template="observatory/indicators/emails/figure_block",
        settings=FigureSettings,
        data=_figure_of_letter,
    )


def _figure_of_letter(
    content: Mapping[str, Any], _language: str, _now: datetime
) -> Mapping[str, Any] | None:
    summary = _summary(content["indicator"])
    if summary is None or not summary.value:
        return None
    return {
        "summary": summary,
        "address": reverse("observatory:indicator", args=[summary.indicator.code]),
    }
