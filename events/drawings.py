"""Signatures drawn with a finger: a path of integers, never markup. Pure.

A drawing is what static/js/signature.js sends: `M12 40L13 41L…`, on a sheet of 600 by 200.
"""

import re

WIDTH, HEIGHT = 600, 200
LONGEST = 8000  # signs
FEWEST_POINTS = 8  # a dot is no signature
_PATH = re.compile(r"(?:M\d{1,3} \d{1,3}(?:L\d{1,3} \d{1,3})*)+", re.ASCII)
_POINT = re.compile(r"(\d+) (\d+)")


def is_drawing(value: str) -> bool:
    """Tell whether this is a drawing of ours: short enough, on the sheet, more than a dot."""
    if len(value) > LONGEST or not _PATH.fullmatch(value):
        return False
    points = [(int(x), int(y)) for x, y in _POINT.findall(value)]
    return len(points) >= FEWEST_POINTS and all(x <= WIDTH and y <= HEIGHT for x, y in points)


def svg(drawing: str) -> str:
    """Return the drawing as a picture."""
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}">'
        f'<path d="{drawing}" fill="none" stroke="#12232e" stroke-width="4" '
        'stroke-linecap="round" stroke-linejoin="round"/></svg>'
    )
