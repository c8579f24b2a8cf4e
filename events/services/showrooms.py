"""What stands in the showrooms: published, pictured, counted, leaving on time."""

from collections.abc import Mapping
from datetime import date, datetime
from hashlib import blake2b

import segno
from django.conf import settings
from django.core.files.storage import default_storage
from django.db import connection, transaction
from django.utils.translation import gettext as _
from django.utils.translation import override

from directory.services.telling import people_of
from emn.lib.commit import after_commit
from emn.lib.errors import DomainError
from emn.lib.images import measures, store_widths
from emn.lib.page_cache import touch
from emn.mailings.services import queue_email
from events.models import Demonstration, Showroom, ShowroomPicture

PICTURE_WIDTHS = (480, 960, 1440)
MOST_PICTURES = 12  # of a showroom, its demonstrations included


class ShowroomRefused(DomainError):
    """The demonstration or the picture cannot be shown so."""


@transaction.atomic(durable=True)
def publish_demonstration(*, demonstration_id: int, now: datetime) -> Demonstration:
    """Show a demonstration to everyone. Raises ShowroomRefused (shown already, gone already)."""
    row = Demonstration.objects.select_for_update(of=("self",)).get(pk=demonstration_id)
    if row.published_at is not None:
        raise ShowroomRefused(_("Cette démonstration est déjà publiée."))
    if row.leaves_on <= now.date():
        raise ShowroomRefused(_("Sa date de départ est passée : changez-la d’abord."))
    row.published_at = now
    row.save(update_fields=["published_at"])
    touch()
    return row


@transaction.atomic(durable=True)
def end_demonstration(*, demonstration_id: int, on: date) -> Demonstration:
    """Have a demonstration leave on that day, earlier than said. Raises ShowroomRefused."""
    row = Demonstration.objects.select_for_update(of=("self",)).get(pk=demonstration_id)
    if not row.entered_on < on < row.leaves_on:
        raise ShowroomRefused(_("Choisissez un jour entre son entrée et son départ prévu."))
    row.leaves_on = on
    row.save(update_fields=["leaves_on"])
    touch()
    return row


@transaction.atomic(durable=True)
def add_picture(
    *, showroom_id: int, demonstration_id: int | None, webp: bytes, alt: str
) -> ShowroomPicture:
    """Store a picture that `emn.lib.images` wrote again, in each width up to its own.

    Raises ShowroomRefused (there are enough of them).
    """
    showroom = Showroom.objects.select_for_update().get(pk=showroom_id)
    if showroom.pictures.count() >= MOST_PICTURES:
        raise ShowroomRefused(
            _("Gardez %(count)s photographies au plus : retirez-en une d’abord.")
            % {"count": MOST_PICTURES}
        )
    name = f"images/{showroom.slug}-{blake2b(webp, digest_size=6).hexdigest()}"
    picture, made = ShowroomPicture.objects.get_or_create(
        name=name,
        defaults={
            "showroom": showroom, "demonstration_id": demonstration_id, "alt": alt,
            **measures(webp, steps=PICTURE_WIDTHS),
        },
    )  # fmt: skip
    if made:
        store_widths(default_storage, name, webp, picture.widths)
    touch()
    return picture


@transaction.atomic(durable=True)
def remove_picture(*, picture_id: int) -> None:
    """Take a picture off, and its files once that is committed."""
    picture = ShowroomPicture.objects.select_for_update(of=("self",)).get(pk=picture_id)
    files = picture.files
    picture.delete()

    def delete() -> None:
        for name in files:
            default_storage.delete(name)

    after_commit(delete)
    touch()


def qr_svg(demonstration: Demonstration) -> str:
    """Return the QR code of a demonstration, as SVG without a fixed size nor an inline style."""
    code = segno.make(page_url(demonstration), error="m")
    return str(code.svg_inline(svgclass="qr", lineclass=None, omitsize=True, border=2))


def page_url(demonstration: Demonstration, language: str = "fr") -> str:
    """Return the whole address of its page."""
    with override(language):
        return settings.PUBLIC_URL + demonstration.get_absolute_url()


_ADD = """
    INSERT INTO events_demonstrationday (demonstration_id, day, opened)
    SELECT id, %(day)s, %(count)s FROM events_demonstration WHERE slug = %(slug)s
    ON CONFLICT (demonstration_id, day)
    DO UPDATE SET opened = events_demonstrationday.opened + excluded.opened
"""


def add_views(counts: Mapping[tuple[date, str], int]) -> None:
    """Add how often pages were read, by day and address; unknown addresses are left out."""
    with transaction.atomic(), connection.cursor() as cursor:
        for (day, slug), count in sorted(counts.items()):  # in one order: two writers never wait
            cursor.execute(_ADD, {"day": day, "slug": slug, "count": count})


@transaction.atomic(durable=True)
def warn_leaving(*, demonstration_id: int, now: datetime) -> bool:
    """Tell the exhibitor, once, that the six months end within a month."""
    rows = Demonstration.objects.select_for_update(of=("self",), skip_locked=True)
    row = rows.select_related("exhibitor", "showroom").filter(
        pk=demonstration_id, warned_at=None
    ).first()  # fmt: skip
    if row is None:
        return False
    row.warned_at = now
    row.save(update_fields=["warned_at"])
    if row.exhibitor is not None:
        for person in people_of(row.exhibitor.company_id):
            queue_email(
                to=person.email,
                template="events/showrooms/emails/leaving",
                context={
                    "demonstration": row, "showroom": row.showroom,
                    "page_url": page_url(row, person.language),
                },
                language=person.language,
                dedup_key=f"events.leaving:{row.pk}:{person.pk}",
                now=now,
            )  # fmt: skip
    return True
