"""The news, under /actualites/."""

from django.urls import path

from emn.pages.views import content

app_name = "news"
urlpatterns = [
    path("", content.news_list, name="list"),
    path("rss/", content.rss, name="rss"),
    path("atom/", content.atom, name="atom"),
    path("<slug:slug>/", content.news, name="news"),
]
