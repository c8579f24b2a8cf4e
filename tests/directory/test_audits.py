"""Audits: the draw that anyone can do again, what complaints ask for, what is found."""

from datetime import date, timedelta
from hashlib import sha256

import pytest
from django.urls import reverse
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from directory.charter.rules import rules
from directory.enums import AuditLevel, AuditOrigin, TrustStanding
from directory.models import Adhesion, Audit, AuditDraw, Provider
from directory.services import audits, charter
from directory.services.audits import AuditRefused
from directory.trust import sampling
from directory.trust.events import Kind
from emn.accounts.enums import Role
from emn.mailings.models import OutboundEmail
from tests.directory import charter as make
from tests.directory.factories import NOW, UserFactory, published_card
from tests.directory.test_admin import sign_in
from tests.directory.trust_cards import add, compute, file_of, first_version, rated_card, write
from tests.directory.trust_ledgers import Ledger

pytestmark = pytest.mark.django_db
TODAY = make.TODAY
LATER = NOW + timedelta(days=30)
NUMBERS = "12 5 23 34 45 7"


@pytest.fixture(autouse=True)
def version():
    first_version()


def draw_of(*, members=12):
    """Announce a draw among some members."""
    for _member in range(members):
        make.active()
    return audits.announce_draw(now=NOW)


def drawn(draw, *, now=LATER, numbers=NUMBERS):
    return audits.draw_sample(draw_id=draw.pk, numbers=numbers, by_id=UserFactory().pk, now=now)


def record(adhesion, *, level=AuditLevel.ON_SITE, points=82, on=TODAY, now=NOW):
    return audits.record_audit(
        adhesion_id=adhesion.pk,
        level=level,
        points=points,
        on=on,
        minutes="AU-2026-1",
        by_id=UserFactory().pk,
        now=now,
    )


def said(card):
    rows = card.trust_file.events.filter(kind=Kind.AUDIT).order_by("pk")
    return [(row.effective_on, row.payload["level"], row.payload["points"]) for row in rows]


# --- The draw ---


def test_the_draw_can_be_done_again_by_hand():
    """As the page tells it, with nothing of ours."""
    sirens = [f"{number:09d}" for number in range(25)]
    value = "5-12-23-34-45-7"
    seed = sha256(f"2026/{value}".encode()).hexdigest()
    order = sorted(sirens, key=lambda siren: sha256(f"{seed}/{siren}".encode()).hexdigest())

    assert sampling.value_of(NUMBERS) == value
    assert sampling.seed(2026, value) == seed
    assert sampling.drawn(sirens, seed) == order[:3]


