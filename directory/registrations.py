"""What the directory adds to the pages of the foundation."""

from collections.abc import Callable
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING

from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from directory import cluster_registrations, dossier, dossier_lines, share
from directory import site_search as directory_search
from directory.enums import ProofStatus
from directory.models import (
    Adhesion,
    Audit,
    AuditDraw,
    CallRequest,
    CardReport,
    Claim,
    CommitteeCase,
    Complaint,
    DuplicatePair,
    InsolvencyCheck,
    Need,
    Provider,
    Recognition,
    Review,
    ReviewBlock,
    ReviewDoubt,
    ReviewProof,
    ReviewReply,
    SearchCount,
    SolidarityAd,
    TrustContest,
    TrustReply,
)
from directory.reference import Coverage, coverage, popular_services
from directory.services.charter_terms import follow_register
from directory.services.companies import refresh_companies
from directory.services.trust_computing import register_is_stale
from directory.sitemaps import (
    AlgorithmSitemap,
    BridgeSitemap,
    CharterSitemap,
    ContractSitemap,
    ListSitemap,
    PlaceListSitemap,
    PlaceSitemap,
    ProviderSitemap,
    ReviewSitemap,
    SolidarityAdSitemap,
)
from emn.accounts import roles
from emn.accounts.enums import Role
from emn.lib import (
    account_sections,
    home_blocks,
    navigation,
    site_search,
    sitemaps,
    social_cards,
    staff_tasks,
)
from emn.territory import after_import

if TYPE_CHECKING:
    from django.utils.functional import Promise

    from emn.accounts.models import User


def register_all() -> None:
    """Register everything; each function below is one registry."""
    _register_pages()
    _register_search()
    _register_staff()
    _register_trust()
    _register_reviews()
    _register_complaints()
    _register_dossier()
    cluster_registrations.register_all()
    after_import.register(refresh_companies)
    after_import.register(follow_register)


