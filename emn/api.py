"""The API as a whole: /api/v1/ puts the apps' resources together, describes and explains them."""

import json
import threading
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.urls import include, path, re_path, reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe
from drf_spectacular.generators import SchemaGenerator

from emn.lib.access import public
from emn.lib.api.policies import QUESTIONS_PER_MINUTE
from emn.lib.api.problems import CONTENT_TYPE, told
from emn.lib.api.reading import (
    LICENCE,
    LICENCE_URL,
    LINES_MOST,
    open_to_all_sites,
)
from emn.lib.page_cache import kept

PAGING = ("cursor", "limit")  # the same everywhere: told once, above the resources
SCHEMA_TYPE = "application/vnd.oai.openapi+json"
_one_writer = threading.Lock()  # the library looks its parts up at first use, unsafely for threads


@kept
def description() -> dict[str, Any]:
    """Return the OpenAPI document, in the language of the page."""
    generator = SchemaGenerator()  # type: ignore[no-untyped-call]  # untyped library
    with _one_writer:
        return dict(generator.get_schema(public=True))  # type: ignore[no-untyped-call]  # the same


@public
@open_to_all_sites
@require_safe
def index(request: HttpRequest) -> HttpResponse:
    """List the resources, for whoever starts at the root."""
    lists = (
        "providers", "services", "sessions", "places", "clusters", "communes", "epcis",
        "establishments", "indicators", "publications",
    )  # fmt: skip
    return JsonResponse(
        {
            "licence": LICENCE,
            "licence_url": LICENCE_URL,
            "documentation": settings.PUBLIC_URL + reverse("api_guide"),
            "schema": settings.PUBLIC_URL + reverse("api:schema"),
            "resources": {name: settings.PUBLIC_URL + reverse(f"api:{name}") for name in lists},
        }
    )


@public
@open_to_all_sites
@require_safe
def schema(request: HttpRequest) -> HttpResponse:
    """Describe the API for machines (OpenAPI)."""
    return JsonResponse(description(), content_type=SCHEMA_TYPE)


@public
@open_to_all_sites
def not_found(request: HttpRequest, rest: str) -> HttpResponse:
    """Refuse an address that no resource has, in the API's own words."""
    detail = _("Cette adresse n’existe pas. Les ressources sont décrites ici : %(address)s")
    content = told(
        status=404, detail=detail % {"address": settings.PUBLIC_URL + reverse("api_guide")}
    )
    return JsonResponse(
        content, status=404, content_type=CONTENT_TYPE, headers={"Cache-Control": "no-store"}
    )


@dataclass(frozen=True, slots=True)
class Parameter:
    """A parameter as the guide shows it; `values` when the list is closed."""

    name: str
    text: str
    values: list[str]

    @classmethod
    def of(cls, entry: dict[str, Any]) -> "Parameter":
        """Read a parameter of the description, which repeats the values in its text."""
        text = str(entry.get("description", "")).split("\n\n*", 1)[0]
        return cls(entry["name"], text, entry["schema"].get("enum", []))


@dataclass(frozen=True, slots=True)
class Resource:
    """A resource as the guide shows it; `address` can be opened when the path needs no value."""

    key: str
    path: str
    summary: str
    text: str
    parameters: list[Parameter]
    example: str

    @property
    def address(self) -> str:
        """The address to try."""
        return "" if "{" in self.path else self.path


@public
@require_safe
def guide(request: HttpRequest) -> HttpResponse:
    """Explain the API to people, from the document that describes it to machines."""
    context = {
        "groups": _groups(),
        "licence": LICENCE,
        "licence_url": LICENCE_URL,
        "root": settings.PUBLIC_URL + reverse("api:index"),
        "lines": LINES_MOST,
        "questions": QUESTIONS_PER_MINUTE,
    }
    return render(request, "api_guide.html", context)


@kept
def _groups() -> dict[str, list[Resource]]:
    """Return tag → resources, in the order of the addresses in `urlpatterns`."""
    groups: dict[str, list[Resource]] = {}
    for address, operations in description()["paths"].items():
        told_of = operations["get"]
        content = told_of["responses"]["200"]["content"]["application/json"]
        example = next(iter(content["examples"].values()))["value"]
        groups.setdefault(str(told_of["tags"][0]), []).append(
            Resource(
                key=told_of["operationId"],
                path=address,
                summary=str(told_of["summary"]),
                text=str(told_of.get("description", "")),
                parameters=[
                    Parameter.of(entry)
                    for entry in told_of.get("parameters", [])
                    if entry["in"] == "query" and entry["name"] not in PAGING
                ],
                example=json.dumps(example, ensure_ascii=False, indent=2, default=str),
            )
        )
    return groups


app_name = "api"
urlpatterns = [
    path("", index, name="index"),
    path("schema/", schema, name="schema"),
    path("", include("directory.api.urls")),
    path("", include("events.api.urls")),
    path("", include("emn.territory.api.urls")),
    path("", include("observatory.api.urls")),
    re_path(r"^(?P<rest>.*)/$", not_found, name="not_found"),
]
