"""What staff needs to review a card: what changed since it was read, and the corrections."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import path, reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from directory.content import Change, changes, content_of, in_words, label_of
from directory.forms import CorrectionForm
from directory.models import Correction, Picture, Provider
from directory.services import corrections
from emn.lib.errors import DomainError

_LISTS = ("references", "prices", "certifications", "translations")


@dataclass(frozen=True)
class Review:
    """A card as staff reads it. `changes` is None when no earlier reading is known."""

    changes: list[Change] | None
    lists: list[tuple[str, list[str]]]
    pictures: list[Picture]
    corrections: list[tuple[Correction, str]]


def review_of(provider: Provider) -> Review:
    """Return what to read: the difference since the last review, the lists, the corrections."""
    content = content_of(provider)
    read: Mapping[str, Any] | None = provider.reviewed_content
    standing = provider.corrections.standing().select_related("made_by").order_by("pk")
    return Review(
        changes=None if read is None else changes(read, content),
        lists=[
            (label_of(name), lines) for name in _LISTS if (lines := in_words(name, content[name]))
        ],
        pictures=list(provider.pictures.order_by("position", "pk")),
        corrections=[
            (row, reverse("admin:directory_provider_lift", args=[provider.pk, row.pk]))
            for row in standing
        ],
    )


class CorrectionsMixin:
    """The addresses by which staff corrects a field of a card, and lifts a correction."""

    admin_site: Any

    def get_urls(self) -> list[Any]:
        """Add the two addresses."""
        return [
            path(
                "<int:provider_id>/corriger/",
                self.admin_site.admin_view(self.correct_view),
                name="directory_provider_correct",
            ),
            path(
                "<int:provider_id>/correction/<int:correction_id>/lever/",
                self.admin_site.admin_view(self.lift_view),
                name="directory_provider_lift",
            ),
            *super().get_urls(),  # type: ignore[misc]
        ]

    def correct_view(self, request: HttpRequest, provider_id: int) -> HttpResponse:
        """Ask for the field, its value and the reason; then show it over the owner's words."""
        provider = self._decided(request, provider_id)
        form = CorrectionForm(request.POST if request.method == "POST" else None)
        if form.is_valid():
            try:
                corrections.correct_card(
                    provider_id=provider.pk,
                    agent_id=request.user.pk or 0,
                    now=timezone.now(),
                    **form.cleaned_data,
                )
            except DomainError as refusal:
                form.add_error(None, refusal.message)
            else:
                messages.success(request, _("La fiche dit maintenant votre correction."))
                return redirect("admin:directory_provider_change", provider.pk)
        context = {
            **self.admin_site.each_context(request),
            "title": _("Corriger un champ"),
            "provider": provider,
            "form": form,
            "opts": Provider._meta,
        }
        return render(request, "admin/directory/provider/transition.html", context)

    def lift_view(self, request: HttpRequest, provider_id: int, correction_id: int) -> HttpResponse:
        """Show the owner's words again."""
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        provider = self._decided(request, provider_id)
        try:
            corrections.lift_correction(
                provider_id=provider.pk, correction_id=correction_id, now=timezone.now()
            )
        except DomainError as refusal:
            messages.error(request, refusal.message)
        else:
            messages.success(request, _("La fiche dit de nouveau les mots du prestataire."))
        return redirect("admin:directory_provider_change", provider.pk)

    def _decided(self, request: HttpRequest, provider_id: int) -> Provider:
        if not request.user.has_perm("directory.moderate_provider"):
            raise PermissionDenied
        return get_object_or_404(Provider, pk=provider_id)
