"""Forms of visits, notebooks and demonstration rights; those of staff stand with their pages."""

from collections.abc import Iterable
from datetime import date, datetime, time, timedelta
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from directory.models import Provider
from emn.accounts.models import User
from emn.lib.forms import PublicForm
from emn.lib.images import ImageField
from events.enums import HostRole, Scenario, VisitOutcome
from events.forms import RegistrationForm
from events.models import Favourite, RightsCriterion, Visit
from events.services.notebooks import Answer
from events.services.rights import Score
from events.services.seats import pools_of
from events.showrooms.rights import MOST_POINTS

LONGEST_NOTE = 2000
_PICTURE_SIDE_PX = 1440


class VisitForm(RegistrationForm):
    """A visit: the registration of any session, with what it is for."""

    field_order = [
        "scenario", "pool", "full_name", "email", "company_name", "siret", "people", "companions",
    ]  # fmt: skip

    scenario = forms.ChoiceField(label=_("Vous venez pour"), widget=forms.RadioSelect)

    def __init__(self, *args: Any, visit: Visit, **kwargs: Any) -> None:
        super().__init__(*args, session=visit.session, pools=pools_of(visit.session), **kwargs)
        field = self.fields["scenario"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = [(code, Scenario(code).label) for code in visit.scenarios]


class CodeForm(PublicForm):
    """The code of a visit, typed on the page of a demonstration."""

    scope = "events.notebook"
    limit_with_proof = 40  # a group behind one address; 30 bits to guess, on one day
    limit_without_proof = 20

    code = forms.CharField(
        label=_("Code de votre visite"),
        max_length=12,
        widget=forms.TextInput(attrs={"autocomplete": "off", "autocapitalize": "characters"}),
        help_text=_("Six signes, en haut de votre carnet et dans le courriel de confirmation."),
    )
    demonstration = forms.CharField(required=False, max_length=80, widget=forms.HiddenInput)


class NoteForm(forms.Form):
    """The visitor’s own words."""

    note = forms.CharField(
        label=_("Ce que je veux retenir"),
        max_length=LONGEST_NOTE,
        required=False,
        widget=forms.Textarea(attrs={"rows": 4}),
    )


class QuestionForm(forms.Form):
    """What became of each favourite, thirty days later; none is mandatory."""

    def __init__(self, *args: Any, favourites: Iterable[Favourite], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.favourites = list(favourites)
        for row in self.favourites:
            self.fields[f"outcome_{row.pk}"] = forms.ChoiceField(
                label=_("Qu’en avez-vous fait ?"), choices=VisitOutcome.choices, required=False,
                widget=forms.RadioSelect, initial=row.outcome,
            )  # fmt: skip
            self.fields[f"reason_{row.pk}"] = forms.CharField(
                label=_("Pourquoi ?"), max_length=300, required=False, initial=row.reason,
                widget=forms.Textarea(attrs={"rows": 2}),
            )  # fmt: skip

    def clean(self) -> dict[str, Any]:
        """Refuse words without an answer beside them: they would be lost."""
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        for row in self.favourites:
            if cleaned.get(f"reason_{row.pk}") and not cleaned.get(f"outcome_{row.pk}"):
                self.add_error(
                    f"outcome_{row.pk}", _now("Choisissez aussi une réponse : acheté, prévu…")
                )
        return cleaned

    @property
    def parts(self) -> list[tuple[Favourite, forms.BoundField, forms.BoundField]]:
        """Each favourite with its two fields."""
        return [
            (row, self[f"outcome_{row.pk}"], self[f"reason_{row.pk}"]) for row in self.favourites
        ]

    @property
    def answers(self) -> dict[int, Answer]:
        """What was said, by the key of the favourite."""
        return {
            row.pk: Answer(VisitOutcome(outcome), self.cleaned_data[f"reason_{row.pk}"])
            for row in self.favourites
            if (outcome := self.cleaned_data[f"outcome_{row.pk}"])
        }


class ApplicationForm(forms.Form):
    """What a provider would show."""

    provider: Any = forms.ModelChoiceField(
        label=_("Pour la fiche"), queryset=Provider.objects.none(), empty_label=None
    )
    title = forms.CharField(label=_("Ce que vous montreriez"), max_length=120)
    usage = forms.CharField(
        label=_("À quoi cela sert, pour qui"),
        max_length=1500,
        widget=forms.Textarea(attrs={"rows": 6}),
        help_text=_("Répondez aux critères publiés : ce sont eux qui sont notés."),
    )
    needs = forms.CharField(
        label=_("Ce qu’il faut sur place"),
        max_length=600,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("Surface, prises, réseau, niveau sonore."),
    )

    def __init__(self, *args: Any, providers: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["provider"]
        assert isinstance(field, forms.ModelChoiceField)
        field.queryset = providers


# --- Staff ---


class SlotsForm(forms.Form):
    """Slots of visits: on which days, at what hours, with whom."""

    scenarios = forms.MultipleChoiceField(
        label=_("Scénarios"), choices=Scenario, widget=forms.CheckboxSelectMultiple
    )
    first_on = forms.DateField(
        label=_("Du"), widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )
    last_on = forms.DateField(
        label=_("Au"), widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )
    weekdays = forms.TypedMultipleChoiceField(
        label=_("Les"),
        coerce=int,
        choices=[
            (0, _("lundis")), (1, _("mardis")), (2, _("mercredis")), (3, _("jeudis")),
            (4, _("vendredis")), (5, _("samedis")),
        ],
        widget=forms.CheckboxSelectMultiple,
    )  # fmt: skip
    hours = forms.CharField(
        label=_("À"), initial="9:00, 10:30",
        help_text=_("Les heures de début, séparées par des virgules."),
    )  # fmt: skip
    minutes = forms.IntegerField(
        label=_("Durée (minutes)"), min_value=15, max_value=240, initial=60
    )
    seats = forms.IntegerField(label=_("Personnes, en tout"), min_value=1, max_value=60, initial=8)
    group_limit = forms.IntegerField(
        label=_("Personnes par inscription, au plus"), min_value=1, max_value=60, initial=4,
        help_text=_("Pour une visite de groupe : autant que de places."),
    )  # fmt: skip
    host: Any = forms.ModelChoiceField(label=_("Qui accueille"), queryset=User.objects.none())
    therapist = forms.CharField(
        label=_("Ergothérapeute, s’il y en a un"), max_length=120, required=False
    )
    craftsman = forms.CharField(label=_("Artisan, s’il y en a un"), max_length=120, required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["host"]
        assert isinstance(field, forms.ModelChoiceField)
        field.queryset = User.objects.filter(is_staff=True, is_active=True).order_by(
            "full_name", "pk"
        )

    def clean_hours(self) -> list[time]:
        """Return the hours; «9 h 30», «9:30» and «9h» are the same."""
        found = []
        for typed in self.cleaned_data["hours"].split(","):
            plain = typed.strip().lower().replace(" ", "").replace("\u00a0", "").replace("h", ":")
            hour, _colon, minute = plain.partition(":")
            try:
                found.append(time(int(hour), int(minute or 0)))
            except (ValueError, OverflowError):
                raise forms.ValidationError(
                    _now("« %(typed)s » n’est pas une heure : écrivez 9:30, par exemple.")
                    % {"typed": typed.strip()}
                ) from None
        return found

    def clean(self) -> dict[str, Any]:
        """Keep the days in order, and within a year."""
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        first, last = cleaned.get("first_on"), cleaned.get("last_on")
        if first and last and not timedelta(0) <= last - first <= timedelta(days=366):
            self.add_error("last_on", _now("La fin suit le début, d’un an au plus."))
        return cleaned

    @property
    def starts(self) -> list[datetime]:
        """Every start that the form asks for, on the centre’s clock."""
        given = self.cleaned_data
        days: list[date] = [
            given["first_on"] + timedelta(days=number)
            for number in range((given["last_on"] - given["first_on"]).days + 1)
        ]
        return [
            timezone.make_aware(datetime.combine(day, hour))
            for day in days
            if day.weekday() in given["weekdays"]
            for hour in given["hours"]
        ]

    @property
    def invited(self) -> dict[HostRole, str]:
        """Who holds the other roles."""
        named = {
            HostRole.THERAPIST: self.cleaned_data["therapist"],
            HostRole.CRAFTSMAN: self.cleaned_data["craftsman"],
        }
        return {role: name for role, name in named.items() if name}


class PictureForm(forms.Form):
    """A photograph, and the words that stand for it."""

    picture = ImageField(
        label=_("Photographie"),
        longest_side_px=_PICTURE_SIDE_PX,
        help_text=_("PNG, JPEG ou WebP. Elle est écrite de nouveau, sans ses métadonnées."),
    )
    alt = forms.CharField(
        label=_("Ce qu’elle montre"), max_length=150,
        help_text=_("Lu à qui ne la voit pas. Personne de reconnaissable sans son accord."),
    )  # fmt: skip


class LeavingForm(forms.Form):
    """When a demonstration leaves, earlier than said."""

    on = forms.DateField(
        label=_("Elle part le"), widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )


class ScoreForm(forms.Form):
    """Points and reasons of one application, criterion by criterion."""

    def __init__(
        self, *args: Any, criteria: Iterable[RightsCriterion], known: dict[int, Score],
        **kwargs: Any,
    ) -> None:  # fmt: skip
        super().__init__(*args, **kwargs)
        self.criteria = list(criteria)
        for row in self.criteria:
            said = known.get(row.pk)
            self.fields[f"points_{row.pk}"] = forms.IntegerField(
                label=_now("%(label)s (poids %(weight)s)")
                % {"label": row.label, "weight": row.weight},
                min_value=0, max_value=MOST_POINTS, initial=said.points if said else None,
                help_text=_("De 0 à 10."),
            )  # fmt: skip
            self.fields[f"reason_{row.pk}"] = forms.CharField(
                label=_now("Pourquoi"), max_length=300, initial=said.reason if said else "",
                widget=forms.Textarea(attrs={"rows": 2}),
                help_text=_("Le candidat lit ces mots."),
            )  # fmt: skip

    @property
    def scores(self) -> dict[int, Score]:
        """The points, by the key of the criterion."""
        given = self.cleaned_data
        return {
            row.pk: Score(given[f"points_{row.pk}"], given[f"reason_{row.pk}"])
            for row in self.criteria
        }
