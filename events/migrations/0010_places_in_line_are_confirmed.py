"""A place in line needs its mailbox’s word; those there already keep theirs."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("directory", "0195_needs_end_and_count"),
        ("events", "0003_scans_are_only_added"),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name="registration",
            name="events_registration_one_active_per_mailbox",
        ),
        migrations.RemoveConstraint(
            model_name="registration",
            name="events_registration_status_known",
        ),
        migrations.RemoveConstraint(
            model_name="registration",
            name="events_registration_timed_ends",
        ),
        migrations.RemoveIndex(
            model_name="registration",
            name="events_registration_clock",
        ),
        migrations.AddField(
            model_name="registration",
            name="in_line_at",
            field=models.DateTimeField(blank=True, null=True, verbose_name="file confirmée le"),
        ),
        migrations.AddField(
            model_name="session",
            name="moved_sequence",
            field=models.PositiveIntegerField(
                default=0, editable=False, verbose_name="dernier déplacement"
            ),
        ),
        migrations.RunSQL(
            """
            UPDATE events_registration SET in_line_at = registered_at WHERE status = 'waiting';
            UPDATE events_session SET moved_sequence = sequence WHERE sequence > 0;
            """,
            migrations.RunSQL.noop,
        ),
        migrations.AlterField(
            model_name="registration",
            name="status",
            field=models.CharField(
                choices=[
                    ("held", "Place retenue"),
                    ("pending", "File à confirmer"),
                    ("waiting", "Liste d’attente"),
                    ("offered", "Place proposée"),
                    ("registered", "Inscrit"),
                    ("confirmed", "Confirmé"),
                    ("present", "Présent"),
                    ("excused", "Absent excusé"),
                    ("absent", "Absent"),
                    ("cancelled", "Annulé"),
                ],
                max_length=10,
                verbose_name="état",
            ),
        ),
        migrations.AddIndex(
            model_name="registration",
            index=models.Index(
                condition=models.Q(("status__in", ("held", "offered", "pending"))),
                fields=["expires_at"],
                name="events_registration_clock",
            ),
        ),
        migrations.AddConstraint(
            model_name="registration",
            constraint=models.UniqueConstraint(
                condition=models.Q(
                    ("forgotten_at", None),
                    (
                        "status__in",
                        (
                            "held",
                            "offered",
                            "registered",
                            "confirmed",
                            "present",
                            "absent",
                            "pending",
                            "waiting",
                        ),
                    ),
                ),
                fields=("session", "email"),
                name="events_registration_one_active_per_mailbox",
            ),
        ),
        migrations.AddConstraint(
            model_name="registration",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    (
                        "status__in",
                        [
                            "held",
                            "pending",
                            "waiting",
                            "offered",
                            "registered",
                            "confirmed",
                            "present",
                            "excused",
                            "absent",
                            "cancelled",
                        ],
                    )
                ),
                name="events_registration_status_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="registration",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        ("expires_at__isnull", False),
                        ("status__in", ("held", "offered", "pending")),
                    ),
                    models.Q(
                        models.Q(("status__in", ("held", "offered", "pending")), _negated=True),
                        ("expires_at", None),
                    ),
                    _connector="OR",
                ),
                name="events_registration_timed_ends",
            ),
        ),
        migrations.AddConstraint(
            model_name="registration",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("status", "waiting"), _negated=True),
                    ("in_line_at__isnull", False),
                    _connector="OR",
                ),
                name="events_registration_line_was_confirmed",
            ),
        ),
    ]
