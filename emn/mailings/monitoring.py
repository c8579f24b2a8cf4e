"""What mail says of its own state: what waits, what failed, how late it is."""

from datetime import datetime, timedelta

from django.db.models import Count, Min
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from emn.lib.monitoring import checks, facts
from emn.mailings.enums import CampaignStatus, DeliveryState, EmailStatus
from emn.mailings.models import Delivery, OutboundEmail

LATE = timedelta(minutes=15)
_ON_THEIR_WAY = [EmailStatus.QUEUED, EmailStatus.SENDING]


def lateness(now: datetime) -> timedelta:
    """Return for how long the oldest message whose turn has come has waited."""
    due = OutboundEmail.objects.due(now=now)
    oldest = due.aggregate(oldest=Min("next_attempt_at"))["oldest"]
    return now - oldest if oldest else timedelta(0)


def _outbox_problem(now: datetime) -> str:
    late = lateness(now)
    if late <= LATE:
        return ""
    return _("Un courriel attend depuis %(minutes)d minutes.") % {
        "minutes": late // timedelta(minutes=1)
    }


def _lateness(now: datetime) -> facts.Values:
    return [({}, lateness(now).total_seconds())]


def _messages(_now: datetime) -> facts.Values:
    open_ones = OutboundEmail.objects.filter(status__in=[*_ON_THEIR_WAY, EmailStatus.FAILED])
    counts = dict(open_ones.values_list("status").annotate(count=Count("pk")).order_by("status"))
    return [({"status": status}, counts.get(status, 0)) for status in (*_ON_THEIR_WAY, "failed")]


def _sent(now: datetime) -> facts.Values:
    recent = OutboundEmail.objects.filter(created_at__gt=now - timedelta(days=1))
    return [({}, recent.filter(status=EmailStatus.SENT).count())]


def _deliveries(_now: datetime) -> facts.Values:
    """Count only envois under way: the ledger of past ones has millions of rows."""
    under_way = Delivery.objects.filter(
        campaign__status__in=[CampaignStatus.SENDING, CampaignStatus.PAUSED]
    )
    counts = dict(under_way.values_list("state").annotate(count=Count("pk")).order_by("state"))
    return [({"state": state}, counts.get(state, 0)) for state in DeliveryState.values]


def register_all() -> None:
    """Register the check of the outbox, and the figures of mail."""
    checks.register(
        checks.Check(
            key="outbox", order=10, label=gettext_lazy("Départ des courriels"),
            problem=_outbox_problem,
        )
    )  # fmt: skip
    for order, key, label, text, read, unit in (
        (10, "emn_outbox_age_seconds", gettext_lazy("Retard du courriel le plus ancien"),
         "How late the oldest due message is", _lateness, "s"),
        (11, "emn_outbox_messages", gettext_lazy("Courriels de service"),
         "Messages that are not at rest, or given up (failed)", _messages, ""),
        (12, "emn_outbox_sent_day", gettext_lazy("Courriels de service partis en 24 h"),
         "Messages written within 24 hours and sent", _sent, ""),
        (13, "emn_deliveries", gettext_lazy("Lettres des envois en cours"),
         "Deliveries of the envois under way", _deliveries, ""),
    ):  # fmt: skip
        facts.register(
            facts.Fact(key=key, order=order, label=label, help=text, read=read, unit=unit)
        )
