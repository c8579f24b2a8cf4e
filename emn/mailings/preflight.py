"""What must be right before a letter leaves: each check says in a sentence what to do.

All of them block. Sources: rules R3.02, R3.03; 102 KB is where Gmail cuts a message off.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from email.utils import parseaddr
from html.parser import HTMLParser
from urllib.parse import urlsplit

from django.conf import settings
from django.urls import Resolver404, resolve
from django.utils.functional import Promise
from django.utils.translation import get_language_from_path, gettext_lazy, override
from django.utils.translation import gettext as _

from emn.lib.languages import language_name
from emn.mailings import segments
from emn.mailings.blocks import kind_of
from emn.mailings.composing import PREFERENCES, UNSUBSCRIBE, compose_all
from emn.mailings.markup import is_own
from emn.mailings.models import Campaign, LinkCheck
from emn.mailings.rendering import Rendered

LARGEST_PAGE = 102 * 1024  # bytes


@dataclass(frozen=True)
class Draft:
    """An envoi as the checks look at it: its letter by language, the addresses it leads to."""

    campaign: Campaign
    now: datetime
    letters: Mapping[str, Rendered]
    links: Sequence[str]


@dataclass(frozen=True)
class Check:
    """A question put to a draft: its problems, each a sentence; none when it is right."""

    label: str | Promise
    problems: Callable[[Draft], Iterator[str]]


@dataclass(frozen=True)
class Finding:
    """What a check found."""

    label: str | Promise
    problems: list[str]


def run(campaign: Campaign, *, now: datetime) -> list[Finding]:
    """Put every check to the envoi. Raises UnknownCriterion."""
    draft = Draft(campaign, now, *compose_all(campaign, now=now))
    return [Finding(check.label, list(check.problems(draft))) for check in CHECKS]


def problems_when_frozen(campaign: Campaign, *, now: datetime) -> list[str]:
    """Return what is wrong with the very letters that are about to leave."""
    editions = campaign.editions.order_by("pk")
    letters = {each.language: Rendered(each.subject, each.text, each.html) for each in editions}
    draft = Draft(campaign, now, letters, links=[])
    return [problem for check in AT_THE_START for problem in check.problems(draft)]


# --- The checks ---


def _subject(draft: Draft) -> Iterator[str]:
    if not draft.letters:
        yield _("Écrivez l’objet dans une langue au moins.")
    for language, letter in draft.letters.items():
        if not letter.subject:
            yield _("Écrivez l’objet en %(language)s.") % {"language": language_name(language)}


def _languages(draft: Draft) -> Iterator[str]:
    for language in segments.languages_of_audience(draft.campaign):
        if language not in draft.letters:
            yield _(
                "Des destinataires lisent en %(language)s : écrivez la version dans cette langue, "
                "ou retirez cette langue des destinataires."
            ) % {"language": language_name(language)}


def _blocks(draft: Draft) -> Iterator[str]:
    blocks = list(draft.campaign.blocks.order_by("position", "pk"))
    if not blocks:
        yield _("Ajoutez un bloc : le message est vide.")
    for number, block in enumerate(blocks, start=1):
        kind = kind_of(block.kind)
        if kind is None:
            yield _("Retirez le bloc %(number)d : son genre n’existe plus.") % {"number": number}
            continue
        for language in draft.letters:
            if kind.lacks_words(block.content, language):
                yield _("Écrivez le bloc %(number)d (%(kind)s) en %(language)s.") % {
                    "number": number,
                    "kind": str(kind.label).lower(),
                    "language": language_name(language),
                }


def _unsubscribe(draft: Draft) -> Iterator[str]:
    for language, letter in draft.letters.items():
        marks = (UNSUBSCRIBE, PREFERENCES)
        if any(part.count(mark) != 1 for part in (letter.html, letter.text) for mark in marks):
            yield _(
                "La version en %(language)s doit porter une fois, et une seule, les liens « ne "
                "plus recevoir » et « choisir » : retirez des blocs tout ce qui commence par @@EMN."
            ) % {"language": language_name(language)}


def _links(draft: Draft) -> Iterator[str]:
    checks = LinkCheck.objects.filter(url__in=draft.links)
    checked = dict(checks.values_list("url", "problem"))
    sound = set(checks.sound(now=draft.now).values_list("url", flat=True))
    for url in draft.links:
        if is_own(url) and not _is_a_page(url):
            yield _("Corrigez le lien %(url)s : le portail n’a pas cette page.") % {"url": url}
        elif checked.get(url):
            yield _("Corrigez ou retirez le lien %(url)s : %(problem)s.") % {
                "url": url,
                "problem": checked[url],
            }
        elif url not in sound and not is_own(url):
            yield _(
                "Le lien %(url)s n’est pas encore vérifié : attendez quelques secondes, puis "
                "rechargez la page."
            ) % {"url": url}


def _is_a_page(url: str) -> bool:
    path = urlsplit(url).path
    with override(get_language_from_path(path) or settings.LANGUAGE_CODE):
        try:
            resolve(path)
        except Resolver404:
            return False
    return True


def _descriptions(draft: Draft) -> Iterator[str]:
    for language, letter in draft.letters.items():
        for source in _pictures_without_words(letter.html):
            yield _("Décrivez l’image %(source)s en %(language)s.") % {
                "source": source,
                "language": language_name(language),
            }


def _weight(draft: Draft) -> Iterator[str]:
    for language, letter in draft.letters.items():
        size = len(letter.html.encode())
        if size > LARGEST_PAGE:
            yield _(
                "La version en %(language)s pèse %(size)d Ko : retirez des blocs pour rester sous "
                "102 Ko, sinon des messageries la coupent."
            ) % {"language": language_name(language), "size": size // 1024}


def _sender(_draft: Draft) -> Iterator[str]:
    domain = parseaddr(settings.LIST_FROM_EMAIL)[1].rpartition("@")[2].lower()
    if not any(_aligned(domain, signing.lower()) for signing in settings.DKIM_DOMAINS):
        yield _(
            "L’adresse d’expédition est en %(domain)s, qu’aucune signature DKIM ne couvre : "
            "demandez à l’administrateur de régler EMN_DKIM_DOMAINS."
        ) % {"domain": domain}
    if domain == parseaddr(settings.DEFAULT_FROM_EMAIL)[1].rpartition("@")[2].lower():
        yield _(
            "Les lettres partent de %(domain)s comme les messages de service : demandez à "
            "l’administrateur de leur donner un sous-domaine à elles (EMN_LIST_FROM_EMAIL), pour "
            "qu’une lettre mal reçue n’arrête pas les convocations."
        ) % {"domain": domain}


def _aligned(domain: str, signing: str) -> bool:
    """Tell whether a signature covers a sender: one domain is the other's parent, or the same.

    Source: RFC 7489 §3.1.1, relaxed; a top-level domain alone covers nothing.
    """
    if "." not in domain or "." not in signing:
        return False
    return domain == signing or domain.endswith(f".{signing}") or signing.endswith(f".{domain}")


def _recipients(draft: Draft) -> Iterator[str]:
    if not segments.has_recipient(draft.campaign, now=draft.now):
        yield _("Personne ne recevrait cet envoi : revoyez la liste ou les destinataires.")


class _Pictures(HTMLParser):
    """Collects the pictures that say nothing to whoever does not see them."""

    def __init__(self) -> None:
        super().__init__()
        self.silent: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Look at each picture."""
        given = dict(attrs)
        if tag == "img" and not (given.get("alt") or "").strip():
            self.silent.append(given.get("src") or "")


def _pictures_without_words(html: str) -> list[str]:
    parser = _Pictures()
    parser.feed(html)
    return parser.silent


AT_THE_START = (
    Check(gettext_lazy("L’objet est écrit"), _subject),
    Check(gettext_lazy("Chaque bloc a ses mots dans chaque langue"), _blocks),
    Check(gettext_lazy("On peut se désinscrire"), _unsubscribe),
    Check(gettext_lazy("Les images sont décrites"), _descriptions),
    Check(gettext_lazy("Le message pèse moins de 102 Ko"), _weight),
)
CHECKS = (
    *AT_THE_START,
    Check(gettext_lazy("Chaque langue des destinataires a sa version"), _languages),
    Check(gettext_lazy("Les liens mènent quelque part"), _links),
    Check(gettext_lazy("L’expéditeur est signé (DKIM)"), _sender),
    Check(gettext_lazy("Quelqu’un le recevra"), _recipients),
)