@given(st.sets(st.integers(0, 10**9 - 1), max_size=60), st.integers(0, 10**6), st.randoms())
def test_the_draw_depends_on_nothing_but_the_members_and_the_seed(numbers, salt, draw):
    sirens = [f"{number:09d}" for number in numbers]
    mixed = draw.sample(sirens, len(sirens))
    seed = sampling.seed(2026, str(salt))

    found = sampling.drawn(mixed, seed)

    assert found == sampling.drawn(sirens, seed)
    assert len(found) == -(-len(sirens) // 10)
    assert set(found) <= set(sirens)


@pytest.mark.parametrize(
    "typed",
    [
        "",
        "1 2 3 4 5",
        "1 2 3 4 5 11",
        "1 1 2 3 4 5",
        "0 1 2 3 4 5",
        "1 2 3 4 50 5",
        "1 2 3 4 5 6 7",
    ],
)
def test_numbers_that_no_loto_gives_are_refused(typed):
    draw = draw_of(members=1)

    with pytest.raises(AuditRefused, match="cinq numéros"):
        drawn(draw, numbers=typed)

    assert not AuditDraw.objects.exclude(value="").exists()


def test_the_draw_of_a_year_is_announced_once_and_its_members_are_fixed():
    draw = draw_of(members=3)
    late = make.active()

    assert audits.announce_draw(now=NOW + timedelta(days=1)) is None
    draw.refresh_from_db()
    assert late.siren not in draw.population
    assert (draw.year, len(draw.population)) == (2026, 3)
    assert draw.value_on == TODAY + timedelta(days=21)


def test_nothing_is_announced_without_member_or_before_the_day():
    assert audits.announce_draw(now=NOW) is None
    make.active()

    assert audits.announce_draw(now=NOW.replace(year=2027, month=1, day=14)) is None
    assert audits.announce_draw(now=NOW.replace(year=2027, month=1, day=15)) is not None


def test_one_in_ten_is_drawn_told_and_due():
    draw = draw_of(members=12)

    found = drawn(draw)

    draw = AuditDraw.objects.get()
    assert [audit.adhesion.siren for audit in found] == draw.drawn
    assert len(found) == 2
    assert {audit.due_on for audit in found} == {TODAY + timedelta(days=30 + rules().audit_days)}
    assert OutboundEmail.objects.filter(subject__startswith="Un audit de").count() == 2


def test_a_draw_is_done_once_and_not_before_its_day():
    draw = draw_of(members=2)

    with pytest.raises(AuditRefused, match="pas encore sortis"):
        drawn(draw, now=NOW + timedelta(days=20))
    drawn(draw)
    with pytest.raises(AuditRefused, match="ne change plus"):
        drawn(draw, numbers="1 2 3 4 5 6")

    assert Audit.objects.count() == 1


def test_who_left_since_is_not_audited():
    draw = draw_of(members=1)
    adhesion = Adhesion.objects.get()
    charter.resign(adhesion_id=adhesion.pk, user_id=make.owner_of(adhesion.company).pk, now=NOW)

    assert drawn(draw) == []


def test_an_audit_is_dropped_with_the_adhesion():
    draw = draw_of(members=1)
    [audit] = drawn(draw)
    user_id = make.owner_of(audit.adhesion.company).pk
    charter.resign(adhesion_id=audit.adhesion_id, user_id=user_id, now=LATER)

    assert audits.drop_without_adhesion(now=LATER) == 1
    assert not Audit.objects.to_do().exists()


def test_leaving_and_signing_again_does_not_spare_the_audit():
    draw = draw_of(members=1)
    [audit] = drawn(draw)
    company = audit.adhesion.company
    charter.resign(adhesion_id=audit.adhesion_id, user_id=make.owner_of(company).pk, now=LATER)
    audits.drop_without_adhesion(now=LATER)
    assert audits.reopen_drawn(now=LATER) == 0  # it is no member

    again = make.active(company, now=LATER)

    assert audits.reopen_drawn(now=LATER) == 1
    assert audits.reopen_drawn(now=LATER) == 0
    assert Audit.objects.to_do().get().adhesion == again
    record(again, on=timezone.localdate(LATER), now=LATER)
    assert audits.reopen_drawn(now=LATER) == 0


def test_the_page_shows_how_to_do_it_again(client, django_assert_num_queries):
    draw = draw_of(members=12)
    before = client.get("/charte/audits/").content.decode()
    assert "ne sont pas encore sortis" in before
    assert draw.digest in before
    drawn(draw)

    page = client.get("/charte/audits/").content.decode()
    found = client.get("/charte/audits/2026.json").json()

    draw = AuditDraw.objects.get()
    assert draw.seed in page
    assert all(siren in page for siren in draw.drawn)
    assert found["graine"] == draw.seed
    assert [row["siren"] for row in found["membres"]] == draw.population
    assert {row["siren"] for row in found["membres"] if row["tire"]} == set(draw.drawn)
    assert client.get("/charte/audits/2025.json").status_code == 404


@pytest.mark.parametrize("members", [1, 12])
def test_the_page_costs_the_same_queries_for_one_member_and_for_many(
    client, django_assert_num_queries, members
):
    draw = draw_of(members=members)
    drawn(draw)
    client.get("/charte/")

    with django_assert_num_queries(4):
        client.get("/charte/audits/")


def test_a_page_without_draw_says_so(client):
    assert "Aucun tirage n’est encore annoncé" in client.get("/charte/audits/").content.decode()


# --- What is found ---


def test_an_audit_is_a_fact_of_each_card_and_closes_the_one_to_do():
    draw = draw_of(members=1)
    [audit] = drawn(draw)
    second = published_card(company=audit.adhesion.company)

    record(audit.adhesion, on=TODAY + timedelta(days=20), now=LATER)

    audit.refresh_from_db()
    assert (audit.points, audit.level, audit.origin) == (82, "on_site", AuditOrigin.DRAWN)
    assert not Audit.objects.to_do().exists()
    for card in Provider.objects.filter(company=audit.adhesion.company):
        assert said(card) == [(TODAY + timedelta(days=20), "on_site", 82)]
    assert said(second) == said(card)


def test_a_card_published_later_says_the_audits_of_its_company():
    adhesion = make.active()
    record(adhesion)

    assert said(published_card(company=adhesion.company)) == [(TODAY, "on_site", 82)]


def test_a_refused_audit_has_no_points():
    adhesion = make.active()

    record(adhesion, level=AuditLevel.REFUSED, points=None)

    assert said(Provider.objects.get(company=adhesion.company)) == [(TODAY, "refused", 0)]


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"points": None}, "points"),
        ({"on": TODAY + timedelta(days=1)}, "aujourd’hui au plus tard"),
        ({"on": TODAY - timedelta(days=1)}, "pendant l’adhésion"),
    ],
)
def test_an_audit_that_cannot_be_is_refused(changed, message):
    adhesion = make.active()

    with pytest.raises(AuditRefused, match=message):
        record(adhesion, **changed)

    assert not Audit.objects.exists()


