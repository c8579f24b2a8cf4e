"""The pages written by staff, under /pages/: no address of the portal can be theirs."""

from django.urls import path

from emn.pages.views import content

app_name = "content"
urlpatterns = [path("<slug:slug>/", content.page, name="page")]
