"""The register of aids: granted under one ceiling, taken back, attested, exported."""

import csv
import io
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta

import pytest
from django.db import DatabaseError, connection, transaction
from django.urls import reverse

from diagnostics.models import Diagnostic
from diagnostics.services import signing
from directory.models import GroupMember
from emn.accounts.enums import Role
from emn.accounts.services import erase_account, purge_personal_data
from observatory import aid_queries
from observatory.aid_documents import attestation_pdf
from observatory.models import AidAttestation, AidGrant
from observatory.services import aid
from tests.diagnostics.test_visits import VISIT, concluded, written
from tests.observatory.funding import NOW, agent, signed_visit

pytestmark = pytest.mark.django_db
SIREN, LINKED = "800000001", "800000002"
DAY = VISIT.date()


@pytest.fixture(autouse=True)
def no_second_factor(settings):
    settings.STAFF_MFA_REQUIRED = False


def grant(*, siren=SIREN, euros=1_000, on=DAY, declared=0, user=None, **fields):
    values = {
        "name": "Boulangerie Klein", "service": "advice", "label": "Conseil",
        "regime": "de_minimis", "price_cents": 0, "scale": "2026-1", "declared_on": on,
    } | fields  # fmt: skip
    return aid.grant(
        siren=siren, granted_on=on, value_cents=round(euros * 100), declared_cents=declared * 100,
        user_id=(user or agent(Role.ACCOUNTANT)).pk, now=NOW, **values,
    )  # fmt: skip


# --- The ceiling ---


@pytest.mark.parametrize(("euros", "allowed"), [(1, True), (1.01, False)])
def test_the_last_euro_is_granted_and_a_cent_more_refused(euros, allowed):
    grant(euros=299_999)

    if allowed:
        assert grant(euros=euros).aid_cents == 100
    else:
        with pytest.raises(aid.AidRefused, match="plafond"):
            grant(euros=euros)


def test_linked_companies_are_summed():
    GroupMember.objects.create(siren=LINKED, head_siren=SIREN, source="Kbis")
    grant(siren=LINKED, euros=299_999)

    with pytest.raises(aid.AidRefused, match="groupe"):
        grant(siren=SIREN, euros=2)


def test_a_signed_visit_takes_room_and_takes_it_once():
    visit = signed_visit(siren=SIREN)
    given = visit.synthesis.shown["aid"]["aid_cents"]

    with pytest.raises(aid.AidRefused):
        grant(euros=(300_000_00 - given + 1) / 100)
    assert grant(euros=(300_000_00 - given) / 100)


def test_a_visit_counts_what_was_granted_otherwise_to_the_group():
    GroupMember.objects.create(siren=LINKED, head_siren=SIREN, source="Kbis")
    grant(siren=LINKED, euros=1_234)
    begun = concluded()
    type(begun.company).objects.filter(pk=begun.company_id).update(siret=f"{SIREN}00011")

    shown = signing.to_sign(
        Diagnostic.objects.select_related("synthesis", "run", "company__commune").get(
            pk=written(begun).pk
        )
    )

    assert shown["aid"]["ours_cents"] == 1_234_00


def test_what_the_price_covers_is_no_aid_and_a_declaration_comes_first():
    with pytest.raises(aid.AidRefused, match="prix"):
        grant(euros=10, price_cents=10_00)
    with pytest.raises(aid.AidRefused, match="avant"):
        grant(declared_on=DAY + timedelta(days=1))


def test_an_entry_taken_back_leaves_its_room():
    wrong = grant(euros=300_000)

    aid.take_back(grant_id=wrong.pk, user_id=agent().pk, now=NOW)

    assert grant(euros=300_000)
    with pytest.raises(aid.AidRefused, match="déjà"):
        aid.take_back(grant_id=wrong.pk, user_id=agent().pk, now=NOW)


@pytest.mark.django_db(transaction=True)
def test_two_agents_at_once_do_not_pass_the_ceiling_together():
    user = agent(Role.ACCOUNTANT)

    def attempt(number):
        try:
            grant(euros=200_000, label=f"Conseil {number}", user=user)
        except aid.AidRefused:
            return False
        finally:
            connection.close()
        return True

    with ThreadPoolExecutor(4) as pool:
        assert sum(pool.map(attempt, range(4))) == 1


def test_what_was_granted_is_not_changed():
    made = grant()

    for act in (
        lambda: AidGrant.objects.filter(pk=made.pk).update(aid_cents=1, value_cents=1),
        made.delete,
    ):
        with pytest.raises(DatabaseError), transaction.atomic():
            act()


def test_whoever_noted_it_is_forgotten_and_the_line_stays():
    user = agent(Role.ACCOUNTANT)
    grant(user=user)

    erase_account(user_id=user.pk)

    assert AidGrant.objects.get().noted_by is None


