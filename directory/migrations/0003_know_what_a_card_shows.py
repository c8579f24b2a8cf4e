from django.db import migrations, models


class Migration(migrations.Migration):
    """Remember what a public card shows, so that it is dated only when that changes."""

    dependencies = [("directory", "0002_membership_dated_on_its_own")]

    operations = [
        migrations.AddField(
            model_name="searchdocument",
            name="fingerprint",
            field=models.CharField(default="", max_length=32),
        ),
    ]
