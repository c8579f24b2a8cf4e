"""Possible duplicates side by side, and the merge of two cards."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path, reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from directory.admin.searching import WordSearch
from directory.enums import PairStatus
from directory.models import CardMerge, DuplicatePair, Membership, Provider
from directory.services import duplicates, merging
from directory.tasks import find_duplicates
from emn.lib.admin import ReadOnlyAdmin, agent_id
from emn.lib.errors import DomainError

PERMISSION = "directory.merge_cards"
_PAIR = 2


class MergeForm(forms.Form):
    """One choice a field on which the cards differ."""

    kept_version = forms.DateTimeField(widget=forms.HiddenInput)
    merged_version = forms.DateTimeField(widget=forms.HiddenInput)
    people = forms.BooleanField(
        label=_("Les personnes de la fiche réunie pourront modifier la fiche gardée"),
        required=False,
    )

    def __init__(
        self, data: Any, *, kept: Provider, merged: Provider, people: bool = False
    ) -> None:
        versions = {
            "kept_version": kept.edited_at.isoformat(),
            "merged_version": merged.edited_at.isoformat(),
        }
        super().__init__(data, initial=versions)
        if not people:
            del self.fields["people"]
        self._differences = merging.differences(kept, merged)
        for each in self._differences:
            choices = [(merging.KEPT, _("garder")), (merging.MERGED, _("prendre"))]
            if each.is_list:
                choices.append((merging.BOTH, _("prendre les deux")))
            self.fields[each.name] = forms.ChoiceField(
                label=each.label, choices=choices, initial=each.default, widget=forms.RadioSelect
            )

    def rows(self) -> list[tuple[merging.Difference, Any, list[Any]]]:
        """Return each difference with its field and one radio button a choice."""
        return [
            (each, self[each.name], list(self[each.name].subwidgets)) for each in self._differences
        ]

    def choices(self) -> dict[str, str]:
        """Return what the service takes."""
        return {each.name: self.cleaned_data[each.name] for each in self._differences}


@admin.register(DuplicatePair)
class DuplicatePairAdmin(WordSearch, ReadOnlyAdmin):
    """Cards alike; opening one compares them."""

    public_content = False
    change_list_template = "admin/directory/duplicatepair/change_list.html"
    list_display = ["__str__", "score", "why", "status", "found_at"]
    list_select_related = ["first", "second"]
    list_filter = ["status"]
    search_fields = ["first__name", "second__name"]
    paths = ("first__", "second__")
    ordering = ["-score", "pk"]

    @admin.display(description=_("raisons"))
    def why(self, pair: DuplicatePair) -> str:
        """Show the reasons in words."""
        return ", ".join(pair.reason_labels)

    def get_urls(self) -> list[Any]:
        """Add the comparison, the refusal and the search."""
        guard = self.admin_site.admin_view
        return [
            path("chercher/", guard(self.look), name="directory_duplicatepair_look"),
            path(
                "fusion/<int:kept_id>/<int:merged_id>/",
                guard(self.merge),
                name="directory_duplicatepair_merge",
            ),
            path(
                "<int:pair_id>/ecarter/",
                guard(self.dismiss),
                name="directory_duplicatepair_dismiss",
            ),
            *super().get_urls(),
        ]

    def change_view(
        self, request: HttpRequest, object_id: str, *args: Any, **kwargs: Any
    ) -> HttpResponse:
        """Open the comparison: the card to keep first."""
        pair = self.get_object(request, object_id)
        if pair is None or not request.user.has_perm(PERMISSION):
            return super().change_view(request, object_id, *args, **kwargs)
        return redirect(merge_address(pair.first, pair.second))

    def look(self, request: HttpRequest) -> HttpResponse:
        """Have the worker look for duplicates now."""
        _require(request)
        if request.method == "POST":
            find_duplicates.delay()
            messages.success(
                request, _("La recherche est lancée. Revenez sur cette page dans quelques minutes.")
            )
        return redirect("admin:directory_duplicatepair_changelist")

    def dismiss(self, request: HttpRequest, pair_id: int) -> HttpResponse:
        """Remember that these are two cards."""
        _require(request)
        if request.method == "POST":
            try:
                pair = duplicates.dismiss_pair(pair_id=pair_id, now=timezone.now())
            except DomainError as refusal:
                messages.error(request, refusal.message)
            else:
                self.log_change(request, pair, str(_("Fiches différentes")))
                messages.success(request, _("C’est noté : ces fiches ne seront plus proposées."))
        return redirect(
            reverse("admin:directory_duplicatepair_changelist") + "?status__exact=proposed"
        )

    def merge(self, request: HttpRequest, kept_id: int, merged_id: int) -> HttpResponse:
        """Compare two cards field by field, and make them one."""
        _require(request)
        rows = Provider.objects.with_place()
        kept, merged = rows.filter(pk=kept_id).first(), rows.filter(pk=merged_id).first()
        if kept is None or merged is None or kept == merged:
            messages.error(request, _("Choisissez deux fiches : l’une d’elles n’existe plus."))
            return redirect("admin:directory_duplicatepair_changelist")
        people = list(
            Membership.objects.filter(company=merged.company_id)
            .select_related("user")
            .order_by("pk")
        )
        ask_people = bool(people) and kept.company_id != merged.company_id
        posted = request.POST if request.method == "POST" else None
        form = MergeForm(posted, kept=kept, merged=merged, people=ask_people)
        if form.is_valid():
            given = form.cleaned_data
            try:
                merging.merge_cards(
                    kept_id=kept_id,
                    merged_id=merged_id,
                    choices=form.choices(),
                    move_people=given.get("people", False),
                    read_versions=(given["kept_version"], given["merged_version"]),
                    by_id=agent_id(request),
                    now=timezone.now(),
                )
            except DomainError as refusal:
                form.add_error(None, refusal.message)
            else:
                self.log_change(request, kept, f"Fiche réunie : {merged.slug}")
                messages.success(
                    request,
                    _("C’est fait : « %(gone)s » est réunie à « %(kept)s », et son adresse y mène.")
                    % {"gone": merged.name, "kept": kept.name},
                )
                return redirect("admin:directory_provider_change", kept_id)
        pair = DuplicatePair.objects.filter(
            first_id=min(kept_id, merged_id), second_id=max(kept_id, merged_id)
        ).first()
        context = self.admin_site.each_context(request) | {
            "title": _("Comparer deux fiches"),
            "kept": kept,
            "merged": merged,
            "people": [link.user.email for link in people],
            "form": form,
            "pair": pair,
            "too_long": merging.too_long(kept, merged),
            "may_dismiss": pair is not None and pair.status == PairStatus.PROPOSED,
            "swap_url": reverse("admin:directory_duplicatepair_merge", args=[merged_id, kept_id]),
            "opts": self.model._meta,
        }
        return render(request, "admin/directory/duplicatepair/merge.html", context)


@admin.register(CardMerge)
class CardMergeAdmin(ReadOnlyAdmin):
    """What was made one, by whom."""

    public_content = False
    list_display = ["merged_name", "kept", "merged_at", "merged_by"]
    search_fields = ["merged_name", "merged_slug", "merged_siret", "kept__name"]
    ordering = ["-merged_at", "-pk"]


def merge_address(one: Provider, other: Provider) -> str:
    """Return the comparison that keeps the public card, else the held one, else the older."""
    held = set(
        Membership.objects.filter(company__in=[one.company_id, other.company_id]).values_list(
            "company_id", flat=True
        )
    )
    kept, merged = sorted(
        (one, other), key=lambda card: (not card.is_published, card.company_id not in held, card.pk)
    )
    return reverse("admin:directory_duplicatepair_merge", args=[kept.pk, merged.pk])


def _require(request: HttpRequest) -> None:
    if not request.user.has_perm(PERMISSION):
        raise PermissionDenied
