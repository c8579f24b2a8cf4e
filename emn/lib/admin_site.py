"""The back office: one way in, the portal's own sign-in, with a second factor."""

from typing import Any

from django.contrib.admin import AdminSite
from django.contrib.auth import REDIRECT_FIELD_NAME
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.decorators import method_decorator
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache

from emn.lib.access import OPEN_FORM, STAFF, access_of, declare, lacks_second_factor

_LIBRARIES = ("allauth.", "django.")


class PortalAdminSite(AdminSite):
    """The admin without its stock sign-in form, closed to whoever lacks a second factor."""

    site_header = _("Coulisses du portail")
    site_title = _("Coulisses")
    index_title = _("Administration")

    def register(self, model_or_iterable: Any, admin_class: Any = None, **options: Any) -> None:
        """Leave out what libraries register for themselves: groups, tokens, second factors.

        Roles are code, and nobody reads or edits another person's keys.
        """
        if admin_class is None or admin_class.__module__.startswith(_LIBRARIES):
            return
        super().register(model_or_iterable, admin_class, **options)

    def has_permission(self, request: HttpRequest) -> bool:
        """Let in an active agent whose account is protected by a second factor."""
        return super().has_permission(request) and not lacks_second_factor(request)

    def admin_view(self, view: Any, cacheable: bool = False) -> Any:  # noqa: FBT001, FBT002 -- Django's
        """Guard a view; nothing of the back office stays in a cache."""
        guarded = super().admin_view(view, cacheable=False)
        return guarded if access_of(guarded) else declare(STAFF)(guarded)

    @declare(OPEN_FORM)
    @method_decorator(never_cache)
    def login(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Send to the portal's sign-in, or to the page that turns the second factor on."""
        target = request.GET.get(REDIRECT_FIELD_NAME, "")
        if not url_has_allowed_host_and_scheme(target, allowed_hosts=None):
            target = reverse("admin:index")
        if not request.user.is_authenticated:
            return redirect_to_login(target)
        if not request.user.is_staff:
            raise PermissionDenied
        if lacks_second_factor(request):
            return HttpResponseRedirect(reverse("mfa_index"))
        return HttpResponseRedirect(target)

    def password_change(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> Any:
        """Send to the portal's own page."""
        return HttpResponseRedirect(reverse("account_change_password"))
