"""The small markup of letters: all that staff may write, so that nothing has to be taken out.

| written                                     | read               |
|---------------------------------------------|--------------------|
| a blank line                                | a new paragraph    |
| lines that begin with «- »                  | a list             |
| `**words**`                                 | strong words       |
| `[words](https://…)`, `[words](/annuaire/)` | a link             |

Everything else is text and is escaped: no tag of the writer reaches a reader.
"""

import re
from collections.abc import Callable, Iterator
from itertools import groupby
from urllib.parse import urlsplit

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import EmailValidator, MaxLengthValidator, URLValidator
from django.utils.html import escape, format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

Link = Callable[[str], str]

LONGEST_ADDRESS = 900  # signs; CampaignLink holds 1,000, the portal's own address included

_INLINE = re.compile(r"\*\*(?P<strong>.+?)\*\*|\[(?P<words>[^\]\n]+)\]\((?P<url>[^\s)]*)\)")
_ITEM = re.compile(r"[-–•]\s+")  # what a dash becomes in a word processor, too
_is_web_address = URLValidator(schemes=["http", "https"])
_is_mailbox = EmailValidator()
_has_length = MaxLengthValidator(LONGEST_ADDRESS)


def absolute(url: str) -> str:
    """Return the address as a message must write it: a path is one of the portal's own pages."""
    return f"{settings.PUBLIC_URL}{url}" if url.startswith("/") else url


def validate_address(url: str) -> None:
    """Refuse what is neither https://…, http://…, mailto:…, nor a path of the portal («/…»)."""
    is_path = url.startswith("/") and not url.startswith("//")
    try:
        if url.startswith("mailto:"):
            _is_mailbox(url.removeprefix("mailto:"))
        else:
            _is_web_address(f"https://portal.example{url}" if is_path else url)
    except ValidationError:
        raise ValidationError(
            _(
                "« %(url)s » n’est pas une adresse complète : écrivez https://…, mailto:… "
                "ou le chemin d’une page du portail, comme /annuaire/."
            )
            % {"url": url}
        ) from None


def validate_markup(source: str) -> None:
    """Refuse a text that holds a link to a wrong address."""
    for found in _INLINE.finditer(source):
        if found["strong"] is not None:
            validate_markup(found["strong"])
        else:
            _has_length(found["url"])
            validate_address(found["url"])


def to_html(source: str, *, link: Link) -> SafeString:
    """Return paragraphs, lists, strong words and links; `link` gives the address to write."""
    return mark_safe("\n".join(_groups_in_html(source, link)))  # noqa: S308 -- made of escaped parts


def to_text(source: str, *, link: Link) -> str:
    """Return the same words for a reader of text; addresses stand between < and > (RFC 3986, C)."""

    def plain(found: re.Match[str]) -> str:
        if found["strong"] is not None:
            return _INLINE.sub(plain, found["strong"])
        return f"{found['words']} <{link(absolute(found['url']))}>"

    return _INLINE.sub(plain, "\n\n".join(_paragraphs(source)))


def _groups_in_html(source: str, link: Link) -> Iterator[SafeString]:
    for paragraph in _paragraphs(source):
        for is_list, lines in groupby(paragraph.split("\n"), lambda line: bool(_ITEM.match(line))):
            if is_list:
                items = (_line_in_html(_ITEM.sub("", line, count=1), link) for line in lines)
                content = mark_safe("".join(f"<li>{item}</li>" for item in items))  # noqa: S308 -- idem
                yield format_html("<ul>{}</ul>", content)
            else:
                content = mark_safe("<br>".join(_line_in_html(line, link) for line in lines))  # noqa: S308 -- idem
                yield format_html("<p>{}</p>", content)


def _line_in_html(line: str, link: Link) -> str:
    parts: list[str] = []
    end = 0
    for found in _INLINE.finditer(line):
        parts.append(escape(line[end : found.start()]))
        if found["strong"] is not None:
            parts.append(f"<strong>{_line_in_html(found['strong'], link)}</strong>")
        else:
            address = escape(link(absolute(found["url"])))
            parts.append(f'<a href="{address}">{escape(found["words"])}</a>')
        end = found.end()
    parts.append(escape(line[end:]))
    return "".join(parts)


def _paragraphs(source: str) -> list[str]:
    lines = "\n".join(line.strip() for line in source.splitlines())
    return [paragraph for paragraph in re.split(r"\n{2,}", lines.strip()) if paragraph]


def is_own(url: str) -> bool:
    """Tell whether an absolute address is a page of the portal."""
    own, asked = urlsplit(settings.PUBLIC_URL), urlsplit(url)
    return (own.scheme, own.netloc) == (asked.scheme, asked.netloc)
