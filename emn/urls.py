"""Every URL of the portal. French has no prefix; German and English live under /de/ and /en/."""

from django.conf.urls.i18n import i18n_patterns
from django.contrib import admin
from django.urls import include, path

from emn import home

urlpatterns = [
    path("sante/", home.health, name="health"),
    path("admin/", admin.site.urls),
    *i18n_patterns(
        path("", home.home, name="home"),
        path("annuaire/", include("directory.urls")),
        path("compte/", include("emn.accounts.urls")),
        prefix_default_language=False,
    ),
]

handler429 = "emn.lib.rate_limit.too_many_requests"
