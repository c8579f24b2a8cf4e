"""Companies as the register says they are today."""

from datetime import datetime
from typing import Any

from django.db import connection, transaction
from django.utils import timezone

from directory.models import Company, Provider
from directory.search.index import index_all
from emn.lib.page_cache import touch
from emn.territory.lookup import CompanyFacts

DEMO_SOURCE = "démonstration"
BATCH = 2_000  # companies
# The name as `emn.territory.lookup` gives it. A masked establishment has none in the register, nor
# a street (R6.10, a constraint of the table): its number stands for it.
_REFRESH = """
    WITH facts AS (
        SELECT company.id,
            left(coalesce(nullif(place.usual_name, ''), nullif(place.sign_name, ''),
                nullif(place.legal_name, ''), place.siret), 200) AS name,
            left(place.street, 200) AS street,
            place.postcode,
            coalesce(place.commune_id, company.commune_id) AS commune_id,
            place.naf_code,
            place.naf_nomenclature,
            place.headcount_band,
            CASE WHEN place.state = 'F'
                THEN coalesce(place.period_started_on, company.closed_on, %(today)s)
            END AS closed_on
        FROM directory_company AS company
        JOIN territory_establishment AS place ON place.siret = company.siret
        WHERE NOT company.is_demo AND company.id > %(after)s AND company.id <= %(last)s
    ), changed AS (
        SELECT facts.* FROM facts JOIN directory_company AS company USING (id)
        WHERE (
            company.name, company.street, company.postcode, company.commune_id, company.naf_code,
            company.naf_nomenclature, company.headcount_band, company.closed_on
        ) IS DISTINCT FROM (
            facts.name, facts.street, facts.postcode, facts.commune_id, facts.naf_code,
            facts.naf_nomenclature, facts.headcount_band, facts.closed_on
        )
        ORDER BY company.id FOR NO KEY UPDATE OF company
    )
    UPDATE directory_company AS company SET
        name = changed.name,
        street = changed.street,
        postcode = changed.postcode,
        commune_id = changed.commune_id,
        naf_code = changed.naf_code,
        naf_nomenclature = changed.naf_nomenclature,
        headcount_band = changed.headcount_band,
        closed_on = changed.closed_on,
        checked_at = %(now)s
    FROM changed WHERE company.id = changed.id
    RETURNING company.id
"""


def register_layer(facts: CompanyFacts, *, now: datetime) -> dict[str, Any]:
    """Return the fields of a new company, as the register gives them today.

    A masked unit (R6.10) gets its name from its owner, on the card, never from here.
    """
    return {
        "name": (facts.name or facts.siret)[:200],
        "street": (facts.street or "")[:200],
        "postcode": facts.postcode or "",
        "commune_id": facts.commune_code,
        "naf_code": facts.naf_code or "",
        "naf_nomenclature": facts.naf_nomenclature or "",
        "headcount_band": facts.headcount_band or "",
        "founded_on": facts.created_on,
        "checked_at": now,
        "is_demo": facts.source == DEMO_SOURCE,
    }


@transaction.atomic(durable=True)
def keep_company(*, facts: CompanyFacts, now: datetime) -> Company:
    """Return the company of that establishment, written down if nobody had named it yet."""
    company, _created = Company.objects.get_or_create(
        siret=facts.siret, defaults=register_layer(facts, now=now)
    )
    return company


def refresh_companies(*, now: datetime, batch: int = BATCH) -> int:
    """Bring the companies that differ from the register in line with it; return how many.

    Their published cards are indexed again, so that what may no longer be shown (R6.10) leaves the
    page and the search in one go. Those of the demonstration, which no register knows, are left.
    One transaction a batch: writers of cards wait for one batch at most.
    """
    keys = Company.objects.order_by("pk").values_list("pk", flat=True)
    done, after = 0, 0
    while following := list(keys.filter(pk__gt=after)[:batch]):
        done += _refresh(after, following[-1], now=now)
        after = following[-1]
    return done


@transaction.atomic(durable=True)
def _refresh(after: int, last: int, *, now: datetime) -> int:
    """Refresh the companies whose keys come after `after`, up to `last`; return how many."""
    with connection.cursor() as cursor:
        cursor.execute(
            _REFRESH, {"now": now, "today": timezone.localdate(now), "after": after, "last": last}
        )
        changed = [pk for (pk,) in cursor.fetchall()]
    if changed:
        cards = Provider.objects.published().filter(company__in=changed)
        cards = cards.with_place().with_content()
        index_all(list(cards.order_by("pk").select_for_update(of=("self",))))
        touch()
    return len(changed)
