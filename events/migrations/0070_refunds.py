import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    """Money that goes back is a row, with the day of the books."""

    dependencies = [
        ("events", "0060_showrooms"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Refund",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("amount_cents", models.BigIntegerField(verbose_name="montant (centimes)")),
                ("refunded_on", models.DateField(verbose_name="rendu le")),
                (
                    "method",
                    models.CharField(
                        choices=[
                            ("transfer", "Virement"),
                            ("card", "Carte bancaire"),
                            ("cheque", "Chèque"),
                        ],
                        max_length=8,
                        verbose_name="moyen",
                    ),
                ),
                (
                    "reference",
                    models.CharField(blank=True, max_length=255, verbose_name="référence"),
                ),
                ("noted_at", models.DateTimeField(verbose_name="noté le")),
                (
                    "by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="saisi par",
                    ),
                ),
                (
                    "payment",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="refunds",
                        to="events.payment",
                        verbose_name="paiement",
                    ),
                ),
            ],
            options={
                "verbose_name": "remboursement",
                "verbose_name_plural": "remboursements",
                "default_permissions": ("view",),
                "indexes": [models.Index(fields=["refunded_on", "id"], name="events_refund_books")],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("amount_cents__gt", 0)),
                        name="events_refund_gives_something_back",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("method__in", ["transfer", "card", "cheque"])),
                        name="events_refund_method_known",
                    ),
                ],
            },
        ),
    ]
