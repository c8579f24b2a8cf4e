"""The notebook of a visit, by its secret address: no account, no cookie; every act is a button."""

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_safe

from emn.lib.access import open_form, token
from emn.lib.errors import DomainError
from events import wording
from events.models import Demonstration, VisitNotebook
from events.notebook_documents import notebook_pdf, order_words, seed_of
from events.services import notebooks as services
from events.showroom_forms import CodeForm, NoteForm, QuestionForm

_METHODS = ["GET", "HEAD", "POST"]


@csrf_exempt
@open_form
@require_http_methods(_METHODS)
def by_code(request: HttpRequest) -> HttpResponse:
    """Take the code of a visit, and keep the demonstration whose page led here."""
    wanted = request.GET.get("demo", "")[:80]
    form = CodeForm(
        request.POST if request.method == "POST" else None, request=request,
        initial={"demonstration": wanted},
    )  # fmt: skip
    if request.method == "POST" and form.is_valid():
        now = timezone.now()
        found = services.notebook_by_code(form.cleaned_data["code"], now=now)
        if found is None:
            form.add_error("code", _("Ce code n’ouvre aucune visite d’aujourd’hui. Vérifiez-le."))
        else:
            said = _keep(found, form.cleaned_data["demonstration"])
            return _back(services.token(found.pk), said)
    rows = Demonstration.objects.published().filter(slug=wanted)
    context = {"form": form, "demonstration": rows.first() if wanted else None}
    return render(request, "events/showrooms/code.html", context)


def _keep(found: VisitNotebook, slug: str) -> str:
    row = Demonstration.objects.published().filter(slug=slug).first() if slug else None
    if row is None:
        return ""
    try:
        services.add_favourite(notebook_id=found.pk, demonstration_id=row.pk, now=timezone.now())
    except DomainError:
        return "gone"
    return "add"


@csrf_exempt
@token
@require_http_methods(_METHODS)
def notebook(request: HttpRequest, token: str) -> HttpResponse:
    """Show the notebook: what was kept, what else stands there, who supplies it afterwards."""
    found = _opened(token)
    refusal, status = "", 200
    note = NoteForm(initial={"note": found.note})
    if request.method == "POST":
        do = request.POST.get("do", "")
        if do == "note":
            note = NoteForm(request.POST)
        if do != "note" or note.is_valid():
            try:
                _act(do, found, request, note)
            except DomainError as refused:
                refusal, status = refused.message, 409
            else:
                return _back(token, do)
    now = timezone.now()
    today = timezone.localdate(now)
    favourites = services.favourites_of(found)
    kept = {row.demonstration_id for row in favourites}
    takes = services.takes_favourites(found)
    others = Demonstration.objects.in_place(on=today).with_place().on_the_plan() if takes else []
    context = {
        "notebook": found,
        "token": token,
        "favourites": [(row, list(row.named.all()), seed_of(row, found)) for row in favourites],
        "others": [row for row in others if row.pk not in kept],
        "takes": takes,
        "is_day": found.visit.session.local_start.date() == today,
        "note": note,
        "may_answer": services.may_answer(found, now=now),
        "sessions": services.next_sessions(now=now) if found.sent_at else [],
        "order": order_words(),
        "refusal": refusal,
        "said": request.GET.get("dit", "") if request.method != "POST" else "",
        "when": wording.when(found.visit.session),
        "where": wording.place(found.visit.session),
    }
    return render(request, "events/showrooms/notebook.html", context, status=status)


def _act(do: str, found: VisitNotebook, request: HttpRequest, note: NoteForm) -> None:
    wanted = request.POST.get("demonstration", "")
    if do == "note":
        services.write_note(notebook_id=found.pk, note=note.cleaned_data["note"])
        return
    row = Demonstration.objects.published().filter(slug=wanted).first()
    if row is None or do not in {"add", "remove"}:
        raise Http404
    if do == "add":
        services.add_favourite(notebook_id=found.pk, demonstration_id=row.pk, now=timezone.now())
    else:
        services.remove_favourite(notebook_id=found.pk, demonstration_id=row.pk)


@csrf_exempt
@token
@require_http_methods(_METHODS)
def question(request: HttpRequest, token: str) -> HttpResponse:
    """Ask what became of the favourites; one page, one button."""
    found = _opened(token)
    now = timezone.now()
    if not services.may_answer(found, now=now):
        raise Http404(_("La question n’est pas, ou plus, ouverte."))
    form = QuestionForm(
        request.POST if request.method == "POST" else None,
        favourites=services.favourites_of(found),
    )
    if request.method == "POST" and form.is_valid():
        try:
            services.answer(notebook_id=found.pk, answers=form.answers, now=now)
        except DomainError as refusal:
            form.add_error(None, refusal.message)
        else:
            return _back(token, "answer")
    context = {"form": form, "notebook": found, "token": token}
    return render(request, "events/showrooms/question.html", context)


@token
@require_safe
def pdf(request: HttpRequest, token: str) -> HttpResponse:
    """Give the notebook as a PDF."""
    found = _opened(token)
    content = notebook_pdf(found, language=get_language() or "fr", now=timezone.now())
    response = HttpResponse(content, content_type="application/pdf")
    response["Content-Disposition"] = 'attachment; filename="carnet-de-visite.pdf"'
    return response


def _opened(token: str) -> VisitNotebook:
    found = services.notebook_of(token)
    if found is None:
        raise Http404(_("Ce lien ne mène plus nulle part."))
    return found


def _back(token: str, said: str) -> HttpResponse:
    response = redirect("showrooms:notebook", token)
    if said:
        response["Location"] += f"?dit={said}"
    return response
