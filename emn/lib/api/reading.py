"""One way to read a resource: checked question, keyset pages, public answer, open to any site."""

from collections.abc import Callable, Mapping, Sequence
from functools import wraps
from typing import Any, TypeVar
from urllib.parse import urlencode

from django.conf import settings
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.decorators import api_view
from rest_framework.request import Request
from rest_framework.response import Response

from emn.lib.access import public
from emn.lib.api.problems import CONTENT_TYPE, ProblemSerializer
from emn.lib.replica import from_replica

LICENCE = "Licence Ouverte 2.0"
LICENCE_URL = "https://www.etalab.gouv.fr/licence-ouverte-open-licence/"
LINES_DEFAULT = 50
LINES_MOST = 200
LONGEST_TEXT = 200  # signs of a parameter
EXAMPLE_SOURCE = "Source à citer, et sa date"
PREFLIGHT_S = 24 * 3600

Row = TypeVar("Row", bound=Model)
Asked = dict[str, Any]
View = Callable[..., HttpResponseBase]


class Question(serializers.Serializer[Any]):
    """The parameters of a resource. An unknown name is refused: a slip would widen the answer."""

    def to_internal_value(self, data: Mapping[str, Any]) -> Asked:
        unknown = sorted(set(data) - set(self.fields))
        if unknown:
            known = ", ".join(self.fields) or _("aucun")
            text = _("Ce paramètre n’existe pas. Paramètres possibles : %(known)s.")
            errors = {name[:40]: [text % {"known": known}] for name in unknown[:5]}
            raise serializers.ValidationError(errors)
        asked: Asked = super().to_internal_value(data)
        return asked


class CodeField(serializers.RegexField):
    """A code: optional, and refused when it is not written as codes are."""

    def __init__(self, pattern: str, **options: Any) -> None:
        super().__init__(
            pattern,
            required=False,
            error_messages={"invalid": _("Cette valeur n’a pas la forme attendue.")},
            **options,
        )


class ListQuestion(Question):
    """The parameters of every list. A list overrides `cursor` with the form of its own key."""

    limit = serializers.IntegerField(
        min_value=1,
        max_value=LINES_MOST,
        default=LINES_DEFAULT,
        help_text=_("Nombre de lignes d’une page."),
    )


def cursor_field(pattern: str) -> CodeField:
    """Return the parameter that goes on after a page, for keys of this form."""
    return CodeField(
        pattern,
        help_text=_(
            "Clé de la dernière ligne déjà lue. Suivez plutôt l’adresse « next » de la page "
            "précédente, jusqu’à ce qu’elle soit vide."
        ),
    )


class Envelope(serializers.Serializer[Any]):
    """What goes with every answer: under which licence, and whom to cite."""

    licence = serializers.CharField(default=LICENCE, help_text=_("Licence de réutilisation."))
    licence_url = serializers.URLField(default=LICENCE_URL, help_text=_("Texte de la licence."))
    source = serializers.CharField(  # type: ignore[assignment]  # a field, not the attribute
        help_text=_("Source à citer.")
    )

    @classmethod
    def example(cls, result: Asked) -> Asked:
        """Return an answer that holds `result`, for the description of the API."""
        raise NotImplementedError


class _Single(Envelope):
    @classmethod
    def example(cls, result: Asked) -> Asked:
        return one(result, source=EXAMPLE_SOURCE)


class _Page(Envelope):
    next = serializers.URLField(
        allow_null=True, help_text=_("Adresse de la page suivante ; vide à la dernière.")
    )

    @classmethod
    def example(cls, result: Asked) -> Asked:
        return enveloped({"next": None, "results": [result]}, source=EXAMPLE_SOURCE)


def single(item: type[serializers.Serializer[Any]]) -> type[Envelope]:
    """Return the envelope of one object."""
    return type(_envelope_name(item, "Answer"), (_Single,), {"result": item()})


def listing(item: type[serializers.Serializer[Any]]) -> type[Envelope]:
    """Return the envelope of a page of objects."""
    return type(_envelope_name(item, "Page"), (_Page,), {"results": item(many=True)})


