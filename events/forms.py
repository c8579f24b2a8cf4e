"""Forms of registrations, and of what staff does with a session."""

from collections.abc import Mapping, Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from stdnum.fr import siret as stdnum_siret

from emn.lib.forms import PublicForm
from emn.lib.text import digits
from events.enums import Frequency, QuestionKind, RegistrationStatus, SessionMode
from events.models import CapacityPool, Room, Session, SessionQuestion
from events.models.opinions import BEST_SCORE
from events.models.registrations import REACHABLE


class OpinionForm(forms.Form):
    """What one thinks of a session, in a minute."""

    score = forms.TypedChoiceField(
        label=_("De 1 (pas du tout utile) à 5 (très utile)"),
        choices=[(number, str(number)) for number in range(1, BEST_SCORE + 1)],
        coerce=int, widget=forms.RadioSelect,
    )  # fmt: skip
    comment = forms.CharField(
        label=_("Une remarque, une idée"), required=False, max_length=1000,
        widget=forms.Textarea(attrs={"rows": 3}),
    )  # fmt: skip


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

    companions = forms.CharField(
        label=_("Noms de ceux qui vous accompagnent"),
        required=False,
        max_length=1000,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("Si vous le voulez, un par ligne : l’accueil les trouvera à leur nom."),
    )

    def __init__(self, *args: Any, session: Session, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if session.group_limit == 1:
            del self.fields["people"], self.fields["companions"]
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

    def clean_companions(self) -> list[str]:
        """Return the names, one a line, no more than the others of the group."""
        names = [
            " ".join(line.split())[:120] for line in self.cleaned_data["companions"].split("\n")
        ]
        names = [name for name in names if name]
        if len(names) >= self.cleaned_data.get("people", len(names) + 1):
            raise forms.ValidationError(_("Il y a plus de noms que de personnes qui accompagnent."))
        return names


class RegistrationForm(PublicForm, RegistrationFields):
    """The one page of a registration."""

    scope = "events.registration"
    limit_with_proof = 120  # a class, or a team, may sit behind one address
    limit_without_proof = 20
    field_order = ["pool", "full_name", "email", "company_name", "siret", "people", "companions"]

    pool: Any = forms.TypedChoiceField(
        coerce=int, label=_("Comment venez-vous ?"), widget=forms.RadioSelect
    )
    email = forms.EmailField(
        label=_("Votre courriel"),
        widget=forms.EmailInput(attrs={"autocomplete": "email"}),
        help_text=_("Nous y envoyons un lien à ouvrir pour confirmer votre demande."),
    )
    siret = forms.CharField(
        label=_("SIRET de l’entreprise"),
        required=False,
        max_length=20,
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off"}),
        help_text=_("Quatorze chiffres. Il sert à compter les entreprises que le centre aide."),
    )

    def __init__(
        self, *args: Any, session: Session, pools: Sequence[CapacityPool], **kwargs: Any
    ) -> None:
        super().__init__(*args, session=session, **kwargs)
        if len(pools) < 2:  # noqa: PLR2004 -- nothing to choose
            del self.fields["pool"]
        else:
            field = self.fields["pool"]
            assert isinstance(field, forms.ChoiceField)
            field.choices = [
                (pool.pk, f"{pool.label} ({pool.get_shown_display()})") for pool in pools
            ]
        self.fields["siret"].required = session.company_limit is not None
        self.questions = {
            f"question_{question.pk}": question
            for question in sorted(session.questions.all(), key=lambda row: (row.position, row.pk))
        }
        self.fields.update({name: _field(row) for name, row in self.questions.items()})

    @property
    def answers(self) -> list[tuple[str, str]]:
        """The questions that were answered, and the answers, in words."""
        given = ((row, self.cleaned_data[name]) for name, row in self.questions.items())
        return [
            (row.label, ", ".join(value) if isinstance(value, list) else value)
            for row, value in given
            if value
        ]

    def clean_siret(self) -> str:
        """Return fourteen digits, or nothing."""
        typed = digits(self.cleaned_data["siret"])
        if self.cleaned_data["siret"].strip() and not stdnum_siret.is_valid(typed):
            raise forms.ValidationError(
                _("Ce SIRET n’existe pas. Vérifiez ses quatorze chiffres, ou laissez vide.")
            )
        return typed


def _field(question: SessionQuestion) -> forms.Field:
    """Return the field of a question of the session."""
    asked: dict[str, Any] = {"label": question.label, "required": question.is_required}
    choices = [(words, words) for words in question.choices]
    if question.kind == QuestionKind.CHOICES:
        widget = forms.CheckboxSelectMultiple()
        return forms.MultipleChoiceField(choices=choices, widget=widget, **asked)
    if question.kind == QuestionKind.TEXT:
        return forms.CharField(max_length=500, **asked)
    if question.kind == QuestionKind.YES_NO:
        choices = [(str(words), str(words)) for words in (_("Oui"), _("Non"))]
    return forms.ChoiceField(choices=choices, widget=forms.RadioSelect(), **asked)


class MoveForm(forms.Form):
    """Another date, another place."""

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
        empty_label=_("Aucune (ailleurs)"),
    )
    elsewhere = forms.CharField(
        label=_("Autre adresse"),
        required=False,
        max_length=200,
        widget=forms.TextInput(attrs={"size": 60}),
        help_text=_("Quand la session n’a pas lieu dans une salle du centre."),
    )

    def __init__(self, *args: Any, session: Session, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if session.mode == SessionMode.REMOTE:
            del self.fields["room"], self.fields["elsewhere"]
            return
        field = self.fields["room"]
        assert isinstance(field, forms.ModelChoiceField)
        field.queryset = Room.objects.order_by("position", "pk")


class ConnectionForm(forms.Form):
    """Where one connects."""

    remote_url = forms.URLField(label=_("Adresse de connexion"), assume_scheme="https")


class MessageForm(forms.Form):
    """What the centre writes to the people of a session, and to whom."""

    statuses = forms.MultipleChoiceField(
        label=_("À qui"),
        choices=[(status.value, status.label) for status in REACHABLE],
        initial=[RegistrationStatus.REGISTERED, RegistrationStatus.CONFIRMED],
        widget=forms.CheckboxSelectMultiple,
        help_text=_("Pas à ceux dont l’adresse n’a jamais répondu : quelqu’un a pu l’inventer."),
    )
    subject = forms.CharField(label=_("Objet"), max_length=120)
    body = forms.CharField(
        label=_("Message"), max_length=5000, widget=forms.Textarea(attrs={"rows": 10}),
        help_text=_("La date de la session et le lien de l’inscription suivent vos mots."),
    )  # fmt: skip
    key = forms.UUIDField(widget=forms.HiddenInput)


class OverbookingForm(forms.Form):
    """How many seats are given beyond the chairs of each pool."""

    def __init__(
        self,
        *args: Any,
        pools: Sequence[CapacityPool],
        advised: Mapping[int, int | None],
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        for pool in pools:
            advice = advised[pool.pk]
            self.fields[f"extra_{pool.pk}"] = forms.IntegerField(
                label=pool.label,
                min_value=0,
                max_value=pool.size,
                initial=pool.overbooking if advice is None else advice,
            )


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
    pool: Any = forms.TypedChoiceField(coerce=int, empty_value=None, label=_("Où"))

    def __init__(self, *args: Any, pools: Sequence[CapacityPool], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["pool"]
        assert isinstance(field, forms.ChoiceField)
        if len(pools) < 2:  # noqa: PLR2004 -- nothing to choose
            field.required, field.widget = False, forms.HiddenInput()
        else:
            field.choices = [(pool.pk, pool.label) for pool in pools]
