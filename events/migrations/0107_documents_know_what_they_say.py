from django.db import migrations, models


class Migration(migrations.Migration):
    """A paper that would say the same again is not issued twice; the oldest do not know."""

    dependencies = [("events", "0106_reasons_of_the_forgotten_go")]

    operations = [
        migrations.AddField(
            model_name="trainingdocument",
            name="said_sha256",
            field=models.CharField(
                blank=True, db_default="", default="", max_length=64,
                verbose_name="empreinte du texte",
            ),
        ),
    ]  # fmt: skip