def _register_pages() -> None:
    navigation.register(navigation.NavItem(_("Annuaire"), "directory:list", order=10))
    account_sections.register(
        account_sections.AccountSection(
            key="cards",
            title=_("Mes fiches"),
            summary=_("Écrire, modifier et confirmer la fiche de votre entreprise."),
            url_name="directory:my_cards",
            order=10,
        )
    )
    account_sections.register(
        account_sections.AccountSection(
            key="claims",
            title=_("Demandes de rattachement"),
            summary=_(
                "Rejoindre une entreprise de l’annuaire, ou répondre à qui veut vous rejoindre."
            ),
            url_name="directory:claims",
            order=11,
        )
    )
    for own in (
        account_sections.AccountSection(
            key="requests",
            title=_("Demandes reçues"),
            summary=_("Répondre aux entreprises qui cherchent ce que vous proposez."),
            url_name="needs:received",
            order=12,
        ),
        account_sections.AccountSection(
            key="quotes",
            title=_("Mes devis e-TIC"),
            summary=_("Écrire un devis qui couvre les sept engagements, et suivre ses réponses."),
            url_name="quotes:mine",
            order=13,
        ),
        account_sections.AccountSection(
            key="chest",
            title=_("Coffre de réversibilité"),
            summary=_("Qui tient votre nom de domaine, vos comptes, vos sauvegardes : et où."),
            url_name="reversibility:chest",
            order=14,
        ),
    ):
        account_sections.register(own)
    navigation.register(
        navigation.NavItem(_("Charte e-TIC"), "charter:current", order=15, in_header=False)
    )
    navigation.register(navigation.NavItem(_("Lieux"), "places:list", order=17, in_header=False))
    social_cards.register(social_cards.CardSource(key="places", order=30, words=share.all_words))
    navigation.register(
        navigation.NavItem(_("Solidarité"), "bridge:list", order=18, in_header=False)
    )
    account_sections.register(
        account_sections.AccountSection(
            key="charter",
            title=_("Charte e-TIC de mon entreprise"),
            summary=_("Signer la charte, déposer vos pièces, renouveler votre adhésion."),
            url_name="charter:adhesions",
            order=12,
        )
    )
    home_blocks.register_block(
        home_blocks.HomeBlock(
            key="services",
            order=10,
            place=home_blocks.Place.SEARCH,
            template="directory/home_services.html",
            context=lambda: {"services": popular_services()},
        )
    )
    home_blocks.register_block(
        home_blocks.HomeBlock(
            key="needs", order=10, template="directory/needs/home_need.html", context=dict
        )
    )
    home_blocks.register_block(
        home_blocks.HomeBlock(
            key="oneshot", order=11, template="directory/oneshot/home_block.html", context=dict
        )
    )
    for order, (key, read) in enumerate(
        (
            ("providers", _figure(lambda c: c.cards, _("prestataires dans l’annuaire"))),
            ("communes", _figure(lambda c: c.communes, _("communes où ils sont établis"))),
            ("german", _figure(lambda c: c.in_german, _("travaillent en allemand"), "?langue=de")),
        )
    ):
        home_blocks.register_figure(home_blocks.HomeFigure(key=key, order=10 + order, read=read))
    for section in (
        sitemaps.SitemapSection(key="directory", order=10, sitemap=ListSitemap),
        sitemaps.SitemapSection(key="charter", order=15, sitemap=CharterSitemap),
        sitemaps.SitemapSection(key="algorithm", order=15, sitemap=AlgorithmSitemap),
        sitemaps.SitemapSection(key="contracts", order=16, sitemap=ContractSitemap),
        sitemaps.SitemapSection(key="reviews", order=17, sitemap=ReviewSitemap),
        sitemaps.SitemapSection(key="place-list", order=18, sitemap=PlaceListSitemap),
        sitemaps.SitemapSection(key="places", order=19, sitemap=PlaceSitemap),
        sitemaps.SitemapSection(key="bridge", order=19, sitemap=BridgeSitemap),
        sitemaps.SitemapSection(key="ads", order=19, sitemap=SolidarityAdSitemap),
        sitemaps.SitemapSection(key="providers", order=20, sitemap=ProviderSitemap),
    ):
        sitemaps.register(section)


def _register_search() -> None:
    for order, (key, label, search) in enumerate(
        (
            ("providers", _("Prestataires"), directory_search.search_providers),
            ("services", _("Services"), directory_search.search_services),
            ("communes", _("Communes"), directory_search.search_communes),
            ("places", _("Lieux"), directory_search.search_places),
            ("ads", _("Passerelle solidaire"), directory_search.search_ads),
        )
    ):
        site_search.register(
            site_search.SearchSource(key=key, order=10 + order, label=label, search=search)
        )


