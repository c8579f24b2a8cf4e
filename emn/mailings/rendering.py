"""From a template's name to a subject, a text and, when there is one, an HTML part.

`events/emails/registration_confirmed` is three files under `templates/`, all in the recipient's
language when they are rendered:

- `….subject.txt`, compulsory, one line;
- `….txt`, compulsory, extends `mailings/base.txt`, block `content`;
- `….html`, optional, extends `mailings/base.html`, blocks `title` and `content`; without it, the
  text is laid out on the same page.

The two text templates are rendered without escaping, or « d’été » would arrive as `d&#x27;été`.
They may use `public_url`, before any `{% url %}`, and `centre_name`.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import css_inline
from django.conf import settings
from django.template import Context, TemplateDoesNotExist, engines
from django.template.backends.django import DjangoTemplates
from django.utils.translation import override

from emn.lib.palette import palette

_SIGNATURE = re.compile(r"^-- ?$", re.MULTILINE)  # the usual mark (RFC 3676 §4.3), blank or not


@dataclass(frozen=True)
class Rendered:
    """The words of one message, and the same on a page."""

    subject: str
    text: str
    html: str


def render(*, template: str, context: Mapping[str, Any], language: str) -> Rendered:
    """Render the message named `template` in `language` («fr», «de» or «en»).

    Raises TemplateDoesNotExist when the subject or the text is missing.
    """
    values = {**centre_values(language), **context}
    with override(language):
        subject = one_line(render_file(f"{template}.subject.txt", values, autoescape=False))
        text = render_file(f"{template}.txt", values, autoescape=False).strip() + "\n"
        try:
            html = render_file(f"{template}.html", values | {"subject": subject}, autoescape=True)
        except TemplateDoesNotExist as missing:
            if str(missing) != f"{template}.html":
                raise
            return Rendered(subject, text, lay_out(subject=subject, text=text, language=language))
    return Rendered(subject, text, inliner().inline(html))


def lay_out(*, subject: str, text: str, language: str) -> str:
    """Put a text on the portal's page: paragraphs, links that can be followed, our own footer."""
    words = _SIGNATURE.split(text, maxsplit=1)[0].strip()
    values = {**centre_values(language), "subject": subject, "words": words}
    with override(language):
        return inliner().inline(render_file("mailings/from_text.html", values, autoescape=True))


def one_line(value: str) -> str:
    """Fold every run of blanks, line breaks included, into one space: fit for a header."""
    return " ".join(value.split())


def centre_values(language: str) -> dict[str, Any]:
    """Return what every message may say of the centre."""
    return {
        "centre_name": settings.CENTRE_NAME,
        "centre_address": settings.CENTRE_ADDRESS,
        "contact_email": settings.CONTACT_EMAIL,
        "public_url": settings.PUBLIC_URL,
        "language": language,
        "light": palette().light,
        "dark": palette().dark,
    }


def render_file(name: str, values: Mapping[str, Any], *, autoescape: bool) -> str:
    """Render one file with these values and nothing else: no request stands behind a message."""
    engine = engines["django"]
    assert isinstance(engine, DjangoTemplates)
    template = engine.engine.get_template(name)
    return str(template.render(Context(dict(values), autoescape=autoescape)))


@lru_cache(maxsize=1)
def inliner() -> css_inline.CSSInliner:
    """Moves the rules of `<style>` onto the elements, and keeps what only a sheet can say."""
    return css_inline.CSSInliner(
        keep_at_rules=True, load_remote_stylesheets=False, remove_inlined_selectors=True
    )
