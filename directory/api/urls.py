"""Addresses of the directory, under /api/v1/."""

from django.urls import path

from directory.api import clusters, places, views

urlpatterns = [
    path("providers/", views.providers, name="providers"),
    path("providers/<slug:slug>/", views.provider, name="provider"),
    path("places/", places.places, name="places"),
    path("clusters/", clusters.clusters, name="clusters"),
    path("signatories/", views.signatories, name="signatories"),
    path("services/", views.services, name="services"),
    path("services/<str:code>/", views.service, name="service"),
]
