"""The portal's components: one tag each, with strict parameters (the gallery shows them all).

What a component says comes first, without a name; its options are named. A misspelt option stops
the template from compiling.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cache
from html import escape
from pathlib import Path

from django import template
from django.conf import settings
from django.core.paginator import Page
from django.forms import BaseForm, BoundField
from django.http import HttpRequest
from django.template import Context
from django.template.loader import render_to_string
from django.templatetags.static import static
from django.urls import reverse
from django.utils.formats import localize
from django.utils.functional import Promise
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext, gettext_lazy

from emn.lib.context import Alternate
from emn.lib.page_cache import keep_version
from emn.lib.translated import Said

register = template.Library()

Text = str | Promise
SPRITE = "icons/lucide.svg"
PAGES_LABEL = gettext_lazy("Pages de la liste")


def _one_of(value: str, allowed: Sequence[str]) -> str:
    if value not in allowed:
        raise template.TemplateSyntaxError(f"« {value} » is none of {', '.join(allowed)}")
    return value


@cache
def icon_names() -> frozenset[str]:
    """Return the names of the icons that the sprite holds."""
    sprite = Path(settings.BASE_DIR) / "static" / SPRITE
    return frozenset(re.findall(r'<symbol id="([\w-]+)"', sprite.read_text()))


@register.simple_tag(name="icon")
def drawn(name: str) -> SafeString:
    """Draw an icon of the sprite; a word always stands beside it, so it is silent."""
    return keep_version(("icon", name), lambda: _draw(name))


def _draw(name: str) -> SafeString:
    if name not in icon_names():
        raise template.TemplateSyntaxError(f"the sprite has no icon « {name} »")
    return format_html(
        '<svg class="icon" aria-hidden="true" focusable="false"><use href="{}#{}"/></svg>',
        static(SPRITE),
        name,
    )


@register.simple_block_tag
def said(content: str) -> SafeString:
    """Give what was said as a variable, to say it twice: `{% said as title %}…{% endsaid %}`."""
    return mark_safe(content.strip())  # noqa: S308 -- rendered by a template


BUTTON_TONES = ("main", "plain", "quiet", "alert")


@register.inclusion_tag("components/button.html")
def button(
    label: Text,
    *,
    tone: str = "plain",
    icon: str = "",
    kind: str = "submit",
    name: str = "",
    value: str | int = "",
) -> dict[str, object]:
    """Show a button; `main` is the one main action of a page."""
    return {
        "label": label,
        "tone": _one_of(tone, BUTTON_TONES),
        "icon": icon,
        "kind": _one_of(kind, ("submit", "button", "reset")),
        "name": name,
        "value": str(value),  # a number would be written “2 026”
    }


@register.simple_tag
def link_button(label: Text, *, href: str, tone: str = "plain", icon: str = "") -> SafeString:
    """Show a link that starts something, drawn as a button."""
    return format_html(
        '<a class="button button-{}" href="{}">{}{}</a>',
        _one_of(tone, BUTTON_TONES),
        href,
        drawn(icon) if icon else "",
        label,
    )


@register.inclusion_tag("components/badge.html")
def badge(label: Text, *, tone: str = "neutral", icon: str = "") -> dict[str, object]:
    """Show a state in a word or two."""
    tones = ("neutral", "info", "success", "alert", "highlight")
    return {"label": label, "tone": _one_of(tone, tones), "icon": icon}


@register.inclusion_tag("components/trust_class.html")
def trust_class(letter: str, *, words: Text) -> dict[str, object]:
    """Show a class of the trust index: its letter and what it means, never colour alone."""
    return {"letter": _one_of(letter, ("A", "B", "C", "D")), "words": words}


@register.inclusion_tag("components/chip.html")
def chip(
    label: Text, *, href: str = "", remove_href: str = "", count: int | None = None
) -> dict[str, object]:
    """Show a short choice (`href`) or an active filter that a click removes (`remove_href`)."""
    return {"label": label, "href": href, "remove_href": remove_href, "count": count}


@register.simple_block_tag
def card(content: str, *, title: Text, href: str = "", level: int = 3) -> SafeString:
    """Frame one thing among others; with `href`, the whole card leads there."""
    values = {"content": content, "title": title, "href": href, "level": level}
    return render_to_string("components/card.html", values)


@register.simple_block_tag
def row(
    content: str, *, title: Text | Said, href: str = "", meta: Sequence[Text] = (), level: int = 3
) -> SafeString:
    """Show one result of a list, in a `<ul class="rows">`; `meta` are its short facts, aside."""
    values = {"content": content, "title": title, "href": href, "meta": meta, "level": level}
    values["lang"] = title.lang_attribute if isinstance(title, Said) else ""
    return render_to_string("components/row.html", values)


@register.simple_block_tag
def notice(
    content: str, *, title: Text = "", tone: str = "info", announced: bool = False
) -> SafeString:
    """Tell something that matters; `announced` when it appears after an action."""
    values = {
        "content": content,
        "title": title,
        "tone": _one_of(tone, ("info", "success", "alert")),
        "announced": announced,
    }
    return render_to_string("components/notice.html", values)


@register.simple_tag
def field(bound: BoundField) -> SafeString:
    """Show a form's field: label, help and error tied to its control."""
    return bound.as_field_group()


@register.simple_block_tag
def fieldset(content: str, *, legend: Text, help: Text = "") -> SafeString:  # noqa: A002 -- Django’s own word
    """Group fields that answer one question."""
    values = {"content": content, "legend": legend, "help": help}
    return render_to_string("components/fieldset.html", values)


@dataclass(frozen=True)
class FormError:
    """One line of the summary; `target` is the id of the control to mend, or empty."""

    message: str
    target: str


