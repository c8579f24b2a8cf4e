"""From the register to a sample: the population counted by strata, then drawn by a kept seed."""

from collections import defaultdict
from datetime import datetime

from django.utils.translation import gettext as _

from directory.models import Membership
from emn.mailings.addresses import mailbox_hash
from observatory import survey_frame
from observatory.models import DrawnUnit, Survey, SurveyStratum
from observatory.services.surveys.errors import SurveyRefused
from observatory.statistics import allocation
from observatory.survey_enums import Allocation, SurveyState

MOST_STRATA = 400


def count_frame(survey: Survey, *, now: datetime) -> None:
    """Count the population by strata, in the caller's transaction. Raises SurveyRefused."""
    counted: dict[str, list[int]] = defaultdict(lambda: [0, 0, 0])
    domains = {}
    for unit in survey_frame.units(survey):
        counts = counted[unit.stratum]
        counts[0] += 1
        counts[1] += unit.is_reachable
        counts[2] += unit.is_one_person
        domains[unit.stratum] = dict(unit.domains)
    if not counted:
        raise SurveyRefused(_("Le registre n’a aucune unité dans ce champ."))
    if len(counted) > MOST_STRATA:
        raise SurveyRefused(
            _("Cela ferait %(count)d strates : choisissez moins d’axes.") % {"count": len(counted)}
        )
    survey.strata.all().delete()
    SurveyStratum.objects.bulk_create(
        SurveyStratum(
            survey=survey, code=code, domains=domains[code],
            size=size, reachable=reachable, sole_traders=alone,
        )
        for code, (size, reachable, alone) in sorted(counted.items())
    )  # fmt: skip
    survey.state, survey.framed_at = SurveyState.FRAMED, now
    survey.frame_size = sum(size for size, _reachable, _alone in counted.values())
    survey.save(update_fields=["state", "framed_at", "frame_size"])


def draw_sample(survey: Survey, *, now: datetime) -> None:
    """Share the sample out and draw it by the survey's seed, in the caller's transaction.

    Raises SurveyRefused: too large a sample, or a register that changed since it was counted.
    """
    strata = {row.code: row for row in survey.strata.order_by("code", "pk")}
    frame: dict[str, list[str]] = {code: [] for code in strata}
    domains = {}
    sizes: dict[str, int] = defaultdict(int)
    for unit in survey_frame.units(survey):
        sizes[unit.stratum] += 1
        if unit.is_reachable:
            frame.setdefault(unit.stratum, []).append(unit.siret)
            domains[unit.siret] = unit
    counted = {code: (row.size, row.reachable) for code, row in strata.items()}
    if {code: (sizes[code], len(found)) for code, found in frame.items()} != counted:
        raise SurveyRefused(
            _("Le registre a changé depuis le comptage : comptez la base à nouveau.")
        )
    shares = shares_of(survey, strata)
    assert survey.seed is not None, "given when the draw was asked for"
    drawn = allocation.draw(frame, shares, seed=survey.seed)
    emails = _known_addresses(drawn)
    DrawnUnit.objects.bulk_create(
        DrawnUnit(
            survey=survey,
            stratum=strata[domains[siret].stratum],
            siret=siret,
            domains=dict(domains[siret].domains),
            email=emails.get(siret, ""),
            mailbox_hash=mailbox_hash(emails[siret]) if siret in emails else "",
        )
        for siret in drawn
    )
    for code, share in shares.items():
        strata[code].drawn = share
    SurveyStratum.objects.bulk_update(strata.values(), ["drawn"])
    survey.state, survey.drawn_at = SurveyState.DRAWN, now
    survey.save(update_fields=["state", "drawn_at"])


def shares_of(survey: Survey, strata: dict[str, SurveyStratum]) -> dict[str, int]:
    """Return how many units each stratum gives. Raises SurveyRefused."""
    known = {code: allocation.Stratum(row.reachable, row.spread) for code, row in strata.items()}
    sample, least = survey.sample_size, survey.least
    try:
        match Allocation(survey.allocation):
            case Allocation.NEYMAN:
                return allocation.neyman(known, sample, least=least)
            case Allocation.POWER:
                return allocation.power(known, sample, exponent=survey.exponent, least=least)
            case Allocation.PROPORTIONAL:
                floor = 0 if survey.is_anonymous else least  # every unit with the same chance
                return allocation.proportional(known, sample, least=floor)
    except allocation.AllocationRefused:
        raise SurveyRefused(
            _(
                "Cet échantillon ne peut pas se répartir : %(sample)d unités demandées, "
                "%(reachable)d que l’on peut joindre, %(least)d par strate au moins."
            )
            % {
                "sample": sample,
                "reachable": sum(each.size for each in known.values()),
                "least": least,
            }
        ) from None


def _known_addresses(sirets: list[str]) -> dict[str, str]:
    """Return the address of who answers for each company that has a file here, owners first."""
    rows = Membership.objects.filter(company__siret__in=sirets, user__is_active=True)
    pairs = rows.order_by("role", "-pk").values_list("company__siret", "user__email")
    return dict(pairs)  # «editor» before «owner»: the last one read stays
