"""Lists, topics, people and the register of consents in the back office."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import Exists, OuterRef, Prefetch
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import path
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from modeltranslation.admin import TranslationAdmin

from emn.lib.admin import BaseAdmin, ReadOnlyAdmin
from emn.lib.errors import DomainError
from emn.mailings.addresses import mailbox_hash
from emn.mailings.enums import SubscriptionStatus
from emn.mailings.models import (
    ConsentRecord,
    ConsentText,
    JobFunction,
    MailingList,
    Subscriber,
    Subscription,
    Suppression,
    Topic,
)
from emn.mailings.services import subscribers as services
from emn.mailings.territories import territories

RECORDS_SHOWN = 100
UNSUBSCRIBE = "mailings.unsubscribe_subscriber"


class _ReferenceAdmin(BaseAdmin, TranslationAdmin):  # type: ignore[type-arg]
    """Words in three languages. People refer to the code: it is never changed, nor the row gone."""

    def get_queryset(self, request: HttpRequest) -> Any:
        """Count the people, for the list."""
        rows: Any = super().get_queryset(request)
        return rows.with_confirmed_count()

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """Lock the code once it is given."""
        return (*super().get_readonly_fields(request, obj), *(["code"] if obj else []))

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nobody deletes a row."""
        return False

    @admin.display(description=gettext_lazy("inscrits confirmés"), ordering="confirmed_count")
    def confirmed_count(self, row: Any) -> int:
        """Show how many confirmed people there are."""
        return int(row.confirmed_count)


@admin.register(MailingList)
class MailingListAdmin(_ReferenceAdmin):
    """Lists, each with those it writes to: never those who only asked."""

    list_display = ["name", "kind", "is_public", "position", "confirmed_count"]
    ordering = ["position", "pk"]


@admin.register(Topic)
class TopicAdmin(_ReferenceAdmin):
    """Topics, each with those who prefer it."""

    list_display = ["name", "position", "confirmed_count"]
    ordering = ["position", "pk"]


@admin.register(JobFunction)
class JobFunctionAdmin(_ReferenceAdmin):
    """Functions, with the topics that touch each: what may be sent there without a consent."""

    list_display = ["name", "topic_names", "position", "confirmed_count"]
    ordering = ["position", "pk"]

    def get_queryset(self, request: HttpRequest) -> Any:
        """Fetch the topics with the rows."""
        return super().get_queryset(request).prefetch_related("topics")

    def formfield_for_manytomany(self, db_field: Any, request: Any, **kwargs: Any) -> Any:
        """Show the topics as boxes, in their order."""
        kwargs |= {"queryset": Topic.objects.in_order(), "widget": forms.CheckboxSelectMultiple}
        return super().formfield_for_manytomany(db_field, request, **kwargs)

    @admin.display(description=gettext_lazy("thèmes qui touchent ce métier"))
    def topic_names(self, function: JobFunction) -> str:
        """Name the topics."""
        return ", ".join(topic.name for topic in function.topics.all()) or "—"


class _FoundByAddress(ReadOnlyAdmin):
    """Rows found by a person's whole address, through its fingerprint."""

    public_content = False
    search_fields = ["mailbox_hash"]
    search_help_text = gettext_lazy("Adresse complète de la personne")

    def get_search_results(
        self, request: HttpRequest, queryset: Any, search_term: str
    ) -> tuple[Any, bool]:
        """Look for a mailbox by its hash: every spelling that reaches it finds it."""
        term = search_term.strip()
        return queryset.filter(mailbox_hash=mailbox_hash(term)) if term else queryset, False


class ListFilter(admin.SimpleListFilter):
    """Those whom one list writes to."""

    title = gettext_lazy("inscrit à")
    parameter_name = "liste"

    def lookups(self, request: HttpRequest, model_admin: object) -> list[tuple[str, Any]]:
        """Offer every list."""
        return [(str(entry.pk), entry.name) for entry in MailingList.objects.in_order()]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        """Keep the confirmed people of the list."""
        chosen = str(self.value() or "")
        if not chosen.isdecimal():
            return queryset
        entries = Subscription.objects.confirmed().filter(
            list=int(chosen), subscriber=OuterRef("pk")
        )
        return queryset.filter(Exists(entries))


