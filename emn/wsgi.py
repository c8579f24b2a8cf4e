"""The WSGI entry point of the web servers."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "emn.settings")

application = get_wsgi_application()