def test_the_register_is_kept_ten_years():
    old = grant(on=date(2014, 1, 2))
    aid.take_back(grant_id=old.pk, user_id=agent().pk, now=NOW)
    kept = grant()

    purge_personal_data(now=NOW, write=True)

    assert list(AidGrant.objects.all()) == [kept]


# --- The register ---


@pytest.mark.parametrize("count", [1, 3])
def test_the_register_reads_both_kinds_in_two_queries(count, django_assert_num_queries):
    for number in range(count):
        signed_visit(number + 1)
        grant(siren=f"81000000{number}")

    with django_assert_num_queries(2):
        found = aid_queries.register(until_on=NOW.date())

    assert len(found) == 2 * count


def test_the_export_has_what_the_central_register_wants():
    grant(euros=90)
    grant(regime="rgec", siren=LINKED)

    header, row = aid_queries.export_lines(aid_queries.register(until_on=NOW.date()))

    told = dict(zip(header, row, strict=True))
    assert (told["siren"], told["montant_esb_eur"]) == (SIREN, "90.00")
    assert told["date_octroi"] == DAY.isoformat()


# --- Attestations ---


def test_an_attestation_freezes_amounts_days_sums_and_room():
    grant(euros=1_000)
    grant(euros=500, on=DAY - timedelta(days=4 * 365), declared_on=date(2020, 1, 1))
    GroupMember.objects.create(siren=LINKED, head_siren=SIREN, source="Kbis")
    grant(siren=LINKED, euros=200)

    made = aid.attest(siren=SIREN, as_of=DAY, declared_cents=300_00, user_id=agent().pk, now=NOW)

    content = made.content
    assert [line["aid_cents"] for line in content["lines"]] == [1_000_00, 500_00]
    assert (content["own_cents"], content["group_cents"]) == (1_000_00, 200_00)
    assert content["left_cents"] == 300_000_00 - 1_500_00
    assert attestation_pdf(made) == attestation_pdf(made)
    with pytest.raises(DatabaseError), transaction.atomic():
        AidAttestation.objects.update(siren=LINKED)


def test_there_is_nothing_to_attest_of_a_company_without_aid():
    with pytest.raises(aid.AidRefused, match="aucune aide"):
        aid.attest(siren=SIREN, as_of=DAY, declared_cents=0, user_id=agent().pk, now=NOW)


# --- The back office ---

TYPED = {
    "siren": SIREN, "name": "Boulangerie Klein", "service": "advice", "label": "Conseil",
    "regime": "de_minimis", "granted_on": "2026-10-08", "value": "1000,50", "price": "0",
    "scale": "2026-1", "declared": "0", "declared_on": "2026-10-08",
}  # fmt: skip


def test_the_accountant_grants_attests_and_exports(client):
    client.force_login(agent(Role.ACCOUNTANT))

    client.post(reverse("admin:observatory_aidgrant_grant"), TYPED)
    assert AidGrant.objects.get().aid_cents == 1_000_50
    days = {"from_on": "2026-01-01", "until_on": "2026-12-31"}
    page = client.get(reverse("admin:observatory_aidgrant_changelist"), days)
    assert "1\xa0000,50\xa0€" in page.content.decode()
    text = client.get(reverse("admin:observatory_aidgrant_export"), days).content
    rows = list(csv.DictReader(io.StringIO(text.decode("utf-8-sig")), delimiter=";"))
    assert [row["montant_esb_eur"] for row in rows] == ["1000.50"]
    client.post(
        reverse("admin:observatory_aidgrant_attest"),
        {"siren": SIREN, "as_of": "2026-10-08", "declared": "0"},
    )
    made = AidAttestation.objects.get()
    file = client.get(reverse("admin:observatory_aidattestation_file", args=[made.pk]))
    assert file.content.startswith(b"%PDF")
    client.post(reverse("admin:observatory_aidgrant_take_back", args=[AidGrant.objects.get().pk]))
    assert AidGrant.objects.count() == 2


def test_a_refusal_comes_back_with_what_was_typed(client):
    client.force_login(agent(Role.ACCOUNTANT))

    page = client.post(
        reverse("admin:observatory_aidgrant_grant"), TYPED | {"value": "300001", "label": "Gros"}
    )

    assert "dépasserait le plafond" in page.content.decode()
    assert 'value="Gros"' in page.content.decode()


def test_reception_neither_reads_nor_grants(client):
    client.force_login(agent(Role.RECEPTION))

    for name in ("changelist", "grant", "attest", "export"):
        page = client.get(reverse(f"admin:observatory_aidgrant_{name}"))
        assert page.status_code == 403