def _register_staff() -> None:
    reads = ("directory.view_provider", "directory.view_company", "directory.view_offer")
    merges = ("directory.merge_cards", "directory.view_duplicatepair", "directory.view_cardmerge")
    roles.grant(
        Role.RECEPTION,
        *reads,
        "directory.moderate_provider",
        "directory.change_company",
        "directory.view_membership",
        "directory.add_membership",
        "directory.change_membership",
        "directory.delete_membership",
        "directory.view_claim",
        *merges,
        "directory.view_cardreport",
        "directory.decide_cardreport",
    )
    roles.grant(
        Role.CHARTER,
        *reads,
        *merges,
        "directory.moderate_provider",
        "directory.import_cards",
        "directory.view_cardimport",
        "directory.export_cards",
        "directory.view_cardexport",
        "directory.view_charter",
        "directory.view_adhesion",
        "directory.check_adhesion",
        "directory.sanction_adhesion",
        "directory.view_recognition",
    )
    roles.grant(Role.ADVISER, *reads)
    places = (
        "directory.view_place",
        "directory.add_place",
        "directory.change_place",
        "directory.view_placeimport",
        "directory.view_placechange",
        "directory.import_places",
    )
    roles.grant(Role.CHARTER, *places)
    roles.grant(Role.EDITOR, *places)
    roles.grant(
        Role.EDITOR,
        *reads,
        "directory.view_service",
        "directory.change_service",
        "directory.add_service",
        "directory.view_servicecategory",
        "directory.change_servicecategory",
        "directory.add_servicecategory",
        "directory.delete_service",
        "directory.delete_servicecategory",
        "directory.view_termredirect",
        "directory.view_ignoredword",
        "directory.delete_ignoredword",
    )
    staff_tasks.register(
        staff_tasks.StaffTask(
            key="cards",
            order=10,
            label=_("fiches à relire"),
            count=cards_to_review,
            url=review_queue,
            permission="directory.moderate_provider",
        )
    )
    needs = (
        "directory.view_need",
        "directory.view_proposal",
        "directory.view_recommendation",
        "directory.handle_need",
    )
    roles.grant(Role.ADVISER, *needs)
    roles.grant(Role.RECEPTION, *needs)
    roles.grant(Role.ANALYST, "directory.view_recommendation", "directory.view_need")
    staff_tasks.register(
        staff_tasks.StaffTask(
            key="needs",
            order=8,
            label=_("besoins à qualifier"),
            count=lambda _user: Need.objects.to_qualify().count(),
            url=lambda: reverse("admin:directory_need_changelist") + "?file=qualifier",
            permission="directory.handle_need",
        )
    )
    staff_tasks.register(
        staff_tasks.StaffTask(
            key="needs_waiting",
            order=9,
            label=_("besoins où personne n’est plus en contact"),
            count=lambda _user: Need.objects.for_adviser().count(),
            url=lambda: reverse("admin:directory_need_changelist") + "?file=conseil",
            permission="directory.handle_need",
        )
    )
    bridge = (
        "directory.view_solidarityad",
        "directory.view_adreply",
        "directory.handle_solidarityad",
    )
    for role in (Role.RECEPTION, Role.ADVISER, Role.EDITOR):
        roles.grant(role, *bridge)
    staff_tasks.register(
        staff_tasks.StaffTask(
            key="solidarity_ads",
            order=19,
            label=_("annonces solidaires à valider"),
            count=lambda _user: SolidarityAd.objects.waiting().count(),
            url=lambda: (
                reverse("admin:directory_solidarityad_changelist") + "?status__exact=waiting"
            ),
            permission="directory.handle_solidarityad",
        )
    )
    calls = (
        "directory.view_callrequest",
        "directory.handle_callrequest",
        "directory.view_oneshotcount",
    )
    roles.grant(Role.ADVISER, *calls)
    roles.grant(Role.RECEPTION, *calls)
    roles.grant(Role.ANALYST, "directory.view_oneshotcount")
    roles.grant(Role.CHARTER, "directory.view_quote", "directory.view_oneshotcount")
    for order, key, label, count in (
        (6, "retard", _("rappels de contrat en retard"), late_calls),
        (7, "faire", _("rappels de contrat à faire sous deux jours ouvrés"), waiting_calls),
    ):
        staff_tasks.register(
            staff_tasks.StaffTask(
                key=f"calls_{key}",
                order=order,
                label=label,
                count=count,
                url=partial(calls_queue, key),
                permission="directory.handle_callrequest",
            )
        )
    counts = ("directory.view_searchcount", "directory.view_searchmonth")
    roles.grant(Role.EDITOR, *counts)
    roles.grant(Role.ADVISER, *counts)
    staff_tasks.register(
        staff_tasks.StaffTask(
            key="closed_establishments",
            order=11,
            label=_("fiches d’établissements fermés au registre"),
            count=cards_of_closed_establishments,
            url=closed_queue,
            permission="directory.moderate_provider",
        )
    )
    staff_tasks.register(
        staff_tasks.StaffTask(
            key="claims",
            order=12,
            label=_("demandes de rattachement à décider"),
            count=lambda _user: Claim.objects.for_staff(now=timezone.now()).count(),
            url=lambda: reverse("admin:directory_claim_changelist") + "?file=oui",
            permission="directory.view_claim",
        )
    )
    staff_tasks.register(
        staff_tasks.StaffTask(
            key="charter_checks",
            order=13,
            label=_("adhésions à la charte à vérifier"),
            count=lambda _user: Adhesion.objects.to_check().count(),
            url=lambda: (
                reverse("admin:directory_adhesion_changelist") + "?status__exact=documentary_check"
            ),
            permission="directory.check_adhesion",
        )
    )
    staff_tasks.register(
        staff_tasks.StaffTask(
            key="charter_recognitions",
            order=15,
            label=_("demandes de reconnaissance à répondre sous un mois"),
            count=lambda _user: Recognition.objects.waiting().count(),
            url=lambda: (
                reverse("admin:directory_recognition_changelist") + "?status__exact=waiting"
            ),
            permission="directory.check_adhesion",
        )
    )
    staff_tasks.register(
        staff_tasks.StaffTask(
            key="charter_pieces",
            order=17,
            label=_("adhésions en vigueur avec une pièce nouvelle à lire"),
            count=lambda _user: Adhesion.objects.with_new_pieces().count(),
            url=lambda: reverse("admin:directory_adhesion_changelist") + "?pieces=nouvelles",
            permission="directory.check_adhesion",
        )
    )
    staff_tasks.register(
        staff_tasks.StaffTask(
            key="reports",
            order=14,
            label=_("signalements d’erreur à lire"),
            count=lambda _user: CardReport.objects.open().count(),
            url=lambda: reverse("admin:directory_cardreport_changelist") + "?status__exact=open",
            permission="directory.decide_cardreport",
        )
    )
    staff_tasks.register(
        staff_tasks.StaffTask(
            key="duplicates",
            order=16,
            label=_("doublons possibles à comparer"),
            count=lambda _user: DuplicatePair.objects.proposed().count(),
            url=lambda: (
                reverse("admin:directory_duplicatepair_changelist") + "?status__exact=proposed"
            ),
            permission="directory.merge_cards",
        )
    )
    staff_tasks.register(
        staff_tasks.StaffTask(
            key="unanswered",
            order=60,
            label=_("recherches sans réponse la semaine passée"),
            count=unanswered_last_week,
            url=lambda: reverse("admin:directory_searchcount_report"),
            permission="directory.view_searchcount",
        )
    )


