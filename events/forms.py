"""Forms of registrations, and of what staff does with a session."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from stdnum.fr import siret as stdnum_siret

from emn.lib.forms import PublicForm
from emn.lib.text import digits
from events.enums import Frequency, SeatMode
from events.models import Room, Session


class RegistrationFields(forms.Form):
    """Who comes, and for whom."""

    full_name = forms.CharField(
        label=_("Votre nom"),
        max_length=120,
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
    )
    company_name = forms.CharField(
        label=_("Votre entreprise ou organisme"),
        max_length=160,
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "organization"}),
    )
    people = forms.IntegerField(
        label=_("Combien de personnes, vous compris ?"),
        min_value=1,
        initial=1,
        help_text=_(
            "Un groupe entre ensemble : sur la liste d’attente, il attend que toutes ses places "
            "soient libres, et personne ne passe devant lui."
        ),
    )

    def __init__(self, *args: Any, session: Session, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if session.group_limit == 1:
            del self.fields["people"]
        else:
            field = self.fields["people"]
            assert isinstance(field, forms.IntegerField)
            field.max_value = session.group_limit
            field.widget.attrs["max"] = session.group_limit

    def clean_people(self) -> int:
        """Keep within what the session takes at once."""
        people: int = self.cleaned_data["people"]
        most = getattr(self.fields["people"], "max_value", None)
        if most is not None and people > most:
            raise forms.ValidationError(
                _("Une inscription compte %(count)s personnes au plus."), params={"count": most}
            )
        return people


class RegistrationForm(PublicForm, RegistrationFields):
    """The one page of a registration."""

    scope = "events.registration"
    limit_with_proof = 120  # a class, or a team, may sit behind one address
    limit_without_proof = 20
    field_order = ["mode", "full_name", "email", "company_name", "siret", "people"]

    mode = forms.ChoiceField(label=_("Comment venez-vous ?"), widget=forms.RadioSelect)
    email = forms.EmailField(
        label=_("Votre courriel"),
        widget=forms.EmailInput(attrs={"autocomplete": "email"}),
        help_text=_("Nous y envoyons un lien à ouvrir pour prendre la place."),
    )
    siret = forms.CharField(
        label=_("SIRET de l’entreprise"),
        required=False,
        max_length=20,
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off"}),
        help_text=_("Quatorze chiffres. Il sert à compter les entreprises que le centre aide."),
    )

    def __init__(self, *args: Any, session: Session, modes: list[SeatMode], **kwargs: Any) -> None:
        super().__init__(*args, session=session, **kwargs)
        if len(modes) < 2:  # noqa: PLR2004 -- nothing to choose
            del self.fields["mode"]
        else:
            field = self.fields["mode"]
            assert isinstance(field, forms.ChoiceField)
            field.choices = [(mode.value, mode.label) for mode in modes]

    def clean_siret(self) -> str:
        """Return fourteen digits, or nothing."""
        typed = digits(self.cleaned_data["siret"])
        if self.cleaned_data["siret"].strip() and not stdnum_siret.is_valid(typed):
            raise forms.ValidationError(
                _("Ce SIRET n’existe pas. Vérifiez ses quatorze chiffres, ou laissez vide.")
            )
        return typed


class MoveForm(forms.Form):
    """Another date, another room."""

    starts_at = forms.DateTimeField(
        label=_("Début"), widget=forms.DateTimeInput(attrs={"type": "datetime-local"},
                                                     format="%Y-%m-%dT%H:%M")
    )  # fmt: skip
    ends_at = forms.DateTimeField(
        label=_("Fin"), widget=forms.DateTimeInput(attrs={"type": "datetime-local"},
                                                   format="%Y-%m-%dT%H:%M")
    )  # fmt: skip
    room: Any = forms.ModelChoiceField(
        label=_("Salle"),
        queryset=Room.objects.none(),
        required=False,
        empty_label=_("Aucune (ailleurs ou à distance)"),
    )

    def __init__(self, *args: Any, session: Session, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["room"]
        assert isinstance(field, forms.ModelChoiceField)
        field.queryset = Room.objects.order_by("position", "pk")
        if session.room_id is not None:
            field.required = True


class CancelForm(forms.Form):
    """Why a session is called off."""

    reason = forms.CharField(
        label=_("Ce que les inscrits et l’agenda liront"),
        max_length=300,
        widget=forms.Textarea(attrs={"rows": 3}),
    )


class SeriesForm(forms.Form):
    """How often a session comes back, and until when."""

    frequency = forms.ChoiceField(
        label=_("Rythme"), choices=Frequency, initial=Frequency.WEEKLY, widget=forms.RadioSelect
    )
    interval = forms.IntegerField(
        label=_("Toutes les combien"), min_value=1, max_value=12, initial=1,
        help_text=_("1 : à chaque fois ; 2 : une fois sur deux."),
    )  # fmt: skip
    until = forms.DateField(
        label=_("Jusqu’au"), widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )


class DuplicateForm(forms.Form):
    """When the copy takes place."""

    starts_at = forms.DateTimeField(
        label=_("Début"), widget=forms.DateTimeInput(attrs={"type": "datetime-local"},
                                                     format="%Y-%m-%dT%H:%M")
    )  # fmt: skip


class WalkInForm(forms.Form):
    """Who stands at the door and is on no list."""

    full_name = forms.CharField(label=_("Nom"), max_length=120)
    company_name = forms.CharField(
        label=_("Entreprise ou organisme"), max_length=160, required=False
    )
    email = forms.EmailField(
        label=_("Courriel"), required=False,
        help_text=_("Pour que la personne reçoive la suite ; rien n’est envoyé maintenant."),
    )  # fmt: skip
    mode = forms.ChoiceField(label=_("Où"), choices=SeatMode)

    def __init__(self, *args: Any, session: Session, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        modes = list(session.pools.order_by("pk").values_list("mode", flat=True))
        field = self.fields["mode"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = [(mode, SeatMode(mode).label) for mode in modes]
        if len(modes) == 1:
            field.widget = forms.HiddenInput()
            field.initial = modes[0]
