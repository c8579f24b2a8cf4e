"""Who may open a URL: each view declares it, a test walks the URLconf and refuses a silent one.

| declaration        | who                                        | kept by caches |
|--------------------|--------------------------------------------|----------------|
| `@public`          | everyone, and the same answer for everyone | yes            |
| `@open_form`       | everyone, with a form of their own         | never          |
| `@member`          | a signed-in person                         | never          |
| `@token`           | whoever holds the secret in the URL        | never          |
| `@staff("app.perm")` | an agent whose role holds the permission | never          |
"""

from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar

from allauth.mfa.models import Authenticator
from allauth.mfa.utils import is_mfa_enabled
from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponseBase, HttpResponseRedirect
from django.urls import reverse
from django.utils.cache import patch_cache_control

View = Callable[..., HttpResponseBase]
AnyView = TypeVar("AnyView", bound=View)

PUBLIC = "public"
OPEN_FORM = "open_form"
MEMBER = "member"
TOKEN = "token"  # noqa: S105 -- the name of an access class
STAFF = "staff"


def declare(access: str) -> Callable[[AnyView], AnyView]:
    """Mark a view, without any check, with one of the classes above (`staff:<permission>`)."""

    def mark(view: AnyView) -> AnyView:
        view.access = access  # type: ignore[attr-defined]
        return view

    return mark


def access_of(view: View) -> str | None:
    """Return what a view declares, None when it is silent; the admin's own views are for staff."""
    if hasattr(view, "admin_site") or hasattr(view, "model_admin"):
        return STAFF
    return getattr(view, "access", None)


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

    return declare(PUBLIC)(wrapper)


def _never_stored(view: View) -> View:
    @wraps(view)
    def wrapper(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        response = view(request, *args, **kwargs)
        if not response.has_header("Cache-Control"):
            patch_cache_control(response, private=True, no_store=True)
        return response

    return wrapper


def open_form(view: View) -> View:
    """Open to everyone, but with a form of the visitor's own: never cached."""
    return declare(OPEN_FORM)(_never_stored(view))


def member(view: View) -> View:
    """Only for a signed-in person; others are sent to sign in and come back."""
    return declare(MEMBER)(_never_stored(login_required(view)))


def token(view: View) -> View:
    """Open to whoever holds the secret in the URL; the view checks it and answers 404."""
    return declare(TOKEN)(_never_stored(view))


def lacks_second_factor(request: HttpRequest) -> bool:
    """Tell whether this agent must still turn on a second factor before any staff page.

    Signing in asks for the factor once it is on (allauth's login stages), whatever the way in.
    """
    return settings.STAFF_MFA_REQUIRED and not is_mfa_enabled(
        request.user, types=[Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN]
    )


def staff(permission: str) -> Callable[[View], View]:
    """Only for staff whose role holds `permission` («directory.moderate_provider»).

    An agent without the permission gets 403; one without a second factor is sent to activate it.
    """

    def decorate(view: View) -> View:
        @wraps(view)
        def wrapper(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            user = request.user
            if not (user.is_authenticated and user.is_staff and user.has_perm(permission)):
                raise PermissionDenied
            if lacks_second_factor(request):
                return HttpResponseRedirect(reverse("mfa_index"))
            return view(request, *args, **kwargs)

        return declare(f"{STAFF}:{permission}")(_never_stored(login_required(wrapper)))

    return decorate
