"""Rows of the observatory that are led from step to step, each a page with one button."""

from collections.abc import Callable
from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse
from django.urls import path, reverse

from emn.lib.decisions import Buttons, WithButtons, decision_page

RUN = "observatory.run_survey"


def sent(request: HttpRequest) -> Any:
    """Return what was posted, None for a page that is only looked at."""
    return request.POST if request.method == "POST" else None


class WithSteps(WithButtons):
    """Rows led from step to step: `steps` gives the route, the view and the name of each."""

    def steps(self) -> list[tuple[str, Callable[..., HttpResponse], str]]:
        """Return them."""
        raise NotImplementedError

    def step_name(self, name: str) -> str:
        """Return the URL name of a step."""
        return f"observatory_{self.opts.model_name}_{name}"

    def get_urls(self) -> list[Any]:
        """Add the steps."""
        guard = self.admin_site.admin_view
        own = [
            path(f"<int:pk>/{end}/", guard(view), name=self.step_name(name))
            for end, view, name in self.steps()
        ]
        return [*own, *super().get_urls()]

    def buttons(self, request: HttpRequest, row: Any) -> Buttons:
        """Offer the steps that may be taken now."""
        if not request.user.has_perm(self.permission):
            return []
        return [
            (reverse(f"admin:{self.step_name(name)}", args=[row.pk]), label)
            for name, label in self.possible(row)
        ]

    permission = RUN

    def possible(self, row: Any) -> list[tuple[str, str]]:
        """Return the name and the words of each step that may be taken."""
        raise NotImplementedError

    def decide(
        self, request: HttpRequest, subject: Any, title: str, form: forms.Form, *,
        act: Callable[[dict[str, Any]], object], done: str, warning: str = "",
        facts: tuple[tuple[str, Any], ...] = (),
    ) -> HttpResponse:  # fmt: skip
        """Show one decision; come back to the row."""
        return decision_page(
            self, request, title=title, subject=subject, form=form, act=act, done=done,
            permission=self.permission, warning=warning, facts=facts, stays=True,
        )  # fmt: skip
