"""From an envoi and its blocks to a letter in one language: a page and a text that say the same.

A letter is the same for every reader but for two addresses, which stand in it as marks, once each
in the page and once each in the text; the delivery puts each person's own in their place. A third
mark, READER, is for invitations only (a convocation, a survey): it says whose the link is, which
the page behind it says too, and counts nothing (R2.07). VOTER does as much for a micro-survey: an
ordinary letter, which is passed on, must not open the confidential survey of its reader.
"""

import re
from collections.abc import Iterator
from datetime import datetime
from typing import Any, Final

from django.conf import settings
from django.urls import reverse
from django.utils.safestring import mark_safe
from django.utils.translation import override

from emn.mailings import tokens
from emn.mailings.blocks import COMMON, Values, kind_of
from emn.mailings.markup import Link
from emn.mailings.models import Campaign, CampaignLink
from emn.mailings.rendering import Rendered, centre_values, inliner, one_line, render_file

UNSUBSCRIBE: Final = "@@EMN-UNSUBSCRIBE@@"
PREFERENCES: Final = "@@EMN-PREFERENCES@@"
READER: Final = "@@EMN-READER@@"
VOTER: Final = "@@EMN-VOTER@@"

_CONTENT = re.compile(r"<!--content-->(.*)<!--/content-->", re.DOTALL)
_TAG = re.compile(r"<[^>]+>")
_LOOKS = re.compile(r' style="[^"]*"')


def _unchanged(url: str) -> str:
    return url


def compose(
    campaign: Campaign, language: str, *, now: datetime, link: Link = _unchanged
) -> Rendered:
    """Compose the letter in one language; `link` gives the address to write for each link.

    Blocks that have no words in that language, or nothing to show, are left out.
    Raises Edition.DoesNotExist.
    """
    edition = campaign.editions.get(language=language)
    subject = one_line(edition.subject)
    with override(language):
        values: dict[str, Any] = {
            **centre_values(language),
            "subject": subject,
            "preheader": edition.preheader,
            "list": campaign.list,
            "archive_url": _archive_url(campaign),
            "unsubscribe": UNSUBSCRIBE,
            "preferences": PREFERENCES,
        }
        pages, texts = [], []
        for template, shown in _shown_blocks(campaign, language, now):
            given = {**shown, "link": link, "language": language}
            pages.append(mark_safe(render_file(f"{template}.html", given, autoescape=True)))  # noqa: S308 -- a template's own page
            texts.append(render_file(f"{template}.txt", given, autoescape=False).strip())
        html = render_file("mailings/letter.html", values | {"blocks": pages}, autoescape=True)
        text = render_file("mailings/letter.txt", values | {"blocks": texts}, autoescape=False)
    return Rendered(subject, text, inliner().inline(html))


def compose_all(campaign: Campaign, *, now: datetime) -> tuple[dict[str, Rendered], list[str]]:
    """Compose the letter in each of its languages; return them, and where they lead, once each."""
    found: dict[str, None] = {}

    def note(url: str) -> str:
        found[url] = None
        return url

    languages = campaign.editions.order_by("pk").values_list("language", flat=True)
    letters = {each: compose(campaign, each, now=now, link=note) for each in languages}
    return letters, [url for url in found if not url.startswith("mailto:")]


def freeze_editions(campaign: Campaign, *, now: datetime) -> None:
    """Write what each edition sends for good, its links as counted ones (R2.07).

    Call it in the transaction that starts the envoi. An edition already frozen stays as it is.
    """
    links = {row.url: row for row in campaign.links.all()}

    def counted(url: str) -> str:
        if url.startswith("mailto:"):
            return url
        if url not in links:
            links[url] = campaign.links.create(number=len(links) + 1, url=url)
        return link_address(links[url])

    for edition in campaign.editions.filter(frozen_at=None).order_by("pk"):
        letter = compose(campaign, edition.language, now=now, link=counted)
        edition.subject, edition.text, edition.html = letter.subject, letter.text, letter.html
        edition.frozen_at = now
        edition.save(update_fields=["subject", "text", "html", "frozen_at"])


def link_address(link: CampaignLink) -> str:
    """Return the counted address of a link: the same in every language and for every reader."""
    with override(settings.LANGUAGE_CODE):
        path = reverse("mailings:link", args=[tokens.make(tokens.LINK, link.pk)])
    return f"{settings.PUBLIC_URL}{path}"


def without_marks(words: str) -> str:
    """Return a page or a text of a letter for whoever is no reader: the marks lead to `/lettre/`.

    Used for previews and trials.
    """
    general = f"{settings.PUBLIC_URL}/lettre/"
    return _as_nobody(words.replace(UNSUBSCRIBE, general).replace(PREFERENCES, general))


def as_public_page(html: str) -> str:
    """Return the content of a frozen page as a page of the portal shows it: nobody's, unstyled."""
    found = _CONTENT.search(html)
    content = _as_nobody(found[1] if found else "")
    return _TAG.sub(lambda tag: _LOOKS.sub("", tag[0]), content)


def _as_nobody(words: str) -> str:
    words = words.replace(READER, tokens.make(tokens.READER, 0))
    return words.replace(VOTER, tokens.make(tokens.VOTER, 0))


def _shown_blocks(campaign: Campaign, language: str, now: datetime) -> Iterator[tuple[str, Values]]:
    for block in campaign.blocks.order_by("position", "pk"):
        kind = kind_of(block.kind)
        if kind is None or kind.lacks_words(block.content, language):
            continue
        content = {**block.content.get(COMMON, {}), **block.content.get(language, {})}
        shown = kind.data(content, language, now)
        if shown is not None:
            yield kind.template, shown


def _archive_url(campaign: Campaign) -> str:
    if not (campaign.is_archived and campaign.slug):
        return ""
    return f"{settings.PUBLIC_URL}{reverse('mailings:archive', args=[campaign.slug])}"
