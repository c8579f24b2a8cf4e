"""URLs of the charter, under /charte/."""

from django.urls import path

from directory.views import audits, charter

app_name = "charter"

urlpatterns = [
    path("", charter.current, name="current"),
    path("signataires/", charter.register, name="register"),
    path("signataires.csv", charter.register_csv, name="register_csv"),
    path("signataires.json", charter.register_json, name="register_json"),
    path("signataires/<str:siren>/", charter.signatory, name="signatory"),
    path("mon-adhesion/", charter.adhesions, name="adhesions"),
    path("mon-adhesion/commencer/<str:siret>/", charter.start, name="start"),
    path("mon-adhesion/reconnaissance/<str:siret>/", charter.recognition, name="recognition"),
    path("mon-adhesion/<int:adhesion_id>/", charter.adhesion, name="adhesion"),
    path("mon-adhesion/<int:adhesion_id>/signer/", charter.sign, name="sign"),
    path("mon-adhesion/<int:adhesion_id>/abandonner/", charter.abandon, name="abandon"),
    path("mon-adhesion/<int:adhesion_id>/document/", charter.document, name="document"),
    path("mon-adhesion/<int:adhesion_id>/pieces/", charter.evidence_add, name="evidence_add"),
    path("mon-adhesion/<int:adhesion_id>/envoyer/", charter.submit, name="submit"),
    path("mon-adhesion/<int:adhesion_id>/resilier/", charter.resign, name="resign"),
    path("mon-adhesion/pieces/<int:evidence_id>/", charter.evidence_file, name="evidence_file"),
    path(
        "mon-adhesion/pieces/<int:evidence_id>/retirer/",
        charter.evidence_remove,
        name="evidence_remove",
    ),
    path("audits/", audits.draws, name="audits"),
    path("audits/<int:year>.json", audits.draw_json, name="audits_json"),
    path("<str:version>/", charter.version, name="version"),
]
