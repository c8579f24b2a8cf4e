"""The published referential and diagnostics for the tests."""

import random
from datetime import UTC, datetime

from diagnostics.models import Diagnostic, ReferentialVersion
from diagnostics.referential import FLASH
from diagnostics.services import diagnostics as services
from diagnostics.services.reference import referential_of, sync_diagnostics
from emn.questionnaires import services as questionnaires
from emn.questionnaires.paths import random_answers

NOW = datetime(2026, 11, 28, 9, 0, tzinfo=UTC)
# A baker with a shop and a van, three employees: everything concerns them.
BAKER = {
    "size": "micro", "situation": ["consumers", "premises", "vehicles"],
    "s_goals": "none", "s_budget": "case", "p_found": "old", "p_sell": "call",
    "m_invoice": "sheet", "m_retype": "daily", "e_domain": "other", "e_docs": "spread",
    "x_backup": "no", "x_login": "same", "k_learn": "no", "k_leavers": "no",
    "b_energy": "no", "b_reuse": "drawer",
}  # fmt: skip
# Everything in order, alone, without premises.
TIDY = {
    "size": "alone", "situation": ["none"], "s_goals": "plan", "s_budget": "tracked",
    "p_found": "both", "m_invoice": "linked", "m_retype": "never", "e_domain": "own",
    "e_docs": "anywhere", "x_backup": "tested", "x_login": "second", "k_learn": "plan",
    "b_reuse": "wiped",
}  # fmt: skip


def published():
    """Publish what the portal ships, once."""
    if not ReferentialVersion.objects.exists():
        sync_diagnostics(write=True)
    return ReferentialVersion.objects.published().first()


def begun(answers=None, *, now=NOW, language="fr"):
    """A flash diagnostic with these answers."""
    published()
    diagnostic = services.start_flash(language=language, now=now)
    if answers:
        questionnaires.save_answers(run=diagnostic.run, values=answers, seen={}, now=now)
    return diagnostic


def finished(answers=None, *, now=NOW):
    """A flash diagnostic with its result."""
    diagnostic = begun(answers or BAKER, now=now)
    services.finish(diagnostic_id=diagnostic.pk, now=now)
    return Diagnostic.objects.select_related("run").get(pk=diagnostic.pk)


def chance_answers(seed):
    """The answers of somebody who answers by chance."""
    referential = referential_of(published().pk)
    return random_answers(referential.definitions[FLASH], random.Random(seed))  # noqa: S311 -- a draw
