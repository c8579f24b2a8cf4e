"""BODACC in the ledgers of trust: asked in turn, seen by staff, brought by a file."""

import json
from datetime import timedelta

import pytest
from django.core.management import CommandError, call_command
from django.urls import reverse

from directory.enums import InsolvencyState, TrustSource
from directory.models import InsolvencyCheck, Provider
from directory.services import insolvency, providers, trust_computing
from directory.services.insolvency import InsolvencyRefused
from directory.trust.events import Kind
from emn.accounts.enums import Role
from tests.directory import charter as make
from tests.directory.factories import NOW, UserFactory, published_card
from tests.directory.test_admin import sign_in
from tests.directory.trust_cards import first_version
from tests.territory.bodacc import api, record

pytestmark = pytest.mark.django_db
TODAY = make.TODAY
OPENED = "Jugement d'ouverture d'une procédure de redressement judiciaire"
LIQUIDATED = "Jugement d'ouverture de liquidation judiciaire"
UNCLEAR = "Autre jugement et ordonnance"


@pytest.fixture(autouse=True)
def version():
    first_version()


def said(adhesion):
    """What the ledger of the company's first card holds of BODACC."""
    card = Provider.objects.filter(company=adhesion.company).order_by("pk").first()
    rows = card.trust_file.events.filter(kind=Kind.INSOLVENCY).order_by("pk")
    return [(row.effective_on, row.payload["open"], row.payload["liquidation"]) for row in rows]


def notice(adhesion, nature, *, place=1, on="2026-10-01"):
    return record(place, on, nature, siren=adhesion.siren)


def check(adhesion):
    return InsolvencyCheck.objects.get(siren=adhesion.siren)


def test_a_company_without_notice_is_said_clear_each_week(settings):
    adhesion = make.active()
    with api(settings) as asked:
        for days in (0, 1, 6, 7, 8):
            insolvency.check_due(now=NOW + timedelta(days=days))

    assert said(adhesion) == [(TODAY, False, False), (TODAY + timedelta(days=7), False, False)]
    assert len(asked) == 2
    assert (
        adhesion.company.providers.first()
        .trust_file.events.filter(source=TrustSource.BODACC)
        .count()
        == 2
    )


@pytest.mark.parametrize(
    ("nature", "state", "facts"),
    [
        (OPENED, InsolvencyState.OPEN, [(TODAY, True, False)]),
        (LIQUIDATED, InsolvencyState.LIQUIDATION, [(TODAY, True, True)]),
        (UNCLEAR, InsolvencyState.UNSURE, []),
    ],
)
def test_what_the_notices_say_is_a_fact_and_what_they_do_not_is_for_a_person(
    settings, nature, state, facts
):
    adhesion = make.active()
    with api(settings, rows=[notice(adhesion, nature)]):
        insolvency.check_due(now=NOW)

    assert said(adhesion) == facts
    assert check(adhesion).state == state
    assert check(adhesion).notice == f"A202601761 · 01/10/2026 · {nature}"


def test_nobody_is_asked_when_the_address_is_empty_or_the_company_is_out(settings):
    adhesion = make.active()
    settings.BODACC_URL = ""
    assert insolvency.check_due(now=NOW) == 0

    with api(settings) as asked:
        insolvency.check_due(now=NOW + timedelta(days=800))  # the adhesion has lapsed
        published_card()
        type(adhesion.company).objects.update(is_demo=True)
        insolvency.check_due(now=NOW)

    assert asked == []
    assert said(adhesion) == []


def test_a_dead_api_leaves_what_is_known_and_is_not_hammered(settings):
    adhesions = [make.active() for _ in range(5)]
    with api(settings):
        insolvency.check_due(now=NOW)
    later = NOW + timedelta(days=8)

    with api(settings, status=403) as asked:
        assert insolvency.check_due(now=later) == 0
        assert len(asked) == insolvency.FAILURES_IN_A_ROW
        asked_first = [question["where"] for question in asked]
        insolvency.check_due(now=later + timedelta(hours=1))

    assert not {question["where"] for question in asked[3:5]} & set(asked_first)
    assert [said(adhesion) for adhesion in adhesions] == [[(TODAY, False, False)]] * 5


