"""Every URL of the portal. French has no prefix; German and English live under /de/ and /en/."""

from django.conf.urls.i18n import i18n_patterns
from django.contrib import admin
from django.urls import include, path

from directory.views.bridge import contract_address
from directory.views.listing import ranking
from directory.views.trust import algorithm, algorithms
from emn import api, home
from emn.lib import media
from emn.lib.access import STAFF, declare
from emn.lib.monitoring import views as monitoring
from emn.mailings.views import webhooks
from emn.mailings.views.consent import one_click
from emn.pages.views import duties as pages
from events.views import agenda, buying
from observatory.views.promises import promises

handler400 = home.bad_request
handler403 = home.permission_denied
handler404 = home.page_not_found
handler500 = home.server_error

urlpatterns = [
    path("sante/", home.health, name="health"),
    path("sante/pret/", monitoring.ready, name="ready"),
    path("metrics", monitoring.metrics, name="metrics"),
    path("media/<path:name>", media.picture, name="picture"),
    path("courriel/retours/<slug:provider>/", webhooks.events, name="mail_events"),
    path("paiement/retours/<slug:provider>/", buying.card_events, name="card_events"),
    path("robots.txt", pages.robots, name="robots"),
    path("sitemap.xml", pages.sitemap, name="sitemap"),
    path("sitemap-<slug:section>.xml", pages.sitemap_section, name="sitemap_section"),
    path("u/<str:token>", one_click, name="one_click"),
    path("api/v1/", include("emn.api")),
    path(".well-known/security.txt", pages.security, name="security"),
    path("admin/galerie/", declare(STAFF)(admin.site.admin_view(pages.gallery)), name="gallery"),
    path("admin/etat/", monitoring.state, name="system_state"),
    path("admin/", admin.site.urls),
    *i18n_patterns(
        path("", home.home, name="home"),
        path("recherche/", home.search, name="search"),
        path("donnees/api/", api.guide, name="api_guide"),
        path("", include("emn.pages.urls")),
        path("pages/", include("emn.pages.content_urls")),
        path("aide/", include("emn.pages.help_urls")),
        path("actualites/", include("emn.pages.news_urls")),
        path("annuaire/", include("directory.urls")),
        path("charte/", include("directory.charter_urls")),
        path("plaintes/", include("directory.complaint_urls")),
        path("besoins/", include("directory.need_urls")),
        path("devis/", include("directory.quote_urls")),
        path("stop-one-shot/", include("directory.oneshot_urls")),
        path("lieux/", include("directory.place_urls")),
        path("passerelle-solidaire/", include("directory.bridge_urls")),
        path("solidarite/", contract_address, name="solidarity"),
        path("grappes/", include("directory.cluster_urls")),
        path("dossier/coffre/", include("directory.reversibility_urls")),
        path("dossier/", include("directory.dossier_urls")),
        path("avis/", include("directory.review_urls")),
        path("agenda.ics", agenda.calendar, name="agenda_calendar"),
        path("agenda/", include("events.urls")),
        path("formations/", include("events.training_urls")),
        path("diagnostic/", include("diagnostics.urls")),
        path("observatoire/", include("observatory.urls")),
        path("rendez-vous-solutions/", include("events.rendezvous_urls")),
        path("clubs/", include("events.club_urls")),
        path("showrooms/", include("events.showroom_urls")),
        path("enquetes/", include("observatory.survey_urls")),
        path("publications/", include("observatory.publication_urls")),
        path("financements/", include("observatory.funder_urls")),
        path("donnees/", include("observatory.open_data_urls")),
        path("integrer/", include("observatory.widget_urls")),
        path("promesses/", promises, name="promises"),
        path("classement/", ranking, name="ranking"),
        path("algorithme/", algorithms, name="algorithms"),
        path("algorithme/<str:version>/", algorithm, name="algorithm"),
        path("compte/", include("emn.accounts.urls")),
        path("lettre/", include("emn.mailings.urls")),
        path("demo/courriels/", include("emn.mailings.inbox_urls")),
        prefix_default_language=False,
    ),
]

handler429 = "emn.lib.rate_limit.too_many_requests"
