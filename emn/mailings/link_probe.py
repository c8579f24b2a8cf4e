"""Asking an address whether it leads somewhere, without trusting where that is.

Threat model: an agent's account that was stolen could make the server knock at the doors of its own
network. So each name, at each redirection, must be public before it is asked; only whether
it answered is kept, never what.
"""

import socket
from collections.abc import Callable
from http import HTTPStatus
from ipaddress import ip_address
from urllib.parse import urljoin, urlsplit

import httpx
from django.utils.translation import gettext as _

TIMEOUT_S = 10
MOST_REDIRECTIONS = 5
# What says «not here», as opposed to «not for robots» (401, 403, 405, 429…).
_GONE = {HTTPStatus.NOT_FOUND, HTTPStatus.GONE}


def is_public(host: str) -> bool:
    """Tell whether every address of a host is on the open internet. Raises OSError when unknown."""
    found = socket.getaddrinfo(host, None, proto=socket.IPPROTO_TCP)
    return all(ip_address(entry[4][0]).is_global for entry in found)


def problem_of(url: str, *, may_ask: Callable[[str], bool] = is_public) -> str:
    """Return why an address leads nowhere, as the end of a sentence; empty when it leads somewhere.

    `may_ask` tells whether a host may be asked. At most `TIMEOUT_S` seconds a step.
    """
    try:
        with httpx.Client(timeout=TIMEOUT_S, trust_env=False) as client:
            for _attempt in range(MOST_REDIRECTIONS + 1):
                if not may_ask(urlsplit(url).hostname or ""):
                    return _("cette adresse n’est pas publique")
                with client.stream("GET", url) as response:
                    status, target = response.status_code, response.headers.get("Location")
                if not (response.is_redirect and target):
                    return _problem_of_status(status)
                url = urljoin(url, target)
    except (httpx.HTTPError, httpx.InvalidURL, OSError, ValueError):
        return _("le site ne répond pas")
    return _("le site renvoie trop de fois ailleurs")


def _problem_of_status(status: int) -> str:
    if status in _GONE or status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return _("le site répond %(status)d") % {"status": status}
    return ""
