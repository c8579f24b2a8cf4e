"""Writing the owner's layer of a card, one field or list at a time: inner steps of the services."""

from collections.abc import Collection, Iterable, Mapping
from hashlib import blake2b
from typing import Any

from django.core.files.base import ContentFile
from django.utils.translation import gettext as _

from directory import certifications
from directory.content import LISTS, ROW_FIELDS
from directory.models import Offer, Picture, PriceIndication, Provider
from emn.lib.commit import after_commit
from emn.lib.errors import DomainError
from emn.lib.images import measures, store_widths
from emn.lib.storage import delete_after_commit

MOST_ROWS = {"references": 12, "prices": 12, "certifications": 12, "translations": 2}
MOST_PICTURES = 6
PICTURE_WIDTHS = (480, 960, 1600)  # pixels


class ContentRefused(DomainError):
    """A list of the card is too long, or names what does not exist."""


def write(provider: Provider, values: Mapping[str, Any]) -> None:
    """Save the row and the lists that `values` holds; what it does not name stays.

    Fields of the row; `services` (Service rows); `references`, `prices`, `certifications` and
    `translations`: dictionaries, with the `id` of the row where there is one; `pictures`: `id` and
    `alt` of those to keep, in order. Raises ContentRefused.
    """
    for field in ROW_FIELDS:
        if field in values:
            setattr(provider, field, values[field])
    provider.save()
    if "services" in values:
        replace_offers({provider.pk: [service.pk for service in values["services"]]})
    for name, limit in MOST_ROWS.items():
        if name in values:
            _bring_in_line(provider, name, values[name], limit)
    if "pictures" in values:
        _keep_pictures(provider, values["pictures"])


def write_files(provider: Provider, values: Mapping[str, Any], *, logo: bytes | None) -> None:
    """Store the new logo and the new picture (`values["new_picture"]`: bytes and words)."""
    if new := values.get("new_picture"):
        _add_picture(provider, *new)
    if logo is not None:
        _replace_logo(provider, logo)
        Provider.objects.filter(pk=provider.pk).update(logo=provider.logo.name)


def _bring_in_line(provider: Provider, name: str, wanted: list[dict[str, Any]], limit: int) -> None:
    """Update the rows that are named by their id, add the others, delete what is no longer there.

    A row keeps its identity when its words change: other facts may point to it.
    """
    if len(wanted) > limit:
        raise ContentRefused(_("Gardez %(count)s lignes au plus.") % {"count": limit})
    if name == "certifications":
        _refuse_unknown(entry["code"] for entry in wanted)
    rows: Any = getattr(provider, name)
    known = {row.pk: row for row in rows.all()}
    written = [known.get(entry.get("id")) or rows.model(provider=provider) for entry in wanted]
    rows.exclude(pk__in={row.pk for row in written if row.pk}).delete()  # labels may change places
    ordered = any(field.name == "position" for field in rows.model._meta.fields)
    for position, (row, entry) in enumerate(zip(written, wanted, strict=True)):
        for field in LISTS[name]:
            setattr(row, field, entry[field])
        if ordered:
            row.position = position
        row.save()


def _refuse_unknown(codes: Iterable[str]) -> None:
    if unknown := set(codes) - set(certifications.kinds()):
        raise ContentRefused(
            _("Le label « %(code)s » n’est pas dans la liste.") % {"code": min(unknown)}
        )


def _keep_pictures(provider: Provider, wanted: list[dict[str, Any]]) -> None:
    known = {picture.pk: picture for picture in provider.pictures.all()}
    for position, entry in enumerate(wanted):
        if picture := known.pop(entry["id"], None):
            picture.alt, picture.position = entry["alt"], position
            picture.save(update_fields=["alt", "position"])
    for picture in known.values():
        picture.delete()
        forget_picture(provider.logo.storage, picture)


def _add_picture(provider: Provider, webp: bytes, alt: str) -> None:
    """Store the picture in each width up to its own, under a name that its content gives."""
    if provider.pictures.count() >= MOST_PICTURES:
        raise ContentRefused(
            _("Gardez %(count)s images au plus : retirez-en une d’abord.")
            % {"count": MOST_PICTURES}
        )
    name = f"images/{provider.slug}-{blake2b(webp, digest_size=6).hexdigest()}"
    picture, created = Picture.objects.get_or_create(
        provider=provider,
        name=name,
        defaults={"alt": alt, "position": MOST_PICTURES, **measures(webp, steps=PICTURE_WIDTHS)},
    )
    if created:
        store_widths(provider.logo.storage, name, webp, picture.widths)


def forget_picture(storage: Any, picture: Picture) -> None:
    """Delete the files after the commit, unless a card has the same picture then."""

    def delete() -> None:
        if not Picture.objects.filter(name=picture.name).exists():
            for name in picture.files:
                storage.delete(name)

    after_commit(delete)


def _replace_logo(provider: Provider, logo: bytes) -> None:
    """Store the picture under a name that its content gives: browsers keep it for a year."""
    name = f"logos/{provider.slug}-{blake2b(logo, digest_size=6).hexdigest()}.webp"
    if name == provider.logo.name:
        return
    if not provider.logo.storage.exists(name):
        provider.logo.storage.save(name, ContentFile(logo))
    delete_after_commit(provider.logo)
    provider.logo = name


def replace_offers(wanted: Mapping[int, Collection[int]]) -> None:
    """Have cards offer these services and no other: card → services. A price goes with its own."""
    offers = Offer.objects.filter(provider__in=wanted)
    held = set(offers.values_list("provider_id", "service_id"))
    given = {(card, service) for card, services in wanted.items() for service in services}
    gone = held - given
    for service in {service for _card, service in gone}:
        cards = [card for card, other in gone if other == service]
        for model in (Offer, PriceIndication):
            model._default_manager.filter(service=service, provider__in=cards).delete()
    Offer.objects.bulk_create(
        Offer(provider_id=card, service_id=service) for card, service in sorted(given - held)
    )
