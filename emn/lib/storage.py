"""Where files lie that no URL reaches, and how a file goes with its row."""

from functools import partial

from django.core.files.storage import Storage, storages
from django.db.models.fields.files import FieldFile

from emn.lib.commit import after_commit


def private_storage() -> Storage:
    """Return the storage that no URL reaches."""
    return storages["private"]


def delete_after_commit(*files: FieldFile) -> None:
    """Delete these files, as they are named now, once the transaction is committed."""
    for file in files:
        if file:
            after_commit(partial(file.storage.delete, str(file.name)))
