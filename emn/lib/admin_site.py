"""The back office: one way in, the portal's own sign-in, with a second factor."""

from typing import Any

from django.contrib.admin import AdminSite
from django.contrib.auth import REDIRECT_FIELD_NAME
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext_lazy as _

from emn.lib.access import OPEN_FORM, declare, lacks_second_factor

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

    @declare(OPEN_FORM)
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
