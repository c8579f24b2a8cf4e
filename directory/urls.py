"""URLs of the directory, under /annuaire/."""

from django.urls import path

from directory.views import alerts, cards, comparing, joining, listing, measures

app_name = "directory"

urlpatterns = [
    path("", listing.provider_list, name="list"),
    path("carte/", listing.provider_map, name="map"),
    path("comparer/", comparing.compare, name="compare"),
    path("favoris/", comparing.favourites, name="favourites"),
    path("alertes/nouvelle/", alerts.alert_new, name="alert_new"),
    path("alertes/envoyee/", alerts.alert_asked, name="alert_asked"),
    path("alertes/confirmer/<str:token>/", alerts.alert_confirm, name="alert_confirm"),
    path("alertes/gerer/<str:token>/", alerts.alert_manage, name="alert_manage"),
    path("alertes/arret/<str:token>/", alerts.alert_stop, name="alert_stop"),
    path("mesure/", measures.measure, name="measure"),
    path("inscription/", joining.join, name="join"),
    path("inscription/<str:siret>/", joining.card_start, name="card_start"),
    path("mes-fiches/", joining.my_cards, name="my_cards"),
    path("mes-fiches/<int:provider_id>/", joining.card_edit, name="card_edit"),
    path("mes-fiches/<int:provider_id>/soumettre/", joining.card_submit, name="card_submit"),
    path("mes-fiches/<int:provider_id>/confirmer/", joining.card_confirm, name="card_confirm"),
    path("mes-fiches/<int:provider_id>/vues/", measures.card_views, name="card_views"),
    path("<slug:slug>/", cards.provider_card, name="provider"),
]
