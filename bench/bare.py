"""The yardstick: a Django view without middleware that answers the bytes of a file."""

import os
from pathlib import Path

from django.conf import settings
from django.core.handlers.wsgi import WSGIHandler
from django.http import HttpResponse
from django.urls import re_path

BODY = Path(os.environ["BENCH_BODY"]).read_bytes()

settings.configure(
    ALLOWED_HOSTS=["*"], ROOT_URLCONF=__name__, MIDDLEWARE=[], SECRET_KEY="bench", USE_I18N=False
)


def answer(_request):
    """Answer the same bytes as the page under measure, compressed as it sends them."""
    return HttpResponse(
        BODY, content_type="text/html; charset=utf-8", headers={"Content-Encoding": "br"}
    )


urlpatterns = [re_path("", answer)]

import django  # noqa: E402 -- the settings come first

django.setup()
application = WSGIHandler()
