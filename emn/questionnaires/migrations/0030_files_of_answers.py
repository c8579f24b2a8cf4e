import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    """A question may ask for a file."""

    dependencies = [("questionnaires", "0002_published_versions_stay")]

    operations = [
        migrations.CreateModel(
            name="AnswerFile",
            fields=[
                ("id", models.UUIDField(editable=False, primary_key=True, serialize=False)),
                ("question", models.CharField(max_length=40, verbose_name="question")),
                ("name", models.CharField(max_length=150, verbose_name="nom du fichier")),
                ("suffix", models.CharField(max_length=5, verbose_name="genre de fichier")),
                ("content", models.BinaryField(verbose_name="contenu")),
                ("received_at", models.DateTimeField(verbose_name="reçu le")),
                (
                    "run",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="files",
                        to="questionnaires.run",
                        verbose_name="passation",
                    ),
                ),
            ],
            options={
                "verbose_name": "fichier joint à une réponse",
                "verbose_name_plural": "fichiers joints à des réponses",
                "default_permissions": (),
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("suffix__in", [".pdf", ".webp"])),
                        name="questionnaires_answerfile_suffix_known",
                    )
                ],
            },
        ),
    ]