def _register_trust() -> None:
    reads = (
        "directory.view_trustfile",
        "directory.view_trustevent",
        "directory.view_trustsnapshot",
        "directory.view_trustparameters",
        "directory.view_trustcontest",
        "directory.view_trustreply",
    )
    roles.grant(Role.ADVISER, *reads[:1])
    roles.grant(
        Role.CHARTER,
        *reads,
        "directory.correct_trustevent",
        "directory.decide_trustcontest",
        "directory.decide_trustreply",
        "directory.publish_trustparameters",
        "directory.view_insolvencycheck",
        "directory.record_insolvency",
        "directory.view_audit",
        "directory.view_auditdraw",
        "directory.record_audit",
    )
    staff_tasks.register(
        staff_tasks.StaffTask(
            key="audits",
            order=23,
            label=_("audits à mener"),
            count=lambda _user: Audit.objects.to_do().count(),
            url=lambda: reverse("admin:directory_audit_changelist") + "?etat=a-faire",
            permission="directory.record_audit",
        )
    )
    staff_tasks.register(
        staff_tasks.StaffTask(
            key="audit_draws",
            order=24,
            label=_("tirages d’audits à faire"),
            count=lambda _user: AuditDraw.objects.filter(
                value="", value_on__lte=timezone.localdate()
            ).count(),
            url=lambda: reverse("admin:directory_auditdraw_changelist"),
            permission="directory.record_audit",
        )
    )
    staff_tasks.register(
        staff_tasks.StaffTask(
            key="insolvency",
            order=21,
            label=_("annonces du BODACC à lire"),
            count=lambda _user: InsolvencyCheck.objects.to_read().count(),
            url=lambda: (
                reverse("admin:directory_insolvencycheck_changelist") + "?state__exact=unsure"
            ),
            permission="directory.record_insolvency",
        )
    )
    staff_tasks.register(
        staff_tasks.StaffTask(
            key="register",
            order=5,
            label=_(
                "import du répertoire SIRENE à faire : à 30 jours, plus aucun indice ne paraît"
            ),
            count=lambda _user: int(register_is_stale(now=timezone.now())),
            url=lambda: reverse("admin:territory_importrun_changelist"),
            permission="directory.publish_trustparameters",
        )
    )
    staff_tasks.register(
        staff_tasks.StaffTask(
            key="trust_contests",
            order=20,
            label=_("contestations d’indice à décider"),
            count=lambda _user: TrustContest.objects.open().count(),
            url=lambda: reverse("admin:directory_trustcontest_changelist") + "?status__exact=open",
            permission="directory.decide_trustcontest",
        )
    )
    staff_tasks.register(
        staff_tasks.StaffTask(
            key="trust_replies",
            order=21,
            label=_("réponses publiques à lire"),
            count=lambda _user: TrustReply.objects.waiting().count(),
            url=lambda: reverse("admin:directory_trustreply_changelist") + "?status__exact=waiting",
            permission="directory.decide_trustreply",
        )
    )


