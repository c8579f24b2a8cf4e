"""Tasks of the directory."""

from celery import shared_task
from django.utils import timezone


@shared_task
def reindex_directory() -> None:
    """Index every published card again. Safe to run twice, or two at once."""
    from directory.services.search import reindex_after_change  # noqa: PLC0415 -- leaf

    reindex_after_change()


@shared_task
def refresh_companies() -> None:
    """Bring the companies in line with the register. Safe to run twice."""
    from directory.services import companies  # noqa: PLC0415 -- leaf

    companies.refresh_companies(now=timezone.now())


@shared_task
def draw_share_picture(provider_id: int) -> None:
    """Draw the picture that a card shows where it is shared. Safe to run twice."""
    from directory.services import sharing  # noqa: PLC0415 -- leaf

    sharing.draw_share_picture(provider_id=provider_id)


@shared_task
def draw_missing_pictures() -> None:
    """Draw what a dead broker lost, a thousand a night. Safe to run twice."""
    from directory.services import sharing  # noqa: PLC0415 -- leaf

    for provider_id in sharing.cards_without_picture(limit=1_000):
        sharing.draw_share_picture(provider_id=provider_id)


@shared_task
def refresh_quality() -> None:
    """Let the quality of the public cards age. Safe to run twice."""
    from directory.services import quality  # noqa: PLC0415 -- leaf

    quality.refresh_quality(now=timezone.now())


@shared_task
def keep_cards_fresh() -> None:
    """Remind of, and hide, the cards that nobody confirms. Safe to run twice, or two at once."""
    from directory.services import freshness  # noqa: PLC0415 -- leaf

    now = timezone.now()
    for provider_id in freshness.due_cards(now=now):
        freshness.keep_fresh(provider_id=provider_id, now=now)


@shared_task
def run_import(*, import_id: int) -> None:
    """Read a file of cards, or write it once it was asked. Safe to run twice."""
    from directory.services import imports, search  # noqa: PLC0415 -- leaf

    imports.check_import(import_id=import_id, now=timezone.now())
    imports.write_import(import_id=import_id, now=timezone.now())
    search.index_behind()


@shared_task
def run_place_import(*, import_id: int) -> None:
    """Read a file of places, or write it once it was asked. Safe to run twice."""
    from directory.services import places  # noqa: PLC0415 -- leaf

    places.check_import(import_id=import_id, now=timezone.now())
    places.write_import(import_id=import_id, now=timezone.now())


@shared_task
def run_export(*, export_id: int) -> None:
    """Write the file of an export. Safe to run twice."""
    from directory.services import exports  # noqa: PLC0415 -- leaf

    exports.run_export(export_id=export_id, now=timezone.now())


@shared_task
def write_exports_left() -> None:
    """Write the exports that were left. Safe to run twice, and by two workers."""
    from directory.services import exports  # noqa: PLC0415 -- leaf

    now = timezone.now()
    for export_id in exports.exports_left(now=now):
        exports.run_export(export_id=export_id, now=timezone.now())


@shared_task
def find_duplicates() -> None:
    """Propose the cards that may be the same. Safe to run twice."""
    from directory.services import duplicates  # noqa: PLC0415 -- leaf

    duplicates.find_duplicates(now=timezone.now())


@shared_task
def expire_claims() -> None:
    """Close the claims that went nowhere. Safe to run twice."""
    from directory.services import claims  # noqa: PLC0415 -- leaf

    claims.expire_claims(now=timezone.now())


@shared_task
def send_alerts() -> None:
    """Write the digests of alerts whose hour has come. Safe to run twice, and by two workers."""
    from directory.services import alerts  # noqa: PLC0415 -- leaf

    alerts.send_due_digests(now=timezone.now())


@shared_task
def announce_endings() -> None:
    """Tell whose alert ends soon. Safe to run twice."""
    from directory.services import alerts  # noqa: PLC0415 -- leaf

    alerts.announce_endings(now=timezone.now())


@shared_task
def shorten_counts() -> None:
    """Sum up the old counts of searches and views. Safe to run twice."""
    from directory.services import measures  # noqa: PLC0415 -- leaf

    measures.shorten_counts(now=timezone.now())


@shared_task
def report_unanswered() -> None:
    """Write last week's searches without result to the editors. Safe to run twice."""
    from directory.services import measures  # noqa: PLC0415 -- leaf

    measures.report_unanswered(now=timezone.now())


@shared_task
def move_offers_left() -> None:
    """Bring the removals of services to their end. Safe to run twice, and by two workers."""
    from directory.services import taxonomy_retiring  # noqa: PLC0415 -- leaf

    for service_id in taxonomy_retiring.leaving_services():
        taxonomy_retiring.move_offers(service_id=service_id, now=timezone.now())


