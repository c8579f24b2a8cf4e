"""From a template's name to a subject, a text and, when there is one, an HTML part.

`events/emails/registration_confirmed` is three files under `templates/`, all in the recipient's
language when they are rendered:

- `….subject.txt`, compulsory, one line;
- `….txt`, compulsory, extends `mailings/base.txt`, block `content`;
- `….html`, optional, extends `mailings/base.html`, blocks `title` and `content`.

The two text templates are rendered without escaping, or « d’été » would arrive as `d&#x27;été`.
They may use `public_url`, before any `{% url %}`, and `centre_name`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import css_inline
from django.conf import settings
from django.template import Context, TemplateDoesNotExist, engines
from django.template.backends.django import DjangoTemplates
from django.utils.translation import override


@dataclass(frozen=True)
class Rendered:
    """The words of one message; `html` is empty when the template has no HTML twin."""

    subject: str
    text: str
    html: str


def render(*, template: str, context: Mapping[str, Any], language: str) -> Rendered:
    """Render the message named `template` in `language` («fr», «de» or «en»).

    Raises TemplateDoesNotExist when the subject or the text is missing.
    """
    values = {
        "centre_name": settings.CENTRE_NAME,
        "centre_address": settings.CENTRE_ADDRESS,
        "contact_email": settings.CONTACT_EMAIL,
        "public_url": settings.PUBLIC_URL,
        "language": language,
        **context,
    }
    with override(language):
        subject = one_line(_render(f"{template}.subject.txt", values, autoescape=False))
        text = _render(f"{template}.txt", values, autoescape=False).strip() + "\n"
        try:
            html = _render(f"{template}.html", values | {"subject": subject}, autoescape=True)
        except TemplateDoesNotExist as missing:
            if str(missing) != f"{template}.html":
                raise
            html = ""
    return Rendered(subject=subject, text=text, html=_inliner().inline(html) if html else "")


def one_line(value: str) -> str:
    """Fold every run of blanks, line breaks included, into one space: fit for a header."""
    return " ".join(value.split())


def _render(name: str, values: Mapping[str, Any], *, autoescape: bool) -> str:
    engine = engines["django"]
    assert isinstance(engine, DjangoTemplates)
    template = engine.engine.get_template(name)
    return str(template.render(Context(dict(values), autoescape=autoescape)))


@lru_cache(maxsize=1)
def _inliner() -> css_inline.CSSInliner:
    """Moves the rules of `<style>` onto the elements, and keeps what only a sheet can say."""
    return css_inline.CSSInliner(
        keep_at_rules=True, load_remote_stylesheets=False, remove_inlined_selectors=True
    )
