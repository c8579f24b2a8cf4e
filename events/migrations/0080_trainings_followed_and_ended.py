import django.core.serializers.json
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    """A session follows its moves; an enrolment says what it owes; a document is made later."""

    dependencies = [
        ("events", "0072_the_staff_log_names_nobody"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="TrainerChange",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("reason", models.CharField(max_length=200, verbose_name="motif")),
                ("changed_at", models.DateTimeField(verbose_name="remplacé le")),
            ],
            options={
                "verbose_name": "remplacement d’un formateur",
                "verbose_name_plural": "remplacements de formateurs",
                "default_permissions": ("view",),
            },
        ),
        migrations.RemoveConstraint(
            model_name="enrolment",
            name="events_enrolment_ended_says_why",
        ),
        migrations.AddField(
            model_name="enrolment",
            name="early_request",
            field=models.TextField(blank=True, verbose_name="demande expresse de début"),
        ),
        migrations.AddField(
            model_name="enrolment",
            name="end_note",
            field=models.CharField(blank=True, max_length=300, verbose_name="ce qui est arrivé"),
        ),
        migrations.AddField(
            model_name="enrolment",
            name="owed_cents",
            field=models.PositiveIntegerField(
                default=0, verbose_name="reste dû hors taxes (centimes)"
            ),
        ),
        migrations.AddField(
            model_name="trainingdocument",
            name="paper",
            field=models.JSONField(
                blank=True,
                default=dict,
                encoder=django.core.serializers.json.DjangoJSONEncoder,
                verbose_name="ce qu’il dit",
            ),
        ),
        migrations.AddField(
            model_name="trainingsession",
            name="followed_sequence",
            field=models.PositiveIntegerField(default=0, verbose_name="dernier report suivi"),
        ),
        migrations.AlterField(
            model_name="enrolment",
            name="end_reason",
            field=models.CharField(
                blank=True,
                choices=[
                    ("expired", "Jamais signée à temps"),
                    ("withdrawn", "Rétractation"),
                    ("cancelled", "Annulée par le client"),
                    ("session", "Session annulée"),
                    ("broken", "Rompue, au prorata des heures suivies"),
                ],
                max_length=10,
                verbose_name="motif de fin",
            ),
        ),
        migrations.AlterField(
            model_name="trainingdocument",
            name="content",
            field=models.BinaryField(default=bytes, verbose_name="contenu"),
        ),
        migrations.AlterField(
            model_name="trainingdocument",
            name="sha256",
            field=models.CharField(blank=True, max_length=64, verbose_name="empreinte"),
        ),
        migrations.AddIndex(
            model_name="trainingdocument",
            index=models.Index(
                condition=models.Q(("emptied_at", None), ("sha256", "")),
                fields=["issued_at"],
                name="events_trainingdocument_unmade",
            ),
        ),
        migrations.AddConstraint(
            model_name="enrolment",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("end_reason", ""), ("ended_at", None)),
                    models.Q(
                        (
                            "end_reason__in",
                            ["expired", "withdrawn", "cancelled", "session", "broken"],
                        ),
                        ("ended_at__isnull", False),
                    ),
                    _connector="OR",
                ),
                name="events_enrolment_ended_says_why",
            ),
        ),
        migrations.AddConstraint(
            model_name="enrolment",
            constraint=models.CheckConstraint(
                condition=models.Q(("owed_cents", 0), ("ended_at__isnull", False), _connector="OR"),
                name="events_enrolment_owes_once_ended",
            ),
        ),
        migrations.AddField(
            model_name="trainerchange",
            name="changed_by",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
                verbose_name="remplacé par",
            ),
        ),
        migrations.AddField(
            model_name="trainerchange",
            name="former",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="events.trainer",
                verbose_name="formateur remplacé",
            ),
        ),
        migrations.AddField(
            model_name="trainerchange",
            name="latter",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="events.trainer",
                verbose_name="remplaçant",
            ),
        ),
        migrations.AddField(
            model_name="trainerchange",
            name="training_session",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="trainer_changes",
                to="events.trainingsession",
                verbose_name="session de formation",
            ),
        ),
        migrations.AddConstraint(
            model_name="trainerchange",
            constraint=models.CheckConstraint(
                condition=models.Q(("former", models.F("latter")), _negated=True),
                name="events_trainerchange_is_a_change",
            ),
        ),
    ]
