"""One page for every decision of staff: what is decided on, a form, one button, one service."""

from collections.abc import Callable, Sequence
from functools import wraps
from typing import Any, ClassVar

from django import forms
from django.contrib import messages
from django.contrib.admin import ModelAdmin
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path, reverse

from emn.lib.admin import ReadOnlyAdmin
from emn.lib.errors import DomainError

Buttons = list[tuple[str, Any]]  # the address and the words of each
Action = Callable[..., HttpResponse | None]
CONFIRMED = "confirmed"  # what the page that asks sends back
Pages = list[tuple[str, Callable[..., HttpResponse], str]]  # the route, the view, the name


class WithButtons(ModelAdmin):  # type: ignore[type-arg]  # not generic at run time
    """A row read as it is, with the buttons of what may be done of it now."""

    change_form_template = "admin/lib/with_buttons.html"

    def buttons(self, request: HttpRequest, row: Any) -> Buttons:
        """Return those that this person may press."""
        raise NotImplementedError

    def render_change_form(
        self, request: HttpRequest, context: Any, *args: Any, **kwargs: Any
    ) -> Any:
        """Show the buttons of a row that is there already."""
        row = context.get("original")
        context["buttons"] = [] if row is None else self.buttons(request, row)
        return super().render_change_form(request, context, *args, **kwargs)

    def address(self, name: str, pk: int) -> str:
        """Return the address of one of the row's own pages."""
        return reverse(f"admin:{_name(self)}_{name}", args=[pk])

    def page(self, route: str, view: Any, name: str) -> Any:
        """Return the URL of one of the row's own pages."""
        return path(
            f"<int:pk>/{route}/", self.admin_site.admin_view(view), name=f"{_name(self)}_{name}"
        )


class WithDecisions(WithButtons):
    """Rows with pages of decision: `pages` gives the route, the view and the name of each.

    `permission`: what whoever decides holds.
    """

    permission: ClassVar[str]

    def pages(self) -> Pages:
        """Return them."""
        raise NotImplementedError

    def get_urls(self) -> list[Any]:
        """Add the decisions."""
        return [*(self.page(*entry) for entry in self.pages()), *super().get_urls()]

    def decide(
        self, request: HttpRequest, subject: Any, title: str, form: forms.Form, *,
        act: Callable[[dict[str, Any]], object], done: str, warning: str = "",
        facts: Sequence[tuple[Any, Any]] = (),
    ) -> HttpResponse:  # fmt: skip
        """Show one decision; come back to the row."""
        return decision_page(
            self, request, title=title, subject=subject, form=form, act=act, done=done,
            permission=self.permission, warning=warning, facts=facts, stays=True,
        )  # fmt: skip


class RowsToDecide(WithButtons, ReadOnlyAdmin):
    """Rows that staff reads and decides on, each decision on a page of its own."""

    public_content = False


def confirmed(warning: Any) -> Callable[[Action], Action]:
    """Have an action of a list ask before it acts: how many rows, and what cannot be undone.

    Stands under `admin.action`.
    """

    def decorate(action: Action) -> Action:
        @wraps(action)
        def ask_first(
            admin: ModelAdmin[Any], request: HttpRequest, queryset: QuerySet[Any]
        ) -> HttpResponse | None:
            if request.POST.get(CONFIRMED):
                return action(admin, request, queryset)
            name = request.POST["action"]
            chosen = admin.get_actions(request)[name]
            assert chosen is not None, "the list has just chosen it"
            context = admin.admin_site.each_context(request) | {
                "title": chosen[2],
                "warning": warning,
                "count": queryset.count(),
                "action": name,
                "ticked": request.POST.getlist(ACTION_CHECKBOX_NAME),
                "ticked_name": ACTION_CHECKBOX_NAME,
                "is_across": request.POST.get("select_across", "0"),
                "confirmed_name": CONFIRMED,
                "opts": admin.model._meta,
            }
            return render(request, "admin/lib/confirm_action.html", context)

        return ask_first

    return decorate


def sent(request: HttpRequest) -> Any:
    """Return what was posted, None for a page that is only looked at."""
    return request.POST if request.method == "POST" else None


def decision_page(
    admin: ModelAdmin[Any],
    request: HttpRequest,
    *,
    title: Any,
    subject: Any,
    form: forms.Form,
    act: Callable[[dict[str, Any]], object],
    done: Any,
    permission: str,
    warning: Any = "",
    facts: Sequence[tuple[Any, Any]] = (),
    stays: bool = False,
) -> HttpResponse:
    """Show the facts and the form; on POST call `act` with what it holds, then go to the list.

    `stays`: go back to the subject instead, for there may be more to decide there.

    A refusal comes back in the form; what was done is said, and noted in the subject's history.
    """
    if not request.user.has_perm(permission):
        raise PermissionDenied
    if request.method == "POST" and form.is_valid():
        try:
            act(form.cleaned_data)
        except DomainError as refusal:
            form.add_error(None, refusal.message)
        else:
            admin.log_change(request, subject, str(title))
            messages.success(request, done)
            if stays:
                return redirect(f"admin:{_name(admin)}_change", subject.pk)
            return redirect(f"admin:{_name(admin)}_changelist")
    context = admin.admin_site.each_context(request) | {
        "title": title,
        "subject": subject,
        "warning": warning,
        "facts": [(label, value) for label, value in facts if value],
        "form": form,
        "opts": admin.model._meta,
        "list_url": f"admin:{_name(admin)}_changelist",
        "subject_url": f"admin:{_name(admin)}_change",
    }
    return render(request, "admin/lib/decision.html", context)


def _name(admin: ModelAdmin[Any]) -> str:
    return f"{admin.model._meta.app_label}_{admin.model._meta.model_name}"
