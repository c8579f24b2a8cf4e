"""Missions, the invitations they bring, reviews of clients, and what is decided about them."""

from datetime import date, datetime
from typing import TYPE_CHECKING, Self

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Exists, F, OuterRef, Q
from django.db.models.functions import Length
from django.db.models.lookups import LessThanOrEqual
from django.utils.translation import gettext_lazy as _

from directory.enums import (
    BlockKind,
    BlockStatus,
    ClientSector,
    ClientSize,
    DoubtReason,
    DoubtStatus,
    MissionOrigin,
    ProofKind,
    ProofStatus,
    ReplyStatus,
    ReviewLevel,
    ReviewRefusal,
    ReviewRemoval,
    ReviewStatus,
)
from directory.models.companies import Company
from directory.models.needs import Need
from directory.models.providers import Provider
from directory.models.replies import LONGEST_REPLY, PublicReply, ReplyQuerySet
from directory.reviews.levels import PUBLISHABLE, VERIFIED
from emn.lib.storage import private_storage

if TYPE_CHECKING:
    from emn.accounts.models import User

# The five ratings, in the order of the ledger (rules 1.5, R).
RATINGS = ("fit", "perimeter", "costs", "follow_up", "lasting")
BEST_RATING = 5
# What was, one day, published: it has made an edge of the graph, and may hold a slot for good.
ONCE_PUBLISHED = (
    ReviewStatus.PUBLISHED, ReviewStatus.WITHDRAWN, ReviewStatus.REMOVED, ReviewStatus.ENDED,
)  # fmt: skip


class GroupMember(models.Model):
    """Rattachement à un groupe: which ultimate parent a company belongs to, as staff found it."""

    siren = models.CharField(_("SIREN"), max_length=9, unique=True)
    head_siren = models.CharField(_("SIREN de la tête du groupe"), max_length=9, db_index=True)
    source = models.CharField(_("source"), max_length=200)
    noted_at = models.DateTimeField(_("noté le"), auto_now_add=True)

    class Meta:
        verbose_name = _("rattachement à un groupe")
        verbose_name_plural = _("rattachements à un groupe")
        constraints = [
            models.CheckConstraint(
                name="directory_groupmember_sirens_are_9_digits",
                condition=Q(siren__regex=r"^\d{9}$", head_siren__regex=r"^\d{9}$"),
                violation_error_message=_("Un SIREN compte 9 chiffres."),
            ),
            models.CheckConstraint(
                name="directory_groupmember_head_is_another", condition=~Q(siren=F("head_siren"))
            ),
        ]

    def __str__(self) -> str:
        return f"{self.siren} → {self.head_siren}"


class MissionQuerySet(models.QuerySet["Mission"]):
    """Questions about missions."""

    def of(self, user: "User") -> Self:
        """Keep those of the cards for which `user` acts."""
        return self.filter(provider__company__memberships__user=user)

    def to_invite(self, *, ended_before: date) -> Self:
        """Keep those whose client is to be invited: all of them, in their order (M7)."""
        return self.filter(invitation=None, ended_on__lte=ended_before)


