import django.contrib.postgres.fields
import django.core.validators
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    """Give cards references, prices, certifications, pictures, languages and corrections."""

    dependencies = [
        ("directory", "0004_search_by_sets"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="CardTranslation",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "language",
                    models.CharField(
                        choices=[("fr", "Français"), ("de", "Allemand"), ("en", "Anglais")],
                        max_length=2,
                        verbose_name="langue",
                    ),
                ),
                (
                    "tagline",
                    models.CharField(blank=True, max_length=120, verbose_name="en une phrase"),
                ),
                (
                    "description",
                    models.TextField(blank=True, max_length=2000, verbose_name="présentation"),
                ),
            ],
            options={
                "verbose_name": "traduction de fiche",
                "verbose_name_plural": "traductions de fiche",
            },
        ),
        migrations.CreateModel(
            name="Certification",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("code", models.CharField(max_length=30, verbose_name="label")),
                (
                    "link",
                    models.URLField(
                        blank=True,
                        validators=[django.core.validators.URLValidator(schemes=["http", "https"])],
                        verbose_name="preuve",
                    ),
                ),
                ("ends_on", models.DateField(verbose_name="valable jusqu’au")),
                ("position", models.PositiveSmallIntegerField(default=0, verbose_name="rang")),
            ],
            options={
                "verbose_name": "certification",
                "verbose_name_plural": "certifications",
            },
        ),
        migrations.CreateModel(
            name="Correction",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "field",
                    models.CharField(
                        choices=[
                            ("name", "Nom commercial"),
                            ("tagline", "En une phrase"),
                            ("description", "Présentation"),
                            ("phone", "Téléphone"),
                            ("email", "Courriel"),
                            ("website", "Site internet"),
                        ],
                        max_length=20,
                        verbose_name="champ",
                    ),
                ),
                ("value", models.TextField(blank=True, max_length=2000, verbose_name="valeur")),
                ("reason", models.TextField(max_length=500, verbose_name="motif")),
                ("made_at", models.DateTimeField(verbose_name="faite le")),
                ("ended_at", models.DateTimeField(blank=True, null=True, verbose_name="finie le")),
                (
                    "outcome",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("lifted", "Levée"),
                            ("accepted", "Acceptée par le prestataire"),
                            ("replaced", "Remplacée"),
                        ],
                        max_length=10,
                        verbose_name="issue",
                    ),
                ),
            ],
            options={
                "verbose_name": "correction du centre",
                "verbose_name_plural": "corrections du centre",
            },
        ),
        migrations.CreateModel(
            name="Picture",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("name", models.CharField(max_length=120, verbose_name="nom du fichier")),
                ("alt", models.CharField(max_length=150, verbose_name="description de l’image")),
                ("width", models.PositiveSmallIntegerField(verbose_name="largeur (px)")),
                ("height", models.PositiveSmallIntegerField(verbose_name="hauteur (px)")),
                (
                    "widths",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.PositiveSmallIntegerField(),
                        size=None,
                        verbose_name="largeurs (px)",
                    ),
                ),
                ("position", models.PositiveSmallIntegerField(default=0, verbose_name="rang")),
            ],
            options={
                "verbose_name": "image",
                "verbose_name_plural": "images",
            },
        ),
        migrations.CreateModel(
            name="PriceIndication",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "basis",
                    models.CharField(
                        choices=[
                            ("hour", "par heure"),
                            ("day", "par jour"),
                            ("project", "par projet"),
                            ("month", "par mois"),
                            ("quote", "sur devis"),
                        ],
                        max_length=10,
                        verbose_name="base",
                    ),
                ),
                (
                    "from_cents",
                    models.PositiveIntegerField(
                        blank=True, null=True, verbose_name="de (centimes)"
                    ),
                ),
                (
                    "to_cents",
                    models.PositiveIntegerField(blank=True, null=True, verbose_name="à (centimes)"),
                ),
                ("position", models.PositiveSmallIntegerField(default=0, verbose_name="rang")),
            ],
            options={
                "verbose_name": "indication de prix",
                "verbose_name_plural": "indications de prix",
            },
        ),
        migrations.CreateModel(
            name="Reference",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("title", models.CharField(max_length=120, verbose_name="titre")),
                (
                    "client_sector",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("commerce", "Commerce"),
                            ("artisanat", "Artisanat"),
                            ("industrie", "Industrie"),
                            ("btp", "Bâtiment et travaux publics"),
                            ("hotellerie-restauration", "Hôtellerie et restauration"),
                            ("sante-social", "Santé et social"),
                            ("agriculture", "Agriculture"),
                            ("transport", "Transport et logistique"),
                            ("services", "Services"),
                            ("immobilier", "Immobilier"),
                            ("association", "Associations"),
                            ("public", "Secteur public"),
                        ],
                        max_length=30,
                        verbose_name="métier du client",
                    ),
                ),
                ("year", models.PositiveSmallIntegerField(verbose_name="année")),
                ("work", models.TextField(max_length=600, verbose_name="ce qui a été fait")),
                (
                    "link",
                    models.URLField(
                        blank=True,
                        validators=[django.core.validators.URLValidator(schemes=["http", "https"])],
                        verbose_name="lien",
                    ),
                ),
                ("position", models.PositiveSmallIntegerField(default=0, verbose_name="rang")),
            ],
            options={
                "verbose_name": "référence",
                "verbose_name_plural": "références",
            },
        ),
        migrations.AddField(
            model_name="historicalprovider",
            name="answer_days",
            field=models.PositiveSmallIntegerField(
                blank=True, null=True, verbose_name="délai de réponse (jours ouvrés)"
            ),
        ),
        migrations.AddField(
            model_name="historicalprovider",
            name="contact_mode",
            field=models.CharField(
                blank=True,
                choices=[
                    ("phone", "Par téléphone"),
                    ("email", "Par courriel"),
                    ("website", "Par son site internet"),
                ],
                max_length=10,
                verbose_name="contact préféré",
            ),
        ),
        migrations.AddField(
            model_name="historicalprovider",
            name="countries",
            field=django.contrib.postgres.fields.ArrayField(
                base_field=models.CharField(
                    choices=[
                        ("FR", "France"),
                        ("DE", "Allemagne"),
                        ("LU", "Luxembourg"),
                        ("BE", "Belgique"),
                        ("NL", "Pays-Bas"),
                        ("CH", "Suisse"),
                    ],
                    max_length=2,
                ),
                blank=True,
                default=list,
                size=None,
                verbose_name="pays servis",
            ),
        ),
        migrations.AddField(
            model_name="historicalprovider",
            name="language",
            field=models.CharField(
                choices=[("fr", "Français"), ("de", "Allemand"), ("en", "Anglais")],
                default="fr",
                max_length=2,
                verbose_name="langue du texte",
            ),
        ),
        migrations.AddField(
            model_name="historicalprovider",
            name="logo_alt",
            field=models.CharField(blank=True, max_length=150, verbose_name="description du logo"),
        ),
        migrations.AddField(
            model_name="historicalprovider",
            name="service_area",
            field=models.CharField(
                blank=True,
                choices=[
                    ("nearby", "Autour de sa commune (30 km)"),
                    ("departement", "Dans tout le département"),
                    ("region", "Dans toute la région"),
                    ("country", "Dans toute la France"),
                ],
                max_length=12,
                verbose_name="zone d’intervention",
            ),
        ),
        migrations.AddField(
            model_name="historicalprovider",
            name="silenced_at",
            field=models.DateTimeField(
                blank=True, null=True, verbose_name="masquée faute de réponse le"
            ),
        ),
        migrations.AddField(
            model_name="provider",
            name="answer_days",
            field=models.PositiveSmallIntegerField(
                blank=True, null=True, verbose_name="délai de réponse (jours ouvrés)"
            ),
        ),
        migrations.AddField(
            model_name="provider",
            name="contact_mode",
            field=models.CharField(
                blank=True,
                choices=[
                    ("phone", "Par téléphone"),
                    ("email", "Par courriel"),
                    ("website", "Par son site internet"),
                ],
                max_length=10,
                verbose_name="contact préféré",
            ),
        ),
        migrations.AddField(
            model_name="provider",
            name="countries",
            field=django.contrib.postgres.fields.ArrayField(
                base_field=models.CharField(
                    choices=[
                        ("FR", "France"),
                        ("DE", "Allemagne"),
                        ("LU", "Luxembourg"),
                        ("BE", "Belgique"),
                        ("NL", "Pays-Bas"),
                        ("CH", "Suisse"),
                    ],
                    max_length=2,
                ),
                blank=True,
                default=list,
                size=None,
                verbose_name="pays servis",
            ),
        ),
        migrations.AddField(
            model_name="provider",
            name="language",
            field=models.CharField(
                choices=[("fr", "Français"), ("de", "Allemand"), ("en", "Anglais")],
                default="fr",
                max_length=2,
                verbose_name="langue du texte",
            ),
        ),
        migrations.AddField(
            model_name="provider",
            name="logo_alt",
            field=models.CharField(blank=True, max_length=150, verbose_name="description du logo"),
        ),
        migrations.AddField(
            model_name="provider",
            name="quality",
            field=models.FloatField(default=0, verbose_name="qualité de la fiche"),
        ),
        migrations.AddField(
            model_name="provider",
            name="reminded_at",
            field=models.DateTimeField(blank=True, null=True, verbose_name="dernier rappel le"),
        ),
        migrations.AddField(
            model_name="provider",
            name="reminders_sent",
            field=models.PositiveSmallIntegerField(default=0, verbose_name="rappels envoyés"),
        ),
        migrations.AddField(
            model_name="provider",
            name="reviewed_content",
            field=models.JSONField(blank=True, null=True, verbose_name="contenu relu"),
        ),
        migrations.AddField(
            model_name="provider",
            name="service_area",
            field=models.CharField(
                blank=True,
                choices=[
                    ("nearby", "Autour de sa commune (30 km)"),
                    ("departement", "Dans tout le département"),
                    ("region", "Dans toute la région"),
                    ("country", "Dans toute la France"),
                ],
                max_length=12,
                verbose_name="zone d’intervention",
            ),
        ),
        migrations.AddField(
            model_name="provider",
            name="share_picture",
            field=models.CharField(blank=True, max_length=150, verbose_name="image de partage"),
        ),
        migrations.AddField(
            model_name="provider",
            name="silenced_at",
            field=models.DateTimeField(
                blank=True, null=True, verbose_name="masquée faute de réponse le"
            ),
        ),
        migrations.AddIndex(
            model_name="provider",
            index=models.Index(
                fields=["status", "confirmed_at"], name="directory_provider_freshness"
            ),
        ),
        migrations.AddConstraint(
            model_name="provider",
            constraint=models.CheckConstraint(
                condition=models.Q(("quality__gte", 0), ("quality__lte", 1)),
                name="directory_provider_quality_between_0_and_1",
            ),
        ),
        migrations.AddConstraint(
            model_name="provider",
            constraint=models.CheckConstraint(
                condition=models.Q(("silenced_at", None), ("status", "hidden"), _connector="OR"),
                name="directory_provider_silenced_is_hidden",
            ),
        ),
        migrations.AddField(
            model_name="cardtranslation",
            name="provider",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE,
                related_name="translations",
                to="directory.provider",
            ),
        ),
        migrations.AddField(
            model_name="certification",
            name="provider",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE,
                related_name="certifications",
                to="directory.provider",
            ),
        ),
        migrations.AddField(
            model_name="correction",
            name="made_by",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
                verbose_name="agent",
            ),
        ),
        migrations.AddField(
            model_name="correction",
            name="provider",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE,
                related_name="corrections",
                to="directory.provider",
            ),
        ),
        migrations.AddField(
            model_name="picture",
            name="provider",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE,
                related_name="pictures",
                to="directory.provider",
            ),
        ),
        migrations.AddField(
            model_name="priceindication",
            name="provider",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE,
                related_name="prices",
                to="directory.provider",
            ),
        ),
        migrations.AddField(
            model_name="priceindication",
            name="service",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="+",
                to="directory.service",
                verbose_name="service",
            ),
        ),
        migrations.AddField(
            model_name="reference",
            name="provider",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE,
                related_name="references",
                to="directory.provider",
            ),
        ),
        migrations.AddConstraint(
            model_name="cardtranslation",
            constraint=models.UniqueConstraint(
                fields=("provider", "language"), name="directory_cardtranslation_once_per_language"
            ),
        ),
        migrations.AddConstraint(
            model_name="cardtranslation",
            constraint=models.CheckConstraint(
                condition=models.Q(("language__in", ["fr", "de", "en"])),
                name="directory_cardtranslation_language_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="certification",
            constraint=models.UniqueConstraint(
                fields=("provider", "code"),
                name="directory_certification_once_per_card",
                violation_error_message="Ce label est déjà sur la fiche.",
            ),
        ),
        migrations.AddConstraint(
            model_name="correction",
            constraint=models.UniqueConstraint(
                condition=models.Q(("ended_at", None)),
                fields=("provider", "field"),
                name="directory_correction_one_standing_per_field",
            ),
        ),
        migrations.AddConstraint(
            model_name="correction",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("field__in", ["name", "tagline", "description", "phone", "email", "website"])
                ),
                name="directory_correction_field_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="correction",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("ended_at", None), ("outcome", "")),
                    models.Q(
                        ("ended_at__isnull", False),
                        ("outcome__in", ["lifted", "accepted", "replaced"]),
                    ),
                    _connector="OR",
                ),
                name="directory_correction_ended_has_outcome",
            ),
        ),
        migrations.AddConstraint(
            model_name="picture",
            constraint=models.UniqueConstraint(
                fields=("provider", "name"), name="directory_picture_once_per_card"
            ),
        ),
        migrations.AddConstraint(
            model_name="picture",
            constraint=models.CheckConstraint(
                condition=models.Q(("alt", ""), _negated=True),
                name="directory_picture_is_described",
                violation_error_message="Dites en quelques mots ce que l’image montre.",
            ),
        ),
        migrations.AddConstraint(
            model_name="priceindication",
            constraint=models.CheckConstraint(
                condition=models.Q(("basis__in", ["hour", "day", "project", "month", "quote"])),
                name="directory_priceindication_basis_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="priceindication",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("basis", "quote"), ("from_cents", None), ("to_cents", None)),
                    models.Q(
                        models.Q(("basis", "quote"), _negated=True), ("from_cents__isnull", False)
                    ),
                    _connector="OR",
                ),
                name="directory_priceindication_amount_unless_quote",
                violation_error_message="Donnez un prix, ou choisissez « sur devis ».",
            ),
        ),
        migrations.AddConstraint(
            model_name="priceindication",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("to_cents", None), ("to_cents__gte", models.F("from_cents")), _connector="OR"
                ),
                name="directory_priceindication_to_above_from",
                violation_error_message="Le second prix est au moins égal au premier.",
            ),
        ),
        migrations.AddConstraint(
            model_name="reference",
            constraint=models.CheckConstraint(
                condition=models.Q(("year__gte", 1990), ("year__lte", 2100)),
                name="directory_reference_year_plausible",
                violation_error_message="Donnez l’année en quatre chiffres.",
            ),
        ),
    ]
