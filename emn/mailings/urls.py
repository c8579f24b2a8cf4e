"""The newsletter, under `/lettre/`."""

from django.urls import path

from emn.mailings.views import archive, consent

app_name = "mailings"
urlpatterns = [
    path("", consent.subscribe, name="subscribe"),
    path("merci/", consent.subscribed, name="subscribed"),
    path("confirmer/<str:token>/", consent.confirm, name="confirm"),
    path("preferences/<str:token>/", consent.preferences, name="preferences"),
    path("rester/<str:token>/", consent.renew, name="renew"),
    path("desinscription/<str:token>/", consent.unsubscribe, name="unsubscribe"),
    path("l/<slug:token>/", archive.link, name="link"),
    path("archives/", archive.archives, name="archives"),
    path("archives/rss/", archive.archive_feed, name="archive_feed"),
    path("archives/<slug:slug>/", archive.archive, name="archive"),
]