class Mission(models.Model):
    """Mission: work that a provider did for a client, of which the centre was told.

    The provider chooses neither which clients are invited nor when: all are, some days after the
    end; a mission once declared is never taken back (M7).
    """

    provider = models.ForeignKey(
        Provider, models.CASCADE, related_name="missions", verbose_name=_("prestataire")
    )
    client = models.ForeignKey(
        Company, models.PROTECT, related_name="missions", verbose_name=_("client")
    )
    need = models.OneToOneField(
        Need, models.SET_NULL, null=True, blank=True, related_name="mission",
        verbose_name=_("besoin"),
    )  # fmt: skip
    origin = models.CharField(_("connue par"), max_length=10, choices=MissionOrigin)
    subject = models.CharField(_("objet"), max_length=200)
    starts_on = models.DateField(_("début"), null=True, blank=True)
    ended_on = models.DateField(_("fin"))
    client_email = models.EmailField(_("courriel du client"), blank=True)
    language = models.CharField(_("langue des messages"), max_length=2, choices=settings.LANGUAGES)
    declared_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+",
        verbose_name=_("déclarée par"),
    )  # fmt: skip
    declared_at = models.DateTimeField(_("connue le"))

    objects = models.Manager.from_queryset(MissionQuerySet)()

    class Meta:
        verbose_name = _("mission")
        verbose_name_plural = _("missions")
        default_permissions = ("view",)
        constraints = [
            models.CheckConstraint(
                name="directory_mission_ends_after_it_starts",
                condition=Q(starts_on=None) | Q(ended_on__gte=F("starts_on")),
                violation_error_message=_("La fin ne peut pas précéder le début."),
            ),
            models.UniqueConstraint(
                fields=["provider", "client", "ended_on", "subject"],
                name="directory_mission_once",
                violation_error_message=_("Cette mission est déjà déclarée."),
            ),
        ]
        indexes = [models.Index(fields=["ended_on", "id"], name="directory_mission_by_end")]

    def __str__(self) -> str:
        return f"{self.provider} · {self.subject}"


