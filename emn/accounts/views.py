"""The member's own pages; signing in and its like are allauth's views (see urls)."""

from allauth.account.decorators import reauthentication_required
from django.contrib import messages
from django.contrib.auth import logout
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from emn.accounts import personal_data, services
from emn.accounts.forms import DeleteAccountForm, ProfileForm
from emn.accounts.models import User
from emn.lib.access import member
from emn.lib.account_sections import sections_for
from emn.lib.rate_limit import limited


def _user(request: HttpRequest) -> User:
    assert isinstance(request.user, User)
    return request.user


@member
@require_http_methods(["GET", "POST"])
def home(request: HttpRequest) -> HttpResponse:
    """Show « Mon compte »: who one is, and the sections that the apps registered."""
    user = _user(request)
    form = ProfileForm(request.POST or None, instance=user)
    if request.method == "POST" and form.is_valid():
        form.save()
        messages.success(request, _("C’est enregistré."))
        return redirect("account_home")
    return render(request, "account/home.html", {"form": form, "sections": sections_for(user)})


@member
@require_http_methods(["GET", "POST"])
@limited(scope="accounts.export", limit=10, period_s=3600)
def my_data(request: HttpRequest) -> HttpResponse:
    """Explain what the portal knows of the member; POST gives it as a JSON file."""
    if request.method == "GET":
        return render(request, "account/data.html")
    now = timezone.now()
    return JsonResponse(
        personal_data.export_of(_user(request), now=now),
        json_dumps_params={"ensure_ascii": False, "indent": 2},
        headers={"Content-Disposition": f'attachment; filename="mes-donnees-{now:%Y-%m-%d}.json"'},
    )


@member
@require_http_methods(["GET", "POST"])
@reauthentication_required(allow_get=True)  # type: ignore[untyped-decorator]
def delete_account(request: HttpRequest) -> HttpResponse:
    """Say what will be erased, or why it cannot be; POST with one's address erases it."""
    user = _user(request)
    form = DeleteAccountForm(request.POST or None, user=user)
    if request.method == "POST" and form.is_valid():
        try:
            services.erase_account(user_id=user.pk)
        except personal_data.ErasureRefused as refusal:
            form.add_error(None, refusal.message)
        else:
            logout(request)
            messages.success(request, _("Votre compte et vos données sont supprimés."))
            # Public pages show no message: this one does, in the language of the person.
            return redirect("account_login")
    context = {"form": form, "objections": personal_data.objections_to_erasure(user)}
    return render(request, "account/delete.html", context)
