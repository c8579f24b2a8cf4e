"""Addresses of the territory, under /api/v1/."""

from django.urls import path

from emn.territory.api import views

urlpatterns = [
    path("communes/", views.communes, name="communes"),
    path("communes/<str:insee_code>/", views.commune, name="commune"),
    path("epci/", views.epcis, name="epcis"),
    path("epci/<str:siren>/", views.epci, name="epci"),
    path("establishments/", views.establishments, name="establishments"),
    path("companies/<str:siret>/", views.company, name="company"),
]