def _envelope_name(item: type[serializers.Serializer[Any]], kind: str) -> str:
    return f"{item.__name__.removesuffix('Serializer')}{kind}Serializer"


def one(result: object, *, source: str) -> Asked:
    """Return one object in its envelope; `page` does it for many."""
    return enveloped({"result": result}, source=source)


def enveloped(content: Asked, *, source: str) -> Asked:
    """Put licence and source around an answer."""
    return {"licence": LICENCE, "licence_url": LICENCE_URL, "source": source, **content}


def page(
    rows: "QuerySet[Row, Any]",
    *,
    asked: Asked,
    address: str,
    source: str,
    keys: Sequence[Any] | None = None,
) -> Asked:
    """Return the rows that follow the cursor, in the order of their key, and the next address.

    Neither an offset nor a count: the last page costs what the first does. `keys`: the keys that
    follow the cursor, one more than the page holds, when something else than `rows` tells them. A
    row that is gone since shortens its page; the reading goes on.
    """
    limit = asked["limit"]
    if keys is None:
        if after := asked.get("cursor"):
            rows = rows.filter(pk__gt=after)
        results = list(rows.order_by("pk")[: limit + 1])
        keys = [row.pk for row in results]
    else:
        results = list(rows.filter(pk__in=keys[:limit]).order_by("pk"))
    following = None
    if len(keys) > limit:
        query = urlencode(asked | {"cursor": keys[limit - 1]})
        following = f"{settings.PUBLIC_URL}{address}?{query}"
    return enveloped({"next": following, "results": results[:limit]}, source=source)


def reads(
    *,
    answer: type[Envelope],
    tag: "str | Promise",
    summary: "str | Promise",
    description: "str | Promise" = "",
    question: type[Question] = Question,
    place: Mapping[str, str] | None = None,
    example: Asked,
) -> Callable[[Callable[..., Asked]], View]:
    """Make a resource of a function from what was asked to an answer.

    `place`: the names in its address, each with the form it has; the view refuses another one.
    Public, the same for everybody, hence cacheable with its ETag (emn.lib.page_cache); readable
    from any site, for nothing in it is a visitor's.
    """

    def decorate(view: Callable[..., Asked]) -> View:
        def read(request: Request, /, **place: str) -> Response:
            asked = question(data=request.query_params.dict())
            asked.is_valid(raise_exception=True)
            return Response(answer(view(asked.validated_data, **place)).data)

        read.__name__ = view.__name__
        documented = extend_schema(
            operation_id=view.__name__,
            tags=[tag],  # type: ignore[list-item]  # translated when it is read
            summary=summary,
            description=description,
            parameters=[
                *([question] if question().fields else []),
                *(
                    OpenApiParameter(name, location=OpenApiParameter.PATH, pattern=pattern)
                    for name, pattern in (place or {}).items()
                ),
            ],
            responses={
                200: answer,
                **{(status, CONTENT_TYPE): ProblemSerializer for status in (400, 404, 429)},
            },
            examples=[
                OpenApiExample(
                    view.__name__,
                    value=answer.example(example),
                    response_only=True,
                    status_codes=["200"],
                )
            ],
        )(api_view(["GET", "HEAD"])(from_replica(read)))
        return public(open_to_all_sites(documented))

    return decorate


def open_to_all_sites(view: View) -> View:
    """Let scripts of any site read the answer, and answer the browser's preflight (CORS)."""

    @wraps(view)
    def wrapper(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if request.method == "OPTIONS":
            response: HttpResponseBase = HttpResponse(status=204)
            response["Access-Control-Allow-Methods"] = "GET, HEAD, OPTIONS"
            response["Access-Control-Allow-Headers"] = "If-None-Match"
            response["Access-Control-Max-Age"] = str(PREFLIGHT_S)
        else:
            response = view(request, *args, **kwargs)
            response["Access-Control-Expose-Headers"] = "ETag, Retry-After"
        response["Access-Control-Allow-Origin"] = "*"
        return response

    return wrapper
