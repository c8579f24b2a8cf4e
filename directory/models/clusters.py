"""Clusters and grappes: firms, schools, associations and public bodies around one objective."""

from datetime import date
from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import Count, Exists, OuterRef, Q
from django.db.models.functions import Substr
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from simple_history.models import HistoricalRecords

from directory.clusters.rules import KINDS_TO_BE_PUBLIC, MEMBERS_TO_BE_PUBLIC, Progress, progress
from directory.enums import (
    ALIVE_IN_CLUSTER,
    ClusterMemberStatus,
    ClusterRole,
    MemberKind,
    ProviderStatus,
)
from directory.models.charter import SIREN_DIGITS
from directory.models.companies import Company
from directory.models.providers import Provider
from directory.models.taxonomy import Service


# modeltranslation replaces the managers of translated models at run time, which mypy cannot follow.
class ClusterTheme(models.Model):  # type: ignore[django-manager-missing]
    """Thème de grappe: what a grappe is about, in data."""

    slug = models.SlugField(_("adresse"), max_length=60, unique=True)
    name = models.CharField(_("nom"), max_length=80)
    position = models.PositiveSmallIntegerField(_("rang"), default=0)

    class Meta:
        verbose_name = _("thème de grappe")
        verbose_name_plural = _("thèmes de grappes")

    def __str__(self) -> str:
        return self.name


class ClusterQuerySet(models.QuerySet["Cluster"]):
    """Questions about grappes."""

    def open(self) -> Self:
        """Keep those that go on."""
        return self.filter(ended_at=None)

    def public(self) -> Self:
        """Keep those that everyone sees: members enough, and of kinds enough."""
        whole = (
            ClusterMember.objects.shown()
            .order_by()
            .values("cluster")
            .annotate(
                firms=Count(Substr("company__siret", 1, SIREN_DIGITS), distinct=True),
                kinds=Count("kind", distinct=True),
            )
            .filter(firms__gte=MEMBERS_TO_BE_PUBLIC, kinds__gte=KINDS_TO_BE_PUBLIC)
        )
        return self.open().filter(pk__in=whole.values("cluster"))


