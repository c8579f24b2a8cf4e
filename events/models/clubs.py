"""Clubs: people of companies who meet again and again around a theme."""

from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from emn.lib.storage import private_storage
from events.enums import ClubJoining, ClubMemberStatus, MinutesAudience
from events.models.sessions import Series, Session, Theme


class Club(models.Model):
    """Club d’entreprises: its theme, how one joins, and the series of its meetings."""

    slug = models.SlugField(_("adresse"), max_length=60, unique=True)
    name = models.CharField(_("nom"), max_length=100)
    summary = models.CharField(_("en une phrase"), max_length=200)
    description = models.TextField(_("présentation"), max_length=3000, blank=True)
    themes = models.ManyToManyField(
        Theme, blank=True, related_name="clubs", verbose_name=_("thèmes")
    )
    joining = models.CharField(
        _("comment on entre"), max_length=5, choices=ClubJoining, default=ClubJoining.ASKED
    )
    series = models.ForeignKey(
        Series, models.SET_NULL, null=True, blank=True, related_name="clubs",
        verbose_name=_("série des rencontres"),
        help_text=_("Ses dates publiées sont les rencontres du club."),
    )  # fmt: skip
    is_open = models.BooleanField(_("montré et ouvert"), default=True)

    class Meta:
        verbose_name = _("club d’entreprises")
        verbose_name_plural = _("clubs d’entreprises")
        constraints = [
            models.CheckConstraint(
                name="events_club_joining_known", condition=Q(joining__in=ClubJoining.values)
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        """Return its page."""
        return reverse("clubs:club", args=[self.slug])


class ClubMemberQuerySet(models.QuerySet["ClubMember"]):
    """Questions about the members of clubs."""

    def members(self) -> Self:
        """Keep those who are in."""
        return self.filter(status=ClubMemberStatus.MEMBER)

    def to_accept(self) -> Self:
        """Keep those whom staff must answer."""
        return self.filter(status=ClubMemberStatus.ASKED)


class ClubMember(models.Model):
    """Membre d’un club: one person, known by a mailbox that said yes."""

    club = models.ForeignKey(
        Club, models.PROTECT, related_name="members", verbose_name=_("club d’entreprises")
    )
    status = models.CharField(_("état"), max_length=11, choices=ClubMemberStatus)
    name = models.CharField(_("nom"), max_length=120, blank=True)
    company_name = models.CharField(_("entreprise"), max_length=160, blank=True)
    email = models.EmailField(_("courriel"), blank=True)
    motive = models.CharField(_("ce que la personne vient chercher"), max_length=300, blank=True)
    language = models.CharField(_("langue des messages"), max_length=2, choices=settings.LANGUAGES)
    asked_at = models.DateTimeField(_("demandé le"))
    confirmed_at = models.DateTimeField(_("adresse confirmée le"), null=True, blank=True)
    joined_at = models.DateTimeField(_("membre depuis le"), null=True, blank=True)
    ended_at = models.DateTimeField(_("terminé le"), null=True, blank=True)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+",
        verbose_name=_("décidé par"),
    )  # fmt: skip
    reason = models.CharField(_("motif"), max_length=300, blank=True)
    forgotten_at = models.DateTimeField(_("oublié le"), null=True, blank=True)

    objects = models.Manager.from_queryset(ClubMemberQuerySet)()

    class Meta:
        verbose_name = _("membre d’un club")
        verbose_name_plural = _("membres des clubs")
        default_permissions = ("view",)
        permissions = [("run_club", _("Peut accepter les membres des clubs"))]
        constraints = [
            models.UniqueConstraint(
                fields=["club", "email"],
                condition=Q(status__in=("unconfirmed", "asked", "member"), forgotten_at=None),
                name="events_clubmember_one_per_mailbox",
            ),
            models.CheckConstraint(
                name="events_clubmember_status_has_its_dates",
                condition=Q(status=ClubMemberStatus.UNCONFIRMED, joined_at=None, ended_at=None)
                | Q(
                    status=ClubMemberStatus.ASKED,
                    confirmed_at__isnull=False,
                    joined_at=None,
                    ended_at=None,
                )
                | Q(
                    status=ClubMemberStatus.MEMBER,
                    confirmed_at__isnull=False,
                    joined_at__isnull=False,
                    ended_at=None,
                )
                | Q(
                    status__in=(ClubMemberStatus.REFUSED, ClubMemberStatus.LEFT),
                    ended_at__isnull=False,
                ),
            ),
            models.CheckConstraint(
                name="events_clubmember_reachable_until_forgotten",
                condition=Q(forgotten_at=None) ^ Q(email=""),
            ),
        ]
        indexes = [models.Index(fields=["email"], name="events_clubmember_mailbox")]

    def __str__(self) -> str:
        return f"{self.pk} · {self.get_status_display()}"


class Minutes(models.Model):
    """Compte rendu: what was said at a meeting of a club, for its members or for everyone."""

    club = models.ForeignKey(
        Club, models.PROTECT, related_name="minutes", verbose_name=_("club d’entreprises")
    )
    session = models.ForeignKey(
        Session, models.SET_NULL, null=True, blank=True, related_name="minutes",
        verbose_name=_("rencontre"),
    )  # fmt: skip
    title = models.CharField(_("titre"), max_length=120)
    met_on = models.DateField(_("rencontre du"))
    text = models.TextField(_("texte"), max_length=20_000, blank=True)
    file = models.FileField(
        _("fichier"), upload_to="clubs/", storage=private_storage, blank=True, max_length=200
    )
    audience = models.CharField(
        _("pour qui"), max_length=7, choices=MinutesAudience, default=MinutesAudience.MEMBERS
    )
    published_at = models.DateTimeField(_("publié le"), null=True, blank=True)

    class Meta:
        verbose_name = _("compte rendu")
        verbose_name_plural = _("comptes rendus")
        constraints = [
            models.CheckConstraint(
                name="events_minutes_say_something",
                condition=~Q(text="") | ~Q(file=""),
                violation_error_message=_("Un compte rendu a un texte ou un fichier."),
            ),
            models.CheckConstraint(
                name="events_minutes_audience_known",
                condition=Q(audience__in=MinutesAudience.values),
            ),
        ]

    def __str__(self) -> str:
        return self.title
