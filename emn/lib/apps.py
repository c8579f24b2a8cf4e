"""Registration of the app with Django."""

from django.apps import AppConfig
from django.contrib.admin import apps as admin_apps

from emn.lib import dates


class LibConfig(AppConfig):
    name = "emn.lib"
    label = "lib"
    verbose_name = "Socle"
    default = True

    def ready(self) -> None:
        """Have Django write the first of a month in French."""
        dates.speak_french()


class PortalAdminConfig(admin_apps.AdminConfig):
    """Django's admin, on the portal's own site."""

    default = False
    default_site = "emn.lib.admin_site.PortalAdminSite"
