"""People who sign in."""

from datetime import timedelta
from typing import Any

from django.contrib.auth.models import AbstractBaseUser, BaseUserManager, PermissionsMixin
from django.db import models
from django.db.models.functions import Lower
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from emn.accounts.enums import Language

NOTICE_BEFORE_DELETION = timedelta(days=30)


class UserManager(BaseUserManager["User"]):
    """Creates people by their e-mail address; there is no user name."""

    def create_user(self, email: str, password: str | None = None, **fields: Any) -> "User":
        """Create a person; without a password, they sign in by code."""
        if not email:
            raise ValueError("email is required")
        user = self.model(email=email.strip().lower(), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, email: str, password: str | None = None, **fields: Any) -> "User":
        """Create a person who may do everything in the back office."""
        return self.create_user(email, password, is_staff=True, is_superuser=True, **fields)

    def get_by_natural_key(self, username: str | None) -> "User":
        """Find a person by address, whatever its case."""
        return self.get(email=(username or "").lower())


class User(AbstractBaseUser, PermissionsMixin):
    """Compte: one person, known by an e-mail address."""

    email = models.EmailField(_("adresse électronique"))
    full_name = models.CharField(_("nom et prénom"), max_length=150, blank=True)
    language = models.CharField(
        _("langue"), max_length=2, choices=Language.choices, default=Language.FRENCH
    )
    is_staff = models.BooleanField(_("agent du centre"), default=False)
    is_active = models.BooleanField(_("actif"), default=True)
    joined_at = models.DateTimeField(_("inscription"), default=timezone.now)
    inactivity_notified_at = models.DateTimeField(
        _("prévenu de la suppression"), null=True, blank=True, editable=False
    )

    objects = UserManager()

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: list[str] = []  # type: ignore[misc]

    class Meta:
        verbose_name = _("compte")
        verbose_name_plural = _("comptes")
        permissions = [("manage_staff", _("Inviter des agents et attribuer les rôles"))]
        constraints = [
            models.CheckConstraint(
                name="accounts_user_language_known",
                condition=models.Q(language__in=Language.values),
                violation_error_message=_("Cette langue n’est pas proposée."),
            ),
            models.UniqueConstraint(
                fields=["email"],
                name="accounts_user_one_per_email",
                violation_error_message=_("Cette adresse a déjà un compte."),
            ),
            models.CheckConstraint(
                name="accounts_user_email_lower_case",
                condition=models.Q(email=Lower("email")),
                violation_error_message=_("L’adresse s’écrit en minuscules."),
            ),
        ]

    def __str__(self) -> str:
        return self.full_name or self.email

    def get_full_name(self) -> str:
        """Return the name to show (allauth and the admin ask for it)."""
        return str(self)
