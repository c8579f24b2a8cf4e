"""Companies as the register says they are today."""

from datetime import datetime
from typing import Any

from django.db import connection, transaction
from django.utils import timezone

from directory.models import Provider
from directory.search.index import index_all
from emn.lib.page_cache import touch
from emn.territory.lookup import CompanyFacts

DEMO_SOURCE = "démonstration"
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
        WHERE NOT company.is_demo
    )
    UPDATE directory_company AS company SET
        name = facts.name,
        street = facts.street,
        postcode = facts.postcode,
        commune_id = facts.commune_id,
        naf_code = facts.naf_code,
        naf_nomenclature = facts.naf_nomenclature,
        headcount_band = facts.headcount_band,
        closed_on = facts.closed_on,
        checked_at = %(now)s
    FROM facts
    WHERE company.id = facts.id AND (
        company.name, company.street, company.postcode, company.commune_id, company.naf_code,
        company.naf_nomenclature, company.headcount_band, company.closed_on
    ) IS DISTINCT FROM (
        facts.name, facts.street, facts.postcode, facts.commune_id, facts.naf_code,
        facts.naf_nomenclature, facts.headcount_band, facts.closed_on
    )
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
def refresh_companies(*, now: datetime) -> int:
    """Bring the companies that differ from the register in line with it; return how many.

    Their published cards are indexed again, so that what may no longer be shown (R6.10) leaves the
    page and the search in one go. Those of the demonstration, which no register knows, are left.
    """
    with connection.cursor() as cursor:
        cursor.execute(_REFRESH, {"now": now, "today": timezone.localdate(now)})
        changed = [pk for (pk,) in cursor.fetchall()]
    if changed:
        cards = Provider.objects.published().filter(company__in=changed)
        cards = cards.with_place().with_content()
        index_all(list(cards.order_by("pk").select_for_update(of=("self",))))
        touch()
    return len(changed)
