"""The menus: what they say, where each entry leads, in which order."""

from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from emn.lib.admin import BaseAdmin
from emn.pages.enums import MenuPlace, PageKind
from emn.pages.menus import named_pages, registered, target
from emn.pages.models import MenuEntry, Page
from emn.pages.services import menus


class MenuEntryForm(forms.ModelForm):  # type: ignore[type-arg]  # not generic at run time
    """One target, words for it, and room in the header."""

    url_name = forms.ChoiceField(label=gettext_lazy("Page du portail"), required=False)
    address = forms.URLField(
        label=gettext_lazy("Autre site"), required=False, assume_scheme="https",
        help_text=gettext_lazy("Une adresse entière, en https://."),
    )  # fmt: skip

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        chosen: Any = self.fields["url_name"]
        chosen.choices = [("", "---------"), *named_pages().items()]
        if "page" in self.fields:
            pages: Any = self.fields["page"]
            pages.queryset = Page.objects.exclude(kind=PageKind.NEWS).order_by("slug", "pk")
        self.fields["is_shown"].help_text = menus.said_room()

    def clean(self) -> dict[str, Any]:
        """Refuse an entry too many; two agents at once take turns."""
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        menus.lock()  # until the transaction of the back office ends
        name = cleaned.get("url_name")
        if name and not cleaned.get("label_fr") and name not in _with_words():
            self.add_error("label_fr", _("Donnez un libellé : cette page n’en a pas pour un menu."))
        place = cleaned.get("place") or self.instance.place
        if cleaned.get("is_shown") and place:
            try:
                menus.check_room(
                    place=place,
                    entry_id=self.instance.pk or 0,
                    was_shown=bool(self.instance.pk and self.initial.get("is_shown")),
                )
            except menus.MenuRefused as refusal:
                self.add_error("is_shown", str(refusal))
        return cleaned


def _with_words() -> set[str]:
    return {item.url_name for item in registered(MenuPlace.FOOTER)}


@admin.register(MenuEntry)
class MenuEntryAdmin(BaseAdmin):
    """In the order of the page; who moves an entry ticks it."""

    form = MenuEntryForm
    list_display = ["label", "place", "target", "is_shown"]
    list_filter = ["place", "is_shown"]
    ordering = ["-place", "position", "pk"]
    list_select_related = ["page"]
    fields = [
        "place", "url_name", "page", "address", "label_fr", "label_de", "label_en", "is_shown",
    ]  # fmt: skip
    actions = ["move_up", "move_down"]

    @admin.display(description=gettext_lazy("libellé"))
    def label(self, row: MenuEntry) -> str:
        """Show the words of the entry, or the portal's."""
        return row.label_fr or str(named_pages().get(row.url_name, row.url_name))

    @admin.display(description=gettext_lazy("mène à"))
    def target(self, row: MenuEntry) -> str:
        """Show where it leads."""
        return target(row)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """An entry stays in its menu."""
        fixed = super().get_readonly_fields(request, obj)
        return fixed if obj is None else (*fixed, "place")

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """A page that the portal registers is hidden, not deleted: it would come back."""
        may = super().has_delete_permission(request, obj)
        return may and (obj is None or obj.url_name not in _with_words())

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        """Say how much room there is before it is met."""
        title = {"title": menus.said_room()}
        return super().changelist_view(request, (extra_context or {}) | title)

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:  # noqa: FBT001 -- Django's
        """A new entry is the last of its menu; the form holds the lock."""
        if not change:
            obj.position = menus.next_position(obj.place)
        super().save_model(request, obj, form, change)

    @admin.action(description=gettext_lazy("Monter d’un rang"), permissions=["change"])
    def move_up(self, request: HttpRequest, chosen: QuerySet[MenuEntry]) -> None:
        """Move up what is ticked, from the top."""
        for entry in chosen.order_by("place", "position", "pk"):
            menus.move(entry_id=entry.pk, up=True)

    @admin.action(description=gettext_lazy("Descendre d’un rang"), permissions=["change"])
    def move_down(self, request: HttpRequest, chosen: QuerySet[MenuEntry]) -> None:
        """Move down what is ticked, from the bottom."""
        for entry in chosen.order_by("place", "-position", "-pk"):
            menus.move(entry_id=entry.pk, up=False)
