"""Pages and news: written version by version, released at their hour, pictured, taken down."""

from datetime import datetime
from functools import partial
from hashlib import blake2b

from django.conf import settings
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import transaction
from django.db.models import Min
from django.utils.translation import gettext as _
from django.utils.translation import override

from emn.accounts.enums import Language
from emn.lib.commit import after_commit
from emn.lib.db import violation_as
from emn.lib.errors import DomainError
from emn.lib.images import size_of
from emn.lib.page_cache import touch
from emn.pages.models import Page, PageVersion
from emn.pages.services import redirects

PICTURE_SIDE_PX = 1280
FRENCH = Language.FRENCH


class PageRefused(DomainError):
    """The page may not be written, released or taken down so."""


@transaction.atomic(durable=True)
def write(
    *, page_id: int, language: str, base: int, title: str, summary: str, text: str,
    by_id: int | None, now: datetime,
) -> PageVersion:  # fmt: skip
    """Add a version, as a draft. `base`: the number of the version that the writer started from.

    The same words written again say that a translation still holds: it follows the last French.
    Without `by_id`, the portal itself writes.
    Raises Page.DoesNotExist, or PageRefused (French missing, written meanwhile, nothing new).
    """
    page = _locked(page_id)
    last = {row.language: row for row in PageVersion.objects.last_written([page])}
    before, french = last.get(language), last.get(FRENCH)
    if language != FRENCH and french is None:
        raise PageRefused(_("Écrivez d’abord le texte français."))
    if base != (before.number if before else 0):
        raise PageRefused(
            _("Quelqu’un a écrit une autre version entre-temps : relisez-la avant de remplacer.")
        )
    follows = french.number if french and language != FRENCH else None
    if before and (before.title, before.summary, before.text, before.follows) == (
        title, summary, text, follows,
    ):  # fmt: skip
        raise PageRefused(_("Rien n’a changé depuis la dernière version."))
    return page.versions.create(
        language=language, number=base + 1, title=title, summary=summary, text=text,
        follows=follows, written_at=now, written_by_id=by_id, is_shipped=by_id is None,
    )  # fmt: skip


@transaction.atomic(durable=True)
def release(
    *, version_id: int, shown_from: datetime | None, by_id: int | None, now: datetime
) -> PageVersion:
    """Show a version to everyone, at once or from an instant to come; the latter may be moved.

    Raises PageVersion.DoesNotExist, or PageRefused (shown already, overtaken, French not released,
    after the end of the page).
    """
    page = _locked_with(version_id)
    version = page.versions.get(pk=version_id)
    at = now if shown_from is None else shown_from
    if at < now:
        raise PageRefused(_("Choisissez un moment à venir, ou laissez vide pour publier aussitôt."))
    if version.shown_from is not None and version.shown_from <= now:
        raise PageRefused(_("Cette version est déjà parue."))
    later = page.versions.filter(language=version.language, number__gt=version.number)
    if later.filter(shown_from__isnull=False).exists():
        raise PageRefused(_("Une version plus récente est déjà publiée ou programmée."))
    if version.language != FRENCH and page.shown_from is None:
        raise PageRefused(_("Publiez d’abord le texte français."))
    version.shown_from, version.released_by_id = at, by_id
    version.save(update_fields=["shown_from", "released_by"])
    _follow_french(page)
    _say_so(at, now=now)
    return version


@transaction.atomic(durable=True)
def withhold(*, version_id: int, now: datetime) -> PageVersion:
    """Make a version that is only scheduled a draft again.

    Raises PageVersion.DoesNotExist, or PageRefused (it is shown, or it is not scheduled).
    """
    page = _locked_with(version_id)
    version = page.versions.get(pk=version_id)
    if version.shown_from is None or version.shown_from <= now:
        raise PageRefused(_("Seule une version programmée peut redevenir un brouillon."))
    version.shown_from, version.released_by = None, None
    version.save(update_fields=["shown_from", "released_by"])
    _follow_french(page)
    touch()
    return version


