"""URLs of the diagnostics, under /diagnostic/."""

from django.urls import path

from diagnostics.views import flash

app_name = "diagnostics"

urlpatterns = [
    path("", flash.start, name="start"),
    path("commencer/", flash.begin, name="begin"),
    path("questionnaire.pdf", flash.paper, name="paper"),
    path("mes-diagnostics/", flash.mine, name="mine"),
    path("<str:key>/", flash.resume, name="resume"),
    path("<str:key>/question/<slug:code>/", flash.page, name="page"),
    path("<str:key>/verifier/", flash.review, name="review"),
    path("<str:key>/resultat/", flash.result, name="result"),
    path("<str:key>/rapport.pdf", flash.document, name="document"),
    path("<str:key>/lien/", flash.elsewhere, name="elsewhere"),
    path("<str:key>/lien/envoye/", flash.sent, name="sent"),
    path("<str:key>/dossier/", flash.claim, name="claim"),
]
