"""URLs of the publications, under /publications/."""

from django.urls import path

from observatory.views import publications

app_name = "publications"

urlpatterns = [
    path("", publications.publications, name="list"),
    path("rss/", publications.feed, name="feed"),
    path("<slug:reference>.pdf", publications.document, name="document"),
    path("<slug:reference>.csv", publications.table, name="table"),
    path("<slug:reference>.json", publications.data, name="data"),
    path("<slug:reference>/", publications.publication, name="publication"),
]
