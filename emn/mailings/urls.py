"""The newsletter, under `/lettre/`."""

from django.urls import path

from emn.mailings.views import archive as views

app_name = "mailings"
urlpatterns = [
    path("l/<int:link_id>/", views.link, name="link"),
    path("archives/", views.archives, name="archives"),
    path("archives/rss/", views.archive_feed, name="archive_feed"),
    path("archives/<slug:slug>/", views.archive, name="archive"),
]
