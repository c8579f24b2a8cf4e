"""The WSGI entry point of the web servers: each request named, then the page cache, then Django."""

import gc
import os

from django.core.wsgi import get_wsgi_application
from django.urls import get_resolver

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "emn.settings")

_django = get_wsgi_application()

from emn.lib.odd_requests import Utf8Alone  # noqa: E402
from emn.lib.page_cache import PageCache  # noqa: E402 -- needs the settings to be loaded
from emn.lib.request_id import RequestIds  # noqa: E402

application = RequestIds(PageCache(Utf8Alone(_django)))

# What is loaded now lives as long as the process: the collector need not walk it at each request
# (a tenth of a cold page, see docs/performance.md).
get_resolver().url_patterns  # noqa: B018 -- the views are loaded before the first visitor
gc.collect()
gc.freeze()
