"""Where files lie that no URL reaches, and how a file goes with its row."""

from functools import partial

from django.core.files.storage import Storage, storages
from django.db.models.fields.files import FieldFile
from django.http import FileResponse, Http404
from django.http.response import HttpResponseBase

from emn.lib.commit import after_commit


def private_storage() -> Storage:
    """Return the storage that no URL reaches."""
    return storages["private"]


def delete_after_commit(*files: FieldFile) -> None:
    """Delete these files, as they are named now, once the transaction is committed."""
    for file in files:
        if file:
            after_commit(partial(file.storage.delete, str(file.name)))


def kept_file(file: FieldFile, name: str) -> HttpResponseBase:
    """Send a private file as one to keep: no browser may show it inside the portal's pages."""
    if not file:
        raise Http404
    stem = name.rpartition(".")[0] or name
    suffix = file.name.rpartition(".")[2] if file.name else "bin"
    response = FileResponse(
        file.open("rb"),
        as_attachment=True,
        filename=f"{stem}.{suffix}",
        content_type="application/octet-stream",
    )
    response["Content-Security-Policy"] = "default-src 'none'; sandbox"
    return response
