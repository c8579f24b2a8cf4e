import django.utils.timezone
from django.db import migrations, models


class Migration(migrations.Migration):
    """Date a link on the day it is made, also when staff makes it."""

    dependencies = [("directory", "0001_companies_providers_search")]

    operations = [
        migrations.AlterField(
            model_name="membership",
            name="joined_at",
            field=models.DateTimeField(default=django.utils.timezone.now, verbose_name="depuis le"),
        ),
    ]
