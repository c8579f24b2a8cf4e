"""URLs of the showrooms, under /showrooms/."""

from django.urls import path

from events.views import notebooks, rights, showrooms, visits

app_name = "showrooms"

urlpatterns = [
    path("", showrooms.overview, name="list"),
    path("demonstrations/", showrooms.demonstrations, name="demonstrations"),
    path("demonstrations/<slug:slug>/", showrooms.demonstration, name="demonstration"),
    path("passage/", showrooms.measure, name="measure"),
    path("visite/", visits.choose, name="visit"),
    path("visite/<slug:slug>/", visits.book, name="book"),
    path("carnet/", notebooks.by_code, name="code"),
    path("carnet/<str:token>/", notebooks.notebook, name="notebook"),
    path("carnet/<str:token>/suite/", notebooks.question, name="question"),
    path("carnet/<str:token>/carnet.pdf", notebooks.pdf, name="pdf"),
    path("droits/", rights.calls, name="calls"),
    path("droits/<int:call_id>/", rights.call, name="call"),
    path("droits/<int:call_id>/candidature/", rights.apply, name="apply"),
    path("mes-demonstrations/", rights.mine, name="mine"),
    path("accueil/", visits.today, name="today"),
    path("accueil/carnet/<int:notebook_id>/", visits.host_notebook, name="host_notebook"),
    path("affichettes/", showrooms.labels, name="labels"),
    path("chiffres/", showrooms.figures, name="figures"),
    path("<slug:slug>/", showrooms.showroom, name="showroom"),
]
