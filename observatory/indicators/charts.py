"""From a slice to a Vega-Lite specification: a plain dictionary, drawn by the worker. Pure.

Colours are words of the portal's style sheet, `var(--river)`: the drawing stands inside the page
and follows its light, its dark and its print. `for_file` writes them out for a drawing on its own.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from observatory.indicators.slices import Line, Slice, Value

Spec = dict[str, Any]
WIDTHS = {"wide": 640, "narrow": 280}  # px: the text column, and a phone of 320
FONT = "Atkinson Hyperlegible Next, system-ui, sans-serif"
# Sentinels that Vega takes for colours, and what the page calls them.
INK, MUTED, RIVER, PAPER, HAIRLINE, EMBER = (
    "#010101", "#010102", "#010103", "#010104", "#010105", "#010106",
)  # fmt: skip
NAMES = {INK: "ink", MUTED: "muted", RIVER: "river", PAPER: "paper", HAIRLINE: "hairline",
         EMBER: "ember"}  # fmt: skip
MOST_BARS = 12
FEW = 4
_STEP = 46  # px a bar takes with its words

CONFIG: Spec = {
    "background": None,
    "font": FONT,
    "view": {"stroke": None},
    "axis": {
        "labelColor": MUTED, "titleColor": MUTED, "gridColor": HAIRLINE, "domainColor": HAIRLINE,
        "tickColor": HAIRLINE, "labelFontSize": 14, "labelPadding": 8,
    },
    "header": {
        "labelColor": INK, "labelFontSize": 15, "labelFontWeight": "bold", "labelAnchor": "start",
        "title": None, "labelLimit": 270,
    },
    "text": {"color": INK, "fontSize": 15},
}  # fmt: skip


def spec(
    found: Slice,
    *,
    width: str,
    scale: float,
    write: Callable[[float], str],
    breaks: Sequence[str] = (),
) -> Spec | None:
    """Return the chart of a slice, None when a table says it better."""
    if not found.is_drawn:
        return None
    if found.key == "evolution":
        drawn = _curves(found, width=width, scale=scale, write=write, breaks=breaks)
    else:
        drawn = _bars(found, width=width, scale=scale, write=write)
    return drawn and {"config": CONFIG, **drawn}


def _curves(
    found: Slice, *, width: str, scale: float, write: Callable[[float], str],
    breaks: Sequence[str],
) -> Spec | None:  # fmt: skip
    """Draw a curve from zero; several as small multiples, each under its words."""
    rows: list[Spec] = []
    for column, label in enumerate(found.columns):
        known = [line for line in found.lines if line.values[column].number is not None]
        for place, line in enumerate(known):
            number = line.values[column].number or 0.0
            is_end = place in {0, len(known) - 1}
            rows.append(
                {"period": _position(line), "label": line.label, "value": number, "column": label,
                 "text": write(number) if is_end else "",
                 "align": "first" if place == 0 else "last"}
            )  # fmt: skip
    if len({row["period"] for row in rows}) < 2:  # noqa: PLR2004 -- a curve joins two points
        return None
    by_year = all(isinstance(row["period"], float) for row in rows)
    several = len(found.columns) > 1
    room = WIDTHS[width]
    across = 1 if width == "narrow" else 2
    inner = room - 60 if not several else room // across - 50
    axis: Spec = {"title": None, "grid": False, "labelOverlap": "greedy", "labelFlush": several}
    horizontal: Spec = {"field": "period", "type": "ordinal", "axis": axis | {"labelAngle": 0}}
    if by_year:
        ticks = sorted({row["period"] for row in rows})
        shown = [ticks[0], ticks[-1]] if several or width == "narrow" else ticks
        horizontal = {
            "field": "period", "type": "quantitative", "scale": {"zero": False, "nice": False},
            "axis": axis | {"format": "d", "values": shown},
        }  # fmt: skip
    most = max(row["value"] for row in rows)
    # What is counted has no half: a few are marked one by one.
    is_few = most <= FEW and all(float(row["value"]).is_integer() for row in rows)
    whole = {"values": list(range(int(most) + 1)), "format": "d"} if is_few and not scale else {}
    vertical: Spec = {
        "field": "value", "type": "quantitative",
        "axis": {"title": None, "tickCount": 4, "domain": False, "ticks": False} | whole,
        "scale": {"zero": True, "domainMax": scale} if scale else {"zero": True},
    }  # fmt: skip
    layers: list[Spec] = [
        {"mark": {"type": "line", "color": RIVER, "strokeWidth": 2.5},
         "encoding": {"x": horizontal, "y": vertical}},
        {"mark": {"type": "point", "color": RIVER, "filled": True, "size": 45, "opacity": 1},
         "encoding": {"x": horizontal, "y": vertical}},
    ]  # fmt: skip
    halo: Spec = {"color": PAPER, "stroke": PAPER, "strokeWidth": 5, "strokeJoin": "round"}
    for end, align in (("first", "left"), ("last", "right")):
        layers += [
            {"transform": [{"filter": f"datum.align === '{end}' && datum.text !== ''"}],
             "mark": {"type": "text", "dy": -14, "align": align, "fontWeight": "bold"} | ground,
             "encoding": {"x": horizontal, "y": vertical, "text": {"field": "text"}}}
            for ground in (halo, {})  # the curve passes behind the number, not through it
        ]  # fmt: skip
    years = [float(day[:4]) for day in breaks]
    first, last = (min(r["period"] for r in rows), max(r["period"] for r in rows))
    crossed = [year for year in years if by_year and first < year <= last]
    layers += [
        {"mark": {"type": "rule", "color": EMBER, "strokeDash": [4, 4]},
         "encoding": {"x": {"datum": year - 0.5}}} for year in crossed
    ]  # fmt: skip
    inner_spec: Spec = {"width": inner, "height": 160 if several else 240, "layer": layers}
    values = {"data": {"values": rows}}
    if not several:
        return values | inner_spec
    return values | {
        "facet": {"field": "column", "type": "nominal", "sort": None,
                  "header": {"labelLimit": inner + 30}},
        "columns": across, "spacing": 24, "spec": inner_spec,
        "resolve": {"axis": {"x": "independent"}},  # years under each, the last row is not full
    }  # fmt: skip


def _position(line: Line) -> float | str:
    return float(line.code) if line.code.isdigit() else line.label


def _bars(found: Slice, *, width: str, scale: float, write: Callable[[float], str]) -> Spec | None:
    """Draw the last column as bars, each under its words: they stay readable on a phone."""
    drawn = [line for line in found.lines if line.depth == 0 and _last(line).number is not None]
    many = len(drawn) > MOST_BARS and found.key != "items"
    drawn = drawn[:MOST_BARS] if many else drawn
    if len(drawn) < 2 or (found.key == "sizes" and len(found.columns) > 1):  # noqa: PLR2004
        return None
    rows = [
        {"place": place, "label": line.label, "value": _last(line).number,
         "text": write(_last(line).number or 0.0)}
        for place, line in enumerate(drawn)
    ]  # fmt: skip
    room = WIDTHS[width]
    place: Spec = {"field": "place", "type": "ordinal", "axis": None, "scale": {"padding": 0}}
    most = scale or max(row["value"] or 0 for row in rows) or 1
    value: Spec = {
        "field": "value", "type": "quantitative", "axis": None,
        "scale": {"domain": [0, most], "range": [0, room - 90]},
    }  # fmt: skip
    return {
        "width": room - 10, "height": {"step": _STEP}, "data": {"values": rows},
        "layer": [
            {"mark": {"type": "bar", "color": RIVER, "height": 14, "yOffset": 10,
                      "cornerRadiusEnd": 3},
             "encoding": {"y": place, "x": value}},
            {"mark": {"type": "text", "align": "left", "dy": -8, "limit": room - 12},
             "encoding": {"y": place, "x": {"value": 0}, "text": {"field": "label"}}},
            {"mark": {"type": "text", "align": "left", "dx": 7, "dy": 11, "fontWeight": "bold"},
             "encoding": {"y": place, "x": value, "text": {"field": "text"}}},
        ],
    }  # fmt: skip


def _last(line: Line) -> Value:
    return line.values[-1]


_SIZE = re.compile(r' width="(\d+)" height="(\d+)"')


def for_page(svg: str) -> str:
    """Return a drawing of Vega as a page holds it: in the page's colours, silent, of any width."""
    for colour, name in NAMES.items():
        svg = svg.replace(colour, f"var(--{name})")
    svg = re.sub(r' (?:role|aria-[\w-]+)="[^"]*"', "", svg)
    svg = re.sub(r' font-family="[^"]*"', "", svg).replace(
        ' xmlns:xlink="http://www.w3.org/1999/xlink"', ""
    )
    return svg.replace(
        'class="marks"', 'class="chart-drawing" aria-hidden="true" focusable="false"', 1
    )


