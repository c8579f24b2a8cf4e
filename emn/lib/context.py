"""What every template may use: the centre's name and the page's address in each language."""

from django.conf import settings
from django.http import HttpRequest
from django.urls import translate_url


def centre(request: HttpRequest) -> dict[str, object]:
    """Give `centre_name`, `centre_short_name`, `demo`, and `alternates`: (code, absolute URL)."""
    path = request.path
    return {
        "centre_name": settings.CENTRE_NAME,
        "centre_short_name": settings.CENTRE_SHORT_NAME,
        "contact_email": settings.CONTACT_EMAIL,
        "demo": settings.DEMO,
        "canonical": settings.PUBLIC_URL + path,
        "alternates": [
            (code, settings.PUBLIC_URL + translate_url(path, code))
            for code, _name in settings.LANGUAGES
        ],
    }
