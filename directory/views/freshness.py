"""Confirming a card from the link of a mail: reading it changes nothing, a button does."""

from django.contrib import messages
from django.core.signing import BadSignature
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from directory.cards import composed
from directory.models import Provider
from directory.services import providers as services
from directory.services.freshness import read_token
from emn.accounts.models import User
from emn.lib.access import token
from emn.lib.errors import DomainError


@token
@require_http_methods(["GET", "HEAD", "POST"])
def confirm(request: HttpRequest, token: str) -> HttpResponse:
    """Show what the card says today and ask whether it is right; the button confirms it.

    Mail scanners follow links: only the POST acts. The link opens nothing else.
    """
    try:
        provider_id, user_id = read_token(token)
    except BadSignature as error:
        raise Http404 from error
    people = User.objects.filter(pk=user_id, is_active=True)
    user = people.first()
    provider = (
        Provider.objects.of(user).with_place().filter(pk=provider_id).first() if user else None
    )
    if provider is None:
        raise Http404
    if request.method == "POST":
        try:
            services.confirm_card(provider_id=provider_id, user_id=user_id, now=timezone.now())
        except DomainError as refusal:
            messages.error(request, refusal.message)
        else:
            messages.success(request, _("Merci : votre fiche est confirmée à ce jour."))
        return redirect("directory:confirm", token)
    today = timezone.localdate()
    context = {"provider": provider, "card": composed(provider, on=today), "today": today}
    return render(request, "directory/card_confirm.html", context)
