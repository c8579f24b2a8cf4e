"""The forms of the account: allauth's, reworded, and the portal's own."""

import secrets
import struct
from typing import Any

from allauth.account import forms as allauth_forms
from allauth.account.models import EmailAddress
from allauth.account.utils import setup_user_email
from allauth.core import context
from allauth.mfa.adapter import get_adapter
from allauth.mfa.webauthn import forms as webauthn_forms
from django import forms
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy as _

from emn.accounts.adapters import shorten_staff_session
from emn.accounts.models import User
from emn.lib.db import violation_as
from emn.lib.forms import PublicForm

# What the reading of a credential raises for bytes made up.
_NO_CREDENTIAL = (
    AttributeError, LookupError, RecursionError, TypeError, ValueError, struct.error,
)  # fmt: skip


class LoginForm(allauth_forms.LoginForm):  # type: ignore[misc]
    """Address and, for those who chose one, password; without it a code is sent."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        login, password = self.fields["login"], self.fields["password"]
        login.label = _("Adresse électronique")
        login.widget.attrs = {"autocomplete": "email"}
        password.label = _("Mot de passe")
        password.help_text = _(
            "Laissez vide si vous n’en avez pas : nous vous envoyons un code par courriel."
        )
        password.required = False
        password.widget.attrs = {"autocomplete": "current-password"}
        password.widget.is_required = False

    def login(self, request: HttpRequest, redirect_url: str | None = None) -> HttpResponse:
        """Sign in; the age that allauth gives a session afterwards is a member's."""
        response: HttpResponse = super().login(request, redirect_url)
        shorten_staff_session(request)
        return response


class _TakenMeanwhileError(Exception):
    """The address got its account after the form had looked: two tabs, two clicks."""


class SignupForm(PublicForm, allauth_forms.SignupForm):  # type: ignore[misc]
    """An address is enough: it is verified by code, a password may be chosen later."""

    scope = "accounts.signup"
    account_already_exists: bool

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, request=context.request, **kwargs)
        del self.fields["password1"]
        self.fields["email"].label = _("Adresse électronique")
        self.fields["email"].widget.attrs = {"autocomplete": "email"}

    def try_save(self, request: HttpRequest) -> Any:
        """Create the account; for an address that has one, do the same writes and undo them.

        Otherwise the answer would come a third sooner, and tell that the account exists.
        """
        with transaction.atomic():
            if self.account_already_exists:  # type: ignore[has-type]  # allauth's clean() sets it
                self._create_a_twin_and_undo(request)
            try:
                with violation_as(
                    _TakenMeanwhileError(), model=User, constraint="accounts_user_one_per_email"
                ):
                    return super().try_save(request)
            except _TakenMeanwhileError:
                self.account_already_exists = True
                return super().try_save(request)

    def _create_a_twin_and_undo(self, request: HttpRequest) -> None:
        with transaction.atomic():
            twin = User.objects.create_user(f"{secrets.token_hex(8)}@twin.invalid")
            setup_user_email(request, twin, [EmailAddress(email=twin.email)])
            transaction.set_rollback(True)


class CredentialField(forms.JSONField):
    """What a key answers; JSON that Python gives up reading is refused like any other."""

    def to_python(self, value: Any) -> Any:
        """Read it."""
        try:
            return super().to_python(value)
        except (ValueError, RecursionError) as unreadable:
            raise forms.ValidationError(
                self.error_messages["invalid"], code="invalid"
            ) from unreadable


class LoginKeyForm(webauthn_forms.LoginWebAuthnForm):  # type: ignore[misc]
    """Signing in by a key alone: anyone may send anything here."""

    credential = CredentialField(required=True, widget=forms.HiddenInput)

    def clean_credential(self) -> Any:
        """Refuse what the library stumbles on as it refuses a wrong key."""
        try:
            return super().clean_credential()
        except _NO_CREDENTIAL as unreadable:
            raise get_adapter().validation_error("incorrect_code") from unreadable


class AddKeyForm(webauthn_forms.AddWebAuthnForm):  # type: ignore[misc]
    """A key, which may be enough to sign in."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["name"].label = _("Nom de la clé")
        self.fields["passwordless"].label = _("Me connecter avec cette clé seule")
        self.fields["passwordless"].help_text = _(
            "L’appareil vous demande alors votre empreinte, votre visage ou un code."
        )


class EditKeyForm(webauthn_forms.EditWebAuthnForm):  # type: ignore[misc]
    """The name of a key."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["name"].label = _("Nom de la clé")


class ProfileForm(forms.ModelForm):  # type: ignore[type-arg]  # not generic at run time
    """What a member says of themselves."""

    class Meta:
        model = User
        fields = ["full_name", "language"]


class DeleteAccountForm(forms.Form):
    """The member types their address to show that they mean it."""

    email = forms.EmailField(label=_("Votre adresse électronique, pour confirmer"))

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        self._user = user
        super().__init__(*args, **kwargs)

    def clean_email(self) -> str:
        """Accept the member's own address only."""
        email: str = self.cleaned_data["email"]
        if email.lower() != self._user.email.lower():
            raise forms.ValidationError(_("Ce n’est pas l’adresse de ce compte."))
        return email
