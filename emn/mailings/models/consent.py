"""Who asked for what, and the proof of it (rules 2)."""

from collections.abc import Collection
from typing import Any, Self

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Count, Exists, F, OuterRef, Q, Subquery, Value
from django.db.models.functions import Coalesce
from django.utils.translation import gettext_lazy as _

from emn.mailings.addresses import personal_pattern
from emn.mailings.enums import ActMethod, Basis, ConsentAct, ListKind, SubscriptionStatus


def _count_of(rows: models.QuerySet[Any], field: str = "pk") -> Coalesce:
    """Return how many values of the field these correlated rows have."""
    together = rows.order_by().annotate(all=Value(1)).values("all")
    count = together.annotate(found=Count(field, distinct=True)).values("found")
    return Coalesce(Subquery(count), 0)


class MailingListQuerySet(models.QuerySet["MailingList"]):
    def public(self) -> Self:
        """Keep those that anyone may ask for."""
        return self.filter(is_public=True)

    def in_order(self) -> Self:
        """Order as they are shown."""
        return self.order_by("position", "pk")

    def with_confirmed_count(self) -> Self:
        """Annotate `confirmed_count`: people that the list writes to."""
        entries = Subscription.objects.confirmed().filter(list=OuterRef("pk"))
        return self.annotate(confirmed_count=_count_of(entries))


class MailingList(models.Model):
    """Liste de diffusion: what a person agrees to receive, one purpose each."""

    code = models.SlugField(_("code"), max_length=40, unique=True)
    kind = models.CharField(_("genre"), max_length=12, choices=ListKind)
    name = models.CharField(_("nom"), max_length=80)
    description = models.CharField(_("ce qu’elle envoie, et quand"), max_length=200)
    is_public = models.BooleanField(_("proposée à tous"), default=True)
    position = models.PositiveSmallIntegerField(_("place"), default=0)

    objects = models.Manager.from_queryset(MailingListQuerySet)()

    class Meta:
        verbose_name = _("liste de diffusion")
        verbose_name_plural = _("listes de diffusion")
        constraints = [
            models.CheckConstraint(
                name="mailings_mailinglist_kind", condition=Q(kind__in=ListKind.values)
            ),
        ]

    def __str__(self) -> str:
        return self.name


class TopicQuerySet(models.QuerySet["Topic"]):
    def in_order(self) -> Self:
        """Order as they are shown."""
        return self.order_by("position", "pk")

    def with_confirmed_count(self) -> Self:
        """Annotate `confirmed_count`: people of any list who prefer the topic."""
        entries = Subscription.objects.confirmed().filter(
            subscriber__topics__contains=[OuterRef("code")]
        )
        return self.annotate(confirmed_count=_count_of(entries, "subscriber"))


class JobFunctionQuerySet(models.QuerySet["JobFunction"]):
    def in_order(self) -> Self:
        """Order as they are shown."""
        return self.order_by("position", "pk")

    def with_confirmed_count(self) -> Self:
        """Annotate `confirmed_count`: people of any list who do it."""
        entries = Subscription.objects.confirmed().filter(subscriber__function=OuterRef("code"))
        return self.annotate(confirmed_count=_count_of(entries, "subscriber"))


class Topic(models.Model):
    """Thème: a subject that a subscriber may prefer."""

    code = models.SlugField(_("code"), max_length=40, unique=True)
    name = models.CharField(_("nom"), max_length=80)
    position = models.PositiveSmallIntegerField(_("place"), default=0)

    objects = models.Manager.from_queryset(TopicQuerySet)()

    class Meta:
        verbose_name = _("thème")
        verbose_name_plural = _("thèmes")

    def __str__(self) -> str:
        return self.name


class JobFunction(models.Model):
    """Fonction: what a professional does, and the topics that touch it (R2.02).

    `words`: other ways of writing it, as files of people do.
    """

    code = models.SlugField(_("code"), max_length=40, unique=True)
    name = models.CharField(_("nom"), max_length=80)
    words = ArrayField(
        models.CharField(max_length=80),
        verbose_name=_("autres façons de l’écrire"),
        default=list,
        blank=True,
        help_text=_("Séparées par des virgules ; accents et majuscules ne comptent pas."),
    )
    topics = models.ManyToManyField(
        Topic,
        verbose_name=_("thèmes qui touchent ce métier"),
        blank=True,
        help_text=_(
            "Sans leur consentement, les professionnels de cette fonction ne reçoivent que les "
            "envois qui traitent d’un de ces thèmes."
        ),
    )
    position = models.PositiveSmallIntegerField(_("place"), default=0)

    objects = models.Manager.from_queryset(JobFunctionQuerySet)()

    class Meta:
        verbose_name = _("fonction")
        verbose_name_plural = _("fonctions")

    def __str__(self) -> str:
        return self.name


