"""The base of every page of the back office.

Reference data may be edited there; state is read-only, and moves by buttons that call a service.
"""

from collections.abc import Callable, Iterator
from functools import cached_property
from typing import Any, ClassVar

from django.contrib import admin
from django.core.exceptions import FieldDoesNotExist, PermissionDenied, ValidationError
from django.core.paginator import Paginator
from django.db import models
from django.forms import BaseInlineFormSet, CheckboxSelectMultiple, ModelForm, Widget
from django.http import HttpRequest

from emn.lib.page_cache import touch

MOST_LISTED = 1_000


class LongListPaginator(Paginator):  # type: ignore[type-arg]  # not generic at run time
    """Counts a list, and leads into it, no further than `MOST_LISTED` rows: beyond, one filters."""

    @cached_property
    def _counted(self) -> int:
        rows = self.object_list
        assert isinstance(rows, models.QuerySet)
        return rows.order_by().values("pk")[: MOST_LISTED + 1].count()

    @property
    def count(self) -> int:
        """How many rows can be reached."""
        return min(self._counted, MOST_LISTED)

    @property
    def goes_on(self) -> bool:
        """Whether there are more."""
        return self._counted > MOST_LISTED


class LabelledRows(BaseInlineFormSet):  # type: ignore[type-arg]  # not generic at run time
    """Rows of a table: each field says the name of its column, for no label stands beside it."""

    def add_fields(self, form: Any, index: int | None) -> None:
        """Name the fields of a row, the box that deletes it included."""
        super().add_fields(form, index)
        for field in form.fields.values():
            widget: Widget = getattr(field.widget, "widget", field.widget)  # inside what adds links
            widget.attrs.setdefault("aria-label", str(field.label or ""))

    def clean(self) -> None:
        """Check the rows that change against those that are there: they are saved one by one."""
        super().clean()
        for form in self.initial_forms:
            if form.has_changed() and form not in self.deleted_forms:
                _check_as_a_whole(form)


class WholeRow(ModelForm):  # type: ignore[type-arg]  # not generic at run time
    """A row that is there: each of its constraints is checked, not only those of what is edited.

    Django leaves out a constraint that names a field which is only shown; the database does not.
    """

    def _post_clean(self) -> None:
        """Say in the form what the database would refuse."""
        super()._post_clean()  # type: ignore[misc]
        if self.instance.pk is not None:
            _check_as_a_whole(self)


def _check_as_a_whole(form: Any) -> None:
    """Ask each constraint of a row whose form holds, but those that wait for the commit."""
    row = form.instance
    asked = [one for one in row._meta.constraints if not getattr(one, "deferrable", None)]
    for constraint in asked if not form.errors else ():
        try:
            constraint.validate(type(row), row)
        except ValidationError as refused:
            form.add_error(None, refused)


class QueueFilter(admin.SimpleListFilter):
    """Named choices; each keeps what a question of the queryset answers.

    `queues`: the value in the address, the words, and what is kept.
    """

    queues: ClassVar[tuple[tuple[str, Any, Callable[[Any], Any]], ...]]

    def lookups(self, request: HttpRequest, model_admin: object) -> list[tuple[str, Any]]:
        """Offer each."""
        return [(value, words) for value, words, _keep in self.queues]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        """Keep what was asked for."""
        for value, _words, keep in self.queues:
            if value == self.value():
                return keep(queryset)
        return queryset


class BaseAdmin(admin.ModelAdmin):  # type: ignore[type-arg]  # not generic at run time
    """Constant query counts, object scoping, read-only state, a link to the public page.

    `state_fields` are shown but never edited. A queryset with `scoped_for(user)` limits what each
    agent sees, everywhere: lists, forms, history, autocompletion and deletion. `public_content` is
    false where no public page shows the rows: the kept pages are then left alone.
    """

    state_fields: ClassVar[tuple[str, ...]] = ()
    public_content: ClassVar[bool] = True
    list_per_page = 50
    paginator = LongListPaginator
    show_full_result_count = False

    def get_queryset(self, request: HttpRequest) -> models.QuerySet[Any]:
        """Return the rows that this agent may see."""
        rows = super().get_queryset(request)
        scoped_for = getattr(rows, "scoped_for", None)
        return scoped_for(request.user) if scoped_for else rows

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:  # noqa: FBT001 -- Django's
        """Save, and say to the kept pages that what they show may have changed."""
        super().save_model(request, obj, form, change)
        self._content_changed()

    def delete_model(self, request: HttpRequest, obj: Any) -> None:
        """Delete, and say so to the kept pages."""
        super().delete_model(request, obj)
        self._content_changed()

    def delete_queryset(self, request: HttpRequest, queryset: models.QuerySet[Any]) -> None:
        """Delete several, and say so to the kept pages."""
        super().delete_queryset(request, queryset)
        self._content_changed()

    def formfield_for_manytomany(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        """Show what may be chosen as boxes to tick, unless it is searched for."""
        if db_field.name not in self.get_autocomplete_fields(request):
            kwargs.setdefault("widget", CheckboxSelectMultiple)
        return super().formfield_for_manytomany(db_field, request, **kwargs)

    def get_form(self, request: HttpRequest, obj: Any = None, **kwargs: Any) -> Any:  # type: ignore[override]
        """Check the row as a whole."""
        form = super().get_form(request, obj, **kwargs)
        return type(form.__name__, (WholeRow, form), {})

    def get_formsets_with_inlines(
        self, request: HttpRequest, obj: Any = None
    ) -> Iterator[tuple[type[BaseInlineFormSet], admin.options.InlineModelAdmin]]:  # type: ignore[type-arg]
        """Name each field of the tables."""
        for formset, inline in super().get_formsets_with_inlines(request, obj):
            if isinstance(inline, admin.TabularInline):
                yield type(formset.__name__, (LabelledRows, formset), {}), inline
            else:
                yield formset, inline

    def get_list_select_related(self, request: HttpRequest) -> Any:
        """Fetch with the rows each related object that a column shows: no query per line."""
        if self.list_select_related:
            return self.list_select_related
        return [name for name in self.get_list_display(request) if self._is_relation(name)]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """Add the state to what is read-only."""
        return (*super().get_readonly_fields(request, obj), *self.state_fields)

    def view_on_site(self, obj: Any) -> str | None:
        """Link straight to the public page, for what has one."""
        absolute_url = getattr(obj, "get_absolute_url", None)
        return absolute_url() if absolute_url else None

    def _content_changed(self) -> None:
        if self.public_content:
            touch()

    def _is_relation(self, name: Any) -> bool:
        try:
            field = self.model._meta.get_field(name)
        except (FieldDoesNotExist, AttributeError):
            return False
        return isinstance(field, models.ForeignKey)


class ReadOnlyAdmin(BaseAdmin):
    """Rows that commands, services or their owners write: staff reads them, and acts by buttons."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Nobody adds a row."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nobody changes a row."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nobody deletes a row."""
        return False


def agent_id(request: HttpRequest) -> int:
    """Return the key of the agent, whom the back office has signed in."""
    if request.user.pk is None:
        raise PermissionDenied
    return request.user.pk
