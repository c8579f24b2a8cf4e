import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import emn.mailings.markup


class Migration(migrations.Migration):
    dependencies = [
        ("pages", "0001_accessibility_audit"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Page",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "kind",
                    models.CharField(
                        choices=[("page", "page"), ("news", "actualité")],
                        default="page",
                        max_length=4,
                        verbose_name="genre",
                    ),
                ),
                (
                    "slug",
                    models.SlugField(
                        help_text="Le dernier mot de l’adresse, comme « nos-horaires ».",
                        max_length=80,
                        verbose_name="adresse",
                    ),
                ),
                (
                    "shown_from",
                    models.DateTimeField(
                        blank=True, editable=False, null=True, verbose_name="paraît le"
                    ),
                ),
                (
                    "shown_until",
                    models.DateTimeField(
                        blank=True, editable=False, null=True, verbose_name="retirée le"
                    ),
                ),
                (
                    "picture",
                    models.CharField(
                        blank=True, editable=False, max_length=120, verbose_name="image"
                    ),
                ),
                (
                    "picture_width",
                    models.PositiveSmallIntegerField(
                        default=0, editable=False, verbose_name="largeur (px)"
                    ),
                ),
                (
                    "picture_height",
                    models.PositiveSmallIntegerField(
                        default=0, editable=False, verbose_name="hauteur (px)"
                    ),
                ),
                (
                    "alt_fr",
                    models.CharField(
                        blank=True, max_length=150, verbose_name="description de l’image"
                    ),
                ),
                (
                    "alt_de",
                    models.CharField(
                        blank=True, max_length=150, verbose_name="description en allemand"
                    ),
                ),
                (
                    "alt_en",
                    models.CharField(
                        blank=True, max_length=150, verbose_name="description en anglais"
                    ),
                ),
                (
                    "parent",
                    models.ForeignKey(
                        blank=True,
                        limit_choices_to={"kind": "page", "parent": None},
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="children",
                        to="pages.page",
                        verbose_name="sous la page",
                    ),
                ),
            ],
            options={
                "verbose_name": "page éditoriale",
                "verbose_name_plural": "pages et actualités",
                "permissions": [("publish_page", "Écrire et publier une page")],
            },
        ),
        migrations.CreateModel(
            name="PageVersion",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "language",
                    models.CharField(
                        choices=[("fr", "Français"), ("de", "Deutsch"), ("en", "English")],
                        max_length=2,
                        verbose_name="langue",
                    ),
                ),
                ("number", models.PositiveIntegerField(verbose_name="version")),
                ("title", models.CharField(max_length=120, verbose_name="titre")),
                ("summary", models.CharField(max_length=300, verbose_name="résumé")),
                (
                    "text",
                    models.TextField(
                        max_length=30000,
                        validators=[emn.mailings.markup.validate_markup],
                        verbose_name="texte",
                    ),
                ),
                (
                    "follows",
                    models.PositiveIntegerField(
                        blank=True, null=True, verbose_name="version française suivie"
                    ),
                ),
                ("written_at", models.DateTimeField(verbose_name="écrite le")),
                (
                    "shown_from",
                    models.DateTimeField(blank=True, null=True, verbose_name="paraît le"),
                ),
                (
                    "page",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="versions",
                        to="pages.page",
                        verbose_name="page éditoriale",
                    ),
                ),
                (
                    "released_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="publiée par",
                    ),
                ),
                (
                    "written_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="écrite par",
                    ),
                ),
            ],
            options={
                "verbose_name": "version de page",
                "verbose_name_plural": "versions de page",
            },
        ),
        migrations.AddConstraint(
            model_name="page",
            constraint=models.UniqueConstraint(
                fields=("kind", "slug"),
                name="pages_page_one_address",
                violation_error_message="Cette adresse est déjà prise.",
            ),
        ),
        migrations.AddConstraint(
            model_name="page",
            constraint=models.CheckConstraint(
                condition=models.Q(("kind", "page"), ("parent", None), _connector="OR"),
                name="pages_page_news_stand_alone",
                violation_error_message="Une actualité ne se range sous aucune page.",
            ),
        ),
        migrations.AddConstraint(
            model_name="page",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("shown_until", None),
                    ("shown_until__gt", models.F("shown_from")),
                    _connector="OR",
                ),
                name="pages_page_ends_after_it_began",
                violation_error_message="La fin doit suivre la parution.",
            ),
        ),
        migrations.AddConstraint(
            model_name="page",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("picture", ""),
                    models.Q(
                        models.Q(("alt_fr", ""), _negated=True),
                        ("picture_width__gt", 0),
                        ("picture_height__gt", 0),
                    ),
                    _connector="OR",
                ),
                name="pages_page_picture_is_described",
                violation_error_message="Dites en quelques mots ce que l’image montre.",
            ),
        ),
        migrations.AddConstraint(
            model_name="pageversion",
            constraint=models.UniqueConstraint(
                fields=("page", "language", "number"), name="pages_pageversion_one_number"
            ),
        ),
        migrations.AddConstraint(
            model_name="pageversion",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("follows", None), ("language", "fr")),
                    models.Q(
                        models.Q(("language", "fr"), _negated=True), ("follows__isnull", False)
                    ),
                    _connector="OR",
                ),
                name="pages_pageversion_a_translation_follows_french",
            ),
        ),
    ]
