"""A provider’s way: it signs, is checked, gathers reviews, is rated, contests a line and wins."""

from datetime import datetime, time, timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from directory.enums import AuditLevel, InsolvencyState, TrustStanding
from directory.models import Provider
from directory.services import (
    audits,
    charter_checks,
    insolvency,
    trust_computing,
    trust_rights,
)
from directory.services.charter import submit
from directory.trust.events import Kind
from emn.mailings.models import OutboundEmail
from tests.directory import charter
from tests.directory import reviews as make
from tests.directory.factories import NOW, MembershipFactory, UserFactory
from tests.directory.trust_cards import file_of, first_version

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("commits")]
PIECES = {  # what attests the seven commitments
    "quote": ("need", "scope", "costs"),
    "contract": ("roles", "lasting", "rights"),
    "means": ("means",),
}


def day(number):
    return NOW + timedelta(days=number)


def at_noon(on):
    return timezone.make_aware(datetime.combine(on, time(12)))


def each_night(first, last):
    for number in range(first, last + 1):
        trust_computing.compute_due(now=day(number))


def test_from_the_signature_to_a_contest_that_is_won(client):
    first_version()
    owner, agent = UserFactory(), UserFactory(is_staff=True)
    card = make.card()
    MembershipFactory(company=card.company, user=owner)
    charter.unit(card.company.siren)

    # Signs, is checked: engaged, without a number.
    adhesion = charter.signed(card.company)
    pieces = {charter.with_piece(adhesion, kind=kind): PIECES[kind] for kind in PIECES}
    submit(adhesion_id=adhesion.pk, user_id=owner.pk, now=NOW)
    for piece, clauses in pieces.items():
        charter.accept(piece, clauses=clauses)
    charter_checks.activate(adhesion_id=adhesion.pk, by_id=agent.pk, now=NOW)
    insolvency.record_seen(
        siren=card.company.siren, state=InsolvencyState.NONE, notice="", on=NOW.date(),
        by_id=agent.pk, now=NOW,
    )  # fmt: skip
    each_night(0, 0)
    assert file_of(card).standing == TrustStanding.ENGAGED

    # Is audited, gathers three reviews with a proof.
    audits.record_audit(
        adhesion_id=adhesion.pk, level=AuditLevel.ON_SITE, points=60, on=day(1).date(),
        minutes="Visite faite.", by_id=agent.pk, now=day(1),
    )  # fmt: skip
    for number in range(3):
        review = make.waiting(card, now=day(2), rating=5)
        make.accepted(make.proof(review, number=f"FA-{number}", now=day(2)), now=day(2))
        make.publish(review, now=day(2))
    each_night(2, 2)
    file = file_of(card)
    assert file.standing == TrustStanding.ENGAGED
    notice = OutboundEmail.objects.get(kind="directory/emails/trust_notice")
    assert notice.to_email == owner.email

    # Its first index shows once the notice is over, not a day sooner.
    shown_on = trust_computing.notice_ends_on(
        day(2).date(), trust_computing.version_on(day(2).date()).parameters
    )
    last = (shown_on - NOW.date()).days
    each_night(3, last - 1)
    assert file_of(card).standing == TrustStanding.ENGAGED
    each_night(last, last)
    file = file_of(card)
    assert file.standing == TrustStanding.RATED
    first = file.snapshots.latest("pk").value

    # Contests the audit's line, and wins: the fact is void, also for the past, and the index moves.
    fact = file.events.get(kind=Kind.AUDIT)
    contest = trust_rights.contest(
        provider_id=card.pk, user_id=owner.pk, component="A", event_id=fact.pk,
        reason="L’auditeur a noté un autre chantier.", now=at_noon(shown_on),
    )  # fmt: skip
    statement = reverse("directory:trust", args=[card.slug])
    trust_rights.decide_contest(
        contest_id=contest.pk, granted=True, decision="L’auditeur le confirme.",
        void_the_fact=True, by_id=agent.pk, now=day(last + 1),
    )  # fmt: skip
    audits.record_audit(
        adhesion_id=adhesion.pk, level=AuditLevel.ON_SITE, points=90, on=day(last + 1).date(),
        minutes="Le bon chantier.", by_id=agent.pk, now=day(last + 1),
    )  # fmt: skip
    each_night(last + 1, last + 1)

    file = file_of(card)
    assert file.standing == TrustStanding.RATED
    assert file.snapshots.latest("pk").value > first
    assert OutboundEmail.objects.filter(kind="directory/emails/trust_contest_decided").exists()
    assert Provider.objects.get(pk=card.pk).trust_file == file
    assert client.get(statement).status_code == 200
