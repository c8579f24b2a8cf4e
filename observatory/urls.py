"""URLs of the observatory, under /observatoire/."""

from django.urls import path

from observatory.views import indicators

app_name = "observatory"

urlpatterns = [
    path("", indicators.index, name="index"),
    path("<slug:code>/", indicators.indicator, name="indicator"),
    path("<slug:code>/communes/", indicators.communes, name="communes"),
    path("<slug:code>/cadre/", indicators.embedded, name="embedded"),
    path("<slug:code>/v<int:number>/", indicators.release, name="release"),
    path("<slug:code>/v<int:number>.csv", indicators.release_csv, name="release_csv"),
    path("<slug:code>/v<int:number>.json", indicators.release_json, name="release_json"),
    path("<slug:code>.svg", indicators.picture, name="picture"),
    path("<slug:code>.csv", indicators.csv, name="csv"),
    path("<slug:code>.json", indicators.json, name="json"),
]
