"""The centre's colours where no style sheet reaches: messages, PDF documents, pictures, files."""

from dataclasses import dataclass
from functools import cache
from pathlib import Path

from django.conf import settings

from emn.lib import centre, colours


@dataclass(frozen=True)
class Palette:
    """«#rrggbb» or «#rgb» by day and by night; a token bears the name that templates can say."""

    light: dict[str, str]
    dark: dict[str, str]


def palette() -> Palette:
    """Return the tokens of the portal under those that the centre chose."""
    return _read(settings.CENTRE_DIR)


@cache
def _read(folder: Path | None) -> Palette:
    sheet = settings.BASE_DIR / "static" / "css" / "tokens.css"
    chosen = centre.read(folder / centre.FILE).get("colours", {}) if folder else {}
    shipped = [
        {name: f"#{value}" for name, value in tokens.items()}
        for tokens in colours.tokens(sheet.read_text(encoding="utf-8"))
    ]
    light, dark = (
        {name.replace("-", "_"): value for name, value in (tokens | chosen.get(mode, {})).items()}
        for mode, tokens in zip(centre.MODES, shipped, strict=True)
    )
    return Palette(light, dark)
