"""A diagnostic from its first question to its owner: nobody's until a company claims it."""

from datetime import datetime

from django.conf import settings
from django.db import transaction
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import override

from diagnostics.assessing import assess
from diagnostics.enums import Depth
from diagnostics.models import Diagnostic, ReferentialVersion
from diagnostics.services.progress import settle
from diagnostics.services.reference import referential_of
from directory.models import Company
from emn.accounts.retention import periods
from emn.lib.errors import DomainError
from emn.mailings.services import queue_email
from emn.questionnaires import services as questionnaires


class DiagnosticRefused(DomainError):
    """The diagnostic cannot be begun, opened again or claimed so."""


@transaction.atomic(durable=True)
def start_flash(*, language: str, now: datetime) -> Diagnostic:
    """Begin a flash diagnostic with the newest version; nothing is asked about who begins it.

    Raises DiagnosticRefused while no version is published.
    """
    rows = ReferentialVersion.objects.published().defer("content")
    version = rows.first()
    if version is None:
        raise DiagnosticRefused(_("Le diagnostic ouvre bientôt : revenez dans quelques jours."))
    run = questionnaires.start_run(version_id=version.flash_id, language=language, now=now)
    return Diagnostic.objects.create(referential=version, run=run, depth=Depth.FLASH)


@transaction.atomic(durable=True)
def finish(*, diagnostic_id: int, now: datetime) -> Diagnostic:
    """Close the run and compute its result, with the version it was begun with. Twice is once.

    One that follows another is compared with it, and joins the file of its company.

    Raises Diagnostic.DoesNotExist or RunIncomplete.
    """
    diagnostic = _locked(diagnostic_id)
    _run, kept = questionnaires.finish_run(run_id=diagnostic.run_id, now=now)
    if diagnostic.result is None:
        referential = referential_of(diagnostic.referential_id)
        diagnostic.result = assess(referential, diagnostic.depth, kept.answers)
        settled = settle(diagnostic, kept, now=now)
        diagnostic.save(update_fields=["result", *settled])
    return diagnostic


@transaction.atomic(durable=True)
def reopen(*, diagnostic_id: int, now: datetime) -> Diagnostic:
    """Go back to the answers; the result is computed again at the end.

    Raises Diagnostic.DoesNotExist, or DiagnosticRefused once a company has it in its file.
    """
    diagnostic = _locked(diagnostic_id)
    if diagnostic.company_id is not None:
        raise DiagnosticRefused(
            _("Ce diagnostic est dans le dossier d’une entreprise : il ne change plus.")
        )
    questionnaires.reopen_run(run_id=diagnostic.run_id, now=now)
    diagnostic.result = None
    diagnostic.save(update_fields=["result"])
    return diagnostic


@transaction.atomic(durable=True)
def send_link(*, diagnostic_id: int, email: str, language: str, now: datetime) -> None:
    """Write the link of the diagnostic to an address, which is kept nowhere else.

    Raises Diagnostic.DoesNotExist.
    """
    diagnostic = Diagnostic.objects.select_related("run").get(pk=diagnostic_id)
    with override(language):
        page = reverse("diagnostics:resume", args=[diagnostic.run.key])
    queue_email(
        to=email.strip().lower(),
        template="diagnostics/emails/link",
        context={
            "link": settings.PUBLIC_URL + page,
            "is_finished": diagnostic.result is not None,
            "days": periods()["unclaimed_diagnostic"].days,
        },
        language=language,
        dedup_key=None,
        unsolicited=True,
        secret=True,
        now=now,
    )


@transaction.atomic(durable=True)
def claim(*, diagnostic_id: int, company_id: int, user_id: int, now: datetime) -> Diagnostic:
    """Put a finished diagnostic in the file of a company of the person; the same twice is once.

    Raises Diagnostic.DoesNotExist, Company.DoesNotExist (not one of the person's), or
    DiagnosticRefused (not finished, another company has it).
    """
    company = Company.objects.get(pk=company_id, memberships__user=user_id)
    diagnostic = _locked(diagnostic_id)
    if diagnostic.result is None:
        raise DiagnosticRefused(_("Terminez d’abord le diagnostic."))
    if diagnostic.company_id not in {None, company.pk}:
        raise DiagnosticRefused(_("Ce diagnostic est déjà dans le dossier d’une autre entreprise."))
    if diagnostic.company_id is None:
        diagnostic.company, diagnostic.claimed_at = company, now
        diagnostic.claimed_by_id = user_id
        diagnostic.save(update_fields=["company", "claimed_at", "claimed_by"])
    return diagnostic


def _locked(diagnostic_id: int) -> Diagnostic:
    return Diagnostic.objects.select_for_update(of=("self",)).get(pk=diagnostic_id)
