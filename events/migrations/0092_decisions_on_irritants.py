"""What staff decides about an irritant is kept, with its reason and its hour."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("events", "0091_providers_know_a_revision"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="IrritantDecision",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("published", "Publié"),
                            ("corrected", "Corrigé"),
                            ("refused", "Non publié"),
                            ("retracted", "Retiré"),
                        ],
                        max_length=9,
                        verbose_name="décision",
                    ),
                ),
                ("reason", models.CharField(blank=True, max_length=500, verbose_name="motif")),
                ("at", models.DateTimeField(verbose_name="le")),
                (
                    "by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="par",
                    ),
                ),
                (
                    "irritant",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="decisions",
                        to="events.irritant",
                        verbose_name="irritant",
                    ),
                ),
            ],
            options={
                "verbose_name": "décision sur un irritant",
                "verbose_name_plural": "décisions sur les irritants",
                "default_permissions": (),
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            ("kind__in", ["published", "corrected", "refused", "retracted"])
                        ),
                        name="events_irritantdecision_kind_known",
                    )
                ],
            },
        ),
    ]
