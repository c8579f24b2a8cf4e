"""What the observatory publishes: studies, audits, editions of the barometer."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any, Self

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from emn.accounts.enums import Language
from emn.mailings.markup import validate_markup
from observatory.models.survey_editions import SurveyEdition
from observatory.survey_enums import Axis, PublicationKind


class PublicationQuerySet(models.QuerySet["Publication"]):
    """Questions about publications."""

    def published(self) -> Self:
        """Keep what everybody may read, the newest first."""
        return self.filter(published_at__isnull=False).order_by("-published_at", "-pk")


class Publication(models.Model):
    """Publication: a text of the observatory and the frozen figures that it comments.

    `reference`: given when it is published, for ever the address («emn-2026-3»). Once published
    neither text nor figures change: an erratum is added, dated; a new version is a new publication
    that says which one it `replaces`.
    """

    kind = models.CharField(_("genre"), max_length=10, choices=PublicationKind)
    title = models.CharField(_("titre"), max_length=160)
    summary = models.CharField(_("en deux phrases"), max_length=400)
    edition = models.ForeignKey(
        SurveyEdition, models.PROTECT, null=True, blank=True, related_name="publications",
        verbose_name=_("édition d’enquête"),
    )  # fmt: skip
    replaces = models.OneToOneField(
        "self", models.PROTECT, null=True, blank=True, related_name="replaced_by",
        verbose_name=_("remplace"),
    )  # fmt: skip
    reference = models.CharField(
        _("référence"), max_length=30, unique=True, null=True, blank=True, editable=False
    )
    erratum = models.TextField(_("erratum"), blank=True, editable=False)
    corrected_on = models.DateField(_("corrigée le"), null=True, blank=True, editable=False)
    published_at = models.DateTimeField(_("publiée le"), null=True, blank=True, editable=False)
    published_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+",
        editable=False, verbose_name=_("publiée par"),
    )  # fmt: skip

    objects = models.Manager.from_queryset(PublicationQuerySet)()

    class Meta:
        verbose_name = _("publication")
        verbose_name_plural = _("publications")
        permissions = [("publish_publication", _("Publier une étude"))]
        constraints = [
            models.CheckConstraint(
                name="observatory_publication_published_has_all",
                condition=Q(published_at=None, reference=None)
                | Q(published_at__isnull=False, reference__isnull=False),
            ),
            models.CheckConstraint(
                name="observatory_publication_erratum_has_its_day",
                condition=Q(erratum="", corrected_on=None)
                | ~Q(erratum="") & Q(corrected_on__isnull=False),
            ),
            models.CheckConstraint(
                name="observatory_publication_barometer_has_its_edition",
                condition=~Q(kind=PublicationKind.BAROMETER) | Q(edition__isnull=False),
                violation_error_message=_("Un baromètre repose sur une édition d’enquête figée."),
            ),
        ]

    def __str__(self) -> str:
        return self.title

    def get_absolute_url(self) -> str:
        """Return its page, once it has one."""
        return reverse("publications:publication", args=[self.reference])


class PublicationPart(models.Model):
    """Partie d’une publication: a title, a text, and perhaps one figure of the edition."""

    publication = models.ForeignKey(
        Publication, models.CASCADE, related_name="parts", verbose_name=_("publication")
    )
    position = models.PositiveSmallIntegerField(_("rang"), default=1)
    title = models.CharField(_("intertitre"), max_length=160)
    text = models.TextField(
        _("texte"), blank=True, max_length=20_000, validators=[validate_markup],
        help_text=_(
            "Une ligne vide sépare deux paragraphes. Un tiret en début de ligne fait une liste, "
            "**deux étoiles** mettent en gras, [des mots](https://…) font un lien."
        ),
    )  # fmt: skip
    question = models.CharField(
        _("question montrée"), max_length=40, blank=True,
        help_text=_("Le code d’une question de l’édition ; vide : pas de chiffre."),
    )  # fmt: skip
    axis = models.CharField(_("détail par"), max_length=10, choices=Axis, blank=True)

    class Meta:
        verbose_name = _("partie d’une publication")
        verbose_name_plural = _("parties d’une publication")
        constraints = [
            models.UniqueConstraint(
                fields=["publication", "position"],
                name="observatory_publicationpart_one_a_place",
                violation_error_message=_("Deux parties portent le même rang."),
            ),
        ]

    def __str__(self) -> str:
        return self.title


class PublicationTranslationQuerySet(models.QuerySet["PublicationTranslation"]):
    """Questions about translations."""

    def last_written(self, publications: Iterable[Publication]) -> Self:
        """Keep the last one of each language: what is read."""
        rows = self.filter(publication__in=list(publications))
        order = ("publication_id", "language", "-number", "-pk")
        return rows.order_by(*order).distinct("publication", "language")


class PublicationTranslation(models.Model):
    """Traduction d’une publication: its words in another language, for ever as they were written.

    Numbered by publication and language; the last one is read. What is left empty is read in
    French. `parts`: the key of a part → «title», «text». `follows`: digest of the French words
    that it was written from; it is older than the French once they differ.
    """

    publication = models.ForeignKey(
        Publication, models.CASCADE, related_name="translations", verbose_name=_("publication")
    )
    language = models.CharField(_("langue"), max_length=2, choices=Language)
    number = models.PositiveIntegerField(_("version"))
    title = models.CharField(_("titre"), max_length=160, blank=True)
    summary = models.CharField(_("en deux phrases"), max_length=400, blank=True)
    erratum = models.TextField(_("erratum"), blank=True)
    parts: "models.JSONField[Any, Any]" = models.JSONField(_("parties"), default=dict)
    follows = models.CharField(_("empreinte du français suivi"), max_length=64)
    written_at = models.DateTimeField(_("écrite le"))
    written_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+",
        verbose_name=_("écrite par"),
    )  # fmt: skip

    objects = models.Manager.from_queryset(PublicationTranslationQuerySet)()

    class Meta:
        verbose_name = _("traduction d’une publication")
        verbose_name_plural = _("traductions d’une publication")
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(
                fields=["publication", "language", "number"],
                name="observatory_publicationtranslation_one_number",
            ),
            models.CheckConstraint(
                name="observatory_publicationtranslation_is_not_french",
                condition=Q(language__in=[Language.GERMAN, Language.ENGLISH]),
            ),
        ]

    def __str__(self) -> str:
        return self.title


CLAIM = timedelta(minutes=2)  # how long a worker may take before another does its work


class PublicationDocumentQuerySet(models.QuerySet["PublicationDocument"]):
    """Questions about documents."""

    def made(self) -> Self:
        """Keep those that may be read, the last one of each language first."""
        return self.filter(made_at__isnull=False).order_by("language", "-number", "-pk")

    def due(self, *, now: datetime) -> Self:
        """Keep those to make that no worker holds."""
        held = Q(claimed_at__gt=now - CLAIM)
        return self.filter(made_at=None).exclude(held).order_by("pk")


class PublicationDocument(models.Model):
    """Document d’une publication: its PDF in one language, made once by a worker and kept.

    Numbered by publication and language: each erratum, each translation asks for another, and
    what was made never changes. `claimed_at`: when a worker began; one that dies is forgotten
    after `CLAIM`. One that is overtaken before it is made goes.
    """

    publication = models.ForeignKey(
        Publication, models.CASCADE, related_name="documents", verbose_name=_("publication")
    )
    language = models.CharField(_("langue"), max_length=2, choices=Language)
    number = models.PositiveIntegerField(_("version"))
    claimed_at = models.DateTimeField(_("commencé le"), null=True, blank=True)
    made_at = models.DateTimeField(_("fait le"), null=True, blank=True)
    content = models.BinaryField(_("contenu"), null=True, blank=True)
    sha256 = models.CharField(_("empreinte SHA-256"), max_length=64, blank=True)
    size_bytes = models.PositiveIntegerField(_("poids (octets)"), default=0)

    objects = models.Manager.from_queryset(PublicationDocumentQuerySet)()

    class Meta:
        verbose_name = _("document d’une publication")
        verbose_name_plural = _("documents d’une publication")
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(
                fields=["publication", "language", "number"],
                name="observatory_publicationdocument_one_number",
            ),
            models.UniqueConstraint(
                fields=["publication", "language"], condition=Q(made_at=None),
                name="observatory_publicationdocument_one_waits",
            ),
            models.CheckConstraint(
                name="observatory_publicationdocument_made_is_whole",
                condition=Q(made_at=None, content=None, sha256="", size_bytes=0)
                | Q(made_at__isnull=False, content__isnull=False, size_bytes__gt=0)
                & ~Q(sha256=""),
            ),
        ]  # fmt: skip

    def __str__(self) -> str:
        return f"{self.publication_id} {self.language} {self.number}"
