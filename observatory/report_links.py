"""The secrets that let a funder read one frozen report."""

from datetime import datetime

from django.conf import settings
from django.core import signing
from django.urls import reverse
from django.utils import timezone

from observatory.models import ReportShare

_SALT = "observatory.report_share"


def share_url(share: ReportShare) -> str:
    """Return the address of the report, in French."""
    secret = signing.dumps(share.pk, salt=_SALT)
    return settings.PUBLIC_URL + reverse("observatory_funders:report", args=[secret])


def share_of(secret: str, *, now: datetime) -> ReportShare | None:
    """Return what the secret opens now; None when it opens nothing, or no more."""
    try:
        key = signing.loads(secret, salt=_SALT)
    except signing.BadSignature:
        return None
    shares = ReportShare.objects.select_related("report__agreement")
    return shares.filter(pk=key, revoked_at=None, until_on__gte=timezone.localdate(now)).first()
