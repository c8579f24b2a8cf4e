"""Publications: written here as drafts, published and corrected by buttons."""

from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, override

from emn.accounts.enums import Language
from emn.lib.admin import BaseAdmin, agent_id
from emn.lib.decisions import Buttons, Pages, sent
from emn.lib.languages import language_name
from observatory.admin.steps import WithSteps
from observatory.models import Publication, PublicationPart
from observatory.publication_forms import ErratumForm, TranslationForm
from observatory.publication_texts import Parts, Reading, readings, readings_by_language
from observatory.services import publications as services
from observatory.views.publications import content_of

TRANSLATED = {
    Language.GERMAN.value: gettext_lazy("Écrire l’allemand"),
    Language.ENGLISH.value: gettext_lazy("Écrire l’anglais"),
}


class PartInline(admin.StackedInline):  # type: ignore[type-arg]
    """The parts, in order; frozen once published."""

    model = PublicationPart
    extra = 0
    ordering = ["position", "pk"]

    def _is_free(self, obj: Any) -> bool:
        return obj is None or obj.published_at is None

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Only to a draft."""
        return super().has_add_permission(request, obj) and self._is_free(obj)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Only of a draft."""
        return super().has_change_permission(request, obj) and self._is_free(obj)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Only from a draft."""
        return super().has_delete_permission(request, obj) and self._is_free(obj)


@admin.register(Publication)
class PublicationAdmin(WithSteps, BaseAdmin):
    """The text and the figures it comments."""

    list_display = ["title", "kind", "reference", "published_at"]
    list_filter = ["kind"]
    search_fields = ["title", "reference"]
    ordering = ["-pk"]
    fields = ["kind", "title", "summary", "edition", "replaces", "reference", "published_at",
              "erratum", "corrected_on", "languages"]  # fmt: skip
    state_fields = ("reference", "published_at", "erratum", "corrected_on", "languages")
    inlines = [PartInline]
    permission = "observatory.publish_publication"

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """What is published does not change."""
        fixed = super().get_readonly_fields(request, obj)
        if obj is None or obj.published_at is None:
            return fixed
        return (*fixed, "kind", "title", "summary", "edition", "replaces")

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """What is published stays at its address."""
        may = super().has_delete_permission(request, obj)
        return may and obj is not None and obj.published_at is None

    def view_on_site(self, obj: Any) -> str | None:
        """Link to the page of what is published."""
        return None if obj.published_at is None else obj.get_absolute_url()

    def pages(self) -> Pages:
        """Return them."""
        return [
            ("apercu/<slug:language>", self.preview, "preview"),
            ("publier", self.publish, "publish"),
            ("erratum", self.correct, "correct"),
            ("traduire/<slug:language>", self.translate, "translate"),
        ]

    def buttons(self, request: HttpRequest, row: Any) -> Buttons:
        """Offer the languages with the steps."""
        steps = super().buttons(request, row)
        if not request.user.has_perm(self.permission):
            return steps
        languages: list[tuple[str, str, Any]] = []
        if row.published_at is None:
            languages += [
                ("preview", code, _("Aperçu : %(name)s") % {"name": language_name(code)})
                for code in Language.values
            ]
        languages += [("translate", code, name) for code, name in TRANSLATED.items()]
        return [
            *((reverse(f"admin:observatory_publication_{name}", args=[row.pk, code]), words)
              for name, code, words in languages),
            *steps,
        ]  # fmt: skip

    @admin.display(description=gettext_lazy("langues"))
    def languages(self, row: Any) -> str:
        """Say how far each language is written."""
        parts, words = list(row.parts.all()), readings_by_language([row])[row.pk]
        return "\N{NO-BREAK SPACE}· ".join(
            f"{language_name(code)}\N{NO-BREAK SPACE}: {_state(words[code], parts)}"
            for code in TRANSLATED
        )

    def possible(self, row: Publication) -> list[tuple[str, str]]:
        """Return what may be done now."""
        if row.published_at is None:
            return [("publish", _("Publier"))]
        return [("correct", _("Ajouter un erratum"))]

    def preview(self, request: HttpRequest, pk: int, language: str) -> HttpResponse:
        """Show a draft as its readers will meet it: once published, it does not change."""
        if not request.user.has_perm(self.permission):
            raise PermissionDenied
        rows = Publication.objects.filter(published_at=None)
        row = get_object_or_404(rows.select_related("edition__survey__version"), pk=pk)
        if language not in Language.values:
            raise Http404
        with override(language):
            context = content_of(readings([row])[0])
            context |= {"is_preview": True, "canonical": "", "alternates": []}
            return render(request, "observatory/publications/publication.html", context)

    def publish(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Show it to everyone, for ever."""
        row = get_object_or_404(Publication, pk=pk)
        return self.decide(
            request, row, _("Publier l’étude"), forms.Form(sent(request)),
            act=lambda _given: services.publish(
                publication_id=pk, by_id=agent_id(request), now=timezone.now()
            ),
            done=_("La publication est parue."),
            warning=_("Son texte et ses chiffres ne changeront plus, ni son adresse."),
        )  # fmt: skip

    def correct(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Add a dated erratum."""
        row = get_object_or_404(Publication, pk=pk)
        return self.decide(
            request, row, _("Ajouter un erratum"), ErratumForm(sent(request)),
            act=lambda given: services.correct(
                publication_id=pk, erratum=given["erratum"], now=timezone.now()
            ),
            done=_("L’erratum est en ligne."),
        )  # fmt: skip

    def translate(self, request: HttpRequest, pk: int, language: str) -> HttpResponse:
        """Write its words in another language, beside the French."""
        row = get_object_or_404(Publication, pk=pk)
        if language not in TRANSLATED:
            raise Http404
        parts = list(row.parts.order_by("position", "pk"))
        last = readings([row], language=language)[0].translation
        form = TranslationForm(sent(request), publication=row, parts=parts, last=last)
        return self.decide(
            request, row, str(TRANSLATED[language]), form,
            act=lambda _given: services.translate(
                publication_id=pk, language=language, base=form.cleaned_data["base"],
                words=form.words, by_id=agent_id(request), now=timezone.now(),
            ),
            done=_("La traduction est gardée."),
            warning=_("Ce qui reste vide se lit en français.")
            if row.published_at is None
            else _("Elle paraît aussitôt. Ce qui reste vide se lit en français."),
        )  # fmt: skip


def _state(reading: Reading, parts: Parts) -> str:
    if reading.is_missing:
        return _("pas écrit")
    if reading.is_stale(parts):
        return _("plus ancien que le français")
    return _("écrit en partie") if reading.is_partial(parts) else _("à jour")
