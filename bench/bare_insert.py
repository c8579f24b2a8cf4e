"""The yardstick: a Django view without middleware that inserts one row and says so."""

import os
from pathlib import Path

from django.conf import settings
from django.core.handlers.wsgi import WSGIHandler
from django.http import HttpResponse
from django.urls import re_path

from emn.lib.embedded_postgres.server import server_at

DATABASE = server_at(Path(os.environ["EMN_DATA_DIR"]) / "postgres", {}).connect_options()
settings.configure(
    ALLOWED_HOSTS=["*"], ROOT_URLCONF=__name__, MIDDLEWARE=[], SECRET_KEY="bench", USE_I18N=False,
    DATABASES={"default": DATABASE | {"CONN_MAX_AGE": 600}}, INSTALLED_APPS=[],
)  # fmt: skip

import django  # noqa: E402 -- the settings come first

django.setup()

from django.db import models  # noqa: E402


class Row(models.Model):
    """One row, as simple as may be."""

    name = models.CharField(max_length=120)

    class Meta:
        app_label = "bench"
        db_table = "bench_row"
        managed = False

    def __str__(self):
        return self.name


def answer(request):
    """Insert one row on POST."""
    if request.method == "POST":
        Row.objects.create(name="Personne")
    return HttpResponse("ok")


urlpatterns = [re_path("", answer)]
application = WSGIHandler()
