"""Addresses of what other sites may frame."""

from django.urls import path

from observatory.views import widgets

app_name = "widgets"
urlpatterns = [
    path("", widgets.guide, name="guide"),
    path("annuaire/", widgets.directory_frame, name="directory"),
    path("agenda/", widgets.agenda_frame, name="agenda"),
]
