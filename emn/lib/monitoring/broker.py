"""How many tasks wait in each queue, by either broker."""

from pathlib import Path
from typing import cast

import redis
from django.conf import settings

_PATIENCE_S = 2


def queue_lengths() -> dict[str, int]:
    """Return the length of each queue. Raises RedisError or OSError when the broker is away."""
    names = [queue.name for queue in settings.CELERY_TASK_QUEUES]
    if settings.REDIS_URL:
        with redis.Redis.from_url(
            settings.REDIS_URL, socket_timeout=_PATIENCE_S, socket_connect_timeout=_PATIENCE_S
        ) as client:
            return {name: cast("int", client.llen(name)) for name in names}
    folder = Path(str(settings.CELERY_BROKER_TRANSPORT_OPTIONS["data_folder_in"]))
    folder.mkdir(parents=True, exist_ok=True)
    files = [path.name for path in folder.iterdir() if not path.name.startswith(".")]
    return {name: sum(file.endswith(f".{name}.msg") for file in files) for name in names}