class UnsubscribeForm(forms.Form):
    """Which lists, and how the person asked."""

    lists: Any = forms.ModelMultipleChoiceField(
        label=gettext_lazy("Listes à quitter"),
        queryset=None,
        widget=forms.CheckboxSelectMultiple,
    )
    request = forms.CharField(
        label=gettext_lazy("Comment la personne l’a demandé"),
        max_length=200,
        help_text=gettext_lazy(
            "Par exemple : par téléphone, le 3 mai. C’est la preuve du retrait, gardée au "
            "registre : n’y écrivez ni nom ni adresse."
        ),
    )

    def __init__(self, *args: Any, subscriber: Subscriber, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        received = subscriber.subscriptions.exclude(status=SubscriptionStatus.ENDED)
        lists = MailingList.objects.filter(subscriptions__in=received).in_order()
        field = self.fields["lists"]
        assert isinstance(field, forms.ModelMultipleChoiceField)
        field.queryset, field.initial = lists, lists


@admin.register(Subscriber)
class SubscriberAdmin(_FoundByAddress):
    """People: what they receive, what proves it, what blocks them; and a way out."""

    change_form_template = "admin/mailings/subscriber/change_form.html"
    list_display = ["email", "lists", "language", "created_at", "last_contact_at"]
    list_filter = [ListFilter, "language"]
    ordering = ["-pk"]
    fields = [
        "email",
        "language",
        "territory",
        "topics",
        "function",
        "created_at",
        "last_contact_at",
        "asked_to_stay_at",
    ]
    readonly_fields = ["territory"]

    def get_queryset(self, request: HttpRequest) -> Any:
        """Fetch with the people the lists that write to them."""
        confirmed = Subscription.objects.confirmed().select_related("list").order_by("list", "pk")
        return (
            super()
            .get_queryset(request)
            .prefetch_related(Prefetch("subscriptions", confirmed, to_attr="confirmed"))
        )

    @admin.display(description=gettext_lazy("inscrit à"))
    def lists(self, subscriber: Any) -> str:
        """Name the lists that write to the person."""
        return ", ".join(entry.list.name for entry in subscriber.confirmed) or "—"

    @admin.display(description=gettext_lazy("territoire"))
    def territory(self, subscriber: Subscriber) -> str:
        """Name the territory."""
        code = subscriber.epci_code
        return territories().get(code, code) or _("tout le département")

    def render_change_form(
        self, request: HttpRequest, context: Any, *args: Any, **kwargs: Any
    ) -> Any:
        """Show what the register and the blocks say of the mailbox, and the way out."""
        subscriber = context["original"]
        box = subscriber.mailbox_hash
        entries = subscriber.subscriptions.select_related("list").order_by("list__position", "pk")
        records = ConsentRecord.objects.filter(mailbox_hash=box).select_related("list")
        context |= {
            "entries": entries,
            "records": records.order_by("-at", "-pk")[:RECORDS_SHOWN],
            "blocks": Suppression.objects.filter(mailbox_hash=box).order_by("-created_at", "-pk"),
            "may_unsubscribe": request.user.has_perm(UNSUBSCRIBE)
            and any(entry.status != SubscriptionStatus.ENDED for entry in entries),
        }
        return super().render_change_form(request, context, *args, **kwargs)

    def get_urls(self) -> list[Any]:
        """Add the way out."""
        leave = path(
            "<int:subscriber_id>/desinscrire/",
            self.admin_site.admin_view(self.unsubscribe),
            name="mailings_subscriber_unsubscribe",
        )
        return [leave, *super().get_urls()]

    def unsubscribe(self, request: HttpRequest, subscriber_id: int) -> HttpResponse:
        """Take the person off the lists chosen."""
        if not request.user.has_perm(UNSUBSCRIBE):
            raise PermissionDenied
        subscriber = get_object_or_404(Subscriber, pk=subscriber_id)
        form = UnsubscribeForm(
            request.POST if request.method == "POST" else None, subscriber=subscriber
        )
        if form.is_valid():
            try:
                services.unsubscribe_by_staff(
                    subscriber_id=subscriber_id,
                    list_ids=[entry.pk for entry in form.cleaned_data["lists"]],
                    request=form.cleaned_data["request"],
                    now=timezone.now(),
                )
            except DomainError as refusal:
                form.add_error(None, refusal.message)
            else:
                self.log_change(request, subscriber, _("Désinscription"))
                messages.success(request, _("C’est fait : ces listes ne lui écrivent plus."))
                return redirect("admin:mailings_subscriber_change", subscriber_id)
        context = self.admin_site.each_context(request) | {
            "title": _("Désinscrire"),
            "subscriber": subscriber,
            "form": form,
            "opts": self.model._meta,
        }
        return render(request, "admin/mailings/subscriber/unsubscribe.html", context)


@admin.register(ConsentRecord)
class ConsentRecordAdmin(_FoundByAddress):
    """The register: one line an act, found by the person's address even once it was erased."""

    list_display = ["at", "act", "method", "list", "source"]
    list_filter = ["list", "act", "method"]
    ordering = ["-at", "-pk"]
    fields = ["at", "list", "act", "method", "text", "words", "form_url", "source", "mailbox_hash"]
    readonly_fields = ["words"]

    @admin.display(description=gettext_lazy("texte accepté"))
    def words(self, record: ConsentRecord) -> str:
        """Show the very words."""
        return record.text.text if record.text else "—"


@admin.register(ConsentText)
class ConsentTextAdmin(ReadOnlyAdmin):
    """The texts that people agreed to, as they read them."""

    public_content = False
    list_display = ["first_used_at", "__str__"]
    ordering = ["-first_used_at", "pk"]
    fields = ["text", "first_used_at", "sha256"]