class Cluster(models.Model):
    """Grappe: an objective, a charter, and those who agreed to both; from 15 members, a cluster.

    The charter is written until somebody has agreed to it. `club`: the address of the club (events)
    whose meetings are the grappe's, told by `directory.meetings`.
    """

    slug = models.SlugField(_("adresse de la page"), max_length=60, unique=True)
    name = models.CharField(_("nom"), max_length=100)
    theme = models.ForeignKey(
        ClusterTheme, models.PROTECT, related_name="clusters", verbose_name=_("thème")
    )
    objective = models.CharField(
        _("objectif"), max_length=300,
        help_text=_("Ce qui aura changé, et pour quand : une phrase."),
    )  # fmt: skip
    presentation = models.TextField(_("présentation"), max_length=3000, blank=True)
    charter = models.TextField(
        _("charte de la grappe"), max_length=5000,
        help_text=_("Ce que chaque membre accepte en entrant : une règle par ligne."),
    )  # fmt: skip
    skills = models.ManyToManyField(
        Service, through="ClusterSkill", related_name="+", verbose_name=_("compétences utiles")
    )
    founded_on = models.DateField(_("créée le"))
    club = models.CharField(_("club"), max_length=60, blank=True)
    ended_at = models.DateTimeField(_("close le"), null=True, blank=True)
    end_reason = models.CharField(_("pourquoi elle est close"), max_length=300, blank=True)

    history = HistoricalRecords()
    objects = models.Manager.from_queryset(ClusterQuerySet)()

    class Meta:
        verbose_name = _("grappe")
        verbose_name_plural = _("grappes")
        permissions = [("run_cluster", _("Peut inviter, répondre et clore dans les grappes"))]
        constraints = [
            models.CheckConstraint(
                name="directory_cluster_end_has_its_reason",
                condition=Q(ended_at=None, end_reason="")
                | Q(ended_at__isnull=False) & ~Q(end_reason=""),
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("clusters:cluster", args=[self.slug])

    @property
    def charter_lines(self) -> list[str]:
        """The rules of the charter, one a line."""
        return [line.strip(" -–•") for line in self.charter.splitlines() if line.strip()]


class ClusterSkill(models.Model):
    """Compétence utile: a service of the taxonomy that the objective of a grappe needs."""

    cluster = models.ForeignKey(Cluster, models.CASCADE, related_name="needed")
    service = models.ForeignKey(
        Service, models.PROTECT, related_name="+", verbose_name=_("compétence")
    )

    class Meta:
        verbose_name = _("compétence utile")
        verbose_name_plural = _("compétences utiles")
        constraints = [
            models.UniqueConstraint(
                fields=["cluster", "service"],
                name="directory_clusterskill_once",
                violation_error_message=_("Cette compétence est déjà dans la liste."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.cluster_id} · {self.service_id}"


class ClusterMemberQuerySet(models.QuerySet["ClusterMember"]):
    """Questions about members of grappes."""

    def alive(self) -> Self:
        """Keep those that are in, ask, or are invited."""
        return self.filter(status__in=ALIVE_IN_CLUSTER)

    def waiting(self) -> Self:
        """Keep the requests that wait for an answer."""
        return self.filter(status=ClusterMemberStatus.ASKED, cluster__ended_at=None)

    def inside(self) -> Self:
        """Keep those who are in."""
        return self.filter(status=ClusterMemberStatus.MEMBER)

    def shown(self) -> Self:
        """Keep the members that the public sees: they agreed, are open, and hide no card."""
        cards = Provider.objects.filter(company=OuterRef("company"))
        hides = Exists(cards.filter(status=ProviderStatus.HIDDEN)) & ~Exists(cards.published())
        return self.inside().filter(company__closed_on=None).exclude(hides)

    def of(self, user_id: int) -> Self:
        """Keep those of the companies for which the person acts."""
        return self.filter(company__in=Company.objects.filter(memberships__user=user_id))

    def bound_by(self, user_id: int) -> Self:
        """Keep those whose company the person may commit: it is responsible for it."""
        return self.filter(company__in=Company.objects.bound_by(user_id))


class ClusterMember(models.Model):
    """Membre d’une grappe: one company in it, from its request or its invitation to its end.

    A row is one stay: who comes back has another. `agreed_at`: when somebody responsible accepted
    the charter and to be shown; without it nobody is a member. `motive` is for the animator, and
    is emptied with the answer.
    """

    cluster = models.ForeignKey(
        Cluster, models.PROTECT, related_name="members", verbose_name=_("grappe")
    )
    company = models.ForeignKey(
        Company, models.PROTECT, related_name="cluster_stays", verbose_name=_("entreprise")
    )
    kind = models.CharField(_("genre"), max_length=12, choices=MemberKind)
    role = models.CharField(
        _("rôle"), max_length=10, choices=ClusterRole, default=ClusterRole.MEMBER
    )
    contribution = models.CharField(_("ce qu’elle apporte"), max_length=300, blank=True)
    skills = models.ManyToManyField(
        Service, through="MemberSkill", related_name="+", verbose_name=_("compétences déclarées")
    )
    motive = models.CharField(_("mot pour l’animateur"), max_length=500, blank=True)
    status = models.CharField(_("état"), max_length=10, choices=ClusterMemberStatus)
    opened_at = models.DateTimeField(_("demandé ou invité le"))
    agreed_at = models.DateTimeField(_("charte acceptée le"), null=True, blank=True)
    agreed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+",
        verbose_name=_("acceptée par"),
    )  # fmt: skip
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+",
        verbose_name=_("décidé par"),
    )  # fmt: skip
    joined_at = models.DateTimeField(_("membre depuis le"), null=True, blank=True)
    ended_at = models.DateTimeField(_("terminé le"), null=True, blank=True)
    reason = models.CharField(_("motif"), max_length=300, blank=True)

    objects = models.Manager.from_queryset(ClusterMemberQuerySet)()

    class Meta:
        verbose_name = _("membre d’une grappe")
        verbose_name_plural = _("membres des grappes")
        default_permissions = ("view",)
        constraints = [
            models.UniqueConstraint(
                fields=["cluster", "company"],
                condition=Q(status__in=ALIVE_IN_CLUSTER),
                name="directory_clustermember_one_alive",
            ),
            models.CheckConstraint(
                name="directory_clustermember_kind_known", condition=Q(kind__in=MemberKind.values)
            ),
            models.CheckConstraint(
                name="directory_clustermember_role_known", condition=Q(role__in=ClusterRole.values)
            ),
            models.CheckConstraint(
                name="directory_clustermember_status_has_its_dates",
                condition=Q(status="invited", agreed_at=None, joined_at=None, ended_at=None)
                | Q(status="asked", agreed_at__isnull=False, joined_at=None, ended_at=None)
                | Q(
                    status="member",
                    agreed_at__isnull=False,
                    joined_at__isnull=False,
                    ended_at=None,
                )
                | Q(status__in=("refused", "withdrawn"), joined_at=None, ended_at__isnull=False)
                | Q(
                    status__in=("left", "removed"),
                    joined_at__isnull=False,
                    ended_at__isnull=False,
                ),
            ),
            models.CheckConstraint(
                name="directory_clustermember_no_without_reason",
                condition=~Q(status__in=("refused", "removed")) | ~Q(reason=""),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.company} · {self.get_status_display()}"

    def get_absolute_url(self) -> str:
        """Return its page in the account of its people."""
        return reverse("clusters:own", args=[self.pk])


class MemberSkill(models.Model):
    """Compétence déclarée: a service that a member brings, whatever its card says."""

    member = models.ForeignKey(ClusterMember, models.CASCADE, related_name="declared")
    service = models.ForeignKey(
        Service, models.PROTECT, related_name="+", verbose_name=_("compétence")
    )

    class Meta:
        verbose_name = _("compétence déclarée")
        verbose_name_plural = _("compétences déclarées")
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(
                fields=["member", "service"], name="directory_memberskill_once"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.member_id} · {self.service_id}"


class ClusterCommitment(models.Model):
    """Engagement de grappe: what one member will do, by when; never deleted, or figures would lie.

    The member writes it; the animator or staff says that it is kept; giving it up has a reason.
    """

    member = models.ForeignKey(
        ClusterMember, models.PROTECT, related_name="commitments", verbose_name=_("membre")
    )
    what = models.CharField(_("ce qu’elle fera"), max_length=200)
    due_on = models.DateField(_("pour le"))
    made_at = models.DateTimeField(_("pris le"))
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+",
        verbose_name=_("pris par"),
    )  # fmt: skip
    kept_on = models.DateField(_("engagement tenu le"), null=True, blank=True)
    dropped_on = models.DateField(_("abandonné le"), null=True, blank=True)
    drop_reason = models.CharField(_("pourquoi"), max_length=200, blank=True)

    class Meta:
        verbose_name = _("engagement de grappe")
        verbose_name_plural = _("engagements des grappes")
        default_permissions = ("view",)
        constraints = [
            models.CheckConstraint(
                name="directory_clustercommitment_one_end",
                condition=Q(kept_on=None) | Q(dropped_on=None),
            ),
            models.CheckConstraint(
                name="directory_clustercommitment_drop_has_its_reason",
                condition=Q(dropped_on=None, drop_reason="")
                | Q(dropped_on__isnull=False) & ~Q(drop_reason=""),
            ),
        ]

    def __str__(self) -> str:
        return self.what

    @property
    def is_open(self) -> bool:
        """Whether it is still to be kept."""
        return self.kept_on is None and self.dropped_on is None

    def progress_on(self, today: date) -> Progress:
        """Return where it stands on that day."""
        return progress(
            due_on=self.due_on, kept_on=self.kept_on, dropped_on=self.dropped_on, today=today
        )
