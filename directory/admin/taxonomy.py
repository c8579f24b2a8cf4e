"""The taxonomy of services: words in three languages, terms removed without a broken link."""

from typing import Any

from django import forms
from django.conf import settings
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.db.models import Count, OuterRef, Subquery
from django.db.models.functions import Coalesce
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import path, reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from modeltranslation.admin import TranslationAdmin

from directory.models import IgnoredWord, Offer, Service, ServiceCategory, TermRedirect
from directory.services import taxonomy_editing as editing
from directory.services import taxonomy_retiring as retiring
from directory.services.taxonomy import taxonomy_changed
from emn.accounts.enums import Language
from emn.lib.admin import BaseAdmin, ReadOnlyAdmin
from emn.lib.decisions import Buttons, WithButtons, decision_page
from emn.lib.errors import DomainError
from emn.lib.languages import language_name


class TermForm(forms.ModelForm):  # type: ignore[type-arg]
    """A term; its address is never one that a term has or had: browsers remember where it led."""

    def clean_slug(self) -> str:
        """Refuse an address that leads elsewhere."""
        slug = str(self.cleaned_data["slug"])
        if slug != self.instance.slug and editing.is_slug_taken(slug):
            raise forms.ValidationError(_("Un terme a, ou a eu, cette adresse."))
        return slug


