"""The page on which staff publishes a provider's public reply, or refuses it."""

from collections.abc import Callable, Sequence
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _

from directory.models.replies import PublicReply
from directory.services.replies import digest_of
from directory.trust_forms import ReplyDecisionForm
from emn.lib.decisions import RowsToDecide, decision_page


def reply_page(
    admin: RowsToDecide,
    request: HttpRequest,
    row: PublicReply,
    *,
    about: Sequence[tuple[Any, Any]],
    decide: Callable[..., object],
    permission: str,
) -> HttpResponse:
    """Publish, or refuse with reasons, the text that the agent has before its eyes.

    `about`: what it answers; `decide`: the service, given `reply_id` and the form's words.
    """
    return decision_page(
        admin,
        request,
        title=_("Publier ou refuser la réponse"),
        subject=row,
        facts=[*about, (_("Réponse"), row.text)],
        warning=_("Sans décision, elle paraît d’elle-même sept jours après son envoi."),
        form=ReplyDecisionForm(
            request.POST if request.method == "POST" else None,
            initial={"seen": digest_of(row.text)},
        ),
        act=lambda given: decide(
            reply_id=row.pk,
            seen=given["seen"],
            publish=given["publish"] == "oui",
            refusal=given["refusal"],
            now=timezone.now(),
        ),
        permission=permission,
        done=_("C’est fait ; le prestataire est prévenu."),
    )
