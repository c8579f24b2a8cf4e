"""The versions of the referential: read, compared, tried, written as drafts and published."""

import json
from collections.abc import Callable
from typing import Any

from django.contrib import admin, messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import path, reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from diagnostics.enums import Depth
from diagnostics.models import ReferentialVersion
from diagnostics.referential import definition_of
from diagnostics.referential_forms import ElementForm, FileForm, SeenForm, elements_of
from diagnostics.services import drafts
from diagnostics.services.reference import is_own
from diagnostics.views.preview import preview_page
from emn.lib.decisions import Buttons, RowsToDecide, decision_page
from emn.questionnaires.definition import read
from emn.questionnaires.differences import differences
from emn.questionnaires.dry_run import dry_run

WRITE = "diagnostics.write_referential"
LONGEST_SHOWN = 200  # signs of a value in the table of differences


@admin.register(ReferentialVersion)
class ReferentialVersionAdmin(RowsToDecide):
    """The versions; a published one is frozen, a draft of the centre is written here."""

    list_display = ("number", "published_at", "sha256")
    fields = ("number", "published_at", "sha256")
    ordering = ("-published_at", "-pk")

    def buttons(self, request: HttpRequest, row: ReferentialVersion) -> Buttons:
        """Offer to read and try any version, and to write a draft."""
        pages: list[tuple[str, Any]] = [
            ("changes", _("Ce qui change")),
            ("ways", _("Parcours")),
            ("preview_flash", _("Aperçu flash")),
            ("preview_on_site", _("Aperçu sur place")),
            ("export", _("Exporter en JSON")),
        ]
        if request.user.has_perm(WRITE):
            if row.published_at is not None:
                pages.append(("begin", _("Préparer une nouvelle version")))
            elif is_own(row.number):
                pages += [
                    ("words", _("Modifier")),
                    ("import", _("Importer un JSON")),
                    ("drop", _("Abandonner")),
                ]
            if row.published_at is None:
                pages.append(("publish", _("Publier")))
        return [(self.address(name, row.pk), label) for name, label in pages]

    def get_urls(self) -> list[Any]:
        """Add the pages of a version."""
        guard = self.admin_site.admin_view
        return [
            self.page("changements", self.changes, "changes"),
            self.page("parcours", self.ways, "ways"),
            self.page("apercu/flash", self.preview(Depth.FLASH), "preview_flash"),
            self.page("apercu/sur-place", self.preview(Depth.ON_SITE), "preview_on_site"),
            self.page("export", self.export, "export"),
            self.page("nouvelle", self.begin, "begin"),
            self.page("mots", self.words, "words"),
            path(
                "<int:pk>/mots/<str:element>/",
                guard(self.element),
                name="diagnostics_referentialversion_element",
            ),
            self.page("import", self.import_file, "import"),
            self.page("publier", self.publish, "publish"),
            self.page("abandonner", self.drop, "drop"),
            *super().get_urls(),
        ]

    # --- Reading ---

    def changes(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Compare a version with the one it follows, place by place."""
        version = self._version(request, pk)
        before = _before(version)
        found = [] if before is None else list(differences(before.content, version.content))
        return self._tables(
            request, version, title=_("Ce qui change"),
            intro=_("Aucune version ne précède celle-ci.") if before is None else
            _("Depuis la version %(number)s : %(count)s différences.")
            % {"number": before.number, "count": len(found)},
            tables=[
                {
                    "head": [_("Où"), _("Avant"), _("Après")],
                    "rows": [[(c.place, ""), _cell(c.before), _cell(c.after)] for c in found],
                }
            ] if found else [],
        )  # fmt: skip

    def ways(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Follow every way through both questionnaires: who is asked what, and for how long."""
        version = self._version(request, pk)
        lines = []
        for depth in Depth:
            run = dry_run(read(definition_of(version.content, depth)))
            lines.append(
                [
                    (str(depth.label), ""),
                    (str(run.ways) if run.is_whole else _("plus de %s") % run.ways, ""),
                    (_("de %(least)s à %(most)s") % _between(run.questions), ""),
                    (_("de %(least)s à %(most)s") % _between(run.minutes), ""),
                    (", ".join(run.never) or _("aucune"), ""),
                ]
            )
        head = [_("Questionnaire"), _("Parcours"), _("Questions"), _("Minutes"), _("Jamais posées")]
        return self._tables(
            request, version, title=_("Parcours"),
            intro=_("Tous les parcours que les conditions permettent, suivis à blanc."),
            tables=[{"head": head, "rows": lines}],
        )  # fmt: skip

    def preview(self, depth: Depth) -> Callable[[HttpRequest, int], HttpResponse]:
        """Return the view that tries one questionnaire: the real pages, nothing saved."""

        def view(request: HttpRequest, pk: int) -> HttpResponse:
            version = self._version(request, pk)
            leave = reverse("admin:diagnostics_referentialversion_change", args=[pk])
            return preview_page(request, version.content, depth, leave=leave)

        return view

    def export(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Give a version as a file that the import takes back."""
        version = self._version(request, pk)
        written = json.dumps(version.content, ensure_ascii=False, indent=1)
        response = HttpResponse(written, content_type="application/json; charset=utf-8")
        response.headers["Content-Disposition"] = (
            f'attachment; filename="referentiel-{version.number}.json"'
        )
        return response

    # --- Writing ---

    def begin(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Draw a draft from the version that is used now."""
        return decision_page(
            self, request, title=_("Préparer une nouvelle version"),
            subject=self._version(request, pk), form=SeenForm(self._posted(request), initial=_SEEN),
            act=lambda _given: drafts.begin_draft(), permission=WRITE,
            done=_("Un brouillon est prêt, en tête de la liste : il n’est pas public."),
        )  # fmt: skip

    def words(self, request: HttpRequest, pk: int) -> HttpResponse:
        """List what may be changed by a form."""
        version = self._draft(request, pk)
        lines = [
            [
                (
                    element,
                    reverse("admin:diagnostics_referentialversion_element", args=[pk, element]),
                ),
                (words, ""),
            ]
            for element, words in elements_of(version.content).items()
        ]
        return self._tables(
            request, version, title=_("Modifier"),
            intro=_(
                "Les mots, leurs traductions, les poids et les conditions se changent ici. Pour "
                "ajouter ou retirer une question, une réponse ou une mesure, exportez le JSON, "
                "changez-le et importez-le : ce qui ne tient pas ensemble est refusé, ligne par "
                "ligne."
            ),
            tables=[{"head": [_("Élément"), _("Premiers mots")], "rows": lines}],
        )  # fmt: skip

    def element(self, request: HttpRequest, pk: int, element: str) -> HttpResponse:
        """Change one element of a draft."""
        version = self._draft(request, pk)
        if element not in elements_of(version.content):
            raise Http404
        form = ElementForm(
            self._posted(request), content=version.content, element=element,
            initial={"seen": version.sha256},
        )  # fmt: skip
        if form.is_valid():
            try:
                drafts.write_draft(
                    version_id=pk, content=form.content, seen_sha256=form.cleaned_data["seen"]
                )
            except drafts.DraftRefused as refusal:
                form.add_error(None, refusal.message)
            else:
                self.log_change(request, version, element)
                messages.success(request, _("Le brouillon est à jour."))
                return redirect("admin:diagnostics_referentialversion_words", pk)
        context = self._context(request, version, element) | {"form": form}
        return render(
            request, "admin/diagnostics/referentialversion/element.html", context,
            status=422 if form.errors else 200,
        )  # fmt: skip

    def import_file(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Replace the whole draft by a file."""
        version = self._draft(request, pk)
        form = FileForm(
            self._posted(request), request.FILES or None, number=version.number,
            initial={"seen": version.sha256},
        )  # fmt: skip
        return decision_page(
            self, request, title=_("Importer un JSON"), subject=version, form=form, stays=True,
            act=lambda given: drafts.write_draft(
                version_id=pk, content=form.content, seen_sha256=given["seen"]
            ),
            permission=WRITE, done=_("Le brouillon est à jour."),
            warning=_("Le fichier remplace tout le brouillon ; son numéro reste."),
        )  # fmt: skip

    def publish(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Publish a draft, after what it changes."""
        version = self._version(request, pk)
        before = _before(version)
        count = (
            0 if before is None else sum(1 for _c in differences(before.content, version.content))
        )
        return decision_page(
            self, request, title=_("Publier"), subject=version, stays=True,
            form=SeenForm(self._posted(request), initial={"seen": version.sha256}),
            facts=[(_("Version"), version.number), (_("Différences"), count)],
            warning=_(
                "Les diagnostics commencés à partir de maintenant la suivront. Une version publiée "
                "ne change plus : regardez d’abord ce qui change, les parcours et l’aperçu."
            ),
            act=lambda given: drafts.publish_draft(
                version_id=pk, seen_sha256=given["seen"], now=timezone.now()
            ),
            permission=WRITE, done=_("La version est publiée."),
        )  # fmt: skip

    def drop(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Give up a draft."""
        return decision_page(
            self, request, title=_("Abandonner"), subject=self._version(request, pk),
            form=SeenForm(self._posted(request), initial=_SEEN), permission=WRITE,
            act=lambda _given: drafts.drop_draft(version_id=pk),
            done=_("Le brouillon est effacé."), warning=_("Ce qui y est écrit est perdu."),
        )  # fmt: skip

    # --- Inside ---

    @staticmethod
    def _posted(request: HttpRequest) -> Any:
        return request.POST if request.method == "POST" else None

    def _version(self, request: HttpRequest, pk: int) -> ReferentialVersion:
        if not self.has_view_permission(request):
            raise Http404
        return get_object_or_404(ReferentialVersion, pk=pk)

    def _draft(self, request: HttpRequest, pk: int) -> ReferentialVersion:
        version = self._version(request, pk)
        if not request.user.has_perm(WRITE) or version.published_at or not is_own(version.number):
            raise Http404
        return version

    def _context(
        self, request: HttpRequest, version: ReferentialVersion, title: str
    ) -> dict[str, Any]:
        return self.admin_site.each_context(request) | {
            "title": title,
            "version": version,
            "opts": self.model._meta,
        }

    def _tables(
        self,
        request: HttpRequest,
        version: ReferentialVersion,
        *,
        title: str,
        intro: str,
        tables: list[dict[str, Any]],
    ) -> HttpResponse:
        """Show tables: heads, and rows of (text, address)."""
        context = self._context(request, version, title) | {"intro": intro, "tables": tables}
        return render(request, "admin/diagnostics/referentialversion/tables.html", context)


_SEEN = {"seen": "-"}


def _before(version: ReferentialVersion) -> ReferentialVersion | None:
    """Return the published version that this one follows."""
    rows = ReferentialVersion.objects.published().exclude(pk=version.pk)
    if version.published_at is not None:
        rows = rows.filter(published_at__lt=version.published_at)
    return rows.first()


def _cell(value: Any) -> tuple[str, str]:
    if value is None:
        return "–", ""
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return (text if len(text) <= LONGEST_SHOWN else f"{text[:LONGEST_SHOWN]}…"), ""


def _between(bounds: tuple[int, int]) -> dict[str, int]:
    return {"least": bounds[0], "most": bounds[1]}
