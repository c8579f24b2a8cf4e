import django.contrib.postgres.fields
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import emn.lib.storage


class Migration(migrations.Migration):
    dependencies = [
        ("directory", "0196_dossiers_and_teams"),
        ("territory", "0003_one_index_per_number"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Place",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "reference",
                    models.CharField(
                        max_length=100, unique=True, verbose_name="identifiant du standard"
                    ),
                ),
                (
                    "slug",
                    models.SlugField(max_length=90, unique=True, verbose_name="adresse de la page"),
                ),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("mediation", "Lieu de médiation numérique"),
                            ("coworking", "Espace de travail partagé"),
                            ("fablab", "Atelier de fabrication (fablab)"),
                            ("technopole", "Technopôle ou pépinière"),
                            ("school", "École ou formation"),
                            ("lab", "Laboratoire"),
                            ("association", "Association"),
                            ("french_tech", "French Tech"),
                        ],
                        default="mediation",
                        max_length=12,
                        verbose_name="genre",
                    ),
                ),
                ("pivot", models.CharField(max_length=14, verbose_name="SIRET, RNA ou RIDET")),
                ("name", models.CharField(max_length=200, verbose_name="nom")),
                ("postcode", models.CharField(max_length=5, verbose_name="code postal")),
                ("address", models.CharField(max_length=250, verbose_name="adresse")),
                (
                    "address_more",
                    models.CharField(
                        blank=True, max_length=250, verbose_name="complément d’adresse"
                    ),
                ),
                (
                    "latitude",
                    models.FloatField(blank=True, null=True, verbose_name="latitude (degrés)"),
                ),
                (
                    "longitude",
                    models.FloatField(blank=True, null=True, verbose_name="longitude (degrés)"),
                ),
                (
                    "typologies",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=200),
                        blank=True,
                        default=list,
                        size=None,
                        verbose_name="typologies",
                    ),
                ),
                (
                    "telephone",
                    models.CharField(blank=True, max_length=20, verbose_name="téléphone"),
                ),
                (
                    "mailboxes",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=200),
                        blank=True,
                        default=list,
                        size=None,
                        verbose_name="courriels du lieu",
                    ),
                ),
                (
                    "websites",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=200),
                        blank=True,
                        default=list,
                        size=None,
                        verbose_name="sites",
                    ),
                ),
                (
                    "hours",
                    models.CharField(
                        blank=True, max_length=1000, verbose_name="horaires (OpenStreetMap)"
                    ),
                ),
                (
                    "summary",
                    models.CharField(
                        blank=True, max_length=280, verbose_name="présentation courte"
                    ),
                ),
                (
                    "description",
                    models.TextField(blank=True, max_length=10000, verbose_name="présentation"),
                ),
                (
                    "collected_by",
                    models.CharField(
                        blank=True, max_length=200, verbose_name="structure qui a collecté"
                    ),
                ),
                (
                    "mobility",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=200),
                        blank=True,
                        default=list,
                        size=None,
                        verbose_name="itinérance",
                    ),
                ),
                (
                    "parent",
                    models.CharField(blank=True, max_length=200, verbose_name="structure parente"),
                ),
                ("updated_on", models.DateField(verbose_name="mis à jour le")),
                (
                    "services",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=200),
                        blank=True,
                        default=list,
                        size=None,
                        verbose_name="services",
                    ),
                ),
                (
                    "publics",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=200),
                        blank=True,
                        default=list,
                        size=None,
                        verbose_name="publics",
                    ),
                ),
                (
                    "special_care",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=200),
                        blank=True,
                        default=list,
                        size=None,
                        verbose_name="prises en charge",
                    ),
                ),
                (
                    "fees",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=200),
                        blank=True,
                        default=list,
                        size=None,
                        verbose_name="frais",
                    ),
                ),
                (
                    "programmes",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=200),
                        blank=True,
                        default=list,
                        size=None,
                        verbose_name="dispositifs nationaux",
                    ),
                ),
                (
                    "labels",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=200),
                        blank=True,
                        default=list,
                        size=None,
                        verbose_name="formations et labels",
                    ),
                ),
                (
                    "other_labels",
                    models.CharField(blank=True, max_length=500, verbose_name="autres labels"),
                ),
                (
                    "access_modes",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=200),
                        blank=True,
                        default=list,
                        size=None,
                        verbose_name="modalités d’accès",
                    ),
                ),
                (
                    "support_modes",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=200),
                        blank=True,
                        default=list,
                        size=None,
                        verbose_name="modalités d’accompagnement",
                    ),
                ),
                (
                    "accessibility_url",
                    models.CharField(blank=True, max_length=500, verbose_name="fiche Acceslibre"),
                ),
                (
                    "booking_url",
                    models.CharField(
                        blank=True, max_length=500, verbose_name="prise de rendez-vous"
                    ),
                ),
                ("origin", models.CharField(blank=True, max_length=100, verbose_name="origine")),
                (
                    "withdrawn_at",
                    models.DateTimeField(blank=True, null=True, verbose_name="retiré le"),
                ),
                (
                    "commune",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="places",
                        to="territory.commune",
                        verbose_name="commune",
                    ),
                ),
            ],
            options={
                "verbose_name": "lieu",
                "verbose_name_plural": "lieux",
                "indexes": [
                    models.Index(
                        fields=["origin", "withdrawn_at"], name="directory_p_origin_39a2a4_idx"
                    )
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "kind__in",
                                [
                                    "mediation",
                                    "coworking",
                                    "fablab",
                                    "technopole",
                                    "school",
                                    "lab",
                                    "association",
                                    "french_tech",
                                ],
                            )
                        ),
                        name="directory_place_kind_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("pivot__regex", "^[a-zA-Z0-9]{9,14}$")),
                        name="directory_place_pivot_format",
                        violation_error_message="Un SIRET, ou un numéro RNA, de 9 à 14 signes.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("latitude", None), ("longitude", None)),
                            models.Q(
                                ("latitude__range", (-90, 90)), ("longitude__range", (-180, 180))
                            ),
                            _connector="OR",
                        ),
                        name="directory_place_position_whole",
                        violation_error_message="Donnez latitude et longitude, ou aucune des deux.",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="PlaceImport",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "file",
                    models.FileField(
                        blank=True, storage=emn.lib.storage.private_storage, upload_to="imports/"
                    ),
                ),
                ("name", models.CharField(max_length=200, verbose_name="fichier")),
                ("origin", models.CharField(max_length=100, verbose_name="origine")),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("waiting", "En attente de lecture"),
                            ("checking", "Lecture en cours"),
                            ("refused", "Refusé\xa0: des lignes sont à corriger"),
                            ("ready", "Prêt à écrire"),
                            ("writing", "Écriture en cours"),
                            ("written", "Écrit"),
                            ("failed", "Interrompu, rien n’est écrit"),
                            ("abandoned", "Abandonné"),
                        ],
                        default="waiting",
                        max_length=10,
                        verbose_name="état",
                    ),
                ),
                ("created_at", models.DateTimeField(verbose_name="déposé le")),
                ("alive_at", models.DateTimeField(blank=True, null=True)),
                ("line_count", models.PositiveIntegerField(default=0, verbose_name="lignes lues")),
                (
                    "new_count",
                    models.PositiveIntegerField(default=0, verbose_name="lieux nouveaux"),
                ),
                (
                    "changed_count",
                    models.PositiveIntegerField(default=0, verbose_name="lieux changés"),
                ),
                (
                    "withdrawn_count",
                    models.PositiveIntegerField(default=0, verbose_name="lieux absents du fichier"),
                ),
                (
                    "error_count",
                    models.PositiveIntegerField(default=0, verbose_name="lignes refusées"),
                ),
                ("errors", models.JSONField(default=list, verbose_name="erreurs")),
                (
                    "finished_at",
                    models.DateTimeField(blank=True, null=True, verbose_name="terminé le"),
                ),
                (
                    "created_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="déposé par",
                    ),
                ),
            ],
            options={
                "verbose_name": "import de lieux",
                "verbose_name_plural": "imports de lieux",
                "permissions": [("import_places", "Peut importer des lieux")],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "status__in",
                                [
                                    "waiting",
                                    "checking",
                                    "refused",
                                    "ready",
                                    "writing",
                                    "written",
                                    "failed",
                                    "abandoned",
                                ],
                            )
                        ),
                        name="directory_placeimport_status_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("status__in", ["ready", "writing", "written"]), _negated=True
                            ),
                            ("error_count", 0),
                            _connector="OR",
                        ),
                        name="directory_placeimport_ready_has_no_error",
                    ),
                ],
            },
        ),
    ]
