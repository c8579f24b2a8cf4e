"""What the directory writes in the file of a company: needs, reviews given, its charter."""

from collections.abc import Iterator

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from directory.bridge_wording import counted
from directory.charter.states import PUBLIC_KINDS
from directory.dossier import Asked, Line, Step
from directory.enums import AdSide, AdStatus, NeedStatus, ReviewStatus
from directory.models import AdhesionEvent, AdReply, Need, Review, SolidarityAd
from directory.services import needs as needs_services

MEASURE_AGAIN = Step(
    gettext_lazy("Le travail est fait : refaites le point, et voyez ce qui a changé."),
    "diagnostics:start",
)
REVERSIBLE = Step(
    gettext_lazy("Un projet commence : notez dès maintenant qui tient vos accès."),
    "reversibility:chest",
)


def needs(asked: Asked) -> Iterator[Line]:
    """Yield the needs that the company confirmed; the one who wrote one is led back to it."""
    rows = Need.objects.confirmed().filter(company=asked.company, forgotten_at=None)
    for need in asked.newest(rows.select_related("service"), "confirmed_at"):
        assert need.confirmed_at is not None
        is_author = asked.reader is not None and asked.reader.email == need.contact_email
        follow = needs_services.token(need.pk, needs_services.FOLLOW)
        yield Line(
            pk=need.pk,
            at=need.confirmed_at,
            title=str(need.service),
            detail=need.get_status_display(),
            href=reverse("needs:follow", args=[follow]) if is_author else "",
            then=_after(need),
        )


def _after(need: Need) -> Step | None:
    if need.status in {NeedStatus.DONE, NeedStatus.REVIEWED}:
        return MEASURE_AGAIN
    return REVERSIBLE if need.status == NeedStatus.CHOSEN else None


def reviews(asked: Asked) -> Iterator[Line]:
    """Yield the reviews that its people gave and that are public."""
    rows = Review.objects.filter(client=asked.company, status=ReviewStatus.PUBLISHED)
    for review in asked.newest(rows.select_related("provider"), "published_at"):
        assert review.published_at is not None
        yield Line(
            pk=review.pk,
            at=review.published_at,
            title=_("Avis sur %(name)s") % {"name": review.provider},
            href=review.provider.get_absolute_url(),
        )


def charter(asked: Asked) -> Iterator[Line]:
    """Yield what happened to its adhesions, as the register tells it."""
    rows = AdhesionEvent.objects.filter(adhesion__company=asked.company, kind__in=PUBLIC_KINDS)
    for event in asked.newest(rows.select_related("adhesion__charter"), "at"):
        yield Line(
            pk=event.pk,
            at=event.at,
            title=_("Adhésion à la charte, version %(version)s")
            % {"version": event.adhesion.charter.version},
            detail=event.get_kind_display(),
            href=reverse("charter:signatory", args=[event.adhesion.siren]),
        )


def offers(asked: Asked) -> Iterator[Line]:
    """Yield what its people offered on the solidarity bridge, unless staff took it offline."""
    rows = SolidarityAd.objects.filter(
        side=AdSide.OFFER, company=asked.company, published_at__isnull=False
    ).exclude(status=AdStatus.REFUSED)
    for ad in asked.newest(rows, "published_at"):
        assert ad.published_at is not None
        yield Line(
            pk=ad.pk,
            at=ad.published_at,
            title=ad.title or counted(ad.kind, ad.quantity),
            detail=ad.get_ending_display() or ad.get_status_display(),
            href=ad.get_absolute_url() if ad.is_published else "",
        )


def help_given(asked: Asked) -> Iterator[Line]:
    """Yield what its people gave to those who had said a need, once both sides have said so."""
    rows = AdReply.objects.counted().filter(ad__side=AdSide.NEED, company=asked.company)
    for reply in asked.newest(rows.select_related("ad"), "counted_at"):
        assert reply.counted_at is not None
        yield Line(
            pk=reply.pk,
            at=reply.counted_at,
            title=_("Aide à %(name)s") % {"name": reply.ad.organisation},
            detail=counted(reply.ad.kind, reply.agreed),
        )
