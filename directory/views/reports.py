"""« Signaler une erreur » on every card."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import get_language
from django.views.decorators.http import require_http_methods

from directory.models import Provider
from directory.report_forms import ReportForm
from directory.services import reports as services
from directory.views.moved import moved
from emn.lib.access import open_form
from emn.lib.errors import DomainError


@open_form
@require_http_methods(["GET", "HEAD", "POST"])
def report_error(request: HttpRequest, slug: str) -> HttpResponse:
    """Say what is wrong on a public card."""
    provider = Provider.objects.published().filter(slug=slug).first()
    if provider is None:
        return moved(slug, "directory:report_error")
    form = ReportForm(request.POST if request.method == "POST" else None, request=request)
    sent = False
    if form.is_valid():
        try:
            services.report_error(
                provider_id=provider.pk,
                category=form.cleaned_data["category"],
                message=form.cleaned_data["message"],
                email=form.cleaned_data["email"],
                language=get_language() or "fr",
                now=timezone.now(),
            )
        except DomainError as refusal:
            form.add_error(None, refusal.message)
        else:
            sent = True
    return render(
        request,
        "directory/report_error.html",
        {"provider": provider, "form": form, "sent": sent},
    )