def test_two_audits_of_one_day_are_one():
    adhesion = make.active()
    record(adhesion)

    with pytest.raises(AuditRefused, match="déjà noté"):
        record(adhesion, points=10)


def test_who_does_not_adhere_is_not_audited():
    adhesion = make.submitted()

    with pytest.raises(AuditRefused, match="pas en vigueur"):
        record(adhesion)


def test_a_refused_audit_lowers_a_published_index_after_its_notice_only():
    card = rated_card(company=make.active().company)
    assert file_of(card).standing == TrustStanding.RATED
    before = file_of(card).displayed

    record(Adhesion.objects.get(), level=AuditLevel.REFUSED, points=None)
    compute(card)

    assert file_of(card).displayed == before
    notice = card.trust_file.events.get(kind=Kind.FALL_NOTICE)
    until = date.fromisoformat(notice.payload["until"])
    assert until > TODAY + timedelta(days=10)
    compute(card, now=NOW + (until - TODAY))
    assert file_of(card).displayed <= before - 5


# --- Complaints ---


def blamed(severity, *, outcome="upheld"):
    """A member with one complaint of that severity."""
    adhesion = make.active()
    card = Provider.objects.get(company=adhesion.company)
    add(card, Kind.COMPLAINT, complaint="c1", severity=severity, outcome=outcome)
    return adhesion


@pytest.mark.parametrize(
    ("severity", "outcome", "opened"),
    [(3, "upheld", 1), (1, "upheld", 0), (3, "pending", 0), (2, "no_reply", 0)],
)
def test_a_burden_of_complaints_above_two_asks_for_an_audit(severity, outcome, opened):
    adhesion = blamed(severity, outcome=outcome)

    assert audits.open_for_complaints(now=NOW) == opened
    assert Audit.objects.filter(adhesion=adhesion, origin=AuditOrigin.COMPLAINTS).count() == opened


def test_complaints_ask_for_one_audit_a_year():
    adhesion = blamed(3)
    audits.open_for_complaints(now=NOW)
    record(adhesion)

    assert audits.open_for_complaints(now=NOW + timedelta(days=30)) == 0
    assert Audit.objects.count() == 1


def test_the_burden_counts_what_is_not_held_back():
    card = published_card()
    ledger = Ledger().sound()
    ledger.complaint(severity=3, days_ago=0)
    write(card, ledger.events)

    assert audits.open_for_complaints(now=NOW) == 0  # it has no adhesion in the register


# --- Staff ---


def test_staff_notes_an_audit(client):
    adhesion = make.active()
    Adhesion.objects.update(starts_on=date(2026, 1, 1), member_since=date(2026, 1, 1))
    sign_in(client, Role.CHARTER)
    page = reverse("admin:directory_adhesion_audit", args=[adhesion.pk])
    change = client.get(reverse("admin:directory_adhesion_change", args=[adhesion.pk]))
    assert page in change.content.decode()

    given = {"level": "on_site", "on": "2026-11-20", "minutes": "AU-1"}
    refused = client.post(page, given | {"points": "101"})
    assert "AU-1" in refused.content.decode()
    answer = client.post(page, given | {"points": "70"})

    assert answer.status_code == 302
    assert said(Provider.objects.get(company=adhesion.company)) == [
        (date(2026, 11, 20), "on_site", 70)
    ]


def test_staff_draws_once_the_numbers_are_out(client):
    draw = draw_of(members=3)
    AuditDraw.objects.update(announced_on=date(2026, 1, 15), value_on=date(2026, 2, 5))
    sign_in(client, Role.CHARTER)
    page = reverse("admin:directory_auditdraw_draw", args=[draw.pk])
    assert (
        page
        in client.get(reverse("admin:directory_auditdraw_change", args=[draw.pk])).content.decode()
    )

    client.post(page, {"numbers": NUMBERS})

    queue = client.get(reverse("admin:directory_audit_changelist"), {"etat": "a-faire"})
    assert AuditDraw.objects.get().value == "5-12-23-34-45-7"
    assert Audit.objects.get().adhesion.reference in queue.content.decode()


@pytest.mark.parametrize("role", [Role.ADVISER, Role.EDITOR])
def test_only_the_secretariat_audits(client, role):
    adhesion = make.active()
    sign_in(client, role)

    page = reverse("admin:directory_adhesion_audit", args=[adhesion.pk])

    assert client.post(page, {}).status_code in {302, 403}
    assert not Audit.objects.exists()