def _named(bound: BoundField, message: object) -> str:
    return gettext("%(field)s : %(message)s") % {"field": bound.label, "message": message}


def _target(bound: BoundField) -> str:
    return f"{bound.auto_id}_0" if bound.use_fieldset else bound.id_for_label


@register.inclusion_tag("components/error_summary.html")
def error_summary(form: BaseForm) -> dict[str, object]:
    """List a refused form's errors at its top, each linked to its field; nothing when it is sound.

    `{{ form }}` begins with it; a page that lays its fields out by hand puts it first.
    """
    errors = [FormError(str(message), "") for message in form.non_field_errors()]
    for bound in form.visible_fields():
        errors += [FormError(_named(bound, e), _target(bound)) for e in bound.errors]
    for bound in form.hidden_fields():
        errors += [FormError(str(message), "") for message in bound.errors]
    return {"errors": errors}


@register.inclusion_tag("components/search_form.html")
def search_form(
    *,
    action: str,
    label: Text,
    value: str = "",
    help: Text = "",  # noqa: A002 -- the word of Django’s own fields
    autofocus: bool = False,
) -> dict[str, object]:
    """Ask for words and send them, as `q`, to `action`."""
    return {"action": action, "label": label, "value": value, "help": help, "autofocus": autofocus}


@register.simple_tag(takes_context=True)
def pagination(context: Context, page: Page[object], *, label: Text = PAGES_LABEL) -> SafeString:
    """Link the pages of a list, keeping the other parameters of the address; nothing for one."""
    if page.paginator.num_pages == 1:
        return SafeString()
    request: HttpRequest = context["request"]
    others = request.GET.copy()
    others.pop("page", None)
    start = escape(f"?{others.urlencode()}&page=" if others else "?page=")
    unseen = f'<span class="visually-hidden">{escape(gettext("Page"))} </span>'

    def entry(number: int | str) -> str:
        if not isinstance(number, int):
            return '<span class="pagination-gap">…</span>'
        if number == page.number:
            return f'<span aria-current="page">{unseen}{localize(number)}</span>'
        return f'<a href="{start}{number}">{unseen}{localize(number)}</a>'

    numbers = page.paginator.get_elided_page_range(page.number, on_each_side=1, on_ends=1)
    entries = [entry(number) for number in numbers]
    if page.has_previous():
        word = f"{drawn('chevron-left')}{escape(gettext('Précédente'))}"
        entries.insert(0, f'<a href="{start}{page.previous_page_number()}" rel="prev">{word}</a>')
    if page.has_next():
        word = f"{escape(gettext('Suivante'))}{drawn('chevron-right')}"
        entries.append(f'<a href="{start}{page.next_page_number()}" rel="next">{word}</a>')
    items = "".join(f"<li>{written}</li>" for written in entries)
    return SafeString(
        f'<nav class="pagination" aria-label="{escape(str(label))}"><ul>{items}</ul></nav>'
    )


@register.simple_block_tag
def breadcrumb(content: str) -> SafeString:
    """Show where a page stands; `{% crumb %}` inside, the page itself last and without a link."""
    return render_to_string(
        "components/breadcrumb.html", {"content": content, "home": reverse("home")}
    )


@register.inclusion_tag("components/crumb.html")
def crumb(label: Text, *, href: str = "") -> dict[str, object]:
    """Show one step of a breadcrumb."""
    return {"label": label, "href": href}


@register.simple_block_tag
def disclosure(content: str, *, summary: Text, is_open: bool = False) -> SafeString:
    """Hide what only some want to read behind a question."""
    values = {"content": content, "summary": summary, "is_open": is_open}
    return render_to_string("components/disclosure.html", values)


@register.simple_block_tag
def table(content: str, *, caption: Text) -> SafeString:
    """Wrap the rows of a table, which scrolls sideways alone when the screen is narrow."""
    return render_to_string("components/table.html", {"content": content, "caption": caption})


@register.simple_block_tag
def empty_state(content: str, *, title: Text, level: int = 2) -> SafeString:
    """Say that there is nothing, and offer the next step."""
    values = {"content": content, "title": title, "level": level}
    return render_to_string("components/empty_state.html", values)


@register.inclusion_tag("components/key_figure.html")
def key_figure(
    value: float | Decimal,
    *,
    label: Text,
    as_of: date,
    unit: Text = "",
    href: str = "",
) -> dict[str, object]:
    """Show a number with its unit and its date; `href` leads to how it was computed."""
    return {"value": value, "label": label, "as_of": as_of, "unit": unit, "href": href}


@register.simple_tag
def language_switch(alternates: Sequence[Alternate]) -> SafeString:
    """Link the same page in the other languages. Written by hand: no page keeps it for another."""
    if not alternates:
        return SafeString()
    entries = "".join(
        f'<li><span aria-current="true">{escape(page.name)}</span></li>'
        if page.current
        else f'<li><a href="{escape(page.href)}" lang="{page.code}" hreflang="{page.code}">'
        f"{escape(page.name)}</a></li>"
        for page in alternates
    )
    label = escape(gettext("Langue"))
    return SafeString(f'<ul class="language-switch" aria-label="{label}">{entries}</ul>')


@register.simple_tag
def alternate_links(alternates: Sequence[Alternate]) -> SafeString:
    """Name the page's twins in the other languages to search engines; French is the default one."""
    named = [(page.code, escape(page.url)) for page in alternates if page.url]
    named += [("x-default", url) for code, url in named if code == settings.LANGUAGE_CODE]
    return SafeString(
        "\n  ".join(f'<link rel="alternate" hreflang="{code}" href="{url}">' for code, url in named)
    )


@register.inclusion_tag("components/htmx.html")
def htmx() -> dict[str, object]:
    """Load HTMX, in the `scripts` block of a page that needs it, within what the policy allows."""
    return {}