class Subscriber(models.Model):
    """Abonné: an address, its language and what it would rather read about.

    `topics`: codes of Topic; none means all. `epci_code`: its territory, empty for the whole
    département. `last_contact_at`: the last time the person did something (R2.05: an opened
    message does not count). `function`: code of JobFunction, compulsory for the basis PROFESSION
    (R2.02).
    """

    email = models.EmailField(_("adresse électronique"))
    mailbox_hash = models.CharField(_("empreinte de l’adresse"), max_length=64)
    language = models.CharField(_("langue"), max_length=2, choices=settings.LANGUAGES)
    epci_code = models.CharField(_("territoire"), max_length=9, blank=True)
    topics = ArrayField(models.CharField(max_length=40), verbose_name=_("thèmes"), default=list)
    function = models.CharField(_("fonction"), max_length=80, blank=True)
    created_at = models.DateTimeField(_("connu depuis"))
    last_contact_at = models.DateTimeField(_("dernier signe de sa part"))
    asked_to_stay_at = models.DateTimeField(_("invité à rester le"), null=True, blank=True)

    class Meta:
        verbose_name = _("abonné")
        verbose_name_plural = _("abonnés")
        default_permissions = ("view",)
        permissions = [
            ("import_subscribers", "Importer une liste d’abonnés"),
            ("unsubscribe_subscriber", "Désinscrire une personne"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["mailbox_hash"], name="mailings_subscriber_once_per_mailbox"
            ),
            models.CheckConstraint(
                name="mailings_subscriber_lower_case", condition=~Q(email__regex="[A-Z\\s]")
            ),
        ]
        indexes = [
            models.Index(fields=["last_contact_at"], name="mailings_subscriber_contact"),
            models.Index(fields=["language"], name="mailings_subscriber_language"),
        ]

    def __str__(self) -> str:
        return self.email


class SubscriptionQuerySet(models.QuerySet["Subscription"]):
    def confirmed(self) -> Self:
        """Keep those that may be written to."""
        return self.filter(status=SubscriptionStatus.CONFIRMED)

    def waiting_for_a_word(self) -> Self:
        """Keep those that their person may still agree to: to confirm, or sent without consent."""
        return self.filter(
            Q(status=SubscriptionStatus.PENDING)
            | Q(status=SubscriptionStatus.CONFIRMED) & ~Q(basis=Basis.CONSENT)
        )

    def with_basis(self, *, topics: Collection[str]) -> Self:
        """Keep those that a message on these topics may go to, by its codes (R2.01, R2.02).

        An open consent; the address of an organisation; or a profession that one of the topics
        touches, at an address of work. The test of R2.04: nothing is sent to whoever is not here.
        """
        touched = JobFunction.objects.filter(
            code=OuterRef("subscriber__function"), topics__code__in=topics
        )
        by_profession = Q(Exists(touched), basis=Basis.PROFESSION) & ~Q(
            subscriber__email__regex=personal_pattern()
        )
        return self.confirmed().filter(Q(basis__in=[Basis.CONSENT, Basis.GENERIC]) | by_profession)

    def to_be_informed(self) -> Self:
        """Keep the imported people who were not told yet where their address comes from.

        Source: RGPD, article 14; R2.10.
        """
        return self.confirmed().filter(inform_by__isnull=False)


