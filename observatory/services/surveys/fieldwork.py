"""From a drawn sample to a closed survey: addresses, invitation, reminders, what staff notes.

The invitation is an envoi of the list « enquêtes »: composed, checked and sent as any letter, under
the same cap (one survey a quarter; mechanics 7.3). A reminder is a message of service to who was
invited and has not answered; two at most.
"""

import random
from collections.abc import Mapping
from datetime import date, datetime, timedelta

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction
from django.db.models import Exists, F, OuterRef, Q
from django.utils.timezone import localdate
from django.utils.translation import gettext as _
from django.utils.translation import override

from emn.lib.clocks import each
from emn.lib.page_cache import touch
from emn.mailings.addresses import mailbox_hash
from emn.mailings.blocks import COMMON
from emn.mailings.enums import ListKind
from emn.mailings.links import unsubscribe_url
from emn.mailings.models import (
    Block,
    Campaign,
    Delivery,
    Edition,
    MailingList,
    Subscription,
    Suppression,
)
from emn.mailings.services import queue_email
from emn.questionnaires.models import Run
from observatory.models import AnonymousSheet, AnswerSheet, DrawnUnit, Survey
from observatory.models.surveys import DrawnUnitQuerySet
from observatory.services.surveys.errors import SurveyRefused
from observatory.survey_enums import Outcome, Privacy, SurveyState

MOST_REMINDERS = 2
REMINDED_EVERY = timedelta(days=7)
LOST_AFTER = timedelta(days=30)  # of an anonymous run that nobody handed in
REMINDED_AT_ONCE = 500
INVITATION, SURVEY_CRITERION = "survey-invitation", "survey"


@transaction.atomic(durable=True)
def set_addresses(*, survey_id: int, addresses: Mapping[str, str]) -> int:
    """Write the address of drawn units, by SIRET, all or none; return how many.

    Raises SurveyRefused, saying each line that is wrong.
    """
    survey = _locked(survey_id, SurveyState.DRAWN, SurveyState.OPEN)
    units = {row.siret: row for row in survey.units.filter(siret__in=addresses).order_by("pk")}
    wrong = [siret for siret in addresses if siret not in units]
    for siret, email in addresses.items():
        try:
            validate_email(email)
        except ValidationError:
            wrong.append(f"{siret} ({email})")
    if wrong:
        raise SurveyRefused(
            _("Rien n’est écrit. À corriger, inconnus de l’échantillon ou mal écrits : %(lines)s.")
            % {"lines": ", ".join(wrong[:10])}
        )
    for siret, unit in units.items():
        unit.email = addresses[siret].strip().lower()
        unit.mailbox_hash = mailbox_hash(unit.email)
    DrawnUnit.objects.bulk_update(units.values(), ["email", "mailbox_hash"])
    return len(units)


@transaction.atomic(durable=True)
def open_survey(*, survey_id: int, closes_on: date, now: datetime) -> Survey:
    """Let answers in until the end of a day; from now on the promise does not change.

    Raises SurveyRefused.
    """
    survey = _locked(survey_id, SurveyState.DRAFT, SurveyState.DRAWN)
    if survey.state == SurveyState.DRAFT and not survey.is_open_link:
        raise SurveyRefused(_("Tirez d’abord l’échantillon."))
    if closes_on <= localdate(now):
        raise SurveyRefused(_("Choisissez un dernier jour à venir."))
    survey.state, survey.opened_at, survey.closes_on = SurveyState.OPEN, now, closes_on
    survey.save(update_fields=["state", "opened_at", "closes_on"])
    touch()
    return survey


@transaction.atomic(durable=True)
def extend(*, survey_id: int, closes_on: date, now: datetime) -> Survey:
    """Let answers in for longer: never shorter, for people were told a day.

    Raises SurveyRefused: not open, or not a later day.
    """
    survey = _locked(survey_id, SurveyState.OPEN)
    assert survey.closes_on is not None, "an open survey has its last day"
    if closes_on <= survey.closes_on or closes_on < localdate(now):
        raise SurveyRefused(_("Choisissez un jour après celui qui est annoncé."))
    survey.closes_on = closes_on
    survey.save(update_fields=["closes_on"])
    touch()
    return survey


