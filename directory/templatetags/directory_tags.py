"""Components of the directory's pages."""

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from directory.cards import ComposedCard
from directory.enums import CardLanguage, ContactMode
from directory.queries import Choice

register = template.Library()


@register.simple_tag
def facet_choice(choice: Choice) -> SafeString:
    """Show one choice of a facet: a link that sets it, or that removes it when it is set."""
    return format_html(
        '<li><a href="{}"{}>{} <span class="chip-count">{}</span></a></li>',
        choice.url,
        SafeString(' aria-current="true"') if choice.chosen else "",
        choice.label,
        choice.count,
    )


@register.filter
def portal_language(code: str) -> str:
    """Return the name of a language of the portal, in the language of the page."""
    return str(CardLanguage(code).label)


@register.inclusion_tag("directory/components/main_contact.html")
def main_contact(card: ComposedCard) -> dict[str, object]:
    """Show the one main action of a card: the contact that its owner prefers, else the first."""
    ways = {
        ContactMode.EMAIL: (card.email, f"mailto:{card.email}", _("Écrire au prestataire"), "mail"),
        ContactMode.PHONE: (
            card.phone, f"tel:{card.phone_number}", _("Appeler le prestataire"), "phone",
        ),
        ContactMode.WEBSITE: (
            card.website, card.website, _("Aller sur son site"), "external-link",
        ),
    }  # fmt: skip
    order = sorted(ways, key=lambda mode: mode != card.contact_mode)
    for mode in order:
        value, href, label, icon = ways[mode]
        if value:
            return {"href": href, "label": label, "icon": icon}
    return {"href": ""}
