"""What the search reads: a row a published card, the cards of each term, the words that exist."""

from typing import Self

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models.functions import Length
from django.utils.translation import gettext_lazy as _

from directory.models.providers import Provider


class SearchDocument(models.Model):
    """Ligne d’index: a published card as the list shows and searches it, written with the card.

    Everything a line of the list says is here, so that the lines of a page are one query.
    `written_at` is when what the card shows last changed: `fingerprint` stands for it. `terms` are
    what the card is found by (directory.search.index), `layout` the version of their making.
    `trust_class`: A to D, N for a provider engaged and not rated yet, empty without adhesion;
    `trust_shown` is all that the card says of it.
    """

    provider = models.OneToOneField(
        Provider, models.CASCADE, primary_key=True, related_name="document"
    )
    terms = ArrayField(models.TextField(), verbose_name=_("termes"), default=list)
    layout = models.PositiveSmallIntegerField(_("version de l’index"), default=0)
    slug = models.SlugField(_("adresse de la fiche"), max_length=80)
    name = models.CharField(_("nom commercial"), max_length=120)
    tagline = models.CharField(_("en une phrase"), max_length=120)
    commune_name = models.CharField(_("commune"), max_length=100)
    confirmed_at = models.DateTimeField(_("confirmée le"), null=True)
    written_at = models.DateTimeField(_("écrite le"))
    fingerprint = models.CharField(max_length=32, default="")
    service_ids = ArrayField(models.BigIntegerField())
    languages = ArrayField(models.CharField(max_length=2))
    # Written by the computation of the index alone (directory.services.trust_computing).
    trust_class = models.CharField(_("classe de confiance"), max_length=1, db_default="")
    trust_shown = models.CharField(max_length=32, db_default="")
    # The badge is shown on the days from `charter_from` until the eve of `charter_until`.
    charter_since = models.DateField(_("signataire depuis le"), null=True)
    charter_from = models.DateField(_("signature montrée dès le"), null=True)
    charter_until = models.DateField(_("signature montrée jusqu’au"), null=True)

    class Meta:
        verbose_name = _("ligne d’index")
        verbose_name_plural = _("lignes d’index")
        # The address of a card is its index row's.
        indexes = [
            models.Index(fields=["slug"], name="directory_doc_slug"),
            models.Index(fields=["written_at"], name="directory_doc_written"),
        ]

    def __str__(self) -> str:
        return self.name


class SearchPosting(models.Model):
    """Fiches d’un terme: the cards of one block that hold a term, as a compressed set of numbers.

    A block is 65,536 card numbers in a row, so a card's change rewrites a few kB at most.
    """

    pk = models.CompositePrimaryKey("term", "block")
    term = models.CharField(_("terme"), max_length=80, db_collation="C")
    block = models.IntegerField(_("bloc"))
    cards = models.BinaryField(_("fiches"))

    class Meta:
        verbose_name = _("fiches d’un terme")
        verbose_name_plural = _("fiches des termes")

    def __str__(self) -> str:
        return f"{self.term} · {self.block}"


class SearchBlock(models.Model):
    """Bloc d’index: changes its version with each change of its cards."""

    block = models.IntegerField(_("bloc"), primary_key=True)
    version = models.BigIntegerField(_("version"))

    class Meta:
        verbose_name = _("bloc d’index")
        verbose_name_plural = _("blocs d’index")

    def __str__(self) -> str:
        return str(self.block)


class SearchWordQuerySet(models.QuerySet["SearchWord"]):
    """Questions about known words."""

    def with_length(self) -> Self:
        """Annotate `length`, in signs."""
        return self.annotate(length=Length("word"))


class SearchWord(models.Model):
    """Mot connu: a folded word of the cards, against which typos are set right."""

    word = models.CharField(_("mot"), max_length=60, primary_key=True, db_collation="C")

    objects = models.Manager.from_queryset(SearchWordQuerySet)()

    class Meta:
        verbose_name = _("mot connu")
        verbose_name_plural = _("mots connus")

    def __str__(self) -> str:
        return self.word
