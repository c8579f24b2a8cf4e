"""Calls for demonstration rights: published, applied to, scored, drawn, told."""

from datetime import date, timedelta
from threading import Barrier, Thread

import pytest
from django.db import IntegrityError, connection
from django.utils import timezone

from directory.models import Provider
from emn.mailings.models import OutboundEmail
from events.models import RightsApplication, RightsCall
from events.services import rights as services
from events.services.rights import RightsRefused, Score
from events.showrooms.rights import commitment
from tests.directory.complaints import admitted
from tests.directory.factories import CompanyFactory, UserFactory, published_card
from tests.events.factories import NOW
from tests.events.showroom_factories import DAY, call, host

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("commits")]

CLOSED = NOW + 11 * DAY


def card(siren="111111111", **fields):
    """A published card with its owner."""
    owner = UserFactory()
    row = published_card(
        company=CompanyFactory(siret=f"{siren}00011"), owner=owner, **fields
    )  # fmt: skip
    return row, owner


def apply(made, siren="111111111", *, now=NOW, **fields):
    row, owner = card(siren, **fields)
    return services.apply(
        call_id=made.pk, provider_id=row.pk, user_id=owner.pk, title=f"Montre {siren}",
        usage="Se touche.", needs="", now=now,
    )  # fmt: skip


def score(entry, *points, now=CLOSED):
    criteria = entry.call.criteria.order_by("position")
    services.score(
        application_id=entry.pk,
        scores={
            row.pk: Score(value, f"Raison {value}")
            for row, value in zip(criteria, points, strict=True)
        },
        by_id=host().pk,
        now=now,
    )


def decide(made, *, now=CLOSED):
    return services.decide(call_id=made.pk, by_id=host().pk, now=now)


# --- Publishing ---


def test_publishing_commits_to_a_seed_that_no_page_shows(client):
    made = call()

    page = client.get(f"/showrooms/droits/{made.pk}/").content.decode()

    assert made.seed_digest == commitment(made.seed)
    assert made.seed_digest in page
    assert made.seed not in page
    assert "Critère 1" in page
    assert not client.cookies


def test_weights_make_a_hundred_and_a_call_is_published_once():
    with pytest.raises(RightsRefused, match="100"):
        call(weights=(60, 30))
    made = call()
    with pytest.raises(RightsRefused, match="déjà publié"):
        services.publish_call(call_id=made.pk, now=NOW)


@pytest.mark.django_db(transaction=True)
def test_rights_of_more_than_six_months_are_refused_by_the_database():
    with pytest.raises(IntegrityError, match="six_months_at_most"):
        call(ends_on=date(2027, 7, 2), publish=False)
    assert call(ends_on=date(2027, 7, 1), publish=False).pk


# --- Applying ---


def test_an_owner_applies_once_for_a_company():
    made = call()
    entry = apply(made)

    again = published_card(company=entry.provider.company)
    with pytest.raises(RightsRefused, match="déjà candidaté"):
        services.apply(
            call_id=made.pk, provider_id=again.pk, user_id=entry.by_id, title="Autre",
            usage="x", needs="", now=NOW,
        )  # fmt: skip
    assert RightsApplication.objects.count() == 1
    assert OutboundEmail.objects.filter(kind="events/showrooms/emails/rights_applied").count() == 1


