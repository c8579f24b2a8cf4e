"""Reading, publishing and hiding cards."""

from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import path, reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from directory.admin.queues import AgeFilter, BulkDecisions, TerritoryFilter
from directory.admin.review import CorrectionsMixin, review_of
from directory.admin.searching import WordSearch
from directory.enums import ProviderStatus
from directory.forms import DecisionForm, ReasonForm
from directory.models import Offer, Provider
from directory.services import providers as services
from emn.lib.admin import QueueFilter, ReadOnlyAdmin
from emn.lib.errors import DomainError
from emn.lib.versioned_admin import VersionedAdmin


class OfferInline(admin.TabularInline):  # type: ignore[type-arg]
    """The services of the card."""

    model = Offer
    extra = 0
    autocomplete_fields = ["service"]
    can_delete = False

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """Return the offers with what each row names."""
        return super().get_queryset(request).select_related("provider", "service")

    def has_add_permission(self, request: HttpRequest, obj: object = None) -> bool:
        """Only its owner says what a provider offers."""
        return False

    has_change_permission = has_add_permission


class ToReviewFilter(QueueFilter):
    """The queue: submitted cards, and published ones edited since they were read."""

    title = _("relecture")
    parameter_name = "relecture"
    queues = (
        ("oui", _("À relire"), lambda rows: rows.awaiting_review()),
        (
            "fermes",
            _("Établissement fermé au registre"),
            lambda rows: rows.of_closed_establishments(),
        ),
    )


# Transition → the state it applies to, its button, and whether the provider is told why.
TRANSITIONS: dict[str, tuple[set[str], Any, bool]] = {
    "publier": ({ProviderStatus.SUBMITTED, ProviderStatus.HIDDEN}, _("Publier"), False),
    "relue": ({ProviderStatus.PUBLISHED}, _("Marquer comme relue"), False),
    "renvoyer": ({ProviderStatus.SUBMITTED}, _("Renvoyer avec un motif"), True),
    "masquer": ({ProviderStatus.PUBLISHED}, _("Masquer avec un motif"), True),
}


@admin.register(Provider)
class ProviderAdmin(CorrectionsMixin, BulkDecisions, WordSearch, ReadOnlyAdmin, VersionedAdmin):
    """Staff reads the card and decides; only its owner writes it."""

    change_form_template = "admin/directory/provider/change_form.html"
    list_display = ["name", "company", "commune", "status", "submitted_at", "edited_at"]
    list_select_related = ["company__commune"]
    list_filter = [ToReviewFilter, AgeFilter, "status", TerritoryFilter, "company__is_demo"]
    search_fields = ["name"]
    sortable_by = ["name", "submitted_at", "edited_at"]
    ordering = ["submitted_at", "pk"]
    inlines = [OfferInline]
    fields = [
        "status",
        "moderation_note",
        "company",
        "members",
        "name",
        "tagline",
        "description",
        "language",
        "keywords",
        "languages",
        "client_sizes",
        "sectors",
        "service_area",
        "countries",
        "contact_mode",
        "email",
        "phone",
        "website",
        "answer_days",
        "logo",
        "logo_alt",
        "quality",
        "submitted_at",
        "reviewed_at",
        "published_at",
        "edited_at",
        "confirmed_at",
        "reminders_sent",
        "silenced_at",
    ]
    actions = ["publish_selected", "send_back_selected", "hide_selected", "compare_selected"]

    @admin.display(description=_("commune"))
    def commune(self, provider: Provider) -> str:
        """Show where the establishment is."""
        return provider.company.commune.name

    @admin.display(description=_("personnes rattachées"))
    def members(self, provider: Provider) -> str:
        """Show who acts for the company."""
        people = provider.company.members.order_by("email", "pk")
        return ", ".join(person.email for person in people) or "—"

    def view_on_site(self, obj: Provider) -> str | None:
        """Link to the public page of a card that has one."""
        return obj.get_absolute_url() if obj.is_published else None

    def get_urls(self) -> list[Any]:
        """Add one address for the transitions."""
        decide = path(
            "<int:provider_id>/decision/<str:transition>/",
            self.admin_site.admin_view(self.transition_view),
            name="directory_provider_transition",
        )
        return [decide, *super().get_urls()]

    def render_change_form(
        self, request: HttpRequest, context: Any, *args: Any, **kwargs: Any
    ) -> Any:
        """Show the buttons that the card's state allows."""
        provider = context.get("original")
        context["transitions"] = [
            (_transition_address(provider, name), label)
            for name, (states, label, _reasoned) in TRANSITIONS.items()
            if self.has_moderate_permission(request) and provider.status in states
        ]
        if provider is not None:
            context["review"] = review_of(provider)
            context["may_moderate"] = self.has_moderate_permission(request)
        return super().render_change_form(request, context, *args, **kwargs)

    def transition_view(
        self, request: HttpRequest, provider_id: int, transition: str
    ) -> HttpResponse:
        """Ask for confirmation, and for a reason where the provider is told one; then act."""
        if not self.has_moderate_permission(request):
            raise PermissionDenied
        provider = get_object_or_404(Provider, pk=provider_id)
        if transition not in TRANSITIONS:
            raise Http404
        _states, label, reasoned = TRANSITIONS[transition]
        read = request.GET.get("edited_at") or provider.edited_at.isoformat()
        form = (ReasonForm if reasoned else DecisionForm)(
            request.POST if request.method == "POST" else None, initial={"edited_at": read}
        )
        if form.is_valid():
            try:
                _act(transition)(provider_id, form.cleaned_data)
            except DomainError as refusal:
                messages.error(request, refusal.message)
            else:
                messages.success(request, _("C’est fait : %(label)s.") % {"label": label})
            return redirect("admin:directory_provider_change", provider_id)
        return render(
            request,
            "admin/directory/provider/transition.html",
            {
                **self.admin_site.each_context(request),
                "title": label,
                "provider": provider,
                "form": form,
                "opts": Provider._meta,
            },
        )


def _transition_address(provider: Provider, transition: str) -> str:
    """Return the page of a decision on the text as it stands now."""
    address = reverse("admin:directory_provider_transition", args=[provider.pk, transition])
    return f"{address}?{urlencode({'edited_at': provider.edited_at.isoformat()})}"


def _act(transition: str) -> Callable[[int, dict[str, Any]], object]:
    """Return the service of a transition, which takes the card and the checked form."""
    now = timezone.now()

    def publish(pk: int, given: dict[str, Any]) -> object:
        return services.publish_card(provider_id=pk, read_version=given["edited_at"], now=now)

    def send_back(pk: int, given: dict[str, Any]) -> object:
        return services.send_card_back(provider_id=pk, reason=given["reason"], now=now)

    def hide(pk: int, given: dict[str, Any]) -> object:
        return services.hide_card(provider_id=pk, reason=given["reason"], now=now)

    acts = {"publier": publish, "relue": publish, "renvoyer": send_back, "masquer": hide}
    return acts[transition]