class Invitation(models.Model):
    """Invitation: the client of one mission is asked, once, for a review; its link works once (M1).

    The link is bound to the client's SIREN, the provider and the mission.
    """

    mission = models.OneToOneField(
        Mission, models.CASCADE, related_name="invitation", verbose_name=_("mission")
    )
    email = models.EmailField(_("envoyée à"), blank=True)
    sent_at = models.DateTimeField(_("envoyée le"))
    reminded_at = models.DateTimeField(_("rappelée le"), null=True, blank=True)
    expires_at = models.DateTimeField(_("vaut jusqu’au"))
    used_at = models.DateTimeField(_("utilisée le"), null=True, blank=True)
    declined_at = models.DateTimeField(_("déclinée le"), null=True, blank=True)

    class Meta:
        verbose_name = _("invitation")
        verbose_name_plural = _("invitations")
        default_permissions = ("view",)
        constraints = [
            models.CheckConstraint(
                name="directory_invitation_used_or_declined",
                condition=Q(used_at=None) | Q(declined_at=None),
            ),
        ]
        indexes = [
            models.Index(
                fields=["sent_at"],
                name="directory_invitation_to_remind",
                condition=Q(used_at=None, declined_at=None, reminded_at=None),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.mission} · {self.sent_at:%Y-%m-%d}"

    def is_open(self, *, now: datetime) -> bool:
        """Tell whether a review may still be written with it."""
        unanswered = self.used_at is None and self.declined_at is None
        return unanswered and self.email != "" and now < self.expires_at


class ReviewQuerySet(models.QuerySet["Review"]):
    """Questions about reviews."""

    def published(self) -> Self:
        """Keep those that everyone reads."""
        return self.filter(status=ReviewStatus.PUBLISHED)

    def once_published(self) -> Self:
        """Keep those that everyone could read one day."""
        return self.filter(status__in=ONCE_PUBLISHED)

    def waiting(self) -> Self:
        """Keep those that staff must read."""
        return self.filter(status=ReviewStatus.WAITING)

    def late(self, *, now: datetime) -> Self:
        """Keep those that should have been decided: the delay that the policy states is over."""
        return self.waiting().filter(publish_before__lt=now)

    def newest_first(self) -> Self:
        """Sort as the public pages do, unless they are asked otherwise (R1.17)."""
        return self.order_by("-published_at", "-pk")

    def oldest_first(self) -> Self:
        """Sort in the order of publication (R1.10)."""
        return self.order_by("published_at", "pk")

    def with_standing(self) -> Self:
        """Annotate `is_contested` and `is_blocked`, and load what the pages show beside."""
        doubts = ReviewDoubt.objects.filter(review=OuterRef("pk"), status=DoubtStatus.OPEN)
        blocks = ReviewBlock.objects.in_force().filter(review=OuterRef("pk"))
        return self.annotate(
            is_contested=Exists(doubts), is_blocked=Exists(blocks)
        ).prefetch_related(
            models.Prefetch(
                "replies",
                ReviewReply.objects.filter(status=ReplyStatus.PUBLISHED),
                to_attr="public_replies",
            )
        )

    def to_count(self) -> Self:
        """Keep what waits for its slot in the ledger, by the day it was given (M2)."""
        blocks = ReviewBlock.objects.in_force().filter(review=OuterRef("pk"))
        rows = self.published().filter(counted_on=None, level__in=PUBLISHABLE)
        return rows.exclude(Exists(blocks)).order_by("submitted_at", "pk")


class Review(models.Model):
    """Avis: what a client says of a mission, in five ratings and its own words.

    Neither words nor ratings nor the date of the experience ever change (a trigger refuses it);
    `forgotten_at`: when the author’s identity was erased. `client_hash` and `provider_hash`: the
    groups of the two sides, as the ledger knows them. `counted_on`: the day of its slot there.
    """

    provider = models.ForeignKey(
        Provider, models.PROTECT, related_name="reviews", verbose_name=_("prestataire")
    )
    client = models.ForeignKey(
        Company, models.PROTECT, null=True, blank=True, related_name="reviews",
        verbose_name=_("entreprise de l’auteur"),
    )  # fmt: skip
    invitation = models.OneToOneField(
        Invitation, models.SET_NULL, null=True, blank=True, related_name="review",
        verbose_name=_("invitation"),
    )  # fmt: skip
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+",
        verbose_name=_("compte de l’auteur"),
    )  # fmt: skip
    author_name = models.CharField(_("nom de l’auteur"), max_length=120, blank=True)
    author_email = models.EmailField(_("courriel de l’auteur"), blank=True)
    language = models.CharField(_("langue de l’avis"), max_length=2, choices=settings.LANGUAGES)
    client_hash = models.CharField(_("empreinte du client"), max_length=64)
    provider_hash = models.CharField(_("empreinte du prestataire"), max_length=64)

    fit = models.PositiveSmallIntegerField(_("adéquation au besoin"))
    perimeter = models.PositiveSmallIntegerField(_("clarté du périmètre"))
    costs = models.PositiveSmallIntegerField(_("coûts et délais"))
    follow_up = models.PositiveSmallIntegerField(_("suivi et validation"))
    lasting = models.PositiveSmallIntegerField(_("pérennité, réversibilité et propriété"))
    text = models.TextField(_("texte"), blank=True)
    experience_on = models.DateField(_("fin de l’expérience"))
    has_lived_it = models.BooleanField(_("déclare avoir vécu l’expérience"))
    shows_profile = models.BooleanField(_("accepte de montrer son profil"), default=False)
    shown_sector = models.CharField(
        _("métier montré"), max_length=30, choices=ClientSector, blank=True
    )
    shown_size = models.CharField(
        _("taille montrée"), max_length=10, choices=ClientSize, blank=True
    )
    shown_place = models.CharField(_("commune montrée"), max_length=80, blank=True)

    status = models.CharField(_("état"), max_length=12, choices=ReviewStatus)
    level = models.CharField(_("niveau"), max_length=2, choices=ReviewLevel, default=ReviewLevel.V0)
    is_identified = models.BooleanField(_("entreprise de l’auteur vérifiée"), default=False)
    created_at = models.DateTimeField(_("écrit le"))
    submitted_at = models.DateTimeField(_("reçu le"), null=True, blank=True)
    publish_before = models.DateTimeField(_("à décider avant le"), null=True, blank=True)
    published_at = models.DateTimeField(_("publié le"), null=True, blank=True)
    decided_at = models.DateTimeField(_("décidé le"), null=True, blank=True)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+",
        verbose_name=_("décidé par"),
    )  # fmt: skip
    refusal = models.CharField(
        _("motif du refus"), max_length=15, choices=ReviewRefusal, blank=True
    )
    refusal_words = models.TextField(_("précision du motif"), max_length=1000, blank=True)
    removal = models.CharField(
        _("motif du retrait"), max_length=20, choices=ReviewRemoval, blank=True
    )
    removal_words = models.TextField(_("précision du retrait"), max_length=1000, blank=True)
    ended_at = models.DateTimeField(_("retiré le"), null=True, blank=True)
    counted_on = models.DateField(_("compte depuis le"), null=True, blank=True)
    forgotten_at = models.DateTimeField(_("auteur oublié le"), null=True, blank=True)

    objects = models.Manager.from_queryset(ReviewQuerySet)()

    class Meta:
        verbose_name = _("avis")
        verbose_name_plural = _("avis")
        default_permissions = ("view",)
        permissions = [("moderate_review", _("Peut publier, refuser et vérifier les avis"))]
        constraints = [
            models.CheckConstraint(
                name="directory_review_ratings_from_1_to_5",
                condition=Q(
                    **{f"{name}__gte": 1 for name in RATINGS},
                    **{f"{name}__lte": BEST_RATING for name in RATINGS},
                ),
            ),
            models.CheckConstraint(
                name="directory_review_was_lived", condition=Q(has_lived_it=True)
            ),
            models.CheckConstraint(
                name="directory_review_status_known", condition=Q(status__in=ReviewStatus.values)
            ),
            models.CheckConstraint(
                name="directory_review_level_known", condition=Q(level__in=ReviewLevel.values)
            ),
            models.CheckConstraint(
                name="directory_review_submitted_has_a_delay",
                condition=Q(status=ReviewStatus.UNCONFIRMED, submitted_at=None, publish_before=None)
                | (
                    ~Q(status=ReviewStatus.UNCONFIRMED)
                    & Q(submitted_at__isnull=False, publish_before__isnull=False)
                ),
            ),
            models.CheckConstraint(
                name="directory_review_published_is_verified",
                condition=~Q(status=ReviewStatus.PUBLISHED)
                | (Q(published_at__isnull=False, level__in=PUBLISHABLE)),
                violation_error_message=_("Un avis non vérifié ne se publie pas."),
            ),
            models.CheckConstraint(
                name="directory_review_refused_says_why",
                condition=Q(status=ReviewStatus.REFUSED) ^ Q(refusal=""),
                violation_error_message=_("Un refus a un motif de la liste."),
            ),
            models.CheckConstraint(
                name="directory_review_removed_says_why",
                condition=Q(status=ReviewStatus.REMOVED) ^ Q(removal=""),
                violation_error_message=_("Un retrait a un motif de la liste."),
            ),
            models.CheckConstraint(
                name="directory_review_reachable_until_forgotten",
                condition=Q(forgotten_at=None) ^ Q(author_email=""),
            ),
            models.UniqueConstraint(
                fields=["provider", "client_hash", "author_email"],
                condition=Q(status=ReviewStatus.WAITING),
                name="directory_review_one_waiting_an_author",
                violation_error_message=_(
                    "Votre avis sur ce prestataire est déjà en cours de lecture."
                ),
            ),
        ]
        indexes = [
            models.Index(
                fields=["provider", "-published_at", "-id"],
                name="directory_review_public",
                condition=Q(status=ReviewStatus.PUBLISHED),
            ),
            models.Index(
                fields=["publish_before", "id"],
                name="directory_review_queue",
                condition=Q(status=ReviewStatus.WAITING),
            ),
            models.Index(fields=["client_hash"], name="directory_review_by_client"),
            models.Index(fields=["author_email"], name="directory_review_by_author"),
        ]

    def __str__(self) -> str:
        return f"{self.pk} · {self.provider}"

    @property
    def reference(self) -> str:
        """The name of the review in the ledger, which names nobody (I15)."""
        return f"review-{self.pk}"

    @property
    def ratings(self) -> list[int]:
        """The five ratings, in the order of the ledger."""
        return [getattr(self, name) for name in RATINGS]

    @property
    def rating_lines(self) -> list[tuple[str, int]]:
        """The five ratings with their names."""
        return [
            (str(self._meta.get_field(name).verbose_name), getattr(self, name))  # type: ignore[union-attr]
            for name in RATINGS
        ]

    @property
    def mean(self) -> float:
        """The mean of the five ratings."""
        return sum(self.ratings) / len(RATINGS)

    @property
    def is_verified(self) -> bool:
        """Whether it may carry the badge « avis vérifié » (R1.15)."""
        return self.level in VERIFIED

    @property
    def profile(self) -> str:
        """What the author lets be seen of its company; empty when nothing."""
        shown = (self.get_shown_sector_display(), self.get_shown_size_display(), self.shown_place)
        return " · ".join(str(words) for words in shown if words)

    def is_late(self, *, now: datetime) -> bool:
        """Tell whether the stated delay is over."""
        waits = self.status == ReviewStatus.WAITING and self.publish_before is not None
        return waits and now > self.publish_before  # type: ignore[operator]