def _register_reviews() -> None:
    decides, doubts = "directory.moderate_review", "directory.decide_reviewdoubt"
    models = (
        "mission", "invitation", "review", "reviewproof", "reviewinterview", "reviewblock",
        "reviewdoubt", "reviewreply", "groupmember",
    )  # fmt: skip
    reads = [f"directory.view_{name}" for name in models]
    groups = [f"directory.{act}_groupmember" for act in ("add", "change", "delete")]
    roles.grant(Role.CHARTER, *reads, *groups, decides, doubts)
    roles.grant(Role.ADVISER, "directory.view_review", "directory.view_mission")

    def task(key: str, order: int, label: "Promise", count: Callable[[], int], url: str) -> None:
        name, _sign, query = url.partition("?")
        staff_tasks.register(
            staff_tasks.StaffTask(
                key=key,
                order=order,
                label=label,
                count=lambda _user: count(),
                url=lambda: reverse(f"admin:directory_{name}_changelist") + f"?{query}",
                permission=doubts if name == "reviewdoubt" else decides,
            )
        )

    late = _("avis dont le délai de publication est dépassé")
    task(
        "reviews_late", 22, late,
        lambda: Review.objects.late(now=timezone.now()).count(), "review?file=retard",
    )  # fmt: skip
    task(
        "reviews", 23, _("avis à lire"),
        lambda: Review.objects.waiting().count(), "review?file=lire",
    )  # fmt: skip
    task(
        "review_proofs", 24, _("preuves de mission à contrôler"),
        lambda: ReviewProof.objects.filter(status=ProofStatus.WAITING).count(),
        "reviewproof?status__exact=waiting",
    )  # fmt: skip
    task(
        "review_blocks", 25, _("blocages d’avis à confirmer"),
        lambda: ReviewBlock.objects.open().count(), "reviewblock?status__exact=open",
    )  # fmt: skip
    task(
        "review_doubts", 26, _("doutes sur un avis à examiner"),
        lambda: ReviewDoubt.objects.open().count(), "reviewdoubt?status__exact=open",
    )  # fmt: skip
    task(
        "review_replies", 27, _("réponses à des avis à lire"),
        lambda: ReviewReply.objects.waiting().count(), "reviewreply?status__exact=waiting",
    )  # fmt: skip