@transaction.atomic(durable=True)
def prepare_invitation(*, survey_id: int, now: datetime) -> Campaign:
    """Write the draft of the invitation, to read again and to schedule as any envoi.

    Raises SurveyRefused: not open, an open link, or prepared already.
    """
    survey = _locked(survey_id, SurveyState.OPEN)
    if survey.is_open_link:
        raise SurveyRefused(_("Une enquête à lien ouvert n’a pas d’échantillon à inviter."))
    if survey.invitation_id is not None:
        raise SurveyRefused(_("L’invitation est déjà préparée : elle est parmi les envois."))
    mailing_list = MailingList.objects.filter(kind=ListKind.SURVEY).order_by("pk").first()
    if mailing_list is None:
        raise SurveyRefused(_("La liste des enquêtes manque : installez-la d’abord."))
    campaign = Campaign.objects.create(
        title=_("Enquête : %(title)s") % {"title": survey.title[:100]},
        list=mailing_list,
        segment={SURVEY_CRITERION: [survey.code]},
        created_at=now,
    )
    for language, _name in settings.LANGUAGES:
        with override(language):
            Edition.objects.create(
                campaign=campaign,
                language=language,
                subject=_("Votre avis compte : %(title)s") % {"title": survey.title[:80]},
            )
    Block.objects.create(
        campaign=campaign, position=1, kind=INVITATION, content={COMMON: {"survey": survey.code}}
    )
    survey.invitation = campaign
    survey.save(update_fields=["invitation"])
    return campaign


@transaction.atomic(durable=True)
def settle(*, unit_id: int, outcome: Outcome, now: datetime) -> DrawnUnit:
    """Note that a unit refuses, is out of scope, or may answer after all.

    Raises SurveyRefused once it has answered.
    """
    unit = DrawnUnit.objects.select_for_update(of=("self",)).get(pk=unit_id)
    if unit.outcome == Outcome.ANSWERED:
        raise SurveyRefused(_("Cette unité a répondu."))
    unit.outcome = outcome
    unit.settled_on = None if outcome == Outcome.WAITING else localdate(now)
    unit.save(update_fields=["outcome", "settled_on"])
    return unit


@transaction.atomic(durable=True)
def close(*, survey_id: int, now: datetime) -> Survey:
    """Take no answer any more; what was begun and not handed in is erased.

    Anonymous sheets are written anew, in one go and in a random order: nothing of when each came
    is left in the table. Raises SurveyRefused.
    """
    survey = _locked(survey_id, SurveyState.OPEN)
    survey.state, survey.closed_at = SurveyState.CLOSED, now
    survey.save(update_fields=["state", "closed_at"])
    left = AnswerSheet.objects.filter(survey=survey, submitted_at=None)
    runs = list(left.values_list("run", flat=True))
    left.delete()
    Run.objects.filter(pk__in=runs).delete()
    if survey.is_anonymous:
        _shuffle(survey)
    touch()
    return survey


def tick(*, now: datetime) -> None:
    """Close what is over, remind who was invited, erase anonymous runs that were left."""
    over = Survey.objects.open().filter(closes_on__lt=localdate(now))
    each(over.order_by("pk").values_list("pk", flat=True), _close_one, now=now)
    due = _to_remind(now=now).order_by("pk").values_list("pk", flat=True)
    each(list(due[:REMINDED_AT_ONCE]), _remind, now=now)
    _erase_lost_runs(now=now)


def invited() -> Exists:
    """Tell of a drawn unit whether its invitation was given to the relay."""
    return Exists(
        Delivery.objects.received().filter(
            campaign=OuterRef("survey__invitation"), mailbox_hash=OuterRef("mailbox_hash")
        )
    )


