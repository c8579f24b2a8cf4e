"""Addresses of the open data."""

from django.urls import path

from observatory.views import open_data

app_name = "open_data"
urlpatterns = [
    path("", open_data.home, name="home"),
    path("catalogue.rdf", open_data.rdf, name="rdf"),
    path("catalogue.jsonld", open_data.json_ld, name="json_ld"),
    path("<slug:key>/", open_data.dataset_page, name="dataset"),
    path("<slug:key>.csv", open_data.file, name="file"),
    path("<slug:key>/schema.json", open_data.schema, name="schema"),
]