def test_a_change_is_told_at_once_and_nothing_twice(settings):
    adhesion = make.active()
    rows = [notice(adhesion, OPENED)]
    with api(settings, rows=rows):
        insolvency.check_due(now=NOW)
        rows.append(notice(adhesion, "Jugement de plan de redressement", place=2, on="2026-11-25"))
        for _twice in range(2):
            insolvency.note_answer(
                siren=adhesion.siren,
                notices=insolvency.bodacc.ask(adhesion.siren),
                on=TODAY + timedelta(days=3),
                now=NOW + timedelta(days=3),
            )

    assert said(adhesion) == [(TODAY, True, False), (TODAY + timedelta(days=3), False, False)]


def test_what_an_agent_read_stands_until_there_is_a_new_notice(settings):
    adhesion, agent = make.active(), UserFactory()
    rows = [notice(adhesion, UNCLEAR)]
    with api(settings, rows=rows):
        insolvency.check_due(now=NOW)
        see(adhesion, agent)
        insolvency.check_due(now=NOW + timedelta(days=8))
        assert check(adhesion).state == InsolvencyState.NONE
        assert check(adhesion).seen_by == agent

        rows.append(notice(adhesion, UNCLEAR, place=2, on="2026-12-01"))
        insolvency.check_due(now=NOW + timedelta(days=16))

    assert check(adhesion).state == InsolvencyState.UNSURE
    assert said(adhesion) == [(TODAY, False, False), (TODAY + timedelta(days=8), False, False)]


def see(adhesion, agent, *, state=InsolvencyState.NONE, on=TODAY, now=NOW):
    insolvency.record_seen(
        siren=adhesion.siren,
        state=state,
        notice="bodacc.fr, aucune annonce",
        on=on,
        by_id=agent.pk,
        now=now,
    )


@pytest.mark.parametrize(
    ("days", "message"), [(1, "pas de demain"), (-31, "30 jours"), (-2, "plus récente")]
)
def test_a_check_has_a_day_that_can_be(days, message):
    adhesion, agent = make.active(), UserFactory()
    see(adhesion, agent)

    with pytest.raises(InsolvencyRefused, match=message):
        see(adhesion, agent, on=TODAY + timedelta(days=days))

    assert said(adhesion) == [(TODAY, False, False)]


def test_a_check_of_a_company_that_does_not_adhere_is_refused():
    adhesion = make.submitted()

    with pytest.raises(InsolvencyRefused, match="pas d’adhésion"):
        see(adhesion, UserFactory())


def test_a_card_published_later_says_what_is_known():
    adhesion = make.active()
    see(adhesion, UserFactory(), state=InsolvencyState.OPEN)

    second = published_card(company=adhesion.company)

    rows = second.trust_file.events.filter(kind=Kind.INSOLVENCY)
    assert [(row.effective_on, row.payload["open"]) for row in rows] == [(TODAY, True)]
    providers.hide_card(provider_id=second.pk, reason="essai", now=NOW)
    providers.publish_card(provider_id=second.pk, now=NOW)
    assert rows.count() == 1


def test_an_invented_company_stays_clear():
    adhesion = make.active()
    type(adhesion.company).objects.update(is_demo=True)

    for days in (0, 3, 7):
        trust_computing.compute_due(now=NOW + timedelta(days=days))

    assert said(adhesion) == [(TODAY, False, False), (TODAY + timedelta(days=7), False, False)]