def for_file(svg: str, *, title: str, source: str, colours: Mapping[str, str]) -> str:
    """Return the drawing of a page as a file of its own, on paper, with title and source.

    `colours`: what the names of the style sheet are there.
    """

    def written(match: re.Match[str]) -> str:
        return colours[match[1]]

    svg = re.sub(r"var\(--(\w+)\)", written, svg)
    size = _SIZE.search(svg)
    if size is None:
        return svg
    width, height = int(size[1]), int(size[2])
    start, end = svg.index(">") + 1, svg.rindex("</svg>")
    font = f'font-family="{FONT}"'
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width + 32}" height="{height + 96}" '
        f'viewBox="0 0 {width + 32} {height + 96}" {font} role="img"><title>{_safe(title)}</title>'
        f'<rect width="100%" height="100%" fill="{colours["paper"]}"/>'
        f'<text x="16" y="32" font-size="18" font-weight="bold" fill="{colours["ink"]}">'
        f"{_safe(title)}</text>"
        f'<g transform="translate(16,52)">{svg[start:end]}</g>'
        f'<text x="16" y="{height + 80}" font-size="12" fill="{colours["muted"]}">{_safe(source)}'
        "</text></svg>"
    )


def _safe(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def localised(separators: Mapping[str, str]) -> Spec:
    """Return how Vega writes numbers: thousands and decimals as the language does."""
    return {
        "decimal": separators["decimal"], "thousands": separators["thousands"], "grouping": [3],
        "currency": ["", " €"],
    }  # fmt: skip
