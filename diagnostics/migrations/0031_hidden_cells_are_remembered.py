from django.db import migrations, models


class Migration(migrations.Migration):
    """A cell that may no more be shown stays, to be compared with if it comes back."""

    dependencies = [("diagnostics", "0030_staff_writes_the_referential")]

    operations = [
        migrations.AddField(
            model_name="benchmarkcell",
            name="is_shown",
            field=models.BooleanField(default=True, db_default=True, verbose_name="montré"),
        ),
    ]
