"""How the API answers everyone: as JSON, and so many times a minute. The settings name these."""

from collections.abc import Iterable

from django.utils import timezone
from rest_framework.negotiation import BaseContentNegotiation
from rest_framework.parsers import BaseParser
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle

from emn.lib import rate_limit

QUESTIONS_PER_MINUTE = 300  # of one address; what the page cache answers is not counted


class AddressThrottle(BaseThrottle):
    """So many questions a minute for each address, exactly, across processes and hosts."""

    _wait = 0

    def allow_request(self, request: Request, view: object) -> bool:
        """Count one question."""
        self._wait = rate_limit.wait_s(
            scope="api",
            key=rate_limit.client_ip(request),
            limit=QUESTIONS_PER_MINUTE,
            period_s=60,
            now=timezone.now(),
        )
        return not self._wait

    def wait(self) -> float:
        """Return the seconds until the window closes."""
        return self._wait


class AlwaysJson(BaseContentNegotiation):
    """One form of answer: what the client says it accepts does not matter, so caches need not."""

    def select_parser(self, request: Request, parsers: Iterable[BaseParser]) -> BaseParser:
        """Return the only one."""
        return next(iter(parsers))

    def select_renderer(
        self,
        request: Request,
        renderers: Iterable[BaseRenderer],
        format_suffix: str | None = None,
    ) -> tuple[BaseRenderer, str]:
        """Return the only one."""
        renderer = next(iter(renderers))
        return renderer, renderer.media_type