# --- Steps ---


def _to_remind(*, now: datetime) -> DrawnUnitQuerySet:
    """Return whom to remind: invited a week ago, silent, still subscribed, not blocked."""
    before = now - REMINDED_EVERY
    received = Delivery.objects.received().filter(
        campaign=OuterRef("survey__invitation"),
        mailbox_hash=OuterRef("mailbox_hash"),
        settled_at__lte=before,
    )
    subscribed = Subscription.objects.confirmed().filter(
        list=OuterRef("survey__invitation__list"),
        subscriber__mailbox_hash=OuterRef("mailbox_hash"),
    )
    blocked = Suppression.objects.active().filter(mailbox_hash=OuterRef("mailbox_hash"))
    return DrawnUnit.objects.waiting().filter(
        Q(reminded_on=None) | Q(reminded_on__lte=localdate(before)),
        Exists(received),
        Exists(subscribed),
        ~Exists(blocked),
        survey__state=SurveyState.OPEN,
        survey__closes_on__gte=localdate(now),
        reminders__lt=MOST_REMINDERS,
    )


@transaction.atomic(durable=True)
def _remind(unit_id: int, now: datetime) -> int:
    """Write the next reminder of a unit, unless it was just written or is no longer due."""
    locked = DrawnUnit.objects.select_for_update(of=("self",), skip_locked=True)
    unit = locked.select_related("survey__invitation").filter(pk=unit_id).first()
    if unit is None or not _to_remind(now=now).filter(pk=unit_id).exists():
        return 0
    survey = unit.survey
    assert survey.invitation is not None, "nobody was invited without it"
    entry = Subscription.objects.select_related("subscriber").get(
        list=survey.invitation.list_id, subscriber__mailbox_hash=unit.mailbox_hash
    )
    language = entry.subscriber.language
    with override(language):
        link = settings.PUBLIC_URL + unit.get_absolute_url()
    queue_email(
        to=unit.email,
        template="observatory/emails/survey_reminder",
        context={
            "survey": survey,
            "link": link,
            "leave": unsubscribe_url(entry.subscriber, entry.list_id),
            "is_last": unit.reminders + 1 == MOST_REMINDERS,
        },
        language=language,
        dedup_key=f"observatory.survey_reminder:{unit.pk}:{unit.reminders + 1}",
        now=now,
    )
    DrawnUnit.objects.filter(pk=unit.pk).update(
        reminders=F("reminders") + 1, reminded_on=localdate(now)
    )
    return 1


def _close_one(survey_id: int, now: datetime) -> int:
    close(survey_id=survey_id, now=now)
    return 1


@transaction.atomic(durable=True)
def _erase_lost_runs(*, now: datetime) -> int:
    """Erase what somebody began in an anonymous survey and left: it is nobody's to be resumed."""
    anonymous = Survey.objects.filter(privacy=Privacy.ANONYMOUS)
    versions = anonymous.order_by("pk").values("version")
    lost = Run.objects.filter(
        version__in=versions, sheet=None, diagnostic=None, touched_at__lt=now - LOST_AFTER
    )
    return lost.delete()[0]


def _shuffle(survey: Survey) -> None:
    rows = list(AnonymousSheet.objects.filter(survey=survey).order_by("pk"))
    random.SystemRandom().shuffle(rows)
    AnonymousSheet.objects.filter(survey=survey).delete()
    AnonymousSheet.objects.bulk_create(
        AnonymousSheet(survey=survey, answers=row.answers) for row in rows
    )


def _locked(survey_id: int, *allowed: SurveyState) -> Survey:
    survey = Survey.objects.select_for_update(of=("self",)).get(pk=survey_id)
    if survey.state not in allowed:
        raise SurveyRefused(
            _("Cette enquête est « %(state)s » : l’action n’est pas possible.")
            % {"state": survey.get_state_display()}
        )
    return survey
