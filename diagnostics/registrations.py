"""What the diagnostics add to the pages of the foundation."""

from django.db.models import Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from diagnostics import dossier_lines
from diagnostics.enums import VisitProgress
from diagnostics.models import Appointment
from diagnostics.sitemaps import DiagnosticSitemap
from directory import dossier
from emn.accounts import roles
from emn.accounts.enums import Role
from emn.lib import account_sections, navigation, sitemaps, staff_tasks


def register_all() -> None:
    """Register everything."""
    dossier.register(
        dossier.Source(
            key="diagnostic", order=60, label=_("Diagnostic"), lines=dossier_lines.diagnostics
        )
    )
    dossier.register(
        dossier.Source(
            key="visit", order=61, label=_("Visite de conseil"), lines=dossier_lines.visits
        )
    )
    navigation.register(navigation.NavItem(_("Diagnostic"), "diagnostics:start", order=8))
    account_sections.register(
        account_sections.AccountSection(
            key="diagnostics",
            title=_("Mes diagnostics"),
            summary=_("Où en est votre entreprise, et ce qu’elle peut faire ensuite."),
            url_name="diagnostics:mine",
            order=15,
        )
    )
    sitemaps.register(
        sitemaps.SitemapSection(key="diagnostics", order=40, sitemap=DiagnosticSitemap)
    )
    reads = (
        "diagnostics.view_diagnostic",
        "diagnostics.view_referentialversion",
        "questionnaires.view_questionnaireversion",
    )
    for role in (Role.ADVISER, Role.ANALYST):
        roles.grant(role, *reads)
    # One's own hours and absences; the director names advisers.
    own = [f"diagnostics.{act}_{model}" for act in ("view", "add", "change", "delete")
           for model in ("weeklyhours", "absence")]  # fmt: skip
    roles.grant(
        Role.ADVISER, "diagnostics.run_interview", "diagnostics.view_appointment",
        "diagnostics.view_adviser", "diagnostics.change_adviser", *own,
    )  # fmt: skip
    roles.grant(Role.DIRECTOR, "diagnostics.add_adviser", "diagnostics.write_referential")
    staff_tasks.register(
        staff_tasks.StaffTask(
            key="visits_to_make",
            order=36,
            label=_("visites de conseil à faire"),
            count=lambda user: (
                Appointment.objects.standing()
                .filter(adviser__user=user.pk, diagnostic=None)
                .count()
            ),
            url=lambda: reverse("diagnostics:desk"),
            permission="diagnostics.run_interview",
        )
    )
    visits = "admin:diagnostics_appointment_changelist"
    staff_tasks.register(
        staff_tasks.StaffTask(
            key="visits_late",
            order=37,
            label=_("rapports de visite en retard"),
            count=lambda user: (
                Appointment.objects.scoped_for(user)
                .with_progress(now=timezone.now())
                .filter(Q(is_late=True))
                .count()
            ),
            url=lambda: reverse(visits) + "?delai=retard",
            permission="diagnostics.view_appointment",
        )
    )
    staff_tasks.register(
        staff_tasks.StaffTask(
            key="visits_to_sign",
            order=38,
            label=_("pré-diagnostics à signer"),
            count=lambda user: (
                Appointment.objects.scoped_for(user)
                .with_progress(now=timezone.now())
                .filter(Q(progress=VisitProgress.WRITTEN))
                .count()
            ),
            url=lambda: f"{reverse(visits)}?etat={VisitProgress.WRITTEN}",
            permission="diagnostics.view_appointment",
        )
    )
