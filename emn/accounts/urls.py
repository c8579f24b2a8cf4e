"""The account's pages: allauth's views under French addresses, each with its access declared.

allauth finds its pages by name; a test compares the names below with those of `allauth.urls`, so
that a new version cannot add a page in silence.
"""

from allauth.account import views as account
from allauth.mfa.base import views as mfa
from allauth.mfa.recovery_codes import views as recovery_codes
from allauth.mfa.totp import views as totp
from allauth.mfa.webauthn import views as webauthn
from allauth.socialaccount import views as social
from allauth.socialaccount.providers.openid_connect import views as openid_connect
from django.urls import path, re_path

from emn.accounts import views
from emn.lib.access import member, open_form, token

urlpatterns = [
    path("", views.home, name="account_home"),
    path("donnees/", views.my_data, name="account_data"),
    path("suppression/", views.delete_account, name="account_delete"),
    # Signing in and out
    path("connexion/", open_form(account.login), name="account_login"),
    path(
        "connexion/code/", open_form(account.request_login_code), name="account_request_login_code"
    ),
    path(
        "connexion/code/saisie/",
        open_form(account.confirm_login_code),
        name="account_confirm_login_code",
    ),
    path("connexion/cle/", open_form(webauthn.login_webauthn), name="mfa_login_webauthn"),
    path("connexion/second-facteur/", open_form(mfa.authenticate), name="mfa_authenticate"),
    path("deconnexion/", open_form(account.logout), name="account_logout"),
    path("inactif/", open_form(account.account_inactive), name="account_inactive"),
    path("inscription/", open_form(account.signup), name="account_signup"),
    path(
        "adresse/verification/",
        open_form(account.email_verification_sent),
        name="account_email_verification_sent",
    ),
    # Address and password
    path("adresse/", member(account.email), name="account_email"),
    path("confirmation/", member(account.reauthenticate), name="account_reauthenticate"),
    path("mot-de-passe/", member(account.password_change), name="account_change_password"),
    path("mot-de-passe/choix/", member(account.password_set), name="account_set_password"),
    path("mot-de-passe/oubli/", open_form(account.password_reset), name="account_reset_password"),
    path(
        "mot-de-passe/oubli/envoye/",
        open_form(account.password_reset_done),
        name="account_reset_password_done",
    ),
    re_path(
        r"^mot-de-passe/nouveau/(?P<uidb36>[0-9A-Za-z]+)-(?P<key>[^/]+)/$",
        token(account.password_reset_from_key),
        name="account_reset_password_from_key",
    ),
    path(
        "mot-de-passe/nouveau/fait/",
        open_form(account.password_reset_from_key_done),
        name="account_reset_password_from_key_done",
    ),
    # Second factor
    path("securite/", member(mfa.index), name="mfa_index"),
    path("securite/confirmation/", member(mfa.reauthenticate), name="mfa_reauthenticate"),
    path("securite/application/", member(totp.activate_totp), name="mfa_activate_totp"),
    path("securite/application/retrait/", member(totp.deactivate_totp), name="mfa_deactivate_totp"),
    path(
        "securite/codes/",
        member(recovery_codes.view_recovery_codes),
        name="mfa_view_recovery_codes",
    ),
    path(
        "securite/codes/nouveaux/",
        member(recovery_codes.generate_recovery_codes),
        name="mfa_generate_recovery_codes",
    ),
    path(
        "securite/codes/fichier/",
        member(recovery_codes.download_recovery_codes),
        name="mfa_download_recovery_codes",
    ),
    path("securite/cles/", member(webauthn.list_webauthn), name="mfa_list_webauthn"),
    path("securite/cles/ajout/", member(webauthn.add_webauthn), name="mfa_add_webauthn"),
    path(
        "securite/cles/confirmation/",
        member(webauthn.reauthenticate_webauthn),
        name="mfa_reauthenticate_webauthn",
    ),
    path("securite/cles/<int:pk>/", member(webauthn.edit_webauthn), name="mfa_edit_webauthn"),
    path(
        "securite/cles/<int:pk>/retrait/",
        member(webauthn.remove_webauthn),
        name="mfa_remove_webauthn",
    ),
    # Sign-in by another body (ProConnect), when it is configured
    path("tiers/", member(social.connections), name="socialaccount_connections"),
    path("tiers/inscription/", open_form(social.signup), name="socialaccount_signup"),
    path("tiers/abandon/", open_form(social.login_cancelled), name="socialaccount_login_cancelled"),
    path("tiers/erreur/", open_form(social.login_error), name="socialaccount_login_error"),
    path("tiers/<slug:provider_id>/", open_form(openid_connect.login), name="openid_connect_login"),
    path(
        "tiers/<slug:provider_id>/retour/",
        open_form(openid_connect.callback),
        name="openid_connect_callback",
    ),
]
