"""How the members that are audited are drawn, to be done again by anyone (rules M8)."""

from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.views.decorators.http import require_safe

from directory.charter.rules import rules
from directory.models import Audit, AuditDraw, Company
from directory.trust import sampling
from emn.lib.access import public

DRAWS_SHOWN = 2  # ten milliseconds each, at 10,000 members


@public
@require_safe
def draws(request: HttpRequest) -> HttpResponse:
    """Show each year's draw: its members, its public value, its seed, who was drawn."""
    rows = list(AuditDraw.objects.order_by("-year")[:DRAWS_SHOWN])
    named = _names(siren for row in rows for siren in row.drawn)
    context = {
        "draws": [
            {
                "row": row,
                "drawn": [
                    (siren, named.get(siren, ""), sampling.number(siren, row.seed)[:12])
                    for siren in row.drawn
                ],
            }
            for row in rows
        ],
        "percent": sampling.PERCENT,
        "days": rules().audit_days,
        "load": rules().audit_complaint_load,
        "done": Audit.objects.recorded().count(),
        "to_do": Audit.objects.to_do().count(),
        "today": timezone.localdate(),
    }
    return render(request, "directory/charter/audits.html", context)


@public
@require_safe
def draw_json(_request: HttpRequest, year: int) -> HttpResponse:
    """Give all that a draw takes, so that it can be done again."""
    row = get_object_or_404(AuditDraw, year=year)
    drawn = set(row.drawn)
    found: dict[str, Any] = {
        "annee": row.year,
        "annonce_le": row.announced_on,
        "premier_tirage_du_loto_a_partir_du": row.value_on,
        "numeros": row.value,
        "graine": row.seed,
        "part_en_pour_cent": sampling.PERCENT,
        "empreinte_des_membres": row.digest,
        "membres": [
            {
                "siren": siren,
                "nombre": sampling.number(siren, row.seed) if row.seed else None,
                "tire": siren in drawn,
            }
            for siren in row.population
        ],
    }
    return JsonResponse(found, json_dumps_params={"ensure_ascii": False, "indent": 2})


def _names(sirens: Any) -> dict[str, str]:
    """Return SIREN → the name that the national register gives, in one query."""
    wanted = set(sirens)
    rows = Company.objects.filter(adhesions__siren__in=wanted) if wanted else Company.objects.none()
    return {siret[:9]: name for siret, name in rows.order_by("pk").values_list("siret", "name")}