class ReviewProof(models.Model):
    """Preuve de mission: a private document, and what stands on it, which staff compares (M5)."""

    review = models.ForeignKey(
        Review, models.CASCADE, related_name="proofs", verbose_name=_("avis")
    )
    kind = models.CharField(_("nature"), max_length=12, choices=ProofKind)
    file = models.FileField(
        _("fichier"), upload_to="reviews/", storage=private_storage, max_length=150, blank=True
    )
    name = models.CharField(_("nom du fichier"), max_length=150, blank=True)
    sha256 = models.CharField(_("empreinte"), max_length=64)
    issuer_siren = models.CharField(_("SIREN de l’émetteur"), max_length=9)
    recipient_siren = models.CharField(_("SIREN du destinataire"), max_length=9)
    number = models.CharField(_("numéro"), max_length=60)
    plain_number = models.CharField(_("numéro sans ses signes"), max_length=60, editable=False)
    dated_on = models.DateField(_("date du document"))
    iban_hash = models.CharField(_("empreinte de l’IBAN"), max_length=64, blank=True)
    added_at = models.DateTimeField(_("déposée le"))
    status = models.CharField(
        _("état"), max_length=10, choices=ProofStatus, default=ProofStatus.WAITING
    )
    decision = models.TextField(_("motif de la décision"), max_length=1000, blank=True)
    decided_at = models.DateTimeField(_("contrôlée le"), null=True, blank=True)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+",
        verbose_name=_("contrôlée par"),
    )  # fmt: skip

    class Meta:
        verbose_name = _("preuve de mission")
        verbose_name_plural = _("preuves de mission")
        default_permissions = ("view",)
        constraints = [
            models.UniqueConstraint(
                fields=["issuer_siren", "plain_number"],
                condition=Q(status=ProofStatus.ACCEPTED),
                name="directory_reviewproof_serves_once",
                violation_error_message=_("Ce document prouve déjà un autre avis."),
            ),
            models.CheckConstraint(
                name="directory_reviewproof_status_known",
                condition=Q(status__in=ProofStatus.values),
            ),
            models.CheckConstraint(
                name="directory_reviewproof_decided_has_a_date",
                condition=Q(status=ProofStatus.WAITING) ^ Q(decided_at__isnull=False),
            ),
        ]
        indexes = [
            models.Index(fields=["issuer_siren", "plain_number"], name="directory_proof_number"),
            models.Index(
                fields=["added_at"],
                name="directory_proof_queue",
                condition=Q(status=ProofStatus.WAITING),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.number}"


class ReviewInterview(models.Model):
    """Entretien de référence: the centre talked to the client; the minutes are kept (V3)."""

    review = models.OneToOneField(
        Review, models.CASCADE, related_name="interview", verbose_name=_("avis")
    )
    held_on = models.DateField(_("tenu le"))
    minutes = models.TextField(_("compte rendu"), max_length=8000, blank=True)
    held_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+",
        verbose_name=_("mené par"),
    )  # fmt: skip

    class Meta:
        verbose_name = _("entretien de référence")
        verbose_name_plural = _("entretiens de référence")
        default_permissions = ("view",)

    def __str__(self) -> str:
        return f"{self.review} · {self.held_on:%Y-%m-%d}"


