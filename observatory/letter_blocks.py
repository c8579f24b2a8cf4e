"""What the observatory brings to a letter: a publication, a survey to answer, a micro-survey."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django import forms
from django.conf import settings
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from emn.mailings import blocks
from emn.mailings.composing import READER, VOTER
from observatory.models import MicroSurvey, Publication, Survey
from observatory.publication_texts import readings
from observatory.services.surveys import micro

Content = Mapping[str, Any]


class PublicationSettings(forms.Form):
    """Which one; the last by itself."""

    reference = forms.ChoiceField(label=_("Publication"), required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["reference"]
        assert isinstance(field, forms.ChoiceField)
        rows = Publication.objects.published()[:50]
        named = [(row.reference, row.title) for row in rows]
        field.choices = [("", _("La dernière parue")), *named]


class InvitationSettings(forms.Form):
    """Which survey: it does not change, the readers were chosen by it."""

    survey = forms.ModelChoiceField(
        label=_("Enquête"),
        queryset=Survey.objects.open().order_by("-opened_at", "-pk"),
        to_field_name="code",
    )


class MicroSurveySettings(forms.Form):
    """Which micro-survey, of those that may still be answered."""

    micro_survey = forms.ModelChoiceField(
        label=_("Micro-enquête"),
        queryset=MicroSurvey.objects.filter(sealed_at=None).order_by("-closes_on", "-pk"),
        to_field_name="code",
    )


def register_own_blocks() -> None:
    """Register them."""
    blocks.register(
        blocks.BlockKind(
            key="publication",
            order=120,
            label=_("Publication de l’observatoire"),
            template="observatory/emails/publication_block",
            settings=PublicationSettings,
            data=_publication,
        )
    )
    blocks.register(
        blocks.BlockKind(
            key="survey-invitation",
            order=130,
            label=_("Invitation à une enquête"),
            template="observatory/emails/survey_invitation_block",
            settings=InvitationSettings,
            data=_invitation,
            keep=lambda cleaned, _before: {"survey": cleaned["survey"].code},
        )
    )
    blocks.register(
        blocks.BlockKind(
            key="micro-survey",
            order=140,
            label=_("Micro-enquête"),
            template="observatory/emails/micro_survey_block",
            settings=MicroSurveySettings,
            data=_micro_survey,
            keep=lambda cleaned, _before: {"micro_survey": cleaned["micro_survey"].code},
        )
    )


def _publication(content: Content, language: str, _now: datetime) -> Content | None:
    rows = Publication.objects.published()
    if content.get("reference"):
        rows = rows.filter(reference=content["reference"])
    found = readings(rows[:1], language=language)
    return {"reading": found[0]} if found else None


def _invitation(content: Content, _language: str, _now: datetime) -> Content | None:
    """Return the survey and the reader's own link, which is a mark until the letter is delivered.

    It is not one of the counted links: it names its reader, and the page behind says so.
    """
    survey = Survey.objects.select_related("version").filter(code=content.get("survey")).first()
    if survey is None:
        return None
    path = reverse("surveys:invitation", args=[survey.code, READER])
    return {"survey": survey, "url": settings.PUBLIC_URL + path}


def _micro_survey(content: Content, language: str, now: datetime) -> Content | None:
    """Return its first question, each option with the reader's own link to the page.

    The links are no counted ones, and following one writes nothing: a button does.
    """
    survey = MicroSurvey.objects.filter(code=content.get("micro_survey")).first()
    if survey is None or not survey.is_open(now=now):
        return None
    question = micro.questions_of(survey)[0]
    path = reverse("surveys:micro_answer", args=[survey.code, VOTER])
    return {
        "survey": survey,
        "question": question.text.say(language),
        "options": [
            {
                "label": option.label.say(language),
                "url": f"{settings.PUBLIC_URL}{path}?{question.code}={option.code}",
            }
            for option in question.options
        ],
    }
