"""The Celery application: `celery -A emn worker -B`."""

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "emn.settings")

app = Celery("emn", task_cls="emn.lib.monitoring.runs:PortalTask")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
