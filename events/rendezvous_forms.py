"""Forms of the Rendez-vous solutions: irritants, answers, votes, tables, what staff decides."""

from collections.abc import Iterable
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from directory.enums import ClientSector
from directory.models import Provider
from emn.lib.forms import PublicForm
from events.enums import MeetingOutcome, PitchStatus, VoteCriterion
from events.models import Evening, Irritant, Meeting, Participant, Pitch
from events.models.rendezvous import (
    LONGEST_ANSWER,
    LONGEST_IRRITANT,
    LONGEST_REASON,
    PITCHES,
)
from events.rendezvous.vote import BEST, WORST, Marks

_MARKS = [(str(mark), str(mark)) for mark in range(WORST, BEST + 1)]
WISHES = [
    ("3", _("J’y tiens")),
    ("2", _("J’aimerais")),
    ("1", _("Pourquoi pas")),
]


class IrritantForm(PublicForm):
    """What costs a company time, and the mailbox that says yes."""

    scope = "events.irritant"
    limit_with_proof = 30

    told = forms.CharField(
        label=_("Qu’est-ce qui vous fait perdre du temps ou de l’argent ?"),
        min_length=20,
        max_length=LONGEST_IRRITANT,
        widget=forms.Textarea(attrs={"rows": 5}),
        help_text=_(
            "Par exemple : « Je perds six heures par semaine à recopier les commandes du téléphone "
            "dans un tableau. » Sans nom de personne, d’entreprise ni de logiciel."
        ),
    )
    hours_weekly = forms.IntegerField(
        label=_("Combien d’heures par semaine ?"),
        min_value=1,
        max_value=200,
        required=False,
        widget=forms.NumberInput(attrs={"inputmode": "numeric"}),
    )
    sector = forms.ChoiceField(
        label=_("Votre métier"),
        required=False,
        choices=[("", _("Je préfère ne pas le dire")), *ClientSector.choices],
        help_text=_("Publié avec l’irritant : il aide les prestataires à vous comprendre."),
    )
    name = forms.CharField(
        label=_("Votre nom"), max_length=120, widget=forms.TextInput(attrs={"autocomplete": "name"})
    )
    company_name = forms.CharField(
        label=_("Votre entreprise"),
        max_length=160,
        widget=forms.TextInput(attrs={"autocomplete": "organization"}),
        help_text=_("Jamais publiée : le centre seul la lit, avec votre nom et votre courriel."),
    )
    email = forms.EmailField(
        label=_("Votre courriel"),
        widget=forms.EmailInput(attrs={"autocomplete": "email"}),
        help_text=_("Nous y envoyons un lien à ouvrir pour confirmer."),
    )


