from django.db import migrations, models


class Migration(migrations.Migration):
    """Follow searches by e-mail."""

    dependencies = [
        ("directory", "0024_taxonomy_editing"),
    ]

    operations = [
        migrations.CreateModel(
            name="SearchAlert",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "email",
                    models.EmailField(
                        blank=True, max_length=254, verbose_name="adresse électronique"
                    ),
                ),
                (
                    "mailbox_hash",
                    models.CharField(max_length=64, verbose_name="empreinte du destinataire"),
                ),
                (
                    "parameters",
                    models.CharField(blank=True, max_length=1000, verbose_name="recherche"),
                ),
                (
                    "frequency",
                    models.CharField(
                        choices=[("daily", "Chaque jour"), ("weekly", "Chaque lundi")],
                        default="weekly",
                        max_length=6,
                        verbose_name="fréquence",
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
                    "consent_text_hash",
                    models.CharField(max_length=64, verbose_name="empreinte du texte accepté"),
                ),
                ("requested_at", models.DateTimeField(verbose_name="demandée le")),
                (
                    "confirmed_at",
                    models.DateTimeField(blank=True, null=True, verbose_name="confirmée le"),
                ),
                (
                    "renewed_at",
                    models.DateTimeField(blank=True, null=True, verbose_name="prolongée le"),
                ),
                (
                    "stopped_at",
                    models.DateTimeField(blank=True, null=True, verbose_name="arrêtée le"),
                ),
                (
                    "seen_until",
                    models.DateTimeField(blank=True, null=True, verbose_name="lue jusqu’au"),
                ),
                (
                    "next_digest_at",
                    models.DateTimeField(blank=True, null=True, verbose_name="prochain envoi"),
                ),
                ("known", models.BinaryField(default=bytes, verbose_name="fiches déjà connues")),
            ],
            options={
                "verbose_name": "alerte",
                "verbose_name_plural": "alertes",
                "default_permissions": ("view",),
                "indexes": [
                    models.Index(
                        condition=models.Q(("confirmed_at__isnull", False), ("stopped_at", None)),
                        fields=["next_digest_at"],
                        name="directory_alert_due",
                    ),
                    models.Index(fields=["email"], name="directory_alert_email"),
                ],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("stopped_at", None)),
                        fields=("mailbox_hash", "parameters"),
                        name="directory_searchalert_once_per_mailbox",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("frequency__in", ["daily", "weekly"])),
                        name="directory_searchalert_frequency",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("stopped_at", None), ("email", ""), _connector="XOR"),
                        name="directory_searchalert_address_until_stopped",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("confirmed_at", None),
                            models.Q(
                                ("next_digest_at__isnull", False),
                                ("renewed_at__isnull", False),
                                ("seen_until__isnull", False),
                            ),
                            _connector="OR",
                        ),
                        name="directory_searchalert_confirmed_has_its_dates",
                    ),
                ],
            },
        ),
    ]
