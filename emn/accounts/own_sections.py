"""The accounts' own sections of « Mon compte »."""

from django.utils.translation import gettext_lazy as _

from emn.lib.account_sections import AccountSection, register


def register_own_sections() -> None:
    """Register address, password, second factor and personal data."""
    for section in (
        AccountSection(
            key="email",
            title=_("Adresse électronique"),
            summary=_("Changer l’adresse qui sert à vous connecter."),
            url_name="account_email",
            order=800,
        ),
        AccountSection(
            key="password",
            title=_("Mot de passe"),
            summary=_("Le choisir ou le changer. Un code par courriel suffit aussi."),
            url_name="account_change_password",
            order=810,
        ),
        AccountSection(
            key="second_factor",
            title=_("Second facteur et clés d’accès"),
            summary=_("Protéger votre compte par une application ou une clé."),
            url_name="mfa_index",
            order=820,
        ),
        AccountSection(
            key="data",
            title=_("Mes données"),
            summary=_("Télécharger ce que le portail sait de vous, ou supprimer votre compte."),
            url_name="account_data",
            order=830,
        ),
    ):
        register(section)
