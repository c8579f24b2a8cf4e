"""Refusals as « problem details » (RFC 9457), with a French sentence that says what to do."""

from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from rest_framework import exceptions, serializers
from rest_framework.response import Response
from rest_framework.views import exception_handler

CONTENT_TYPE = "application/problem+json"
TITLES = {
    400: gettext_lazy("Demande incorrecte"),
    404: gettext_lazy("Introuvable"),
    405: gettext_lazy("Méthode refusée"),
    429: gettext_lazy("Trop de demandes"),
}


class ProblemSerializer(serializers.Serializer[Any]):
    """A refusal."""

    type = serializers.CharField(default="about:blank", help_text=gettext_lazy("Nature du refus."))
    title = serializers.CharField(help_text=gettext_lazy("Le refus en deux mots."))
    status = serializers.IntegerField(help_text=gettext_lazy("Code HTTP."))
    detail = serializers.CharField(help_text=gettext_lazy("Ce qui ne va pas, et que faire."))
    errors = serializers.DictField(  # type: ignore[assignment]  # a field, not the property
        child=serializers.ListField(child=serializers.CharField()),
        required=False,
        help_text=gettext_lazy("Pour chaque paramètre refusé, pourquoi."),
    )


def told(*, status: int, detail: str, errors: dict[str, list[str]] | None = None) -> dict[str, Any]:
    """Return what a refusal says."""
    content: dict[str, Any] = {
        "type": "about:blank",
        "title": str(TITLES.get(status, TITLES[400])),
        "status": status,
        "detail": detail,
    }
    return content | {"errors": errors} if errors else content


def problem(*, status: int, detail: str, errors: dict[str, list[str]] | None = None) -> Response:
    """Return a refusal, which no cache keeps."""
    return Response(
        told(status=status, detail=detail, errors=errors),
        status=status,
        content_type=CONTENT_TYPE,
        headers={"Cache-Control": "no-store"},
    )


def as_problem(error: Exception, context: dict[str, Any]) -> Response | None:
    """Turn what the framework refuses into a problem; None for a fault of ours, which rises."""
    answer = exception_handler(error, context)
    if answer is None:
        return None
    if isinstance(error, exceptions.ValidationError) and isinstance(error.detail, dict):
        errors = {name: [str(text) for text in texts] for name, texts in error.detail.items()}
        detail = " ".join(
            f"{name}\N{NO-BREAK SPACE}: {' '.join(texts)}" for name, texts in errors.items()
        )
        refused = problem(status=answer.status_code, detail=detail, errors=errors)
    elif isinstance(error, exceptions.Throttled):
        wait = answer.headers.get("Retry-After", "60")
        sentence = _("Vous posez beaucoup de questions. Revenez dans %(seconds)s secondes.")
        refused = problem(status=answer.status_code, detail=sentence % {"seconds": wait})
    elif isinstance(error, exceptions.MethodNotAllowed):
        refused = problem(status=answer.status_code, detail=_("Cette interface se lit par GET."))
    else:
        refused = problem(status=answer.status_code, detail=str(answer.data.get("detail", "")))
    for name in ("Retry-After", "Allow"):
        if name in answer.headers:
            refused[name] = answer.headers[name]
    return refused