@pytest.mark.django_db(transaction=True)
def test_twelve_at_once_for_one_company_make_one_application():
    made = call()
    row, owner = card()
    barrier, refused = Barrier(12), []

    def attempt():
        barrier.wait()
        try:
            services.apply(
                call_id=made.pk, provider_id=row.pk, user_id=owner.pk, title="Montre",
                usage="x", needs="", now=NOW,
            )  # fmt: skip
        except RightsRefused as refusal:
            refused.append(refusal)
        finally:
            connection.close()

    threads = [Thread(target=attempt) for _n in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert (RightsApplication.objects.count(), len(refused)) == (1, 11)


def test_nobody_applies_late_early_nor_for_the_card_of_others():
    made = call(opens_at=NOW + DAY, closes_at=NOW + 2 * DAY)
    with pytest.raises(RightsRefused):
        apply(made)
    with pytest.raises(RightsRefused):
        apply(made, "222222222", now=NOW + 2 * DAY)
    row, _owner = card("333333333")
    with pytest.raises(Provider.DoesNotExist):
        services.apply(
            call_id=made.pk, provider_id=row.pk, user_id=UserFactory().pk, title="x", usage="x",
            needs="", now=NOW + DAY,
        )  # fmt: skip


def test_a_call_that_asks_for_the_charter_refuses_who_has_none():
    made = call(asks_charter=True)

    with pytest.raises(RightsRefused, match="charte"):
        apply(made)

    signed = admitted()
    owner = UserFactory()
    company = signed.company
    company.memberships.create(user=owner, joined_at=NOW)
    mine = company.providers.first() or published_card(company=company)
    entry = services.apply(
        call_id=made.pk, provider_id=mine.pk, user_id=owner.pk, title="x", usage="x", needs="",
        now=NOW + DAY,
    )  # fmt: skip
    assert entry.siren == company.siren


# --- Deciding ---


def test_ranks_follow_points_then_the_seed_and_everyone_is_told_why(client):
    made = call(places=2)
    low, high, tied = (apply(made, siren) for siren in ("111111111", "222222222", "333333333"))
    score(low, 5, 5)
    score(high, 9, 8)
    score(tied, 5, 5)

    decide(made)

    made.refresh_from_db()
    rows = {row.pk: row for row in RightsApplication.objects.all()}
    drawn = sorted(
        [low, tied], key=lambda row: services.placed.__globals__["number"](row.siren, made.seed)
    )
    assert (rows[high.pk].rank, rows[high.pk].total, rows[high.pk].was_drawn) == (1, 860, False)
    assert [rows[row.pk].rank for row in drawn] == [2, 3]
    assert [rows[row.pk].is_chosen for row in (high, *drawn)] == [True, True, False]
    told = OutboundEmail.objects.filter(kind="events/showrooms/emails/rights_decided")
    assert told.count() == 3
    assert "Raison 9" in told.get(to_email=high.by.email).text_body
    assert "Raison 9" not in told.get(to_email=low.by.email).text_body
    page = client.get(f"/showrooms/droits/{made.pk}/").content.decode()
    assert made.seed in page
    assert "Raison" not in page  # reasons are the applicant's own
    assert "départagée par tirage" in page


def test_a_decision_waits_for_the_closing_and_for_every_score():
    made = call()
    entry = apply(made)

    with pytest.raises(RightsRefused):
        score(entry, 5, 5, now=NOW + DAY)
    with pytest.raises(RightsRefused, match="Notez d’abord"):
        decide(made)
    with pytest.raises(RightsRefused):
        decide(made, now=NOW + DAY)
    score(entry, 5, 5)
    decide(made)
    with pytest.raises(RightsRefused):
        decide(made)
    with pytest.raises(RightsRefused):
        score(entry, 6, 6)


def test_a_score_has_every_criterion_and_a_reason():
    made = call()
    entry = apply(made)
    first = made.criteria.order_by("position").first()

    with pytest.raises(RightsRefused, match="chaque critère"):
        services.score(
            application_id=entry.pk, scores={first.pk: Score(5, "Bien")}, by_id=host().pk,
            now=CLOSED,
        )  # fmt: skip


def test_who_withdrew_is_neither_ranked_nor_told():
    made = call()
    entry = apply(made)
    services.withdraw(application_id=entry.pk, now=NOW + DAY)

    assert decide(made) == []
    assert not OutboundEmail.objects.filter(kind="events/showrooms/emails/rights_decided").exists()


# --- Pages of the provider ---


def test_a_provider_applies_reads_its_points_and_withdraws(client, monkeypatch):
    made = call()
    row, owner = card()
    other = apply(made, "222222222")
    client.force_login(owner)
    monkeypatch.setattr(timezone, "now", lambda: NOW + DAY)
    path = f"/showrooms/droits/{made.pk}/candidature/"

    foreign = client.post(path, {"provider": other.provider_id, "title": "x", "usage": "y"})
    sent = client.post(path, {"provider": row.pk, "title": "Ma montre", "usage": "Se touche."})
    mine = RightsApplication.objects.get(provider=row)
    listed = client.get("/showrooms/mes-demonstrations/").content.decode()
    stolen = client.post("/showrooms/mes-demonstrations/", {"application": other.pk})
    client.post("/showrooms/mes-demonstrations/", {"application": mine.pk})

    assert foreign.status_code == 200
    assert sent["Location"] == "/showrooms/mes-demonstrations/"
    assert "Ma montre" in listed
    assert "Montre 222222222" not in listed
    assert stolen.status_code == 404
    mine.refresh_from_db()
    assert mine.withdrawn_at == NOW + DAY
    assert RightsCall.objects.get().applications.filter(withdrawn_at=None).get() == other


def test_applying_asks_to_sign_in(client):
    made = call(now=timezone.now(), closes_at=timezone.now() + timedelta(days=9))

    assert client.get(f"/showrooms/droits/{made.pk}/candidature/").status_code == 302
