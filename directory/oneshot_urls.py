"""URLs of Stop one-shot, under /stop-one-shot/."""

from django.urls import path

from directory.views import oneshot

app_name = "oneshot"

urlpatterns = [
    path("", oneshot.check, name="check"),
    path("demandes.pdf", oneshot.requests, name="requests"),
    path("rappel/", oneshot.call, name="call"),
    path("rappel/demande/", oneshot.called, name="called"),
]
