import uuid
from datetime import timedelta

import django.contrib.postgres.constraints
import django.contrib.postgres.fields
import django.contrib.postgres.fields.ranges
import django.contrib.postgres.indexes
import django.db.models.deletion
import django.db.models.expressions
from django.db import migrations, models

import events.models.sessions


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("directory", "0140_needs"),
    ]

    operations = [
        migrations.CreateModel(
            name="Room",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("slug", models.SlugField(max_length=60, unique=True, verbose_name="adresse")),
                ("name", models.CharField(max_length=80, verbose_name="nom")),
                ("name_fr", models.CharField(max_length=80, null=True, verbose_name="nom")),
                ("name_de", models.CharField(max_length=80, null=True, verbose_name="nom")),
                ("name_en", models.CharField(max_length=80, null=True, verbose_name="nom")),
                ("seats", models.PositiveSmallIntegerField(verbose_name="places assises")),
                ("position", models.PositiveSmallIntegerField(default=0, verbose_name="rang")),
            ],
            options={
                "verbose_name": "salle",
                "verbose_name_plural": "salles",
            },
        ),
        migrations.CreateModel(
            name="Theme",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("slug", models.SlugField(max_length=60, unique=True, verbose_name="adresse")),
                ("name", models.CharField(max_length=80, verbose_name="nom")),
                ("name_fr", models.CharField(max_length=80, null=True, verbose_name="nom")),
                ("name_de", models.CharField(max_length=80, null=True, verbose_name="nom")),
                ("name_en", models.CharField(max_length=80, null=True, verbose_name="nom")),
                ("position", models.PositiveSmallIntegerField(default=0, verbose_name="rang")),
            ],
            options={
                "verbose_name": "thème de session",
                "verbose_name_plural": "thèmes de session",
            },
        ),
        migrations.CreateModel(
            name="Series",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "frequency",
                    models.CharField(
                        choices=[
                            ("daily", "Chaque jour"),
                            ("weekly", "Chaque semaine"),
                            ("monthly", "Chaque mois, le même jour de la semaine"),
                        ],
                        max_length=10,
                        verbose_name="rythme",
                    ),
                ),
                (
                    "interval",
                    models.PositiveSmallIntegerField(default=1, verbose_name="toutes les … fois"),
                ),
                ("until_on", models.DateField(verbose_name="jusqu’au")),
                ("created_at", models.DateTimeField(verbose_name="créée le")),
            ],
            options={
                "verbose_name": "série",
                "verbose_name_plural": "séries",
                "default_permissions": ("view",),
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("frequency__in", ["daily", "weekly", "monthly"])),
                        name="events_series_frequency_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("interval__gte", 1)),
                        name="events_series_interval_counts",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Session",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "uid",
                    models.UUIDField(
                        default=uuid.uuid4, editable=False, unique=True, verbose_name="identifiant"
                    ),
                ),
                (
                    "slug",
                    models.SlugField(
                        max_length=100,
                        unique=True,
                        validators=[events.models.sessions.validate_slug_is_free],
                        verbose_name="adresse",
                    ),
                ),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("conference", "Conférence-débat"),
                            ("forum", "Forum"),
                            ("awareness", "Sensibilisation"),
                            ("training", "Formation"),
                            ("pitches", "Rendez-vous solutions"),
                            ("club", "Club"),
                            ("visit", "Visite de showroom"),
                            ("workshop", "Atelier collectif"),
                        ],
                        max_length=12,
                        verbose_name="type",
                    ),
                ),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("draft", "Brouillon"),
                            ("published", "Publiée"),
                            ("cancelled", "Annulée"),
                        ],
                        default="draft",
                        max_length=10,
                        verbose_name="état",
                    ),
                ),
                ("title", models.CharField(max_length=140, verbose_name="titre")),
                ("title_fr", models.CharField(max_length=140, null=True, verbose_name="titre")),
                ("title_de", models.CharField(max_length=140, null=True, verbose_name="titre")),
                ("title_en", models.CharField(max_length=140, null=True, verbose_name="titre")),
                (
                    "summary",
                    models.CharField(
                        blank=True,
                        help_text="Une phrase, lue dans la liste.",
                        max_length=300,
                        verbose_name="résumé",
                    ),
                ),
                (
                    "summary_fr",
                    models.CharField(
                        blank=True,
                        help_text="Une phrase, lue dans la liste.",
                        max_length=300,
                        null=True,
                        verbose_name="résumé",
                    ),
                ),
                (
                    "summary_de",
                    models.CharField(
                        blank=True,
                        help_text="Une phrase, lue dans la liste.",
                        max_length=300,
                        null=True,
                        verbose_name="résumé",
                    ),
                ),
                (
                    "summary_en",
                    models.CharField(
                        blank=True,
                        help_text="Une phrase, lue dans la liste.",
                        max_length=300,
                        null=True,
                        verbose_name="résumé",
                    ),
                ),
                ("description", models.TextField(blank=True, verbose_name="description")),
                (
                    "description_fr",
                    models.TextField(blank=True, null=True, verbose_name="description"),
                ),
                (
                    "description_de",
                    models.TextField(blank=True, null=True, verbose_name="description"),
                ),
                (
                    "description_en",
                    models.TextField(blank=True, null=True, verbose_name="description"),
                ),
                (
                    "language",
                    models.CharField(
                        choices=[
                            ("fr", "Français"),
                            ("de", "Allemand"),
                            ("en", "Anglais"),
                            ("lb", "Luxembourgeois"),
                            ("it", "Italien"),
                            ("es", "Espagnol"),
                            ("nl", "Néerlandais"),
                        ],
                        default="fr",
                        max_length=2,
                        verbose_name="langue",
                    ),
                ),
                (
                    "access",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(
                            choices=[
                                ("step_free", "Accès de plain-pied"),
                                ("loop", "Boucle magnétique"),
                                ("signs", "Interprète en langue des signes"),
                                ("captions", "Sous-titrage en direct"),
                                ("parking", "Place de stationnement adaptée"),
                            ],
                            max_length=12,
                        ),
                        blank=True,
                        default=list,
                        size=None,
                        verbose_name="accessibilité",
                    ),
                ),
                (
                    "mode",
                    models.CharField(
                        choices=[
                            ("on_site", "Sur place"),
                            ("remote", "À distance"),
                            ("hybrid", "Sur place ou à distance"),
                        ],
                        default="on_site",
                        max_length=8,
                        verbose_name="participation",
                    ),
                ),
                (
                    "elsewhere",
                    models.CharField(
                        blank=True,
                        help_text="Quand la session n’a pas lieu dans une salle du centre.",
                        max_length=200,
                        verbose_name="autre adresse",
                    ),
                ),
                (
                    "remote_url",
                    models.URLField(
                        blank=True,
                        help_text="Envoyée aux inscrits, jamais montrée sur une page publique.",
                        verbose_name="adresse de connexion",
                    ),
                ),
                (
                    "zone",
                    models.CharField(
                        default="Europe/Paris",
                        max_length=40,
                        validators=[events.models.sessions.validate_zone],
                        verbose_name="fuseau horaire",
                    ),
                ),
                ("starts_at", models.DateTimeField(verbose_name="début")),
                ("ends_at", models.DateTimeField(verbose_name="fin")),
                (
                    "opens_at",
                    models.DateTimeField(
                        blank=True, null=True, verbose_name="ouverture des inscriptions"
                    ),
                ),
                (
                    "closes_at",
                    models.DateTimeField(
                        blank=True,
                        help_text="Vide\xa0: jusqu’au début de la session.",
                        null=True,
                        verbose_name="fin des inscriptions",
                    ),
                ),
                (
                    "group_limit",
                    models.PositiveSmallIntegerField(
                        default=1, verbose_name="personnes par inscription, au plus"
                    ),
                ),
                (
                    "is_private",
                    models.BooleanField(
                        default=False,
                        help_text="Absente de l’agenda\xa0: seul son lien d’invitation y mène.",
                        verbose_name="privée",
                    ),
                ),
                (
                    "invitation_key",
                    models.UUIDField(
                        default=uuid.uuid4, unique=True, verbose_name="clé d’invitation"
                    ),
                ),
                (
                    "sequence",
                    models.PositiveIntegerField(default=0, editable=False, verbose_name="révision"),
                ),
                ("created_at", models.DateTimeField(editable=False, verbose_name="créée le")),
                ("changed_at", models.DateTimeField(editable=False, verbose_name="modifiée le")),
                (
                    "published_at",
                    models.DateTimeField(blank=True, null=True, verbose_name="publiée le"),
                ),
                (
                    "cancelled_at",
                    models.DateTimeField(blank=True, null=True, verbose_name="annulée le"),
                ),
                (
                    "cancel_reason",
                    models.CharField(blank=True, max_length=300, verbose_name="motif d’annulation"),
                ),
                (
                    "moved_from_at",
                    models.DateTimeField(blank=True, null=True, verbose_name="prévue d’abord le"),
                ),
                (
                    "terms",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=60),
                        default=list,
                        editable=False,
                        size=None,
                    ),
                ),
                (
                    "room",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="sessions",
                        to="events.room",
                        verbose_name="salle",
                    ),
                ),
                (
                    "series",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="sessions",
                        to="events.series",
                        verbose_name="série",
                    ),
                ),
                (
                    "themes",
                    models.ManyToManyField(
                        blank=True,
                        related_name="sessions",
                        to="events.theme",
                        verbose_name="thèmes",
                    ),
                ),
            ],
            options={
                "verbose_name": "session",
                "verbose_name_plural": "sessions",
                "permissions": [("run_session", "Peut publier, déplacer et annuler les sessions")],
            },
        ),
        migrations.CreateModel(
            name="CapacityPool",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "mode",
                    models.CharField(
                        choices=[("on_site", "Sur place"), ("remote", "À distance")],
                        default="on_site",
                        max_length=8,
                        verbose_name="où",
                    ),
                ),
                ("size", models.PositiveSmallIntegerField(verbose_name="places")),
                (
                    "overbooking",
                    models.PositiveSmallIntegerField(
                        default=0,
                        help_text="Places données au-delà des chaises, car des inscrits ne viennent pas.",
                        verbose_name="places en plus",
                    ),
                ),
                (
                    "waiting_limit",
                    models.PositiveSmallIntegerField(
                        default=200,
                        help_text="Personnes. Zéro\xa0: pas de liste.",
                        verbose_name="liste d’attente, au plus",
                    ),
                ),
                (
                    "shown",
                    models.CharField(
                        choices=[
                            ("open", "Places disponibles"),
                            ("few", "Dernières places"),
                            ("waiting", "Complet, liste d’attente"),
                            ("full", "Complet"),
                        ],
                        default="open",
                        editable=False,
                        max_length=8,
                        verbose_name="ce que dit l’agenda",
                    ),
                ),
                (
                    "session",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="pools",
                        to="events.session",
                        verbose_name="session",
                    ),
                ),
            ],
            options={
                "verbose_name": "jauge",
                "verbose_name_plural": "jauges",
            },
        ),
        migrations.CreateModel(
            name="Speaker",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("name", models.CharField(max_length=120, verbose_name="nom")),
                (
                    "organisation",
                    models.CharField(blank=True, max_length=120, verbose_name="organisme"),
                ),
                ("position", models.PositiveSmallIntegerField(default=0, verbose_name="rang")),
                (
                    "provider",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="talks",
                        to="directory.provider",
                        verbose_name="fiche de l’annuaire",
                    ),
                ),
                (
                    "session",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="speakers",
                        to="events.session",
                        verbose_name="session",
                    ),
                ),
            ],
            options={
                "verbose_name": "intervenant",
                "verbose_name_plural": "intervenants",
            },
        ),
        migrations.CreateModel(
            name="Registration",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("held", "Place retenue"),
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
                ("seats", models.PositiveSmallIntegerField(default=1, verbose_name="personnes")),
                ("full_name", models.CharField(blank=True, max_length=120, verbose_name="nom")),
                ("email", models.EmailField(blank=True, max_length=254, verbose_name="courriel")),
                (
                    "language",
                    models.CharField(
                        choices=[("fr", "Français"), ("de", "Allemand"), ("en", "Anglais")],
                        max_length=2,
                        verbose_name="langue des messages",
                    ),
                ),
                (
                    "company_name",
                    models.CharField(blank=True, max_length=160, verbose_name="entreprise"),
                ),
                ("siret", models.CharField(blank=True, max_length=14, verbose_name="SIRET")),
                ("ticket", models.CharField(max_length=22, unique=True, verbose_name="billet")),
                ("is_deferred", models.BooleanField(default=False, verbose_name="sans priorité")),
                ("registered_at", models.DateTimeField(verbose_name="inscrit le")),
                (
                    "expires_at",
                    models.DateTimeField(
                        blank=True, null=True, verbose_name="place gardée jusqu’au"
                    ),
                ),
                (
                    "offered_at",
                    models.DateTimeField(blank=True, null=True, verbose_name="place proposée le"),
                ),
                (
                    "reminded_at",
                    models.DateTimeField(blank=True, null=True, verbose_name="offre rappelée le"),
                ),
                (
                    "taken_at",
                    models.DateTimeField(blank=True, null=True, verbose_name="place prise le"),
                ),
                (
                    "asked_at",
                    models.DateTimeField(
                        blank=True, null=True, verbose_name="présence demandée le"
                    ),
                ),
                (
                    "confirmed_at",
                    models.DateTimeField(
                        blank=True, null=True, verbose_name="présence confirmée le"
                    ),
                ),
                (
                    "ended_at",
                    models.DateTimeField(blank=True, null=True, verbose_name="terminée le"),
                ),
                (
                    "end_reason",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("person", "Par la personne"),
                            ("staff", "Par le centre"),
                            ("hold", "Adresse jamais confirmée"),
                            ("offer", "Place proposée, jamais prise"),
                            ("silence", "Présence non confirmée"),
                            ("session", "Session annulée"),
                        ],
                        max_length=8,
                        verbose_name="motif de fin",
                    ),
                ),
                (
                    "told_sequence",
                    models.PositiveIntegerField(default=0, verbose_name="révision connue"),
                ),
                (
                    "forgotten_at",
                    models.DateTimeField(blank=True, null=True, verbose_name="oubliée le"),
                ),
                (
                    "company",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="registrations",
                        to="directory.company",
                        verbose_name="fiche de l’entreprise",
                    ),
                ),
                (
                    "pool",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="registrations",
                        to="events.capacitypool",
                        verbose_name="jauge",
                    ),
                ),
                (
                    "session",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="registrations",
                        to="events.session",
                        verbose_name="session",
                    ),
                ),
            ],
            options={
                "verbose_name": "inscription",
                "verbose_name_plural": "inscriptions",
                "permissions": [("handle_registration", "Peut inscrire, annuler et pointer")],
                "default_permissions": ("view",),
                "indexes": [
                    models.Index(
                        condition=models.Q(
                            (
                                "status__in",
                                ("held", "offered", "registered", "confirmed", "present", "absent"),
                            )
                        ),
                        fields=["pool"],
                        include=("seats",),
                        name="events_registration_count",
                    ),
                    models.Index(
                        condition=models.Q(("status", "waiting")),
                        fields=["pool", "is_deferred", "id"],
                        name="events_registration_line",
                    ),
                    models.Index(
                        condition=models.Q(("status__in", ("held", "offered"))),
                        fields=["expires_at"],
                        name="events_registration_clock",
                    ),
                    models.Index(fields=["email"], name="events_registration_mailbox"),
                ],
                "constraints": [
                    models.UniqueConstraint(
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
                                    "waiting",
                                ),
                            ),
                        ),
                        fields=("session", "email"),
                        name="events_registration_one_active_per_mailbox",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "status__in",
                                [
                                    "held",
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
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("expires_at__isnull", False), ("status__in", ("held", "offered"))
                            ),
                            models.Q(
                                models.Q(("status__in", ("held", "offered")), _negated=True),
                                ("expires_at", None),
                            ),
                            _connector="OR",
                        ),
                        name="events_registration_timed_ends",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("ended_at__isnull", False),
                                ("status__in", ("excused", "cancelled")),
                                models.Q(("end_reason", ""), _negated=True),
                            ),
                            models.Q(
                                models.Q(("status__in", ("excused", "cancelled")), _negated=True),
                                ("end_reason", ""),
                                ("ended_at", None),
                            ),
                            _connector="OR",
                        ),
                        name="events_registration_ended_says_why",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("seats__gte", 1)),
                        name="events_registration_seats_count",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("forgotten_at", None), ("email", ""), _connector="XOR"),
                        name="events_registration_reachable_until_forgotten",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("email__regex", "[A-Z]"), _negated=True),
                        name="events_registration_email_folded",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("siret", ""), ("siret__regex", "^\\d{14}$"), _connector="OR"
                        ),
                        name="events_registration_siret_is_14_digits",
                        violation_error_message="Un SIRET compte 14 chiffres.",
                    ),
                ],
            },
        ),
        migrations.AddConstraint(
            model_name="capacitypool",
            constraint=models.UniqueConstraint(
                fields=("session", "mode"),
                name="events_capacitypool_once_per_mode",
                violation_error_message="Cette session a déjà une jauge de cette sorte.",
            ),
        ),
        migrations.AddConstraint(
            model_name="capacitypool",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("mode__in", ["on_site", "remote"]),
                    ("shown__in", ["open", "few", "waiting", "full"]),
                ),
                name="events_capacitypool_choices_known",
            ),
        ),
        migrations.AddIndex(
            model_name="session",
            index=models.Index(
                condition=models.Q(
                    ("is_private", False), ("status__in", ("published", "cancelled"))
                ),
                fields=["starts_at", "id"],
                include=["ends_at"],
                name="events_session_agenda",
            ),
        ),
        migrations.AddIndex(
            model_name="session",
            index=models.Index(
                condition=models.Q(("status", "published")),
                fields=["ends_at"],
                name="events_session_clock",
            ),
        ),
        migrations.AddIndex(
            model_name="session",
            index=models.Index(fields=["changed_at"], name="events_session_changed"),
        ),
        migrations.AddIndex(
            model_name="session",
            index=django.contrib.postgres.indexes.GinIndex(
                fields=["terms"], name="events_session_terms"
            ),
        ),
        migrations.AddConstraint(
            model_name="session",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("ends_at__gt", models.F("starts_at")),
                    (
                        "ends_at__lte",
                        django.db.models.expressions.CombinedExpression(
                            models.F("starts_at"), "+", models.Value(timedelta(days=7))
                        ),
                    ),
                ),
                name="events_session_ends_after_start",
                violation_error_message="La fin suit le début, de sept jours au plus.",
            ),
        ),
        migrations.AddConstraint(
            model_name="session",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    (
                        "kind__in",
                        [
                            "conference",
                            "forum",
                            "awareness",
                            "training",
                            "pitches",
                            "club",
                            "visit",
                            "workshop",
                        ],
                    ),
                    ("status__in", ["draft", "published", "cancelled"]),
                    ("mode__in", ["on_site", "remote", "hybrid"]),
                ),
                name="events_session_choices_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="session",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("elsewhere", ""), ("mode", "remote"), ("room", None)),
                    models.Q(
                        models.Q(("mode", "remote"), _negated=True),
                        models.Q(("room", None), ("elsewhere", ""), _connector="XOR"),
                    ),
                    _connector="OR",
                ),
                name="events_session_has_one_place",
                violation_error_message="Une session a une salle ou une autre adresse. À distance, ni l’une ni l’autre.",
            ),
        ),
        migrations.AddConstraint(
            model_name="session",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("opens_at", None),
                    ("closes_at", None),
                    ("closes_at__gt", models.F("opens_at")),
                    _connector="OR",
                ),
                name="events_session_window_in_order",
                violation_error_message="Les inscriptions ferment après leur ouverture.",
            ),
        ),
        migrations.AddConstraint(
            model_name="session",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("cancelled_at", None), ("published_at", None), ("status", "draft")),
                    models.Q(
                        ("cancelled_at", None),
                        ("published_at__isnull", False),
                        ("status", "published"),
                    ),
                    models.Q(
                        ("cancelled_at__isnull", False),
                        ("published_at__isnull", False),
                        ("status", "cancelled"),
                    ),
                    _connector="OR",
                ),
                name="events_session_status_has_its_dates",
            ),
        ),
        migrations.AddConstraint(
            model_name="session",
            constraint=models.CheckConstraint(
                condition=models.Q(("group_limit__gte", 1)), name="events_session_groups_count"
            ),
        ),
        migrations.AddConstraint(
            model_name="session",
            constraint=django.contrib.postgres.constraints.ExclusionConstraint(
                condition=models.Q(
                    ("room__isnull", False), models.Q(("status", "cancelled"), _negated=True)
                ),
                expressions=[
                    (
                        models.Func(
                            models.F("room"),
                            models.F("room"),
                            models.Value("[]"),
                            function="int8range",
                            output_field=django.contrib.postgres.fields.ranges.BigIntegerRangeField(),
                        ),
                        "&&",
                    ),
                    (
                        models.Func(
                            models.F("starts_at"),
                            models.F("ends_at"),
                            models.Value("[)"),
                            function="tstzrange",
                            output_field=django.contrib.postgres.fields.ranges.DateTimeRangeField(),
                        ),
                        "&&",
                    ),
                ],
                name="events_session_no_double_booking",
                violation_error_message="Cette salle est déjà prise à cette heure.",
            ),
        ),
    ]
