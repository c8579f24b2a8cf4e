"""A small register, a questionnaire and surveys for the tests."""

from datetime import UTC, date, datetime, timedelta

from django.db import transaction

from emn.mailings.addresses import mailbox_hash
from emn.questionnaires import services as questionnaires
from emn.questionnaires.models import QuestionnaireVersion
from emn.territory.models import Commune, Epci, Establishment, NafCode, SectorDefinition
from observatory.models import Survey
from observatory.services.surveys import collecting, fieldwork, work
from observatory.survey_enums import Source, Work

NOW = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)
CLOSES = date(2026, 12, 20)
LATER = datetime(2026, 12, 21, 9, 0, tzinfo=UTC)
WORDS = {"fr": "…"}
CONTENT = {
    "title": {"fr": "Baromètre du numérique"},
    "languages": ["fr"],
    "sections": [
        {
            "code": "usage",
            "title": {"fr": "Vos usages"},
            "questions": [
                {
                    "code": "site",
                    "kind": "single",
                    "text": {"fr": "Avez-vous un site ?"},
                    "options": [
                        {"code": "yes", "label": {"fr": "Oui"}},
                        {"code": "no", "label": {"fr": "Non"}},
                    ],
                },
                {
                    "code": "tools",
                    "kind": "multiple",
                    "text": {"fr": "Quels outils ?"},
                    "options": [
                        {"code": "crm", "label": {"fr": "Suivi des clients"}},
                        {"code": "erp", "label": {"fr": "Gestion"}},
                        {"code": "none", "label": {"fr": "Aucun"}, "alone": True},
                    ],
                    "required": False,
                },
                {"code": "said", "kind": "text", "text": {"fr": "Un mot ?"}, "required": False},
            ],
        },
    ],
}


def published():
    """The questionnaire, published once."""
    found = QuestionnaireVersion.objects.first()
    if found is None:
        with transaction.atomic():
            found = questionnaires.write_version(
                code="barometre", number="1.0", content=CONTENT, published_at=NOW
            )
    return found


def register(small=40, large=20, *, masked=0):
    """Computer firms of Metz: `small` of 1 to 9 employees, `large` of 10 to 49."""
    if not Commune.objects.exists():
        epci = Epci.objects.create(siren="200039865", name="Metz Métropole", kind="METRO")
        Commune.objects.create(
            insee_code="57463", name="Metz", name_folded="metz", postcodes=["57000"], epci=epci,
            departement_code="57", population=1, area_km2=1, latitude=49.1, longitude=6.2,
        )  # fmt: skip
        SectorDefinition.objects.create(
            code="tic", version="2008", label="Numérique", nomenclature="NAFRev2",
            includes=["62"], excludes=[], source="essai",
        )  # fmt: skip
        NafCode.objects.create(
            nomenclature="NAFRev2", code="62", label="Programmation", level="division",
            section="J", division="62",
        )  # fmt: skip
    bands = [("01", small, False), ("11", large, False), ("01", masked, True)]
    rank = 0
    rows = []
    for band, count, is_masked in bands:
        for _each in range(count):
            rank += 1
            siret = f"9{rank:08d}00011"
            rows.append(
                Establishment(
                    siret=siret,
                    siren=siret[:9],
                    diffusion="P" if is_masked else "O",
                    is_masked=is_masked,
                    state="A",
                    is_head_office=True,
                    naf_code="62.01Z",
                    naf_nomenclature="NAFRev2",
                    commune_code="57463",
                    commune_id="57463",
                    headcount_band=band,
                    legal_name="" if is_masked else f"ATELIER {rank}",
                )
            )
    Establishment.objects.bulk_create(rows)


def survey(**values):
    """A draft, stratified by size."""
    defaults = {
        "code": "barometre-2026", "title": "Baromètre 2026", "population": "les firmes de Metz",
        "version": published(), "axes": ["size"], "sample_size": 60, "created_at": NOW,
    }  # fmt: skip
    found = Survey.objects.create(**defaults | values)
    if found.sector_id is None and found.source == Source.DRAWN:
        found.sector = SectorDefinition.objects.first()
        found.save()
    return found


def do(row, kind, *, now=NOW, **values):
    """Have a worker do it, and read the survey again."""
    work.ask(survey_id=row.pk, work=kind, now=now, **values)
    work.work_on(survey_id=row.pk, now=now)
    row.refresh_from_db()
    return row


def drawn(**values):
    """A survey whose sample is drawn."""
    row = survey(**values)
    do(row, Work.FRAME)
    return do(row, Work.DRAW, seed=57)


def opened(**values):
    """A survey that may be answered."""
    row = survey(**values) if values.get("source") == Source.OPEN else drawn(**values)
    return fieldwork.open_survey(survey_id=row.pk, closes_on=CLOSES, now=NOW)


def answer(link, *, site="yes", tools=("crm",), now=NOW, **values):
    """Answer everything by a link, and hand it in."""
    run = collecting.begin(token=link, language="fr", now=now, **values)
    given = {"site": site, "tools": list(tools)}
    questionnaires.save_answers(run=run, values=given, seen={}, now=now)
    return collecting.submit(token=link, key=run.key, now=now)


def answer_all(row, *, share_yes=2, silent=0):
    """Have every unit of a sample answer but `silent`; one in `share_yes` says yes."""
    units = list(row.units.order_by("siret"))
    for rank, unit in enumerate(units[: len(units) - silent]):
        answer(unit.token, site="yes" if rank % share_yes == 0 else "no")


def closed(**values):
    """A survey that everybody answered, closed."""
    row = opened(**values)
    answer_all(row)
    return fieldwork.close(survey_id=row.pk, now=LATER)


def frozen(**values):
    """Its first edition."""
    row = do(closed(**values), Work.FREEZE, now=LATER + timedelta(hours=1))
    return row.editions.get()


def addressed(unit, email):
    """Give a unit an address."""
    unit.email, unit.mailbox_hash = email, mailbox_hash(email)
    unit.save()
    return unit
