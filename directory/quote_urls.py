"""URLs of quotes, under /devis/."""

from django.urls import path

from directory.views import quotes

app_name = "quotes"

urlpatterns = [
    path("", quotes.explained, name="explained"),
    path("modele.pdf", quotes.blank, name="blank"),
    path("mes-devis/", quotes.mine, name="mine"),
    path("mes-devis/nouveau/", quotes.start, name="start"),
    path("mes-devis/demande/<int:proposal_id>/", quotes.for_request, name="for_request"),
    path("mes-devis/<int:quote_id>/", quotes.quote, name="quote"),
    path("mes-devis/<int:quote_id>/envoyer/", quotes.send, name="send"),
    path("mes-devis/<int:quote_id>/copier/", quotes.copy, name="copy"),
    path("mes-devis/<int:quote_id>/supprimer/", quotes.delete, name="delete"),
    path("mes-devis/<int:quote_id>/piece/", quotes.offer, name="offer"),
    path("mes-devis/<int:quote_id>/devis.pdf", quotes.document, name="document"),
    path("mes-devis/<int:quote_id>/<slug:slug>/", quotes.step, name="step"),
    path("lire/<str:token>/", quotes.read, name="read"),
    path("lire/<str:token>/devis.pdf", quotes.read_document, name="read_document"),
]
