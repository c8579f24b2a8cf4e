"""Addresses of the directory, under /api/v1/."""

from django.urls import path

from directory.api import places, views

urlpatterns = [
    path("providers/", views.providers, name="providers"),
    path("providers/<slug:slug>/", views.provider, name="provider"),
    path("places/", places.places, name="places"),
    path("signatories/", views.signatories, name="signatories"),
    path("services/", views.services, name="services"),
    path("services/<str:code>/", views.service, name="service"),
]
