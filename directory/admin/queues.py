"""The queue of cards to read: its filters, and decisions on several at once."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.db.models import F, Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from directory.admin.merging import merge_address
from directory.enums import ProviderStatus
from directory.models import Provider
from directory.reference import territories
from directory.services import providers as services
from emn.lib.errors import DomainError

MOST_AT_ONCE = 500
_PAIR = 2


class TerritoryFilter(admin.SimpleListFilter):
    """Cards of one EPCI."""

    title = _("territoire")
    parameter_name = "territoire"
    template = "admin/directory/select_filter.html"
    kept: list[tuple[str, Any]]

    def lookups(self, request: HttpRequest, model_admin: object) -> list[tuple[str, Any]]:
        """Offer every EPCI, by name."""
        return sorted(territories().items(), key=lambda entry: entry[1])

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        """Keep the cards of the EPCI."""
        return queryset.filter(company__commune__epci=self.value()) if self.value() else queryset

    def choices(self, changelist: Any) -> Any:
        """Remember the other filters, which the form sends along."""
        parameters = changelist.get_filters_params().items()
        self.kept = [
            (name, value[-1] if isinstance(value, list) else value)
            for name, value in parameters
            if name != self.parameter_name
        ]
        return super().choices(changelist)


class AgeFilter(admin.SimpleListFilter):
    """Cards that have waited for the centre for some days."""

    title = _("attend depuis")
    parameter_name = "attente"

    def lookups(self, request: HttpRequest, model_admin: object) -> list[tuple[str, Any]]:
        """Offer the centre's promise, a week and a month."""
        return [
            ("2", _("plus de 2 jours")),
            ("7", _("plus de 7 jours")),
            ("30", _("plus de 30 jours")),
        ]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        """Keep what was handed over, or edited, before that day and not read since."""
        if self.value() not in {"2", "7", "30"}:
            return queryset
        before = timezone.now() - timedelta(days=int(str(self.value())))
        return queryset.filter(
            Q(status=ProviderStatus.SUBMITTED, submitted_at__lt=before)
            | Q(
                status=ProviderStatus.PUBLISHED,
                edited_at__gt=F("reviewed_at"),
                edited_at__lt=before,
            )
        )


class BulkReasonForm(forms.Form):
    """One reason for several cards."""

    reason = forms.CharField(
        label=_("Motif envoyé à chaque prestataire"),
        max_length=1000,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text=_("Le même pour toutes les fiches choisies."),
    )


class BulkDecisions:
    """Actions of the list of cards: each card is decided by the service of a single one."""

    admin_site: Any
    log_change: Callable[..., Any]

    @admin.action(description=_("Publier les fiches choisies"), permissions=["moderate"])
    def publish_selected(self, request: HttpRequest, queryset: Any) -> HttpResponse | None:
        """Publish each, and show what became of it."""
        return self._decide(
            request,
            queryset,
            title=_("Publier les fiches choisies"),
            act=lambda pk, _reason: services.publish_card(provider_id=pk, now=timezone.now()),
        )

    @admin.action(description=_("Renvoyer avec un motif"), permissions=["moderate"])
    def send_back_selected(self, request: HttpRequest, queryset: Any) -> HttpResponse | None:
        """Ask for the reason, then send each back."""
        return self._with_reason(
            request,
            queryset,
            title=_("Renvoyer avec un motif"),
            act=lambda pk, reason: services.send_card_back(
                provider_id=pk, reason=reason, now=timezone.now()
            ),
        )

    @admin.action(description=_("Masquer avec un motif"), permissions=["moderate"])
    def hide_selected(self, request: HttpRequest, queryset: Any) -> HttpResponse | None:
        """Ask for the reason, then hide each."""
        return self._with_reason(
            request,
            queryset,
            title=_("Masquer avec un motif"),
            act=lambda pk, reason: services.hide_card(
                provider_id=pk, reason=reason, now=timezone.now()
            ),
        )

    @admin.action(description=_("Comparer deux fiches pour les réunir"), permissions=["merge"])
    def compare_selected(self, request: HttpRequest, queryset: Any) -> HttpResponse | None:
        """Open the comparison of two cards."""
        cards = list(queryset.order_by("pk")[: _PAIR + 1])
        if len(cards) != _PAIR:
            messages.error(request, _("Choisissez deux fiches, ni plus ni moins."))
            return None
        return redirect(merge_address(*cards))

    def has_moderate_permission(self, request: HttpRequest) -> bool:
        """Return whether the person may decide on cards."""
        return request.user.has_perm("directory.moderate_provider")

    def has_merge_permission(self, request: HttpRequest) -> bool:
        """Return whether the person may make two cards one."""
        return request.user.has_perm("directory.merge_cards")

    def _with_reason(
        self, request: HttpRequest, queryset: Any, *, title: Any, act: Callable[[int, str], object]
    ) -> HttpResponse | None:
        form = BulkReasonForm(request.POST if "apply" in request.POST else None)
        if form.is_valid():
            reason = form.cleaned_data["reason"]
            return self._decide(request, queryset, title=title, act=act, reason=reason)
        cards = self._few(request, queryset)
        if cards is None:
            return None
        context = {"form": form, "cards": cards, "checkbox": ACTION_CHECKBOX_NAME}
        return self._page(request, title, context | {"action": request.POST["action"]})

    def _decide(
        self,
        request: HttpRequest,
        queryset: Any,
        *,
        title: Any,
        act: Callable[[int, str], object],
        reason: str = "",
    ) -> HttpResponse | None:
        """Decide card by card, each in its own transaction: one refusal spoils no other."""
        cards = self._few(request, queryset)
        if cards is None:
            return None
        results = []
        for card in cards:
            try:
                act(card.pk, reason)
            except DomainError as refusal:
                results.append((card, refusal.message, False))
            except Provider.DoesNotExist:
                results.append((card, str(_("Cette fiche n’existe plus.")), False))
            else:
                self.log_change(request, card, str(title))
                results.append((card, str(_("C’est fait.")), True))
        done = sum(ok for _card, _said, ok in results)
        context = {"results": results, "done": done, "refused": len(results) - done}
        return self._page(request, title, context)

    def _few(self, request: HttpRequest, queryset: Any) -> list[Provider] | None:
        cards = list(queryset.order_by("pk")[: MOST_AT_ONCE + 1])
        if len(cards) > MOST_AT_ONCE:
            messages.error(
                request,
                _("Choisissez %(count)s fiches au plus à la fois.") % {"count": MOST_AT_ONCE},
            )
            return None
        return cards

    def _page(self, request: HttpRequest, title: Any, context: dict[str, Any]) -> HttpResponse:
        shared = self.admin_site.each_context(request)
        context |= shared | {"title": title, "opts": Provider._meta}
        return render(request, "admin/directory/provider/bulk.html", context)
