"""What the search reads: one narrow row a published card, and the words that exist."""

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchVectorField
from django.db import models
from django.utils.translation import gettext_lazy as _

from directory.models.providers import Provider


class SearchDocument(models.Model):
    """Ligne d’index: a published card as the list shows and searches it, written with the card.

    Everything a line of the list says is here, so that a page of results is one query.
    `written_at` is when what the card shows last changed: `fingerprint` stands for it. `vector`
    holds folded stems: A the name, B services, families and synonyms, C free text.
    """

    provider = models.OneToOneField(
        Provider, models.CASCADE, primary_key=True, related_name="document"
    )
    vector = SearchVectorField()
    slug = models.SlugField(_("adresse de la fiche"), max_length=80)
    name = models.CharField(_("nom commercial"), max_length=120)
    tagline = models.CharField(_("en une phrase"), max_length=120)
    commune_name = models.CharField(_("commune"), max_length=100)
    confirmed_at = models.DateTimeField(_("confirmée le"), null=True)
    written_at = models.DateTimeField(_("écrite le"))
    fingerprint = models.CharField(max_length=32, default="")
    siret = models.CharField(_("SIRET"), max_length=14)
    service_ids = ArrayField(models.BigIntegerField())
    languages = ArrayField(models.CharField(max_length=2))
    client_sizes = ArrayField(models.CharField(max_length=10))
    commune_code = models.CharField(max_length=5)
    epci_code = models.CharField(max_length=9, blank=True)
    latitude = models.FloatField()
    longitude = models.FloatField()

    class Meta:
        verbose_name = _("ligne d’index")
        verbose_name_plural = _("lignes d’index")
        indexes = [
            GinIndex(fields=["vector"], name="directory_doc_vector"),
            GinIndex(fields=["service_ids"], name="directory_doc_services"),
            models.Index(fields=["latitude", "longitude"], name="directory_doc_place"),
            models.Index(fields=["siret"], name="directory_doc_siret"),
        ]

    def __str__(self) -> str:
        return self.name


class SearchWord(models.Model):
    """Mot connu: a folded word of the cards or the taxonomy, against which typos are set right."""

    word = models.CharField(_("mot"), max_length=60, primary_key=True)

    class Meta:
        verbose_name = _("mot connu")
        verbose_name_plural = _("mots connus")

    def __str__(self) -> str:
        return self.word
