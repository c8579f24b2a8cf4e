"""Open data: the page, the catalogues, the files and their schemas."""

from django.http import FileResponse, Http404, HttpRequest, HttpResponse, JsonResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import translation
from django.views.decorators.http import condition, require_safe

from emn.lib.access import public
from emn.lib.api.reading import LICENCE, LICENCE_URL, open_to_all_sites
from emn.lib.replica import from_replica
from observatory import catalogue
from observatory.datasets import Dataset, dataset
from observatory.models import DatasetFile

LANGUAGE = "fr"  # of the catalogues and the schemas, whatever the address


@public
@require_safe
@from_replica
def home(request: HttpRequest) -> HttpResponse:
    """List the data sets, for people."""
    context = {"entries": catalogue.listed(), "licence": LICENCE, "licence_url": LICENCE_URL}
    return render(request, "observatory/open_data.html", context)


def _known(key: str) -> Dataset:
    found = dataset(key)
    if found is None:
        raise Http404
    return found


@public
@require_safe
def dataset_page(_request: HttpRequest, key: str) -> HttpResponse:
    """Lead from the name of a data set to what is said of it."""
    return redirect(f"{catalogue.absolute('open_data:home')}#{_known(key).key}")


@public
@open_to_all_sites
@require_safe
@from_replica
def rdf(_request: HttpRequest) -> HttpResponse:
    """Give the catalogue to a harvester (DCAT-AP, RDF/XML)."""
    with translation.override(LANGUAGE):
        content = catalogue.rdf(catalogue.listed())
    return HttpResponse(content, content_type=catalogue.RDF_TYPE)


@public
@open_to_all_sites
@require_safe
@from_replica
def json_ld(_request: HttpRequest) -> HttpResponse:
    """Give the same as JSON-LD."""
    with translation.override(LANGUAGE):
        content = catalogue.json_ld(catalogue.listed())
    return JsonResponse(content, content_type=catalogue.JSON_LD_TYPE)


@public
@open_to_all_sites
@require_safe
def schema(_request: HttpRequest, key: str) -> HttpResponse:
    """Give the Table Schema of a data set."""
    return JsonResponse(_known(key).schema, json_dumps_params={"ensure_ascii": False})


def _etag(_request: HttpRequest, key: str) -> str | None:
    row = DatasetFile.objects.filter(dataset=key).only("sha256").first()
    return f'"{row.sha256}"' if row else None


@public
@open_to_all_sites
@require_safe
@condition(etag_func=_etag)
@from_replica
def file(_request: HttpRequest, key: str) -> HttpResponseBase:
    """Send a file, read from the disk as it goes: the page cache leaves it alone."""
    row = get_object_or_404(DatasetFile, dataset=_known(key).key)
    response = FileResponse(
        row.file.open("rb"), content_type="text/csv; charset=utf-8", filename=f"{key}.csv",
        as_attachment=True,
    )  # fmt: skip
    response["Cache-Control"] = "max-age=300, must-revalidate"
    return response
