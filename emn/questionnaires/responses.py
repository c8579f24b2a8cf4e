"""How a file that was joined to an answer leaves."""

from django.http import HttpResponse
from django.utils.http import content_disposition_header

from emn.questionnaires.models import AnswerFile


def file_response(file: AnswerFile) -> HttpResponse:
    """Send the file as one to keep: no browser may show it inside the portal's pages."""
    response = HttpResponse(bytes(file.content), content_type="application/octet-stream")
    stem = "".join(sign for sign in file.name.rpartition(".")[0] if sign.isalnum() or sign in " -_")
    response.headers["Content-Disposition"] = content_disposition_header(
        as_attachment=True, filename=f"{stem.strip() or 'fichier'}{file.suffix}"
    )
    response.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    return response
