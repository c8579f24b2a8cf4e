"""What the notices of insolvency come to, and the questions that the API is asked."""

import pytest

from emn.territory import bodacc
from emn.territory.bodacc import Effect, Procedure, effect_of_detail, effect_of_nature, notice_of
from tests.territory.bodacc import SIREN, api, naming, record

OPENED = "Jugement d'ouverture d'une procédure de redressement judiciaire"
LIQUIDATED = "Jugement de conversion en liquidation judiciaire de la procédure de redressement"
PUT_OFF = (
    "Jugement prorogeant le délai d’examen de la clôture de la procédure de liquidation judiciaire"
)
LIQUIDATED_WITH_A_TERM = (
    "Jugement prononçant la liquidation judiciaire et fixant à deux ans le délai au terme duquel "
    "la clôture de la procédure devra être examinée"
)
PLAN = "Jugement de plan de redressement"
CLOSED = "Jugement de clôture pour insuffisance d'actif"


@pytest.mark.parametrize(
    ("nature", "effect"),
    [
        ("Jugement d'ouverture d'une procédure de sauvegarde", Effect.OPENS),
        (OPENED, Effect.OPENS),
        ("Jugement d'extension d'une procédure de redressement judiciaire", Effect.OPENS),
        ("Jugement de conversion en redressement judiciaire de la procédure de sauvegarde",
         Effect.OPENS),
        ("Jugement prononçant la résolution du plan de sauvegarde et le redressement judiciaire",
         Effect.OPENS),
        (("Jugement mettant fin à la procédure de traitement de sortie de crise et ouvrant une "
         "procédure de redressement judiciaire"), Effect.OPENS),
        ("Jugement arrêtant le plan de cession", Effect.OPENS),
        ("Jugement d'ouverture de liquidation judiciaire", Effect.LIQUIDATES),
        ("Jugement de conversion en liquidation judiciaire", Effect.LIQUIDATES),
        ("Jugement prononçant la résolution du plan de redressement et la liquidation judiciaire",
         Effect.LIQUIDATES),
        (PLAN, Effect.ENDS),
        ("Jugement arrêtant le plan de sauvegarde", Effect.ENDS),
        (PUT_OFF, Effect.NOTHING),
        ("Ordonnance rejetant la clôture pour insuffisance d’actif", Effect.UNKNOWN),
        ("Jugement rejetant le plan de redressement", Effect.UNKNOWN),
        (CLOSED, Effect.ENDS),
        ("Jugement de clÃ´ture pour extinction du passif", Effect.ENDS),
        (("Jugement de clôture pour insuffisance d'actif et autorisant la reprise des poursuites "
         "individuelles"), Effect.ENDS),
        ("Jugement mettant fin à la procédure de redressement judiciaire", Effect.ENDS),
        ("Dépôt de l'état des créances", Effect.NOTHING),
        (("Liste des créances nées après le jugement d'ouverture d'une procédure de liquidation "
         "judiciaire"), Effect.NOTHING),
        ("Jugement modifiant la date de cessation des paiements", Effect.NOTHING),
        ("Jugement modifiant le plan de sauvegarde", Effect.NOTHING),
        ("Jugement prononçant la faillite personnelle", Effect.NOTHING),
        ("Jugement de rétractation sur tierce opposition", Effect.TAKES_BACK),
        ("Arrêt de la cour d'appel infirmant une décision soumise à publicité", Effect.UNKNOWN),
        ("Autre jugement et ordonnance", Effect.UNKNOWN),
        ("", Effect.UNKNOWN),
    ],
)  # fmt: skip
def test_the_nature_of_a_judgment_says_what_it_does(nature, effect):
    row = record(1, "2026-03-01", nature)

    assert notice_of(row).effect == effect


@pytest.mark.parametrize(
    ("detail", "effect"),
    [
        (("Ouvre les opérations de la liquidation judiciaire. Déclarer les créances dans le délai "
         "de deux mois."), Effect.LIQUIDATES),
        ("Ouvre la procédure de redressement", Effect.OPENS),
        ("Clôture pour insuffisance d’actif", Effect.ENDS),
        ("Ordonnance désignant un nouveau mandataire en remplacement", Effect.NOTHING),
        ("Ordonnance du juge-commissaire", Effect.UNKNOWN),
    ],
)  # fmt: skip
def test_a_judgment_without_a_nature_is_read_in_its_text(detail, effect):
    row = record(1, "2026-03-01", "Autre jugement et ordonnance", complementJugement=detail)

    assert effect_of_nature("Autre jugement et ordonnance") == Effect.UNKNOWN
    assert effect_of_detail(detail) == effect
    assert notice_of(row).effect == effect


