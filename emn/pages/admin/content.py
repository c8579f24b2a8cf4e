"""Pages and news: written, compared, previewed, released, pictured and taken down by staff."""

from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import OuterRef, Subquery
from django.forms import Form
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, override

from emn.accounts.enums import Language
from emn.lib.admin import BaseAdmin, agent_id
from emn.lib.decisions import Buttons, Pages, WithDecisions, sent
from emn.pages.differences import changes
from emn.pages.enums import PageKind
from emn.pages.forms import EndForm, MoveForm, PageForm, PictureForm, ReleaseForm, WriteForm
from emn.pages.models import Page, PageVersion
from emn.pages.reading import Reading, readings
from emn.pages.services import content

WRITE = {
    Language.FRENCH: gettext_lazy("Écrire le français"),
    Language.GERMAN: gettext_lazy("Écrire l’allemand"),
    Language.ENGLISH: gettext_lazy("Écrire l’anglais"),
}
TEMPLATES = {
    PageKind.PAGE: "pages/content/page.html",
    PageKind.NEWS: "pages/content/news.html",
    PageKind.HELP: "pages/help/answer.html",
}
COMPARED = {
    "title": gettext_lazy("Titre"),
    "summary": gettext_lazy("Résumé"),
    "text": gettext_lazy("Texte"),
}