class Subscription(models.Model):
    """Abonnement: where one person stands with one list; the register of consents has the past.

    `inform_by`: until when an imported person must be told of it; empty once it is, or when it
    subscribed by itself (RGPD, article 14: a month).
    """

    subscriber = models.ForeignKey(
        Subscriber, verbose_name=_("abonné"), on_delete=models.CASCADE, related_name="subscriptions"
    )
    list = models.ForeignKey(
        MailingList, verbose_name=_("liste"), on_delete=models.PROTECT, related_name="subscriptions"
    )
    status = models.CharField(_("état"), max_length=10, choices=SubscriptionStatus)
    basis = models.CharField(_("fondement"), max_length=12, choices=Basis, default=Basis.CONSENT)
    requested_at = models.DateTimeField(_("demandé le"))
    confirmed_at = models.DateTimeField(_("confirmé le"), null=True, blank=True)
    ended_at = models.DateTimeField(_("terminé le"), null=True, blank=True)
    inform_by = models.DateTimeField(_("à informer avant le"), null=True, blank=True)

    objects = models.Manager.from_queryset(SubscriptionQuerySet)()

    class Meta:
        verbose_name = _("abonnement")
        verbose_name_plural = _("abonnements")
        default_permissions = ("view",)
        constraints = [
            models.UniqueConstraint(
                fields=["subscriber", "list"], name="mailings_subscription_once_per_list"
            ),
            models.CheckConstraint(
                name="mailings_subscription_status",
                condition=Q(status=SubscriptionStatus.PENDING, confirmed_at=None, ended_at=None)
                | Q(status=SubscriptionStatus.CONFIRMED, confirmed_at__isnull=False, ended_at=None)
                | Q(status=SubscriptionStatus.ENDED, ended_at__isnull=False),
                violation_error_message=_("L’état d’un abonnement et ses dates vont ensemble."),
            ),
            models.CheckConstraint(
                name="mailings_subscription_basis", condition=Q(basis__in=Basis.values)
            ),
        ]
        indexes = [
            models.Index(
                F("list"),
                F("subscriber"),
                name="mailings_subscription_active",
                condition=Q(status=SubscriptionStatus.CONFIRMED),
            ),
            models.Index(
                F("requested_at"),
                name="mailings_subscription_pending",
                condition=Q(status=SubscriptionStatus.PENDING),
            ),
            models.Index(
                F("inform_by"),
                name="mailings_subscription_untold",
                condition=Q(status=SubscriptionStatus.CONFIRMED, inform_by__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.subscriber} – {self.list}"

    @property
    def has_consent(self) -> bool:
        """Whether the person agreed to it."""
        return self.status == SubscriptionStatus.CONFIRMED and self.basis == Basis.CONSENT

    @property
    def waits_for_a_word(self) -> bool:
        """Whether the person may still agree to it: see `waiting_for_a_word`."""
        return self.status != SubscriptionStatus.ENDED and not self.has_consent


class ConsentText(models.Model):
    """Texte accepté: the very words a person agreed to, kept once, under their SHA-256."""

    sha256 = models.CharField("SHA-256", max_length=64, primary_key=True)
    text = models.TextField(_("texte"))
    first_used_at = models.DateTimeField(_("montré depuis le"))

    class Meta:
        verbose_name = _("texte accepté")
        verbose_name_plural = _("textes acceptés")
        default_permissions = ("view",)

    def __str__(self) -> str:
        return self.text[:60]


class ConsentRecord(models.Model):
    """Ligne du registre des consentements: one act, never changed (a trigger refuses it; R2.04).

    Who: `mailbox_hash` only, so that the proof outlives the address (R2.05). `import_number`: the
    SubscriberImport that wrote it, a number only since the proof outlives it too. `source` of an
    INFORMED line: the Message-ID of the notice.
    """

    mailbox_hash = models.CharField(_("empreinte de l’adresse"), max_length=64)
    list = models.ForeignKey(MailingList, verbose_name=_("liste"), on_delete=models.PROTECT)
    act = models.CharField(_("acte"), max_length=10, choices=ConsentAct)
    method = models.CharField(_("moyen"), max_length=10, choices=ActMethod)
    text = models.ForeignKey(
        ConsentText, verbose_name=_("texte"), on_delete=models.PROTECT, null=True, blank=True
    )
    form_url = models.CharField(_("page"), max_length=300, blank=True)
    source = models.CharField(_("origine"), max_length=200, blank=True)
    import_number = models.BigIntegerField(_("numéro de l’import"), null=True, blank=True)
    at = models.DateTimeField(_("le"))

    class Meta:
        verbose_name = _("preuve de consentement")
        verbose_name_plural = _("registre des consentements")
        default_permissions = ("view",)
        constraints = [
            models.CheckConstraint(
                name="mailings_consentrecord_act", condition=Q(act__in=ConsentAct.values)
            ),
            models.CheckConstraint(
                name="mailings_consentrecord_method", condition=Q(method__in=ActMethod.values)
            ),
        ]
        indexes = [
            models.Index(F("mailbox_hash"), F("at"), name="mailings_consentrecord_box"),
            models.Index(F("at"), name="mailings_consentrecord_age"),
        ]

    def __str__(self) -> str:
        return f"{self.get_act_display()} {self.at:%Y-%m-%d}"
