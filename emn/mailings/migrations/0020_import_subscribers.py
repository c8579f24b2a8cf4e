import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import emn.lib.storage


class Migration(migrations.Migration):
    dependencies = [
        ("mailings", "0006_outcomes_counted_and_allowances"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AlterModelOptions(
            name="subscriber",
            options={
                "default_permissions": ("view",),
                "permissions": [
                    ("import_subscribers", "Importer une liste d’abonnés"),
                    ("unsubscribe_subscriber", "Désinscrire une personne"),
                ],
                "verbose_name": "abonné",
                "verbose_name_plural": "abonnés",
            },
        ),
        migrations.CreateModel(
            name="SubscriberImport",
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
                        blank=True,
                        storage=emn.lib.storage.private_storage,
                        upload_to="subscribers/",
                    ),
                ),
                ("name", models.CharField(max_length=200, verbose_name="fichier")),
                (
                    "basis",
                    models.CharField(
                        choices=[
                            ("consent", "consentement"),
                            ("profession", "relation professionnelle"),
                        ],
                        max_length=12,
                        verbose_name="fondement",
                    ),
                ),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("waiting", "en attente de lecture"),
                            ("checking", "lecture en cours"),
                            ("refused", "refusé\xa0: des lignes sont à corriger"),
                            ("ready", "prêt à écrire"),
                            ("writing", "écriture en cours"),
                            ("written", "écrit"),
                            ("failed", "interrompu, rien n’est écrit"),
                            ("abandoned", "abandonné"),
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
                    models.PositiveIntegerField(default=0, verbose_name="personnes nouvelles"),
                ),
                (
                    "added_count",
                    models.PositiveIntegerField(default=0, verbose_name="inscriptions"),
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
                (
                    "mailing_list",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="mailings.mailinglist",
                        verbose_name="liste",
                    ),
                ),
            ],
            options={
                "verbose_name": "import d’abonnés",
                "verbose_name_plural": "imports d’abonnés",
                "default_permissions": ("view",),
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
                        name="mailings_subscriberimport_status",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("basis__in", ["consent", "profession"])),
                        name="mailings_subscriberimport_basis",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("status__in", ["ready", "writing", "written"]), _negated=True
                            ),
                            ("error_count", 0),
                            _connector="OR",
                        ),
                        name="mailings_subscriberimport_ready_has_no_error",
                    ),
                ],
            },
        ),
    ]
