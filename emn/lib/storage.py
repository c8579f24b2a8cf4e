"""Where files lie that no URL reaches."""

from django.core.files.storage import Storage, storages


def private_storage() -> Storage:
    """Return the storage that no URL reaches."""
    return storages["private"]