class RetireForm(forms.Form):
    """Where what a removed term holds goes."""

    target: Any = forms.ModelChoiceField(label="", queryset=None)

    def __init__(self, *args: Any, others: Any, label: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["target"]
        assert isinstance(field, forms.ModelChoiceField)
        field.queryset, field.label = others, label


class SynonymForm(forms.Form):
    """A word for a service that exists."""

    prefix = "synonyme"
    service: Any = forms.ModelChoiceField(
        label=gettext_lazy("Synonyme de"), queryset=Service.objects.none()
    )
    language = forms.ChoiceField(label=gettext_lazy("Langue du mot"), choices=Language)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["service"]
        assert isinstance(field, forms.ModelChoiceField)
        field.queryset = Service.objects.in_order()


class NewServiceForm(forms.Form):
    """A service made of a word."""

    prefix = "service"
    category: Any = forms.ModelChoiceField(
        label=gettext_lazy("Famille"), queryset=ServiceCategory.objects.none()
    )
    name_fr = forms.CharField(label=gettext_lazy("Nom en français"), max_length=120)
    name_de = forms.CharField(label=gettext_lazy("Nom en allemand"), max_length=120)
    name_en = forms.CharField(label=gettext_lazy("Nom en anglais"), max_length=120)
    add_to_cards = forms.BooleanField(
        label=gettext_lazy("L’ajouter aux fiches publiées qui portent ce mot"), required=False
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["category"]
        assert isinstance(field, forms.ModelChoiceField)
        field.queryset = ServiceCategory.objects.order_by("position", "pk")


WORDS_PER_PAGE = 50
LIST = "directory_service_changelist"
# Fields of a term, as their names begin: the cards show them, or are put in their order.
SHOWN_BY_CARDS = ("slug", "name", "description", "category", "position")


def translations(term: Any, fields: tuple[str, ...]) -> str:
    """Say in which languages a term is missing, or lacks a text that its French has."""
    said = []
    for language, _label in settings.LANGUAGES:
        lacking = [
            field
            for field in fields
            if getattr(term, f"{field}_fr") and not getattr(term, f"{field}_{language}")
        ]
        if not getattr(term, f"name_{language}"):
            said.append(_("%(language)s manquant") % {"language": language_name(language)})
        elif lacking:
            said.append(_("%(language)s incomplet") % {"language": language_name(language)})
    return ", ".join(said) or _("complètes")


class _TaxonomyAdmin(WithButtons, BaseAdmin, TranslationAdmin):  # type: ignore[type-arg]
    """A change of words reaches the cards that use them; a term is removed by naming another."""

    form = TermForm
    exclude = ["code"]
    prepopulated_fields = {"slug": ("name",)}
    retire_url: str
    retire_permission: str
    translated: tuple[str, ...] = ("name",)

    @admin.display(description=gettext_lazy("traductions"))
    def translations(self, term: Any) -> str:
        """Show what is left to translate."""
        return translations(term, self.translated)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """Show since when the term is the centre's own."""
        readonly = super().get_readonly_fields(request, obj)
        return (*readonly, "curated_at") if obj else readonly

    def get_prepopulated_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """Propose an address for a new term only."""
        return {} if obj else super().get_prepopulated_fields(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nobody deletes a term: it is removed in favour of another."""
        return False

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:  # noqa: FBT001 -- Django's signature
        """Save as the centre's own words; have the cards that show what changed indexed again."""
        obj.curated_at = now = timezone.now()
        if change:
            editing.keep_former_address(obj, now=now)
        super().save_model(request, obj, form, change)
        shown = any(name.startswith(SHOWN_BY_CARDS) for name in form.changed_data)
        if change and shown:
            taxonomy_changed()

    def buttons(self, request: HttpRequest, row: Any) -> Buttons:
        """Offer to remove the term."""
        may = request.user.has_perm(self.retire_permission)
        return [(reverse(self.retire_url, args=[row.pk]), _("Retirer"))] if may else []


@admin.register(ServiceCategory)
class ServiceCategoryAdmin(_TaxonomyAdmin):
    """Families."""

    list_display = ["name", "code", "position", "service_count", "translations"]
    ordering = ["position", "pk"]
    retire_url = "admin:directory_servicecategory_retire"
    retire_permission = "directory.delete_servicecategory"

    def get_queryset(self, request: HttpRequest) -> Any:
        """Count the services of each family in the same query."""
        return super().get_queryset(request).annotate(service_count=Count("services"))

    @admin.display(description=gettext_lazy("services"), ordering="service_count")
    def service_count(self, family: Any) -> int:
        """Show how many services it holds."""
        return int(family.service_count)

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:  # noqa: FBT001 -- Django's signature
        """Give a new family its code."""
        obj.code = obj.code or obj.slug[:20].rstrip("-")
        super().save_model(request, obj, form, change)

    def get_urls(self) -> list[Any]:
        """Add the removal."""
        guard = self.admin_site.admin_view
        retire = path(
            "<int:pk>/retirer/", guard(self.retire), name="directory_servicecategory_retire"
        )
        return [retire, *super().get_urls()]

    def retire(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Ask which family takes its services, then remove it."""
        family = get_object_or_404(ServiceCategory, pk=pk)
        count = family.services.count()
        return decision_page(
            self,
            request,
            title=_("Retirer cette famille"),
            subject=family,
            warning=_("Ses %(count)s services passent à la famille choisie ; son adresse y mène.")
            % {"count": count},
            form=RetireForm(
                request.POST if request.method == "POST" else None,
                others=ServiceCategory.objects.exclude(pk=pk).order_by("position", "pk"),
                label=_("Famille qui les reçoit"),
            ),
            act=lambda given: retiring.retire_category(
                category_id=pk, target_id=given["target"].pk, now=timezone.now()
            ),
            permission=self.retire_permission,
            done=_("La famille est retirée."),
        )


@admin.register(Service)
class ServiceAdmin(_TaxonomyAdmin):
    """Services and the words people type for them."""

    change_list_template = "admin/directory/service/change_list.html"
    list_display = ["name", "category", "position", "cards", "leaves_for", "translations"]
    list_select_related = ["category", "leaves_for"]
    translated = ("name", "description", "synonyms")
    list_filter = ["category"]
    search_fields = ["name_fr", "name_de", "name_en", "synonyms_fr", "code"]
    ordering = ["category__position", "position", "pk"]
    retire_url = "admin:directory_service_retire"
    retire_permission = "directory.delete_service"

    def get_queryset(self, request: HttpRequest) -> Any:
        """Count the cards of each service in the same query, for the list alone."""
        rows = super().get_queryset(request)
        if request.resolver_match is None or request.resolver_match.url_name != LIST:
            return rows
        offers = Offer.objects.filter(service=OuterRef("pk")).order_by()
        counted = offers.values("service").annotate(count=Count("pk")).values("count")
        return rows.annotate(card_count=Coalesce(Subquery(counted), 0))

    @admin.display(description=gettext_lazy("fiches"), ordering="card_count")
    def cards(self, service: Any) -> int:
        """Show how many cards offer it."""
        return int(service.card_count)

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:  # noqa: FBT001 -- Django's signature
        """Give a new service its code."""
        obj.code = obj.code or editing.free_code(obj.category, obj.slug)
        super().save_model(request, obj, form, change)

    def get_urls(self) -> list[Any]:
        """Add the removal and the free words."""
        guard = self.admin_site.admin_view
        return [
            path("<int:pk>/retirer/", guard(self.retire), name="directory_service_retire"),
            path("mots-libres/", guard(self.free_words), name="directory_service_words"),
            path("mots-libres/ignorer/", guard(self.ignore), name="directory_service_ignore"),
            path("mots-libres/promouvoir/", guard(self.promote), name="directory_service_promote"),
            *super().get_urls(),
        ]

    def retire(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Ask which service takes its offers, then remove it."""
        service = get_object_or_404(Service, pk=pk)
        count = service.offers.count()
        is_long = count > retiring.MOVED_AT_ONCE
        return decision_page(
            self,
            request,
            title=_("Déplacer les offres et retirer ce service"),
            subject=service,
            warning=_(
                "%(count)s fiches l’offrent : elles passent au service choisi, que l’on trouve "
                "aussi par ses mots et par son adresse. On ne revient pas en arrière."
            )
            % {"count": count},
            form=RetireForm(
                request.POST if request.method == "POST" else None,
                others=Service.objects.staying().exclude(pk=pk).in_order(),
                label=_("Déplacer les offres vers"),
            ),
            act=lambda given: retiring.retire_service(
                service_id=pk, target_id=given["target"].pk, now=timezone.now()
            ),
            permission=self.retire_permission,
            done=_("Le retrait est commencé : la liste montre ce qui reste à déplacer.")
            if is_long
            else _("Le service est retiré, ses offres sont déplacées."),
        )

    def free_words(self, request: HttpRequest) -> HttpResponse:
        """List what providers write that no service knows."""
        self._require(request)
        pages = Paginator(editing.free_words(), WORDS_PER_PAGE)
        words = pages.get_page(request.GET.get("page"))
        context = {"title": _("Mots libres des fiches"), "words": words}
        return self._page(request, "words", context)

    def ignore(self, request: HttpRequest) -> HttpResponse:
        """Leave a word out of the list."""
        self._require(request)
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        try:
            word = editing.ignore_word(word=request.POST.get("mot", "")[:60], now=timezone.now())
        except DomainError as refusal:
            messages.error(request, refusal.message)
        else:
            said = _("« %(word)s » est ignoré.") % {"word": word.word}
            self.log_addition(request, word, said)
            messages.success(request, said)
        return redirect("admin:directory_service_words")

    def promote(self, request: HttpRequest) -> HttpResponse:
        """Make a word a synonym, or a service."""
        self._require(request)
        word = (request.POST.get("mot") or request.GET.get("mot") or "")[:60]
        way = request.POST.get("way", "")
        synonym = SynonymForm(request.POST if way == "synonym" else None)
        service = NewServiceForm(
            request.POST if way == "service" else None, initial={"name_fr": word.capitalize()}
        )
        form = service if way == "service" else synonym
        if form.is_valid():
            promote = self._to_service if way == "service" else self._to_synonym
            try:
                promoted, said = promote(word, form.cleaned_data)
            except DomainError as refusal:
                form.add_error(None, refusal.message)
            else:
                self.log_change(request, promoted, said)
                messages.success(request, said)
                return redirect("admin:directory_service_words")
        title = _("Promouvoir « %(word)s »") % {"word": word}
        context = {"title": title, "word": word, "synonym": synonym, "service": service}
        return self._page(request, "promote", context)

    def _to_synonym(self, word: str, given: dict[str, Any]) -> tuple[Service, str]:
        service = editing.promote_to_synonym(
            word=word,
            service_id=given["service"].pk,
            language=given["language"],
            now=timezone.now(),
        )
        said = _("« %(word)s » mène à « %(service)s ».")
        return service, said % {"word": word, "service": service.name}

    def _to_service(self, word: str, given: dict[str, Any]) -> tuple[Service, str]:
        service, count = editing.promote_to_service(
            word=word,
            category_id=given["category"].pk,
            names={language: given[f"name_{language}"] for language in editing.LANGUAGES},
            add_to_cards=given["add_to_cards"],
            now=timezone.now(),
        )
        said = _("« %(service)s » est un service, ajouté à %(count)s fiches.")
        return service, said % {"service": service.name, "count": count}

    def _page(self, request: HttpRequest, name: str, context: dict[str, Any]) -> HttpResponse:
        shared = self.admin_site.each_context(request)
        context |= shared | {"opts": self.model._meta}
        return render(request, f"admin/directory/service/{name}.html", context)

    def _require(self, request: HttpRequest) -> None:
        if not request.user.has_perms(["directory.change_service", "directory.add_service"]):
            raise PermissionDenied


@admin.register(TermRedirect)
class TermRedirectAdmin(ReadOnlyAdmin):
    """Removed terms, and what took their place."""

    list_display = ["name", "slug", "service", "category", "removed_at"]
    search_fields = ["name", "slug"]
    ordering = ["-removed_at", "-pk"]


@admin.register(IgnoredWord)
class IgnoredWordAdmin(BaseAdmin):
    """Words left out of the list; to delete one brings it back."""

    public_content = False
    list_display = ["word", "ignored_at"]
    search_fields = ["word"]
    ordering = ["-ignored_at", "-pk"]

    def has_add_permission(self, request: HttpRequest) -> bool:
        """A word is ignored from the list of free words."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nothing to change."""
        return False
