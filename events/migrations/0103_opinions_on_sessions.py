"""Those who came say what they think of a session, once."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    """Sessions that are over are not asked about: the clock looks at the last three days."""

    dependencies = [("events", "0102_reasons_go_with_the_person")]

    operations = [
        migrations.AddField(
            model_name="session",
            name="opinion_asked_at",
            field=models.DateTimeField(
                blank=True, editable=False, null=True, verbose_name="avis demandé le"
            ),
        ),
        migrations.CreateModel(
            name="SessionOpinion",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("score", models.PositiveSmallIntegerField(verbose_name="note")),
                (
                    "comment",
                    models.TextField(blank=True, max_length=1000, verbose_name="remarque"),
                ),
                ("answered_at", models.DateTimeField(verbose_name="répondu le")),
                (
                    "registration",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="opinion",
                        to="events.registration",
                        verbose_name="inscription",
                    ),
                ),
            ],
            options={
                "verbose_name": "avis sur une session",
                "verbose_name_plural": "avis sur les sessions",
                "default_permissions": ("view",),
                "constraints": [
                    models.CheckConstraint(
                        name="events_sessionopinion_one_to_five",
                        condition=models.Q(score__gte=1, score__lte=5),
                    ),
                ],
            },
        ),
    ]
