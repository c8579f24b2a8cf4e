"""What the device of an interview asks for: the page without a name, the state, and to be heard.

A tablet keeps the interview encrypted, goes on without network for hours, and says what happened
once the network is back (ADR 15; the rule of conflicts is in docs/diagnostics.md).
"""

from typing import Any

from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from diagnostics.interview_log import Act, Facts
from diagnostics.services import interviews
from diagnostics.views.interviews import RUN, interview_context, own
from emn.lib.access import public, staff
from emn.lib.admin import agent_id
from emn.lib.errors import DomainError
from emn.lib.images import ImageField
from emn.lib.offline import sent_acts, stamp_of, state_response, worker_response

KEPT, LATE, REFUSED = "kept", "late", "refused"


@public
@require_safe
def worker(_request: HttpRequest) -> HttpResponse:
    """Give the service worker, from here so that it watches over the adviser’s pages alone."""
    return worker_response()


@staff(RUN)
@require_safe
def shell(request: HttpRequest, diagnostic_id: int) -> HttpResponse:
    """Show the interview without a name nor an answer: what a device keeps of the page."""
    diagnostic = own(request, diagnostic_id)
    context = interview_context(diagnostic, Facts()) | {"is_shell": True}
    return render(request, "diagnostics/interview.html", context)


@staff(RUN)
@require_safe
def state(request: HttpRequest, diagnostic_id: int) -> HttpResponse:
    """Give what holds of the interview; 304 when it has not changed."""
    diagnostic, now = own(request, diagnostic_id), timezone.now()
    known = interviews.facts(diagnostic)
    assert diagnostic.company is not None  # of every interview
    answer: dict[str, Any] = {
        "title": diagnostic.company.name,
        "is_signed": (diagnostic.signed_at or diagnostic.dropped_at) is not None,
        "declared": known.declared,
        "observed": known.observed,
        "notes": known.notes,
        "photos": interviews.photos_of(diagnostic),
    }
    return state_response(request, answer, now=now)


@staff(RUN)
@require_POST
def acts(request: HttpRequest, diagnostic_id: int) -> HttpResponse:
    """Note the acts that a device kept; say of each whether it was kept, late or refused.

    What cannot be an act is answered too, so that it leaves the queue; the others are noted.
    """
    diagnostic, now = own(request, diagnostic_id), timezone.now()
    given = sent_acts(request)
    if given is None:
        return JsonResponse({"error": _("Ces saisies ne se lisent pas.")}, status=400)
    read = [(raw.get("client_id"), _read(raw)) for raw in given]
    noted = interviews.note(
        diagnostic_id=diagnostic.pk,
        acts=[act for _id, act in read if act is not None],
        user_id=agent_id(request),
        now=now,
    )
    outcomes = {
        entry.client_id: LATE if entry.is_late else KEPT for entry in noted if entry is not None
    }
    return JsonResponse(
        {
            "acts": [
                {
                    "client_id": client_id,
                    "outcome": outcomes.get(act.client_id, REFUSED) if act else REFUSED,
                }
                for client_id, act in read
            ]
        }
    )


def _read(raw: dict[str, Any]) -> Act | None:
    """Return the act that a device describes, None for what is none."""
    kind, question, value = raw.get("do"), raw.get("question"), raw.get("value")
    stamp = stamp_of(raw)
    if not isinstance(kind, str) or not isinstance(question, str) or stamp is None:
        return None
    client_id, at = stamp
    return Act(client_id, kind, question, value, at)


@staff(RUN)
@require_POST
def add_photo(request: HttpRequest, diagnostic_id: int) -> HttpResponse:
    """Keep one photo that a device took; say why when it cannot be kept."""
    diagnostic, now = own(request, diagnostic_id), timezone.now()
    act = _read({**request.POST.dict(), "do": "photo"})
    field = ImageField(longest_side_px=interviews.PHOTO_SIDE_PX, required=False)
    try:
        picture = field.clean(request.FILES.get("file"))
        if act is None or picture is None:
            return _refused(_("Cette photo ne se lit pas."))
        kept = interviews.add_photo(
            diagnostic_id=diagnostic.pk, client_id=act.client_id, question=act.question,
            picture=picture, at=act.at, user_id=agent_id(request), now=now,
        )  # fmt: skip
    except ValidationError as refusal:
        return _refused(refusal.messages[0])
    except DomainError as refusal:
        return _refused(refusal.message)
    return JsonResponse({"outcome": KEPT, "id": kept.pk})


def _refused(message: str) -> HttpResponse:
    return JsonResponse({"outcome": REFUSED, "error": message}, status=422)
