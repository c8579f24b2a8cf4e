"""Addresses of the agenda, under /api/v1/."""

from django.urls import path

from events.api import views

urlpatterns = [
    path("sessions/", views.sessions, name="sessions"),
    path("sessions/<slug:slug>/", views.session, name="session"),
]
