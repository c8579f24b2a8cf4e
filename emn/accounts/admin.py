"""The back office of accounts: people, roles, invitations of agents."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.auth.models import Group
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import URLPattern, path
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from emn.accounts import services
from emn.accounts.enums import Role
from emn.accounts.models import User
from emn.lib.access import staff
from emn.lib.admin import BaseAdmin
from emn.lib.errors import DomainError


class RoleField(forms.ModelMultipleChoiceField):  # type: ignore[type-arg]  # not generic at run time
    """Groups, each under the French name of its role."""

    def label_from_instance(self, obj: Any) -> str:
        """Name the role."""
        return str(Role(obj.name).label)


class InvitationForm(forms.Form):
    """Whom to invite, and as what."""

    email = forms.EmailField(label=gettext_lazy("Adresse électronique"))
    full_name = forms.CharField(label=gettext_lazy("Nom et prénom"), max_length=150)
    roles = forms.MultipleChoiceField(
        label=gettext_lazy("Rôles"), choices=Role.choices, widget=forms.CheckboxSelectMultiple
    )


@admin.register(User)
class UserAdmin(BaseAdmin):
    """People. Nobody sets a password here; only `manage_staff` gives roles or closes an account."""

    list_display = ("email", "full_name", "is_staff", "is_active", "last_login")
    list_filter = ("is_staff", "is_active", "groups", "language")
    search_fields = ("email", "full_name")
    ordering = ("-pk",)
    fields = (
        "email",
        "full_name",
        "language",
        "joined_at",
        "last_login",
        "is_active",
        "is_staff",
        "groups",
    )
    state_fields = ("email", "joined_at", "last_login")
    public_content = False
    change_list_template = "admin/accounts/user/change_list.html"

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """Keep roles and closing for those who manage staff."""
        readonly = super().get_readonly_fields(request, obj)
        if request.user.has_perm("accounts.manage_staff"):
            return readonly
        return (*readonly, "is_active", "is_staff", "groups")

    def formfield_for_manytomany(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        """Show the roles as boxes under their French names."""
        if db_field.name == "groups":
            roles = Group.objects.filter(name__in=Role.values).order_by("pk")
            kwargs |= {"form_class": RoleField, "queryset": roles, "label": _("Rôles")}
            kwargs |= {"widget": forms.CheckboxSelectMultiple(), "help_text": ""}
        return super().formfield_for_manytomany(db_field, request, **kwargs)

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Refuse: people sign up by themselves, agents are invited."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Refuse: a person is erased through the registry of personal data."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Keep the accounts that may do everything out of a role's reach."""
        allowed = super().has_change_permission(request, obj)
        return allowed and (obj is None or not obj.is_superuser or request.user.is_superuser)

    def get_urls(self) -> list[URLPattern]:
        """Add the invitation of an agent."""
        invite = self.admin_site.admin_view(staff("accounts.manage_staff")(self.invite))
        return [path("inviter/", invite, name="accounts_user_invite"), *super().get_urls()]

    def invite(self, request: HttpRequest) -> HttpResponse:
        """Ask whom to invite, and invite them."""
        form = InvitationForm(request.POST or None)
        if request.method == "POST" and form.is_valid():
            try:
                services.invite_staff(
                    email=form.cleaned_data["email"],
                    full_name=form.cleaned_data["full_name"],
                    given_roles=[Role(value) for value in form.cleaned_data["roles"]],
                    now=timezone.now(),
                )
            except DomainError as refusal:
                form.add_error("email", refusal.message)
            else:
                messages.success(request, _("L’invitation est partie."))
                return redirect("admin:accounts_user_changelist")
        context = self.admin_site.each_context(request) | {
            "title": _("Inviter un agent"),
            "form": form,
            "opts": self.model._meta,
        }
        return render(request, "admin/accounts/user/invite.html", context)
