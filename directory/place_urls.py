"""URLs of the places of the ecosystem, under /lieux/."""

from django.urls import path

from directory.views import places

app_name = "places"

urlpatterns = [
    path("", places.place_list, name="list"),
    path("carte/", places.place_map, name="map"),
    path("lieux.csv", places.places_csv, name="csv"),
    path("lieux.json", places.places_json, name="json"),
    path("<slug:slug>/", places.place, name="place"),
]