def standing(*rows):
    """What the rows come to, whatever their order."""
    found = {bodacc.standing(map(notice_of, given))[0] for given in (rows, rows[::-1])}
    assert len(found) == 1
    return found.pop()


def test_no_notice_means_no_procedure():
    assert standing() == Procedure.NONE


@pytest.mark.parametrize(
    ("natures", "state"),
    [
        ((OPENED,), Procedure.OPEN),
        ((OPENED, "Dépôt de l'état des créances"), Procedure.OPEN),
        ((OPENED, LIQUIDATED), Procedure.LIQUIDATION),
        ((OPENED, LIQUIDATED, CLOSED), Procedure.NONE),
        ((OPENED, PLAN), Procedure.NONE),
        ((OPENED, PLAN, "Jugement modifiant le plan de redressement"), Procedure.NONE),
        ((OPENED, "Jugement arrêtant le plan de cession"), Procedure.OPEN),
        ((OPENED, "Rétractation sur tierce opposition"), Procedure.NONE),
        ((OPENED, LIQUIDATED, "Rétractation sur tierce opposition"), Procedure.OPEN),
        ((LIQUIDATED, OPENED), Procedure.LIQUIDATION),
        (("Autre jugement et ordonnance",), Procedure.UNSURE),
        ((OPENED, PLAN, "Autre jugement et ordonnance"), Procedure.UNSURE),
        ((OPENED, "Autre jugement et ordonnance"), Procedure.OPEN),
        (("Autre jugement et ordonnance", OPENED, CLOSED), Procedure.NONE),
    ],
)
def test_the_notices_of_a_company_come_to_one_state(natures, state):
    rows = [record(place, f"2026-0{place}-01", nature) for place, nature in enumerate(natures, 1)]

    assert standing(*rows) == state


def test_a_cancelled_notice_never_was():
    opened = record(1, "2026-03-01", OPENED)
    cancelled = record(2, "2026-03-15", kind="annulation", before=naming(opened))

    assert standing(opened) == Procedure.OPEN
    assert standing(opened, cancelled) == Procedure.NONE


def test_a_corrected_notice_stands_where_the_first_one_stood():
    opened = record(1, "2026-03-01", LIQUIDATED)
    plan = record(2, "2026-05-01", PLAN)
    right = record(3, "2026-06-01", OPENED, kind="rectificatif", before=naming(opened))

    assert standing(opened, plan, right) == Procedure.NONE
    assert standing(opened, right) == Procedure.OPEN


def test_a_notice_that_cancels_nothing_that_is_named_is_refused():
    with pytest.raises(ValueError, match="unnamed"):
        notice_of(record(2, "2026-03-15", kind="annulation"))


def test_a_notice_keeps_no_name():
    notice = notice_of(record(1, "2026-03-01", OPENED))

    assert notice.sirens == {SIREN}
    assert "ATELIER" not in repr(notice)


def test_the_api_is_asked_for_one_company_by_pages(settings):
    rows = [record(place, "2026-03-01", OPENED) for place in range(5)]
    with api(settings, rows=rows, page=2) as asked:
        found = bodacc.ask(SIREN)

    assert [row.id for row in found] == [row["id"] for row in rows]
    assert asked[0] == {
        "path": "/api/explore/v2.1/catalog/datasets/annonces-commerciales/records",
        "where": f'familleavis = "collective" AND registre = "{SIREN}"',
        "order_by": "dateparution, id",
        "limit": "100",
        "offset": "0",
    }
    assert [question["offset"] for question in asked] == ["0", "2", "4"]


def test_a_server_that_stumbles_is_asked_again(settings):
    with api(settings, failures=2) as asked:
        assert bodacc.ask(SIREN) == []

    assert len(asked) == 3


@pytest.mark.parametrize(
    "trouble",
    [
        {"failures": 9},
        {"status": 429},
        {"body": "<html>"},
        {"body": '{"results": []}'},
        {"body": '{"total_count": 1, "results": [{}]}'},
        {"body": '{"total_count": 3, "results": []}'},
    ],
)
def test_an_answer_that_cannot_be_read_is_no_answer(settings, trouble):
    with api(settings, **trouble), pytest.raises(bodacc.BodaccUnavailable):
        bodacc.ask(SIREN)


def test_nobody_is_asked_while_the_address_is_empty(settings):
    settings.BODACC_URL = ""

    with pytest.raises(bodacc.BodaccUnavailable):
        bodacc.ask(SIREN)


def test_a_liquidation_that_sets_the_term_of_its_closing_is_one():
    assert effect_of_detail(LIQUIDATED_WITH_A_TERM) == Effect.LIQUIDATES