def test_staff_notes_what_was_seen(client):
    adhesion = make.active()
    sign_in(client, Role.CHARTER)
    page = reverse("admin:directory_adhesion_bodacc", args=[adhesion.pk])
    change = client.get(reverse("admin:directory_adhesion_change", args=[adhesion.pk]))
    assert page in change.content.decode()

    refused = client.post(page, {"state": "unsure", "on": "", "notice": ""})
    assert refused.status_code == 200
    today = insolvency.timezone.localdate()
    answer = client.post(
        page, {"state": "liquidation", "on": today.isoformat(), "notice": "A202601761"}
    )

    assert answer.status_code == 302
    assert check(adhesion).state == InsolvencyState.LIQUIDATION
    assert said(adhesion) == [(today, True, True)]


def test_what_a_person_must_read_is_a_queue(client, settings):
    adhesion = make.active()
    with api(settings, rows=[notice(adhesion, UNCLEAR)]):
        insolvency.check_due(now=NOW)
    sign_in(client, Role.CHARTER)

    queue = client.get(
        reverse("admin:directory_insolvencycheck_changelist"), {"state__exact": "unsure"}
    ).content.decode()
    row = client.get(
        reverse("admin:directory_insolvencycheck_change", args=[adhesion.siren])
    ).content.decode()

    assert adhesion.siren in queue
    assert reverse("admin:directory_adhesion_bodacc", args=[adhesion.pk]) in row


def test_only_the_secretariat_notes_it(client):
    adhesion = make.active()
    sign_in(client, Role.ADVISER)

    page = reverse("admin:directory_adhesion_bodacc", args=[adhesion.pk])

    assert client.get(page).status_code in {302, 403}


# --- A file ---


def export(folder, rows, *, by_line=False):
    path = folder / "bodacc.json"
    path.write_text("\n".join(map(json.dumps, rows)) if by_line else json.dumps(rows))
    return path


@pytest.mark.parametrize("by_line", [False, True])
def test_a_file_tells_of_every_company_or_of_none(tmp_path, capsys, by_line):
    liquidated, clear = make.active(), make.active()
    today = insolvency.timezone.localdate()
    rows = [
        record(1, "2008-02-01", OPENED, siren="123456782"),
        record(2, today.isoformat(), LIQUIDATED, siren=liquidated.siren),
        {"familleavis": "dpc"},
    ]
    path = export(tmp_path, rows, by_line=by_line)

    call_command("import_bodacc", path)
    assert not InsolvencyCheck.objects.exists()
    assert f"{liquidated.siren} : Liquidation" in capsys.readouterr().out

    call_command("import_bodacc", path, "--write")
    assert (said(liquidated), said(clear)) == ([(today, True, True)], [(today, False, False)])


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ([{"familleavis": "collective"}], "ligne 1 : illisible"),
        ([record(1, "2020-01-01", OPENED)], "ne remontent pas à 2008"),
        ([record(1, "2008-01-01", OPENED)], "plus de 30 jours"),
        ([], "ne remontent pas à 2008"),
    ],
)
def test_a_file_that_proves_nothing_is_refused(tmp_path, rows, message):
    make.active()

    with pytest.raises(CommandError, match=message):
        call_command("import_bodacc", export(tmp_path, rows), "--write")

    assert not InsolvencyCheck.objects.exists()


def test_a_file_that_is_not_json_is_refused(tmp_path):
    path = tmp_path / "x.json"
    path.write_text("bonjour")

    with pytest.raises(CommandError, match="n’est pas du JSON"):
        call_command("import_bodacc", path)


def test_a_second_look_of_the_same_day_stands_in_the_place_of_the_first():
    adhesion = make.active()
    card = Provider.objects.get(company=adhesion.company)
    for state in (InsolvencyState.LIQUIDATION, InsolvencyState.NONE, InsolvencyState.OPEN):
        insolvency.record_seen(
            siren=adhesion.siren, state=state, notice="", on=NOW.date(), by_id=UserFactory().pk,
            now=NOW,
        )  # fmt: skip

    events = card.trust_file.events
    voided = set(events.filter(kind=Kind.VOID).values_list("payload__event", flat=True))
    said = events.filter(kind=Kind.INSOLVENCY).exclude(pk__in=voided).get()
    assert said.payload == {"open": True, "liquidation": False}
    assert len(voided) == 2
