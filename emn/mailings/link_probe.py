"""Asking an address whether it leads somewhere, without trusting where that is.

Threat model: an agent's account that was stolen could make the server knock at the doors of its own
network. So each name, at each redirection, must be public before it is asked, and it is asked at
the address that was found then, whatever the name says a moment later; only whether it answered
is kept, never what.
"""

import socket
from collections.abc import Callable
from http import HTTPStatus
from ipaddress import ip_address
from urllib.parse import urljoin

import httpx
from django.utils.translation import gettext as _

TIMEOUT_S = 10
MOST_REDIRECTIONS = 5
# What says «not here», as opposed to «not for robots» (401, 403, 405, 429…).
_GONE = {HTTPStatus.NOT_FOUND, HTTPStatus.GONE}


def any_address(host: str) -> str:
    """Return an address of a host. Raises OSError when the host is unknown."""
    return _addresses(host)[0]


def public_address(host: str) -> str:
    """Return an address of a host; empty when one of them is not on the open internet.

    Raises OSError when the host is unknown.
    """
    found = _addresses(host)
    return found[0] if all(ip_address(address).is_global for address in found) else ""


def _addresses(host: str) -> list[str]:
    return [str(entry[4][0]) for entry in socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)]


def problem_of(url: str, *, address_of: Callable[[str], str] = public_address) -> str:
    """Return why an address leads nowhere, as the end of a sentence; empty when it leads somewhere.

    `address_of` tells where a host may be asked, if it may. At most `TIMEOUT_S` seconds a step.
    """
    try:
        with httpx.Client(timeout=TIMEOUT_S, trust_env=False) as client:
            for _attempt in range(MOST_REDIRECTIONS + 1):
                host = httpx.URL(url).host
                address = address_of(host)
                if not address:
                    return _("cette adresse n’est pas publique")
                with client.stream(
                    "GET",
                    httpx.URL(url).copy_with(host=address),
                    headers={"Host": httpx.URL(url).netloc.decode()},
                    extensions={"sni_hostname": host},  # the certificate is the name's
                ) as response:
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
