from django.db import migrations, models
from django.db.models import Q


class Migration(migrations.Migration):
    """An interview that cannot be finished is given up, for a reason, and makes way."""

    dependencies = [("diagnostics", "0031_hidden_cells_are_remembered")]

    operations = [
        migrations.AddField(
            model_name="diagnostic",
            name="dropped_at",
            field=models.DateTimeField(blank=True, null=True, verbose_name="abandonné le"),
        ),
        migrations.AddField(
            model_name="diagnostic",
            name="dropped_reason",
            field=models.CharField(
                blank=True,
                db_default="",
                default="",
                max_length=300,
                verbose_name="raison de l’abandon",
            ),
        ),
        migrations.AddConstraint(
            model_name="diagnostic",
            constraint=models.CheckConstraint(
                condition=Q(dropped_at=None, dropped_reason="")
                | Q(
                    dropped_at__isnull=False,
                    depth="on_site",
                    signed_at=None,
                    follows=None,
                    appointment=None,
                )
                & ~Q(dropped_reason=""),
                name="diagnostics_diagnostic_dropped_has_reason",
            ),
        ),
    ]
