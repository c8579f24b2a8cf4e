"""Rows of the observatory that are led from step to step, each a page with one button."""

from typing import Any

from django.http import HttpRequest

from emn.lib.decisions import Buttons, WithDecisions

RUN = "observatory.run_survey"


class WithSteps(WithDecisions):
    """Rows led from step to step: `possible` says which may be taken now."""

    permission = RUN

    def buttons(self, request: HttpRequest, row: Any) -> Buttons:
        """Offer the steps that may be taken now."""
        if not request.user.has_perm(self.permission):
            return []
        return [(self.address(name, row.pk), label) for name, label in self.possible(row)]

    def possible(self, row: Any) -> list[tuple[str, str]]:
        """Return the name and the words of each step that may be taken."""
        raise NotImplementedError
