"""URLs of the directory, under /annuaire/."""

from django.urls import path

from directory.views import cards, claims, freshness, joining, listing, reports, writing

app_name = "directory"

urlpatterns = [
    path("", listing.provider_list, name="list"),
    path("carte/", listing.provider_map, name="map"),
    path("suggestions/", listing.suggestions, name="suggestions"),
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
    path(
        "mes-fiches/<int:provider_id>/corrections/<int:correction_id>/",
        writing.correction_accept,
        name="correction_accept",
    ),
    path("mes-fiches/<int:provider_id>/<slug:slug>/", writing.card_section, name="card_section"),
    path("confirmer/<str:token>/", freshness.confirm, name="confirm"),
    path("<slug:slug>/signaler/", reports.report_error, name="report_error"),
    path("<slug:slug>/", cards.provider_card, name="provider"),
]