def _register_complaints() -> None:
    account_sections.register(
        account_sections.AccountSection(
            key="complaints",
            title=_("Plaintes"),
            summary=_("Répondre à une plainte contre votre entreprise, suivre les vôtres."),
            url_name="complaints:mine",
            order=13,
        )
    )
    roles.grant(
        Role.CHARTER,
        "directory.view_complaint",
        "directory.handle_complaint",
        "directory.view_committeecase",
        "directory.run_committeecase",
        "directory.publish_committeecase",
        *(
            f"directory.{verb}_{model}"
            for verb in ("view", "add", "change")
            for model in ("committeemember", "committeemandate")
        ),
    )
    staff_tasks.register(
        staff_tasks.StaffTask(
            key="complaints_late",
            order=7,
            label=_("plaintes hors délai"),
            count=lambda _user: Complaint.objects.overdue(on=timezone.localdate()).count(),
            url=lambda: reverse("admin:directory_complaint_changelist") + "?file=retard",
            permission="directory.handle_complaint",
        )
    )
    staff_tasks.register(
        staff_tasks.StaffTask(
            key="complaints",
            order=18,
            label=_("plaintes à instruire"),
            count=lambda _user: Complaint.objects.for_staff().count(),
            url=lambda: reverse("admin:directory_complaint_changelist") + "?file=secretariat",
            permission="directory.handle_complaint",
        )
    )
    staff_tasks.register(
        staff_tasks.StaffTask(
            key="committee",
            order=19,
            label=_("affaires devant le comité"),
            count=lambda _user: CommitteeCase.objects.pending().count(),
            url=lambda: reverse("admin:directory_committeecase_changelist") + "?file=cours",
            permission="directory.run_committeecase",
        )
    )


def _figure(
    count: Callable[[Coverage], int], label: "Promise", query: str = ""
) -> Callable[[], home_blocks.Figure | None]:
    """Return the reader of one figure; no figure while the directory is empty."""

    def read() -> home_blocks.Figure | None:
        value = count(coverage())
        if not value:
            return None
        url = reverse("directory:list") + query
        return home_blocks.Figure(value=value, label=label, as_of=timezone.localdate(), url=url)

    return read


def cards_to_review(_user: "User") -> int:
    """Count the cards that staff must read."""
    return Provider.objects.awaiting_review().count()


def review_queue() -> str:
    """Return the address of the queue."""
    return reverse("admin:directory_provider_changelist") + "?relecture=oui"


def waiting_calls(_user: "User") -> int:
    """Count the calls that an adviser has to make."""
    return CallRequest.objects.waiting().count()


def late_calls(_user: "User") -> int:
    """Count those whose two working days are over."""
    return CallRequest.objects.late(on=timezone.localdate()).count()


def calls_queue(name: str) -> str:
    """Return the address of one of the two queues."""
    return reverse("admin:directory_callrequest_changelist") + f"?file={name}"


def cards_of_closed_establishments(_user: "User") -> int:
    """Count the public cards whose establishment the register says is closed."""
    return Provider.objects.of_closed_establishments().count()


def closed_queue() -> str:
    """Return the address of that queue."""
    return reverse("admin:directory_provider_changelist") + "?relecture=fermes"


def unanswered_last_week(_user: "User") -> int:
    """Count what was looked for in vain in the last seven days, each once."""
    rows = SearchCount.objects.without_result()
    since = timezone.localdate() - timedelta(days=7)
    return rows.filter(day__gte=since).values("words", "filters").distinct().count()


def _register_dossier() -> None:
    account_sections.register(
        account_sections.AccountSection(
            key="dossier",
            title=_("Mon dossier"),
            summary=_("Tout ce que votre entreprise a fait ici, la suite, et votre équipe."),
            url_name="dossier:files",
            order=5,
        )
    )
    for order, key, label, lines in (
        (10, "need", _("Besoin"), dossier_lines.needs),
        (20, "review", _("Avis donné"), dossier_lines.reviews),
        (30, "charter", _("Charte e-TIC"), dossier_lines.charter),
        (40, "solidarity", _("Offre solidaire"), dossier_lines.offers),
        (41, "solidarity_help", _("Aide donnée"), dossier_lines.help_given),
    ):
        dossier.register(dossier.Source(key=key, order=order, label=label, lines=lines))
    for role in (Role.ADVISER, Role.DIRECTOR):
        roles.grant(role, "directory.read_dossier")