@transaction.atomic(durable=True)
def end(*, page_id: int, shown_until: datetime | None, now: datetime) -> Page:
    """Take a page down at an instant, at once for one that is past; None: it stays.

    Raises Page.DoesNotExist, or PageRefused (it has not appeared by then).
    """
    page = _locked(page_id)
    at = shown_until if shown_until is None else max(shown_until, now)
    if at is not None and (page.shown_from is None or page.shown_from >= at):
        raise PageRefused(_("La fin doit suivre la parution."))
    page.shown_until = at
    page.save(update_fields=["shown_until"])
    _say_so(at, now=now)
    return page


def picture(
    *, page_id: int, webp: bytes | None, alt_fr: str, alt_de: str, alt_en: str
) -> Page:  # fmt: skip
    """Store a picture that `emn.lib.images` wrote again, and its words; None keeps the picture.

    The file goes before the transaction, which does not wait for a store, and away if that fails.
    Raises Page.DoesNotExist, or PageRefused (no picture, nothing said of it).
    """
    if not alt_fr:
        raise PageRefused(_("Dites en quelques mots ce que l’image montre."))
    name = ""
    if webp is not None:
        name = f"pages/{page_id}-{blake2b(webp, digest_size=8).hexdigest()}.webp"
        if not default_storage.exists(name):
            default_storage.save(name, ContentFile(webp))
    try:
        return _picture(page_id, webp, name, alt_fr=alt_fr, alt_de=alt_de, alt_en=alt_en)
    except Exception:
        _forget_picture(name)
        raise


@transaction.atomic(durable=True)
def _picture(
    page_id: int, webp: bytes | None, name: str, *, alt_fr: str, alt_de: str, alt_en: str
) -> Page:  # fmt: skip
    page = _locked(page_id)
    if webp is None and not page.picture:
        raise PageRefused(_("Choisissez une image."))
    page.alt_fr, page.alt_de, page.alt_en = alt_fr, alt_de, alt_en
    if webp is not None:
        before = page.picture
        page.picture_width, page.picture_height = size_of(webp)
        page.picture = name
        after_commit(partial(_forget_picture, before))
    page.save()
    touch()
    return page


def _forget_picture(name: str) -> None:
    """Delete a file that no page shows."""
    if name and not Page.objects.filter(picture=name).exists():
        default_storage.delete(name)


@transaction.atomic(durable=True)
def move(*, page_id: int, slug: str) -> Page:
    """Change the address of a page; who comes by the old one is led to the new one.

    Raises Page.DoesNotExist, or PageRefused (taken already).
    """
    page = _locked(page_id)
    with override(settings.LANGUAGE_CODE):  # redirects are of the French paths
        before = page.get_absolute_url()
        page.slug = slug
        after = page.get_absolute_url()
    if before == after:
        return page
    with violation_as(
        PageRefused(_("Cette adresse est déjà prise.")),
        model=Page,
        constraint="pages_page_one_address",
    ):
        page.save(update_fields=["slug"])
    if page.shown_from is not None:
        redirects.follow_move(old_path=before, new_path=after)
    touch()
    return page


def _locked(page_id: int) -> Page:
    return Page.objects.select_for_update(of=("self",)).get(pk=page_id)


def _locked_with(version_id: int) -> Page:
    return _locked(PageVersion.objects.only("page_id").get(pk=version_id).page_id)


def _follow_french(page: Page) -> None:
    """The page appears with the first of its French versions."""
    french = page.versions.filter(language=FRENCH)
    first = french.aggregate(first=Min("shown_from"))["first"]
    if page.shown_until is not None and (first is None or first >= page.shown_until):
        raise PageRefused(_("La page est retirée à ce moment-là : changez d’abord sa fin."))
    page.shown_from = first
    page.save(update_fields=["shown_from"])


def _say_so(at: datetime | None, *, now: datetime) -> None:
    touch(at=at if at is not None and at > now else None)
