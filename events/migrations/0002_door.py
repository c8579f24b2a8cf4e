import uuid

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("events", "0001_agenda_and_registrations"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Scan",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "client_id",
                    models.UUIDField(
                        default=uuid.uuid4, unique=True, verbose_name="identifiant du pointage"
                    ),
                ),
                (
                    "outcome",
                    models.CharField(
                        choices=[
                            ("ok", "Entrée"),
                            ("already", "Déjà entré"),
                            ("no_seat", "Pas de place"),
                            ("other", "Autre session"),
                            ("unknown", "Billet inconnu"),
                            ("undone", "Entrée reprise"),
                        ],
                        max_length=10,
                        verbose_name="résultat",
                    ),
                ),
                ("scanned_at", models.DateTimeField(verbose_name="pointé le")),
                ("received_at", models.DateTimeField(verbose_name="reçu le")),
                (
                    "by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="par",
                    ),
                ),
                (
                    "registration",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="scans",
                        to="events.registration",
                        verbose_name="inscription",
                    ),
                ),
                (
                    "session",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="scans",
                        to="events.session",
                        verbose_name="session",
                    ),
                ),
            ],
            options={
                "verbose_name": "pointage",
                "verbose_name_plural": "pointages",
                "default_permissions": ("view",),
                "indexes": [models.Index(fields=["session", "-id"], name="events_scan_last")],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "outcome__in",
                                ["ok", "already", "no_seat", "other", "unknown", "undone"],
                            )
                        ),
                        name="events_scan_outcome_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("outcome", "unknown"),
                            ("registration__isnull", False),
                            _connector="XOR",
                        ),
                        name="events_scan_unknown_is_nobody",
                    ),
                ],
            },
        ),
    ]