@shared_task
def give_service(*, service_id: int, word: str) -> None:
    """Offer a new service on the cards that write its word. Safe to run twice."""
    from directory.services import taxonomy_editing  # noqa: PLC0415 -- leaf

    taxonomy_editing.give_service(service_id=service_id, word=word)


@shared_task
def compute_trust(*, file_id: int) -> None:
    """Compute the index of one provider. Safe to run twice, or two at once."""
    from directory.services import trust_computing  # noqa: PLC0415 -- leaf

    trust_computing.compute_file(file_id=file_id, now=timezone.now())


@shared_task
def sweep_trust() -> None:
    """Compute the files whose bell was lost, and publish replies that waited long enough."""
    from directory.services import trust_computing, trust_rights  # noqa: PLC0415 -- leaf

    for file_id in trust_computing.files_behind():
        trust_computing.compute_file(file_id=file_id, now=timezone.now())
    trust_rights.publish_due_replies(now=timezone.now())


@shared_task
def compute_all_trust() -> None:
    """Compute every index of the day. Safe to run twice; two at once share the work."""
    from directory.services import trust_computing  # noqa: PLC0415 -- leaf

    trust_computing.compute_due(now=timezone.now())


@shared_task
def simulate_version(*, parameters_id: int) -> None:
    """Compute what a version would change. Safe to run twice."""
    from directory.services import trust_versions  # noqa: PLC0415 -- leaf

    trust_versions.simulate(parameters_id=parameters_id, now=timezone.now())


@shared_task
def keep_charter_terms() -> None:
    """Write what time and the register did to adhesions, and remind. Safe to run twice."""
    from directory.services import charter_terms  # noqa: PLC0415 -- leaf

    now = timezone.now()
    charter_terms.follow_register(now=now)
    for adhesion_id in charter_terms.due_adhesions(now=now):
        charter_terms.keep_term(adhesion_id=adhesion_id, now=now)
    for evidence_id in charter_terms.ending_evidence(now=now):
        charter_terms.remind_of_evidence(evidence_id=evidence_id, now=now)


@shared_task
def check_insolvency() -> None:
    """Ask BODACC about the companies whose turn has come. Safe to run twice, or two at once."""
    from directory.services import insolvency  # noqa: PLC0415 -- leaf

    insolvency.check_due(now=timezone.now())


@shared_task
def keep_audits() -> None:
    """Announce the year's draw, open the audits that complaints ask for. Safe to run twice."""
    from directory.services import audits  # noqa: PLC0415 -- leaf

    now = timezone.now()
    audits.announce_draw(now=now)
    audits.open_for_complaints(now=now)
    audits.drop_without_adhesion(now=now)
    audits.reopen_drawn(now=now)


@shared_task
def propose_need(*, need_id: int) -> None:
    """Bring a need to the providers it still lacks. Safe to run twice."""
    from directory.services import proposals  # noqa: PLC0415 -- leaf

    proposals.propose(need_id=need_id, now=timezone.now())


@shared_task
def run_need_clocks() -> None:
    """Do what the clocks of needs say is due. Safe to run twice, and by two workers."""
    from directory.services import need_clocks  # noqa: PLC0415 -- leaf

    need_clocks.tick(now=timezone.now())


@shared_task
def keep_quote_terms() -> None:
    """Write down the quotes whose last day is over. Safe to run twice, or two at once."""
    from directory.services import quotes  # noqa: PLC0415 -- leaf

    quotes.expire_quotes(now=timezone.now())


@shared_task
def remind_of_chests() -> None:
    """Remind of the projects that nobody has read for six months. Safe to run twice."""
    from directory.services import reversibility  # noqa: PLC0415 -- leaf

    now = timezone.now()
    for project_id in reversibility.due_projects(now=now):
        reversibility.remind(project_id=project_id, now=now)


@shared_task
def run_review_clocks() -> None:
    """Do what the clocks of reviews say is due. Safe to run twice, and by two workers."""
    from directory.services import review_clocks  # noqa: PLC0415 -- leaf

    review_clocks.tick(now=timezone.now())


@shared_task
def run_complaint_clocks() -> None:
    """Do what the clocks of complaints say is due, and tell staff of delays. Safe to run twice."""
    from directory.services import complaint_clocks  # noqa: PLC0415 -- leaf

    complaint_clocks.tick(now=timezone.now())


@shared_task
def run_bridge_clock() -> None:
    """Remind of, and end, the ads of the solidarity bridge. Safe to run twice, or two at once."""
    from directory.services import bridge_clocks  # noqa: PLC0415 -- leaf

    bridge_clocks.tick(now=timezone.now())