class ReviewBlockQuerySet(models.QuerySet["ReviewBlock"]):
    """Questions about blocks."""

    def open(self) -> Self:
        """Keep those that a person has not looked at."""
        return self.filter(status=BlockStatus.OPEN)

    def in_force(self) -> Self:
        """Keep those that keep their review from counting."""
        return self.exclude(status=BlockStatus.LIFTED)


class ReviewBlock(models.Model):
    """Blocage: why a review does not count until a person has looked at it (M3 to M6).

    `evidence`: a fingerprint of what was found; the same is not found again once lifted.
    """

    review = models.ForeignKey(
        Review, models.CASCADE, related_name="blocks", verbose_name=_("avis")
    )
    kind = models.CharField(_("nature"), max_length=15, choices=BlockKind)
    detail = models.CharField(_("ce qui a été trouvé"), max_length=300)
    evidence = models.CharField(_("empreinte"), max_length=64)
    found_at = models.DateTimeField(_("trouvé le"))
    status = models.CharField(
        _("état"), max_length=10, choices=BlockStatus, default=BlockStatus.OPEN
    )
    decision = models.TextField(_("motif de la décision"), max_length=1000, blank=True)
    decided_at = models.DateTimeField(_("décidé le"), null=True, blank=True)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+",
        verbose_name=_("décidé par"),
    )  # fmt: skip

    objects = models.Manager.from_queryset(ReviewBlockQuerySet)()

    class Meta:
        verbose_name = _("blocage")
        verbose_name_plural = _("blocages")
        default_permissions = ("view",)
        constraints = [
            models.UniqueConstraint(
                fields=["review", "kind", "evidence"], name="directory_reviewblock_once"
            ),
            models.CheckConstraint(
                name="directory_reviewblock_kind_known", condition=Q(kind__in=BlockKind.values)
            ),
            models.CheckConstraint(
                name="directory_reviewblock_decided_has_reasons",
                condition=Q(status=BlockStatus.OPEN, decided_at=None)
                | (~Q(status=BlockStatus.OPEN) & Q(decided_at__isnull=False) & ~Q(decision="")),
                violation_error_message=_("Une décision est motivée."),
            ),
        ]
        indexes = [
            models.Index(
                fields=["found_at"],
                name="directory_block_queue",
                condition=Q(status=BlockStatus.OPEN),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.review_id} · {self.get_kind_display()}"


class ReviewDoubtQuerySet(models.QuerySet["ReviewDoubt"]):
    """Questions about doubts."""

    def open(self) -> Self:
        """Keep those that wait for a decision."""
        return self.filter(status=DoubtStatus.OPEN)


class ReviewDoubt(models.Model):
    """Signalement d’un doute: a provider doubts, with reasons, that a review is authentic (R1.13).

    The review is marked as contested meanwhile, and stays where it is.
    """

    review = models.ForeignKey(
        Review, models.CASCADE, related_name="doubts", verbose_name=_("avis")
    )
    reasons = ArrayField(
        models.CharField(max_length=15, choices=DoubtReason), verbose_name=_("motifs")
    )
    words = models.TextField(_("précisions"), max_length=2000)
    opened_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+",
        verbose_name=_("déposé par"),
    )  # fmt: skip
    opened_at = models.DateTimeField(_("déposé le"))
    due_on = models.DateField(_("à décider avant le"))
    status = models.CharField(
        _("état"), max_length=10, choices=DoubtStatus, default=DoubtStatus.OPEN
    )
    decision = models.TextField(_("décision motivée"), max_length=4000, blank=True)
    decided_at = models.DateTimeField(_("décidé le"), null=True, blank=True)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+",
        verbose_name=_("décidé par"),
    )  # fmt: skip

    objects = models.Manager.from_queryset(ReviewDoubtQuerySet)()

    class Meta:
        verbose_name = _("signalement d’un doute")
        verbose_name_plural = _("signalements d’un doute")
        default_permissions = ("view",)
        permissions = [("decide_reviewdoubt", _("Peut décider d’un doute sur un avis"))]
        constraints = [
            models.UniqueConstraint(
                fields=["review"],
                condition=Q(status=DoubtStatus.OPEN),
                name="directory_reviewdoubt_one_open",
                violation_error_message=_("Vous doutez déjà de cet avis : le centre l’examine."),
            ),
            models.CheckConstraint(
                name="directory_reviewdoubt_has_reasons", condition=Q(reasons__len__gt=0)
            ),
            models.CheckConstraint(
                name="directory_reviewdoubt_decided_has_reasons",
                condition=Q(status=DoubtStatus.OPEN, decided_at=None, decision="")
                | (~Q(status=DoubtStatus.OPEN) & Q(decided_at__isnull=False) & ~Q(decision="")),
                violation_error_message=_("Une décision est motivée."),
            ),
        ]
        indexes = [models.Index(fields=["status", "due_on"], name="directory_doubt_due")]

    def __str__(self) -> str:
        return f"{self.review_id} · {self.opened_at:%Y-%m-%d}"

    @property
    def reason_labels(self) -> list[str]:
        """The reasons in words."""
        return [str(DoubtReason(reason).label) for reason in self.reasons]

    def is_late(self, *, on: date) -> bool:
        """Tell whether the decision should have been taken."""
        return self.status == DoubtStatus.OPEN and on > self.due_on


