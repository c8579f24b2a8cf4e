"""The demonstration: its register, its badges and its indexes agree."""

from datetime import timedelta

import pytest
from django.utils import timezone

from directory.enums import TrustStanding
from directory.models import Adhesion, AuditDraw, SearchDocument, TrustEvent, TrustFile
from directory.services import trust_charter
from directory.services.charter import sync_charters
from directory.trust_demo import _STORIES, seed_trust
from emn.accounts.demo import AGENT
from tests.directory.factories import CompanyFactory, UserFactory, published_card
from tests.directory.trust_cards import first_version

pytestmark = pytest.mark.django_db


@pytest.fixture
def seeded():
    """Seven invented cards, with their stories; the instant."""
    now = timezone.now()
    first_version()
    sync_charters(write=True)
    UserFactory(email=AGENT)
    for number in range(len(_STORIES)):
        company = CompanyFactory(siret=f"0009{number:05d}00017", is_demo=True, checked_at=now)
        published_card(owner=UserFactory(), company=company)
    assert seed_trust(now=now) == len(_STORIES)
    return now


def test_the_register_the_badges_and_the_indexes_agree(client, seeded):
    register = client.get("/charte/signataires/").content.decode()

    today = timezone.localdate(seeded)
    assert Adhesion.objects.in_force(on=today).count() == len(_STORIES)
    assert f"{len(_STORIES)} entreprises" in register
    assert SearchDocument.objects.filter(charter_until__gt=today).count() == len(_STORIES)
    standings = TrustFile.objects.order_by("pk").values_list("standing", flat=True)
    assert list(standings) == [TrustStanding.RATED] * 4 + [TrustStanding.ENGAGED] * 3
    assert AuditDraw.objects.count() == (today >= today.replace(month=1, day=15))


def test_a_second_run_adds_nothing(seeded):
    count = TrustEvent.objects.count()

    assert seed_trust(now=seeded + timedelta(minutes=1)) == 0
    assert TrustEvent.objects.count() == count


def test_the_ledgers_can_be_caught_up_and_then_nothing_is_left(seeded):
    adhesion = Adhesion.objects.order_by("pk")[0]
    card = adhesion.company.providers.get()
    assert trust_charter.catch_up(adhesion.siren, write=True, now=seeded) == 0
    TrustFile.objects.filter(provider=card).update(provider=None)  # as before there was a ledger

    missing = trust_charter.catch_up(adhesion.siren, write=False, now=seeded)
    assert not TrustFile.objects.filter(provider=card).exists()

    assert trust_charter.catch_up(adhesion.siren, write=True, now=seeded) == missing > 5
    assert trust_charter.catch_up(adhesion.siren, write=True, now=seeded) == 0
