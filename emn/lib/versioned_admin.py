"""Staff's pages of what keeps its versions: reading an older one, bringing it back."""

from typing import Any, ClassVar

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from simple_history.admin import SimpleHistoryAdmin


class VersionedAdmin(SimpleHistoryAdmin):  # type: ignore[misc]
    """Whoever may read reads the versions; who may change brings one back, never its state.

    The library asks for nothing more than reading on either, and writes the older row whole.
    """

    state_fields: ClassVar[tuple[str, ...]] = ()

    def history_form_view(
        self, request: HttpRequest, object_id: str, version_id: str, extra_context: Any = None
    ) -> HttpResponse:
        """Show a version, or bring it back."""
        if request.method == "POST" and not self.has_change_permission(request):
            raise PermissionDenied
        response: HttpResponse = super().history_form_view(
            request, object_id, version_id, extra_context
        )
        return response

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """Show everything as text to who only reads, as on the page of the row itself.

        But for rows with a field that another fills: the library's page wants them in its form.
        """
        readonly = super().get_readonly_fields(request, obj)
        if obj is None or self.prepopulated_fields or self.has_change_permission(request, obj):
            return readonly
        shown = self.fields or [row.name for row in self.model._meta.fields if row.editable]
        return tuple(dict.fromkeys((*readonly, *shown)))

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:  # noqa: FBT001 -- Django's
        """Save, and leave the state to the services."""
        if change and self.state_fields:
            rows = self.model._default_manager.filter(pk=obj.pk)
            for name, value in rows.values(*self.state_fields).get().items():
                setattr(obj, obj._meta.get_field(name).attname, value)
        super().save_model(request, obj, form, change)
