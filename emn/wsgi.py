"""The WSGI entry point of the web servers: each request named, then the page cache, then Django."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "emn.settings")

_django = get_wsgi_application()

from emn.lib.page_cache import PageCache  # noqa: E402 -- needs the settings to be loaded
from emn.lib.request_id import RequestIds  # noqa: E402

application = RequestIds(PageCache(_django))