class ReviewReplyQuerySet(ReplyQuerySet["ReviewReply"]):
    """Questions about replies to reviews."""


class ReviewReply(PublicReply):
    """Réponse à un avis: the provider’s own words, published within seven days (R1.17)."""

    review = models.ForeignKey(
        Review, models.CASCADE, related_name="replies", verbose_name=_("avis")
    )

    objects = models.Manager.from_queryset(ReviewReplyQuerySet)()

    class Meta:
        verbose_name = _("réponse à un avis")
        verbose_name_plural = _("réponses à des avis")
        default_permissions = ("view",)
        constraints = [
            models.CheckConstraint(
                name="directory_reviewreply_refused_has_reasons",
                condition=~Q(status=ReplyStatus.REFUSED) | ~Q(refusal=""),
                violation_error_message=_("Un refus est motivé."),
            ),
            models.CheckConstraint(
                name="directory_reviewreply_short_enough",
                condition=LessThanOrEqual(Length("text"), LONGEST_REPLY),
            ),
            models.UniqueConstraint(
                fields=["review"],
                condition=Q(status=ReplyStatus.WAITING),
                name="directory_reviewreply_one_waiting",
            ),
            models.UniqueConstraint(
                fields=["review"],
                condition=Q(status=ReplyStatus.PUBLISHED),
                name="directory_reviewreply_one_published",
            ),
        ]
        indexes = [models.Index(fields=["status", "due_at"], name="directory_reviewreply_due")]

    def __str__(self) -> str:
        return f"{self.review_id} · {self.written_at:%Y-%m-%d}"


class ReviewTrace(models.Model):
    """Trace de connexion: a keyed hash of where someone acted for a company (M3), kept 30 days."""

    company = models.ForeignKey(
        Company, models.CASCADE, related_name="+", verbose_name=_("entreprise")
    )
    connection_hash = models.CharField(_("empreinte de la connexion"), max_length=64)
    seen_on = models.DateField(_("vue le"))

    class Meta:
        verbose_name = _("trace de connexion")
        verbose_name_plural = _("traces de connexion")
        default_permissions = ("view",)
        constraints = [
            models.UniqueConstraint(
                fields=["company", "connection_hash", "seen_on"], name="directory_reviewtrace_once"
            ),
        ]
        indexes = [models.Index(fields=["seen_on"], name="directory_reviewtrace_by_day")]

    def __str__(self) -> str:
        return f"{self.company_id} · {self.seen_on:%Y-%m-%d}"
