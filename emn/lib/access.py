"""Who may open a URL: each view declares it, a test walks the URLconf and refuses a silent one."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponseBase
from django.utils.cache import patch_cache_control

View = Callable[..., HttpResponseBase]


def declare(access: str) -> Callable[[View], View]:
    """Mark a view, without any check, as `public`, `member`, `staff:<role>` or `token`."""

    def mark(view: View) -> View:
        view.access = access  # type: ignore[attr-defined]
        return view

    return mark


def public(view: View) -> View:
    """Open to everyone and the same for everyone: no cookie, no account, hence cacheable.

    A GET answer gets `Cache-Control: public`, unless the view said otherwise.
    """

    @wraps(view)
    def wrapper(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        response = view(request, *args, **kwargs)
        if request.method in {"GET", "HEAD"} and not response.has_header("Cache-Control"):
            patch_cache_control(
                response,
                public=True,
                max_age=settings.PAGE_MAX_AGE_S,
                stale_while_revalidate=settings.PAGE_STALE_S,
            )
        return response

    return declare("public")(wrapper)


def open_form(view: View) -> View:
    """Open to everyone, but with a form of the visitor's own: never cached."""

    @wraps(view)
    def wrapper(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        response = view(request, *args, **kwargs)
        if not response.has_header("Cache-Control"):
            patch_cache_control(response, private=True, no_store=True)
        return response

    return declare("public")(wrapper)


def member(view: View) -> View:
    """Only for a signed-in person; others are sent to sign in and come back."""
    return declare("member")(open_form(login_required(view)))


def token(view: View) -> View:
    """Open to whoever holds the secret in the URL; the view checks it and answers 404."""
    return declare("token")(open_form(view))


def staff(permission: str) -> Callable[[View], View]:
    """Only for staff whose role holds `permission` («directory.moderate_provider»)."""

    def decorate(view: View) -> View:
        @wraps(view)
        def wrapper(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            user = request.user
            if not (user.is_authenticated and user.is_staff and user.has_perm(permission)):
                raise PermissionDenied
            return view(request, *args, **kwargs)

        return declare(f"staff:{permission}")(open_form(login_required(wrapper)))

    return decorate
