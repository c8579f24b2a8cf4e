"""Rate limits that hold across processes and hosts: one exact counter per key, in PostgreSQL.

A window opens with the first hit of a key and lasts `period_s`; within it, at most `limit` hits are
allowed. The count is one atomic upsert, so two simultaneous requests never share the last place.
Keys (an address, an IP) are stored as keyed hashes only.
"""

import ipaddress
import math
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import wraps
from typing import Any

from django.conf import settings
from django.db import connection
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.utils import timezone
from django.utils.crypto import salted_hmac

View = Callable[..., HttpResponseBase]

_IPV6_SITE = 64  # bits: what one subscriber holds, so that rotating inside it gains nothing
_HIT = """
    INSERT INTO emn_rate_limit AS counter (key_hash, hits, ends_at)
    SELECT %s, 1, %s::timestamptz {source}
    ON CONFLICT (key_hash) DO UPDATE SET
        hits = CASE WHEN counter.ends_at > %s THEN counter.hits + 1 ELSE 1 END,
        ends_at = CASE WHEN counter.ends_at > %s THEN counter.ends_at ELSE excluded.ends_at END
    RETURNING hits, ends_at
"""


@dataclass(frozen=True)
class Hit:
    """One hit of `key` in `scope`, of which `limit` are allowed each `period_s`."""

    scope: str
    key: str
    limit: int
    period_s: int

    def values(self, *, now: datetime) -> list[Any]:
        """Return what the statement binds."""
        ends_at = now + timedelta(seconds=self.period_s)
        return [_hash(self.scope, self.key), ends_at, now, now]


def wait_s(*, scope: str, key: str, limit: int, period_s: int, now: datetime) -> int:
    """Count one hit; return 0 when it is allowed, else the seconds until the window closes.

    Call it outside a transaction: a rollback would take the hit back.
    """
    hit = Hit(scope, key, limit, period_s)
    with connection.cursor() as cursor:
        cursor.execute(_HIT.format(source=""), hit.values(now=now))
        hits, ends_at = cursor.fetchone()
    return 0 if hits <= limit else max(1, math.ceil((ends_at - now).total_seconds()))


def allow(*, scope: str, key: str, limit: int, period_s: int, now: datetime) -> bool:
    """Count one hit of `key` in `scope` and tell whether it is within the limit."""
    return not wait_s(scope=scope, key=key, limit=limit, period_s=period_s, now=now)


def both_allowed(first: Hit, then: Hit, *, now: datetime) -> tuple[bool, bool]:
    """Count `first`, and `then` where it is allowed, in one statement; tell whether each is."""
    after_first = "FROM first_hit WHERE hits <= %s"
    statement = f"""WITH first_hit AS ({_HIT.format(source="")}),
                         then_hit AS ({_HIT.format(source=after_first)})
                    SELECT (SELECT hits FROM first_hit), (SELECT hits FROM then_hit)"""  # noqa: S608 -- made of constants
    key, ends_at, *nows = then.values(now=now)
    values = [*first.values(now=now), key, ends_at, first.limit, *nows]
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        first_hits, then_hits = cursor.fetchone()
    return first_hits <= first.limit, then_hits is not None and then_hits <= then.limit


def forget_closed_windows(*, now: datetime) -> int:
    """Delete the counters whose window is over; return how many."""
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM emn_rate_limit WHERE ends_at <= %s", [now])
        return int(cursor.rowcount)


def client_ip(request: HttpRequest) -> str:
    """Return the visitor's address, an IPv6 one as its /64; empty when there is none.

    Behind `TRUSTED_PROXY_HOPS` proxies, the address is the one that the outermost of them wrote:
    counted from the right of X-Forwarded-For, since a visitor may forge what stands to the left.
    """
    hops = settings.TRUSTED_PROXY_HOPS
    forwarded = request.headers.get("X-Forwarded-For", "").split(",")
    candidate = forwarded[-hops] if 0 < hops <= len(forwarded) else ""
    for value in (candidate, request.META.get("REMOTE_ADDR", "")):
        try:
            address = ipaddress.ip_address(value.strip())
        except ValueError:
            continue
        if address.version == 6:  # noqa: PLR2004 -- the protocol's own name
            if address.ipv4_mapped:  # how a socket of both protocols writes an IPv4 one
                return str(address.ipv4_mapped)
            return str(ipaddress.ip_network((address, _IPV6_SITE), strict=False).network_address)
        return str(address)
    return ""


def client_network(request: HttpRequest) -> str:
    """Return the network that the visitor's address is in: an IPv4 /24, an IPv6 /48; or nothing.

    It says whence somebody signed, never who sat at the machine.
    """
    ip = client_ip(request)
    if not ip:
        return ""
    bits = 24 if ipaddress.ip_address(ip).version == 4 else 48  # noqa: PLR2004 -- IPv4
    return str(ipaddress.ip_network((ip, bits), strict=False))


def limited(
    *, scope: str, limit: int, period_s: int, method: str = "POST"
) -> Callable[[View], View]:
    """Refuse, with a 429 page, the requests of one address beyond `limit` per `period_s`."""

    def decorate(view: View) -> View:
        @wraps(view)
        def wrapper(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            if request.method == method:
                wait = wait_s(
                    scope=scope,
                    key=client_ip(request),
                    limit=limit,
                    period_s=period_s,
                    now=timezone.now(),
                )
                if wait:
                    return too_many_requests(request, wait=wait)
            return view(request, *args, **kwargs)

        return wrapper

    return decorate


def too_many_requests(request: HttpRequest, *, wait: int = 60) -> HttpResponse:
    """Answer 429 and say when to come back, in seconds; also the portal's `handler429`."""
    response = render(request, "429.html", {"minutes": math.ceil(wait / 60)}, status=429)
    response["Retry-After"] = str(wait)
    response["Cache-Control"] = "no-store"
    return response


def _hash(scope: str, key: str) -> str:
    return salted_hmac("emn.lib.rate_limit", f"{scope}:{key}", algorithm="sha256").hexdigest()
