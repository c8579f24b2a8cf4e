"""URLs of needs, under /besoins/."""

from django.urls import path

from directory.views import needs, received_needs

app_name = "needs"

urlpatterns = [
    path("nouveau/", needs.start, name="new"),
    path("envoye/", needs.sent, name="sent"),
    path("brouillon/<str:token>/contact/", needs.contact, name="contact"),
    path("brouillon/<str:token>/entreprise/", needs.company, name="company"),
    path("brouillon/<str:token>/", needs.details, name="draft"),
    path("confirmer/<str:token>/", needs.confirm, name="confirm"),
    path("suivi/<str:token>/", needs.follow, name="follow"),
    path("suivi/<str:token>/bilan/", needs.satisfaction, name="satisfaction"),
    path("suivi/<str:token>/et-maintenant/", needs.later, name="later"),
    path("recues/", received_needs.received, name="received"),
    path("reponse/<str:token>/", needs.answer, name="answer"),
]
