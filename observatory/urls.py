"""URLs of the observatory, under /observatoire/."""

from django.urls import path, register_converter

from observatory.views import indicators


class ExtensionConverter:
    """The formats of an indicator's files."""

    regex = "csv|json"

    def to_python(self, value: str) -> str:
        """Keep it."""
        return value

    def to_url(self, value: str) -> str:
        """Keep it."""
        return value


register_converter(ExtensionConverter, "indicator_file")

app_name = "observatory"

urlpatterns = [
    path("", indicators.index, name="index"),
    path("<slug:code>/", indicators.indicator, name="indicator"),
    path("<slug:code>/communes/", indicators.communes, name="communes"),
    path("<slug:code>/cadre/", indicators.embedded, name="embedded"),
    path("<slug:code>/v<int:number>/", indicators.release, name="release"),
    path(
        "<slug:code>/v<int:number>.<indicator_file:extension>",
        indicators.release_download,
        name="release_download",
    ),
    path("<slug:code>.svg", indicators.picture, name="picture"),
    path("<slug:code>.<indicator_file:extension>", indicators.download, name="download"),
]
