"""Addresses of the observatory, under /api/v1/."""

from django.urls import path

from observatory.api import indicators, publications

urlpatterns = [
    path("indicators/", indicators.indicator_list, name="indicators"),
    path("indicators/<slug:code>/", indicators.indicator_cells, name="indicator_cells"),
    path("publications/", publications.publications, name="publications"),
    path("publications/<slug:reference>/", publications.publication, name="publication"),
]
