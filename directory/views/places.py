"""Places of the ecosystem as everyone reads them: list, map, page, files."""

from collections import Counter
from urllib.parse import urlencode

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views.decorators.http import require_safe

from directory.map_drawing import COMMUNES, WIDTH, Mark, circles
from directory.models import Place
from directory.place_forms import PlaceFilterForm
from directory.place_wording import named_all, opening_lines, telephone
from directory.places.columns import cells_of
from directory.places.standard import column_names
from directory.share import place_words
from directory.structured_data import place_json_ld
from emn.lib.access import public
from emn.lib.tables import write_schema_csv
from emn.territory.ground import map_ground
from emn.territory.ground import places as communes

PER_PAGE = 20


@public
@require_safe
def place_list(request: HttpRequest) -> HttpResponse:
    """List the places, narrowed."""
    form = PlaceFilterForm(request.GET)
    rows = form.narrowed(Place.objects.listed()).select_related("commune")
    page = Paginator(rows.order_by("name", "pk"), PER_PAGE).get_page(request.GET.get("page"))
    asked = form.asked
    context = {
        "form": form,
        "page": page,
        "commune": communes().get(asked.get("commune", "")),
        "asked": asked,
        "query": f"?{urlencode(asked)}" if asked else "",
    }
    return render(request, "directory/places/list.html", context)


@public
@require_safe
def place_map(request: HttpRequest) -> HttpResponse:
    """Show the same places on the ground of the territory, a circle a commune."""
    form = PlaceFilterForm(request.GET)
    found = form.narrowed(Place.objects.listed()).order_by("pk").values_list("commune", flat=True)
    others = {name: value for name, value in form.asked.items() if name != "commune"}
    known, ground = communes(), map_ground()
    marks = [
        Mark(
            code=code,
            name=known[code].name,
            count=count,
            url=reverse("places:list") + "?" + urlencode({**others, "commune": code}),
            latitude=known[code].latitude,
            longitude=known[code].longitude,
        )
        for code, count in Counter(found).items()
    ]
    drawn = circles(marks, ground.project, COMMUNES)
    context = {
        "form": form,
        "ground": ground,
        "circles": [
            circle for circle in drawn
            if 0 <= circle.x <= WIDTH and 0 <= circle.y <= ground.view.height
        ],
        "marks": [circle.mark for circle in drawn],
        "query": f"?{urlencode(form.asked)}" if form.asked else "",
    }  # fmt: skip
    return render(request, "directory/places/map.html", context)


@public
@require_safe
def place(request: HttpRequest, slug: str) -> HttpResponse:
    """Show one place: what it does, for whom, when, how to come."""
    found = get_object_or_404(Place.objects.listed().select_related("commune__epci"), slug=slug)
    context = {
        "place": found,
        "services": named_all(found.services),
        "publics": named_all(found.publics),
        "special_care": named_all(found.special_care),
        "fees": named_all(found.fees),
        "access_modes": named_all(found.access_modes),
        "support_modes": named_all(found.support_modes),
        "websites": [url for url in found.websites if _is_web(url)],
        "accessibility_url": found.accessibility_url if _is_web(found.accessibility_url) else "",
        "booking_url": found.booking_url if _is_web(found.booking_url) else "",
        "opening": opening_lines(found),
        "telephone": telephone(found),
        "json_ld": place_json_ld(found),
        "share": place_words(found),
    }
    return render(request, "directory/places/place.html", context)


@public
@require_safe
def places_csv(request: HttpRequest) -> HttpResponse:
    """Give the places as the national standard writes them."""
    response = HttpResponse(content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = 'attachment; filename="lieux.csv"'
    names = column_names()
    lines = ([cells[name] for name in names] for cells in _cells(request))
    write_schema_csv(response, [names, *lines])  # type: ignore[arg-type]  # a response is written to
    return response


@public
@require_safe
def places_json(request: HttpRequest) -> HttpResponse:
    """Give the same as JSON; what is empty is left out."""
    lines = [{name: cell for name, cell in cells.items() if cell} for cells in _cells(request)]
    return JsonResponse(lines, safe=False, json_dumps_params={"ensure_ascii": False})


def _cells(request: HttpRequest) -> list[dict[str, str]]:
    rows = PlaceFilterForm(request.GET).narrowed(Place.objects.listed())
    ordered = rows.select_related("commune").order_by("reference", "pk")
    names = column_names()
    return [
        {name: cells[name] for name in names} for cells in (cells_of(place) for place in ordered)
    ]


def _is_web(url: str) -> bool:
    """Tell whether an address from a file may be a link: never a script."""
    return url.startswith(("https://", "http://"))