@admin.register(Page)
class PageAdmin(WithDecisions, BaseAdmin):
    """A page with all that was written of it; its words move by buttons."""

    change_form_template = "admin/pages/page/change_form.html"
    form = PageForm
    permission = "pages.publish_page"
    list_display = ["title", "kind", "slug", "shown_from", "shown_until"]
    list_filter = ["kind"]
    search_fields = ["slug", "versions__title"]
    ordering = ["-pk"]
    fields = ["kind", "slug", "parent", "audience", "shown_from", "shown_until"]
    state_fields = ("shown_from", "shown_until")

    def get_queryset(self, request: HttpRequest) -> Any:
        """Read the last French title of each with it."""
        french = PageVersion.objects.filter(page=OuterRef("pk"), language=Language.FRENCH)
        last = french.order_by("-number", "-pk").values("title")[:1]
        return super().get_queryset(request).annotate(last_title=Subquery(last))

    @admin.display(description=gettext_lazy("titre"), ordering="last_title")
    def title(self, row: Any) -> str:
        """Show the last French title, the address of what is not written yet."""
        return str(row.last_title or row.slug)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """What a page is stays; its address too, once it was read."""
        fixed = super().get_readonly_fields(request, obj)
        if obj is None:
            return fixed
        return (*fixed, "kind") if obj.shown_from is None else (*fixed, "kind", "slug")

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """What was released is taken down, not deleted: a link to it says so."""
        may = super().has_delete_permission(request, obj)
        return may and obj is not None and obj.shown_from is None

    def view_on_site(self, obj: Any) -> str | None:
        """Link to the page of what is shown."""
        return obj.get_absolute_url() if obj.is_shown(now=timezone.now()) else None

    def pages(self) -> Pages:
        """Return what is done with the page, and with one version of it."""
        one = "versions/<int:version_id>"
        return [
            ("ecrire/<slug:language>", self.write, "write"),
            ("image", self.picture, "picture"),
            ("fin", self.end, "end"),
            ("adresse", self.move, "move"),
            (one, self.version, "version"),
            (f"{one}/apercu", self.preview, "preview"),
            (f"{one}/publier", self.release, "release"),
            (f"{one}/brouillon", self.withhold, "withhold"),
        ]

    def buttons(self, request: HttpRequest, row: Page) -> Buttons:
        """Offer what may be done now."""
        if not request.user.has_perm(self.permission):
            return []
        found: Buttons = [
            (reverse("admin:pages_page_write", args=[row.pk, language.value]), label)
            for language, label in WRITE.items()
        ]
        found.append((self.address("picture", row.pk), _("Choisir l’image")))
        if row.shown_from is not None:
            found.append((self.address("end", row.pk), _("Fixer la fin")))
            found.append((self.address("move", row.pk), _("Changer l’adresse")))
        return found

    def render_change_form(
        self, request: HttpRequest, context: Any, *args: Any, **kwargs: Any
    ) -> Any:
        """Show the versions, the last ones first, and what is read now."""
        page = context.get("original")
        if page is not None:
            now = timezone.now()
            rows = page.versions.select_related("written_by", "released_by")
            context["versions"] = list(rows.order_by("-written_at", "-pk"))
            context["read_now"] = {row.pk for row in PageVersion.objects.current([page], now=now)}
            context["stale"] = [
                language.label
                for language in (Language.GERMAN, Language.ENGLISH)
                for read in readings([page], language=language.value, now=now)
                if read.is_stale
            ]
            context["now"] = now
        return super().render_change_form(request, context, *args, **kwargs)

    def write(self, request: HttpRequest, pk: int, language: str) -> HttpResponse:
        """Write the next version in a language, from the last one."""
        page = get_object_or_404(Page, pk=pk)
        if language not in Language.values:
            raise Http404
        last = {row.language: row for row in PageVersion.objects.last_written([page])}
        before, french = last.get(language), last.get(Language.FRENCH)
        initial = {"base": before.number if before else 0}
        if before:
            initial |= {name: getattr(before, name) for name in COMPARED}
        facts = []
        if french and language != Language.FRENCH:
            facts = [(label, getattr(french, name)) for name, label in COMPARED.items()]
        return self.decide(
            request, page, str(WRITE[Language(language)]),
            WriteForm(sent(request), initial=initial),
            act=lambda given: content.write(
                page_id=pk, language=language, by_id=agent_id(request), now=timezone.now(), **given
            ),
            done=_("La version est gardée comme brouillon : relisez-la, puis publiez-la."),
            facts=facts,
        )  # fmt: skip

    def picture(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Choose the picture and say what it shows."""
        page = get_object_or_404(Page, pk=pk)
        initial = {"alt_fr": page.alt_fr, "alt_de": page.alt_de, "alt_en": page.alt_en}
        form = PictureForm(sent(request), request.FILES or None, initial=initial)
        return self.decide(
            request, page, _("Choisir l’image"), form,
            act=lambda given: content.picture(
                page_id=pk, webp=given["picture"], alt_fr=given["alt_fr"],
                alt_de=given["alt_de"], alt_en=given["alt_en"],
            ),
            done=_("L’image est en place."),
        )  # fmt: skip

    def end(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Say until when it is shown."""
        page = get_object_or_404(Page, pk=pk)
        form = EndForm(sent(request), initial={"shown_until": page.shown_until})
        return self.decide(
            request, page, _("Fixer la fin"), form,
            act=lambda given: content.end(page_id=pk, now=timezone.now(), **given),
            done=_("La fin est fixée."),
            warning=_("Un moment passé retire la page aussitôt ; son texte reste ici."),
        )  # fmt: skip

    def move(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Give it another address."""
        page = get_object_or_404(Page, pk=pk)
        form = MoveForm(sent(request), initial={"slug": page.slug}, kind=page.kind)
        return self.decide(
            request, page, _("Changer l’adresse"), form,
            act=lambda given: content.move(page_id=pk, slug=given["slug"]),
            done=_("L’adresse est changée ; l’ancienne mène à la nouvelle."),
        )  # fmt: skip

    def version(self, request: HttpRequest, pk: int, version_id: int) -> HttpResponse:
        """Show a version against the one before it."""
        found = self._version(request, pk, version_id)
        before = found.page.versions.filter(language=found.language, number=found.number - 1)
        old = before.first() or PageVersion()
        context = self.admin_site.each_context(request) | {
            "title": _("%(language)s, version %(number)s")
            % {"language": found.get_language_display(), "number": found.number},
            "version": found,
            "differences": [
                (label, changes(getattr(old, name), getattr(found, name)))
                for name, label in COMPARED.items()
            ],
            "is_draft": found.shown_from is None,
            "is_scheduled": found.shown_from is not None and found.shown_from > timezone.now(),
            "opts": self.model._meta,
        }
        return render(request, "admin/pages/page/version.html", context)

    def preview(self, request: HttpRequest, pk: int, version_id: int) -> HttpResponse:
        """Show a version as its readers would meet it; no address of the public site does."""
        found = self._version(request, pk, version_id)
        with override(found.language):
            name = TEMPLATES[PageKind(found.page.kind)]
            context = {
                "reading": Reading(page=found.page, version=found, language=found.language),
                "is_preview": True, "canonical": "", "alternates": [],
            }  # fmt: skip
            return render(request, name, context)

    def release(self, request: HttpRequest, pk: int, version_id: int) -> HttpResponse:
        """Show a version to everyone, now or later."""
        found = self._version(request, pk, version_id)
        form = ReleaseForm(sent(request), initial={"shown_from": found.shown_from})
        return self.decide(
            request, found.page, _("Publier"), form,
            act=lambda given: content.release(
                version_id=version_id, by_id=agent_id(request), now=timezone.now(), **given
            ),
            done=_("La version est publiée, ou le sera à l’heure dite."),
            facts=[(_("Langue"), found.get_language_display()), (_("Titre"), found.title)],
        )  # fmt: skip

    def withhold(self, request: HttpRequest, pk: int, version_id: int) -> HttpResponse:
        """Give up the hour of a version."""
        found = self._version(request, pk, version_id)
        return self.decide(
            request, found.page, _("Reprendre comme brouillon"), Form(sent(request)),
            act=lambda _given: content.withhold(version_id=version_id, now=timezone.now()),
            done=_("La version est de nouveau un brouillon."),
            facts=[(_("Langue"), found.get_language_display()), (_("Titre"), found.title)],
        )  # fmt: skip

    def _version(self, request: HttpRequest, pk: int, version_id: int) -> PageVersion:
        if not request.user.has_perm(self.permission):
            raise PermissionDenied
        rows = PageVersion.objects.select_related("page", "written_by", "released_by")
        return get_object_or_404(rows, pk=version_id, page_id=pk)
