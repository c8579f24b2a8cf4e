"""What the back office shows of the portal's own."""

from django import template
from django.template import Context

from emn.lib.staff_tasks import waiting_for

register = template.Library()


@register.inclusion_tag("components/staff_tasks.html", takes_context=True)
def staff_tasks(context: Context) -> dict[str, object]:
    """List the queues that wait for the signed-in agent."""
    return {"waiting": waiting_for(context["request"].user)}
