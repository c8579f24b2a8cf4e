"""Each evening says which revision of its session its providers know."""

from django.db import migrations, models


class Migration(migrations.Migration):
    """Zero: of an evening to come that moved or is off before today, they are told now."""

    dependencies = [("events", "0090_evenings_are_called_so")]

    operations = [
        migrations.AddField(
            model_name="evening",
            name="told_sequence",
            field=models.PositiveIntegerField(
                default=0, editable=False, verbose_name="révision connue"
            ),
        ),
    ]
