"""Places of the ecosystem as everyone reads them: list, map, page, files."""

from collections.abc import Callable, Iterator
from urllib.parse import urlencode

from django.core.paginator import Paginator
from django.db.models import Count
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views.decorators.http import condition, require_safe

from directory.map_drawing import COMMUNES, WIDTH, Mark, circles
from directory.models import Place
from directory.models.places import PlaceQuerySet
from directory.place_files import csv_slices, json_slices
from directory.place_forms import PlaceFilterForm
from directory.place_wording import named_all, opening_lines, telephone
from directory.poles import communes_of_poles, poles
from directory.share import place_words
from directory.structured_data import place_json_ld
from emn.lib.access import public
from emn.lib.page_cache import read_generation
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
    counts = _by_commune(form.narrowed(Place.objects.listed()))
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
        for code, count in counts.items()
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
        "poles": _pole_links(form),
        "query": f"?{urlencode(form.asked)}" if form.asked else "",
    }  # fmt: skip
    return render(request, "directory/places/map.html", context)


def _by_commune(rows: PlaceQuerySet) -> dict[str, int]:
    """Return how many places each commune has, by its code."""
    return dict(rows.values_list("commune").annotate(count=Count("pk")).order_by("commune"))


def _pole_links(form: PlaceFilterForm) -> list[tuple[str, str, int]]:
    """Return the territories of the Sillon lorrain: the name, the address, how many places.

    The drawing is that of the département: it shows neither Nancy nor Épinal.
    """
    others = {name: value for name, value in form.asked.items() if name != "pole"}
    counts = _by_commune(form.narrowed(Place.objects.listed(), but="pole"))
    return [
        (
            pole.name,
            reverse("places:map") + "?" + urlencode({**others, "pole": pole.key}),
            sum(counts.get(code, 0) for code in communes_of_poles()[pole.key]),
        )
        for pole in poles().values()
    ]


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


def _etag(_request: HttpRequest) -> str:
    """Name the state of all public content: a file that nothing has touched is not sent again."""
    count, total = read_generation()
    return f'"{count}-{total}"'


@public
@require_safe
@condition(etag_func=_etag)
def places_csv(request: HttpRequest) -> StreamingHttpResponse:
    """Give the places as the national standard writes them."""
    response = _streamed(request, csv_slices, "text/csv; charset=utf-8")
    response["Content-Disposition"] = 'attachment; filename="lieux.csv"'
    return response


@public
@require_safe
@condition(etag_func=_etag)
def places_json(request: HttpRequest) -> StreamingHttpResponse:
    """Give the same as JSON; what is empty is left out."""
    return _streamed(request, json_slices, "application/json")


def _streamed(
    request: HttpRequest, slices: Callable[[PlaceQuerySet], Iterator[bytes]], content_type: str
) -> StreamingHttpResponse:
    """Send a file as it is made: the page cache, which would wait for the whole, leaves it."""
    rows = PlaceFilterForm(request.GET).narrowed(Place.objects.listed())
    response = StreamingHttpResponse(slices(rows), content_type=content_type)
    response["Cache-Control"] = "max-age=300, must-revalidate"
    return response


def _is_web(url: str) -> bool:
    """Tell whether an address from a file may be a link: never a script."""
    return url.startswith(("https://", "http://"))
