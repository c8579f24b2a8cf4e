"""URLs of the solidarity bridge, under /passerelle-solidaire/."""

from django.urls import path

from directory.enums import AdSide
from directory.views import bridge

app_name = "bridge"

urlpatterns = [
    path("", bridge.ads, name="list"),
    path("proposer/", bridge.new, {"side": AdSide.OFFER}, name="offer"),
    path("demander/", bridge.new, {"side": AdSide.NEED}, name="need"),
    path("envoye/", bridge.sent, name="sent"),
    path("annonces/<slug:slug>/", bridge.ad, name="ad"),
    path("annonces/<slug:slug>/repondre/", bridge.reply, name="answer"),
    path("confirmer/<str:token>/", bridge.confirm, name="confirm"),
    path("suivi/<str:token>/", bridge.follow, name="follow"),
    path("reponse/<str:token>/", bridge.follow_reply, name="reply"),
]
