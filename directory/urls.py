"""URLs of the directory, under /annuaire/."""

from django.urls import path

from directory.views import (
    alerts,
    cards,
    claims,
    comparing,
    freshness,
    joining,
    listing,
    measures,
    reports,
    reviews,
    trust,
    writing,
)

app_name = "directory"

urlpatterns = [
    path("", listing.provider_list, name="list"),
    path("carte/", listing.provider_map, name="map"),
    path("suggestions/", listing.suggestions, name="suggestions"),
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
    path("inscription/<str:siret>/rattachement/", claims.claim, name="claim"),
    path("mes-fiches/", writing.my_cards, name="my_cards"),
    path("mes-fiches/demandes/", claims.claims, name="claims"),
    path("mes-fiches/demandes/<int:claim_id>/code/", claims.claim_code, name="claim_code"),
    path("mes-fiches/demandes/<int:claim_id>/decision/", claims.claim_decide, name="claim_decide"),
    path("mes-fiches/demandes/<int:claim_id>/retirer/", claims.claim_cancel, name="claim_cancel"),
    path("mes-fiches/<int:provider_id>/", writing.card_edit, name="card_edit"),
    path("mes-fiches/<int:provider_id>/soumettre/", writing.card_submit, name="card_submit"),
    path("mes-fiches/<int:provider_id>/confirmer/", writing.card_confirm, name="card_confirm"),
    path("mes-fiches/<int:provider_id>/retirer/", writing.card_withdraw, name="card_withdraw"),
    path(
        "mes-fiches/<int:provider_id>/corrections/<int:correction_id>/",
        writing.correction_accept,
        name="correction_accept",
    ),
    path("mes-fiches/<int:provider_id>/demandes/", writing.card_pause, name="card_pause"),
    path("mes-fiches/<int:provider_id>/vues/", measures.card_views, name="card_views"),
    path("mes-fiches/<int:provider_id>/indice/", trust.trust_own, name="trust_own"),
    path(
        "mes-fiches/<int:provider_id>/indice/contester/", trust.trust_contest, name="trust_contest"
    ),
    path("mes-fiches/<int:provider_id>/indice/repondre/", trust.trust_reply, name="trust_reply"),
    path("mes-fiches/<int:provider_id>/avis/", reviews.own_reviews, name="own_reviews"),
    path("mes-fiches/<int:provider_id>/avis/missions/", reviews.missions, name="missions"),
    path(
        "mes-fiches/<int:provider_id>/avis/<int:review_id>/repondre/",
        reviews.reply,
        name="review_reply",
    ),
    path(
        "mes-fiches/<int:provider_id>/avis/<int:review_id>/douter/",
        reviews.doubt,
        name="review_doubt",
    ),
    path("mes-fiches/<int:provider_id>/<slug:slug>/", writing.card_section, name="card_section"),
    path("confirmer/<str:token>/", freshness.confirm, name="confirm"),
    path("<slug:slug>/signaler/", reports.report_error, name="report_error"),
    path("<slug:slug>/avis/", reviews.provider_reviews, name="reviews"),
    path("<slug:slug>/indice/", trust.trust, name="trust"),
    path("<slug:slug>/indice/calcul.json", trust.trust_json, name="trust_json"),
    path("<slug:slug>/", cards.provider_card, name="provider"),
]
