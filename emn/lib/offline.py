"""What a page that goes on without network asks of the portal (ADR 15).

Its device keeps a state and acts, encrypted; here it finds its service worker, the state when that
has changed, and is read when it says what happened.
"""

import hashlib
import json
from collections.abc import Callable, Mapping
from datetime import datetime
from http import HTTPStatus
from pathlib import Path
from typing import Any
from uuid import UUID

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.middleware.csrf import get_token
from django.utils import timezone
from django.utils.cache import patch_cache_control
from django.utils.dateparse import parse_datetime

WORKER = Path(settings.BASE_DIR) / "static" / "js" / "offline" / "worker.js"
MOST_ACTS = 50


def worker_response() -> HttpResponse:
    """Give the service worker; its address says over which pages it watches."""
    response = HttpResponse(WORKER.read_bytes(), content_type="text/javascript; charset=utf-8")
    patch_cache_control(response, public=True, no_cache=True)
    return response


def state_response(
    request: HttpRequest, state: Mapping[str, Any], *, now: datetime,
    default: Callable[[Any], Any] = str,
) -> HttpResponse:  # fmt: skip
    """Give the state, the clock of the portal and a token to post with; 304 when nothing changed.

    `default` writes what JSON does not know.
    """
    body = json.dumps(state, ensure_ascii=False, default=default)
    etag = f'"{hashlib.sha256(body.encode()).hexdigest()[:32]}"'
    if request.headers.get("If-None-Match", "").removeprefix("W/") == etag:
        response = HttpResponse(status=HTTPStatus.NOT_MODIFIED)
    else:
        response = JsonResponse(json.loads(body) | {"csrf": get_token(request)})
    response["ETag"] = etag
    response["X-Emn-Now"] = now.isoformat()
    return response


def sent_acts(request: HttpRequest) -> list[dict[str, Any]] | None:
    """Return the first fifty acts that a device sent; None when the whole cannot be read."""
    try:
        sent = json.loads(request.body)["acts"]
        return [raw for raw in sent if isinstance(raw, dict)][:MOST_ACTS]
    except (ValueError, KeyError, TypeError):
        return None


def stamp_of(raw: Mapping[str, Any]) -> tuple[UUID, datetime] | None:
    """Return the identifier and the instant of an act; None when it lacks either."""
    try:
        client_id = UUID(str(raw.get("client_id")))
        at = parse_datetime(str(raw.get("at")))
    except ValueError:
        return None
    if at is None or timezone.is_naive(at):
        return None
    return client_id, at
