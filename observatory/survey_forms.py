"""Forms about surveys and publications: staff's, and the one that opens an open link."""

from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from emn.lib.forms import PublicForm
from emn.lib.tables import SUFFIXES, Unreadable, read_lines
from observatory.survey_enums import Mode, Outcome

MOST_ADDRESSES = 20_000


class BeginForm(PublicForm):
    """Begin to answer by an open link: nothing is asked, robots are kept out."""

    scope = "surveys.begin"


class SeedForm(forms.Form):
    """The seed of the draw."""

    seed = forms.IntegerField(
        label=gettext_lazy("Graine"), required=False, min_value=0, max_value=2**31 - 1,
        help_text=gettext_lazy(
            "Un nombre entier. Vide : le portail en tire une au hasard, et la garde."
        ),
    )  # fmt: skip


class OpeningForm(forms.Form):
    """Until when."""

    closes_on = forms.DateField(
        label=gettext_lazy("Dernier jour pour répondre"),
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )


class AddressesForm(forms.Form):
    """A table of two columns: siret, email."""

    file = forms.FileField(
        label=gettext_lazy("Fichier"),
        help_text=gettext_lazy(
            "CSV ou XLSX, deux colonnes : siret, email. Seules les personnes abonnées à la liste "
            "des enquêtes recevront l’invitation ; les autres répondent par téléphone ou papier."
        ),
        widget=forms.FileInput(attrs={"accept": ",".join(SUFFIXES)}),
    )
    addresses: dict[str, str]

    def clean(self) -> dict[str, Any]:
        """Read the table."""
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        file = cleaned.get("file")
        if file is None:
            return cleaned
        try:
            columns, lines = read_lines(file, name=file.name.lower(), most_lines=MOST_ADDRESSES)
            if not {"siret", "email"} <= set(columns):
                self.add_error("file", _("Il manque la colonne « siret » ou « email »."))
                return cleaned
            self.addresses = {
                cells["siret"].replace(" ", ""): cells["email"]
                for _number, cells in lines
                if cells.get("siret") and cells.get("email")
            }
        except Unreadable as refusal:
            self.add_error("file", refusal.message)
        return cleaned


class EntryForm(forms.Form):
    """How the answers come."""

    mode = forms.ChoiceField(
        label=gettext_lazy("Comment la personne répond-elle ?"),
        choices=[(Mode.PHONE, Mode.PHONE.label), (Mode.PAPER, Mode.PAPER.label)],
        widget=forms.RadioSelect,
    )


class OutcomeForm(forms.Form):
    """Why there will be no answer."""

    outcome = forms.ChoiceField(
        label=gettext_lazy("Suite"),
        choices=[
            (Outcome.REFUSED, Outcome.REFUSED.label),
            (Outcome.OUT_OF_SCOPE, Outcome.OUT_OF_SCOPE.label),
            (Outcome.WAITING, Outcome.WAITING.label),
        ],
        widget=forms.RadioSelect,
    )