class PitchForm(forms.Form):
    """How a provider would answer."""

    provider: Any = forms.ModelChoiceField(
        label=_("Avec quelle fiche ?"), queryset=Provider.objects.none(), empty_label=None
    )
    answer = forms.CharField(
        label=_("Comment répondriez-vous à cet irritant ?"),
        min_length=30,
        max_length=LONGEST_ANSWER,
        widget=forms.Textarea(attrs={"rows": 7}),
        help_text=_("Ce que vous feriez, en combien de temps, à quel prix environ."),
    )
    speaker_name = forms.CharField(
        label=_("Qui parlerait ?"), max_length=120, required=False,
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
    )  # fmt: skip

    def __init__(self, *args: Any, providers: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["provider"]
        assert isinstance(field, forms.ModelChoiceField)
        field.queryset = providers
        if providers.count() == 1:
            field.initial = providers.first()
            field.widget = forms.HiddenInput()


class CodeForm(forms.Form):
    """Which ballot is one's own."""

    code = forms.CharField(
        label=_("Votre code"),
        max_length=200,
        widget=forms.TextInput(attrs={"autocomplete": "off", "autocapitalize": "characters"}),
        help_text=_("Huit signes, sur le papier remis à l’entrée."),
    )


class BallotForm(forms.Form):
    """Four marks a pitch."""

    def __init__(self, *args: Any, pitches: Iterable[Pitch], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.pitches = list(pitches)
        for pitch in self.pitches:
            for criterion in VoteCriterion:
                self.fields[_mark(pitch, criterion)] = forms.ChoiceField(
                    label=criterion.label,
                    choices=_MARKS,
                    widget=forms.RadioSelect(attrs={"class": "marks"}),
                    error_messages={"required": _("Donnez une note, de 1 à 5.")},
                )

    def groups(self) -> list[tuple[Pitch, list[forms.BoundField]]]:
        """Return the fields of each pitch."""
        return [
            (pitch, [self[_mark(pitch, criterion)] for criterion in VoteCriterion])
            for pitch in self.pitches
        ]

    def marks(self) -> dict[int, Marks]:
        """Return the marks, once valid."""
        found: dict[int, Marks] = {}
        for pitch in self.pitches:
            one, two, three, four = (
                int(self.cleaned_data[_mark(pitch, criterion)]) for criterion in VoteCriterion
            )
            found[pitch.pk] = (one, two, three, four)
        return found


class TableSettingsForm(forms.Form):
    """Whether one is seen, and when one cannot sit."""

    is_shown = forms.BooleanField(
        label=_("Les prestataires peuvent lire le nom de mon entreprise et me demander une table"),
        required=False,
    )
    absent_slots = forms.TypedMultipleChoiceField(
        label=_("Les créneaux où je ne peux pas"),
        required=False,
        coerce=int,
        widget=forms.CheckboxSelectMultiple,
    )

    def __init__(
        self, *args: Any, participant: Participant, slots: list[tuple[int, str]], **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["absent_slots"]
        assert isinstance(field, forms.TypedMultipleChoiceField)
        field.choices = slots
        if not participant.is_company:
            del self.fields["is_shown"]


class OutcomesForm(forms.Form):
    """What came of each meeting."""

    def __init__(
        self, *args: Any, participant: Participant, meetings: list[Meeting], **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.meetings = meetings
        side = "company" if participant.is_company else "provider"
        for meeting in meetings:
            self.fields[f"outcome_{meeting.pk}"] = forms.ChoiceField(
                label=_("Qu’en est-il ?"), choices=MeetingOutcome, widget=forms.RadioSelect,
                initial=getattr(meeting, f"{side}_outcome") or None,
            )  # fmt: skip
            self.fields[f"why_{meeting.pk}"] = forms.CharField(
                label=_("Pourquoi ?"), max_length=300, required=False,
                initial=getattr(meeting, f"{side}_why"),
                help_text=_("Si rien n’a suivi : prix, délai, autre choix, projet arrêté…"),
            )  # fmt: skip
        self.participant = participant

    def groups(self) -> list[tuple[str, list[forms.BoundField]]]:
        """Return the fields of each meeting, under the name of the other side."""
        return [
            (
                meeting.other(self.participant).shown_name,
                [self[f"outcome_{meeting.pk}"], self[f"why_{meeting.pk}"]],
            )
            for meeting in self.meetings
        ]

    def clean(self) -> dict[str, Any]:
        """Ask why where nothing came."""
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        for meeting in self.meetings:
            nothing = cleaned.get(f"outcome_{meeting.pk}") == MeetingOutcome.NOTHING
            if nothing and not cleaned.get(f"why_{meeting.pk}", "").strip():
                self.add_error(f"why_{meeting.pk}", _("Dites en quelques mots pourquoi."))
        return cleaned

    def answers(self) -> dict[int, tuple[str, str]]:
        """Return what was said, once valid."""
        given = self.cleaned_data
        return {
            meeting.pk: (given[f"outcome_{meeting.pk}"], given[f"why_{meeting.pk}"])
            for meeting in self.meetings
        }


# --- What staff decides ---


class PublishIrritantForm(forms.Form):
    """The words that everyone reads."""

    text = forms.CharField(
        label=_("Mots publiés, sans rien qui nomme l’entreprise"),
        max_length=LONGEST_IRRITANT,
        widget=forms.Textarea(attrs={"rows": 5}),
    )
    evening: Any = forms.ModelChoiceField(
        label=_("Édition"), queryset=Evening.objects.none(), required=False,
        empty_label=_("Aucune pour l’instant"),
    )  # fmt: skip

    def __init__(self, *args: Any, irritant: Irritant, evenings: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial = {"text": irritant.text or irritant.told, "evening": irritant.evening_id}
        field = self.fields["evening"]
        assert isinstance(field, forms.ModelChoiceField)
        field.queryset = evenings


class CorrectIrritantForm(PublishIrritantForm):
    """Other words for everyone, and why."""

    reason = forms.CharField(
        label=_("Motif, que la personne lira"),
        max_length=LONGEST_REASON,
        widget=forms.Textarea(attrs={"rows": 3}),
    )


class ReasonForm(forms.Form):
    """Why."""

    reason = forms.CharField(
        label=_("Motif, que la personne lira"),
        max_length=LONGEST_REASON,
        widget=forms.Textarea(attrs={"rows": 3}),
    )


class PitchChoiceForm(forms.Form):
    """Chosen or not, for which place, and why."""

    status = forms.ChoiceField(
        label=_("Décision"),
        choices=[
            (PitchStatus.CHOSEN.value, PitchStatus.CHOSEN.label),
            (PitchStatus.NOT_CHOSEN.value, PitchStatus.NOT_CHOSEN.label),
        ],
        widget=forms.RadioSelect,
    )
    position = forms.TypedChoiceField(
        label=_("Passage"), required=False, coerce=int, empty_value=None,
        choices=[("", "–"), *[(str(n), str(n)) for n in range(1, PITCHES + 1)]],
    )  # fmt: skip
    reason = forms.CharField(
        label=_("Motif, au regard des critères publiés"),
        max_length=LONGEST_REASON,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("Gardé au journal de neutralité et montré sur la page de l’édition."),
    )


def _mark(pitch: Pitch, criterion: VoteCriterion) -> str:
    return f"p{pitch.pk}_{criterion.value}"
