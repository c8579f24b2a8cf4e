"""Forms of the solidarity bridge: an ad, a reply, what each side counts, what staff decides."""

from typing import Any

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from directory.address_filters import AddressFilterForm, Options
from directory.bridge.rules import MOST, association_number_of, gives_an_address, siret_of
from directory.enums import AdKind, AdSide
from directory.filters import CommuneInput, PlaceField
from directory.models.bridge import LONGEST_TEXT, SolidarityAdQuerySet
from directory.reference import territories
from emn.lib.forms import PublicForm

_KINDS = {
    AdSide.OFFER: [
        (AdKind.EQUIPMENT, _("Du matériel de réemploi")),
        (AdKind.ROOM, _("Une salle")),
        (AdKind.HOURS, _("Des heures de nos compétences")),
    ],
    AdSide.NEED: [
        (AdKind.EQUIPMENT, _("Du matériel de réemploi")),
        (AdKind.ROOM, _("Une salle")),
        (AdKind.HOURS, _("Des heures d’aide")),
    ],
}


class WhoFields(forms.Form):
    """Who writes: an organisation known by its number, and somebody to write to."""

    organisation = forms.CharField(
        label=_("Votre entreprise ou association"),
        max_length=120,
        widget=forms.TextInput(attrs={"autocomplete": "organization"}),
    )
    number = forms.CharField(
        label=_("Son SIRET ou son numéro RNA"),
        max_length=20,
        help_text=_(
            "Le SIRET compte 14 chiffres. Le RNA d’une association : W et 9 chiffres, sur son "
            "récépissé. En Moselle, sans RNA, donnez le SIRET."
        ),
    )
    contact_name = forms.CharField(
        label=_("Votre nom"),
        max_length=120,
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
    )
    contact_email = forms.EmailField(
        label=_("Votre courriel"), widget=forms.EmailInput(attrs={"autocomplete": "email"})
    )

    def clean_number(self) -> str:
        """Return the number as it is kept."""
        if number := association_number_of(self.cleaned_data["number"]):
            return number
        raise forms.ValidationError(
            gettext("Ce numéro n’est pas juste : un SIRET de 14 chiffres, ou W et 9 chiffres.")
        )

    def clean_contact_email(self) -> str:
        """Return it as it is compared."""
        return str(self.cleaned_data["contact_email"]).strip().lower()

    def values(self) -> dict[str, Any]:
        """Return what is kept, by the names of the model: all but what keeps robots away."""
        own = PublicForm.base_fields
        return {name: value for name, value in self.cleaned_data.items() if name not in own}


class AdWords(forms.Form):
    """What everyone reads of an ad."""

    kind = forms.ChoiceField(label=_("De quoi s’agit-il ?"), choices=AdKind)
    title = forms.CharField(label=_("En une ligne"), max_length=100, min_length=10)
    text = forms.CharField(
        label=_("En détail"),
        max_length=LONGEST_TEXT,
        min_length=20,
        widget=forms.Textarea(attrs={"rows": 6}),
    )
    quantity = forms.IntegerField(
        label=_("Combien ?"),
        min_value=1,
        max_value=MOST,
        help_text=_("Le nombre de machines, de salles ou d’heures."),
        widget=forms.NumberInput(attrs={"inputmode": "numeric"}),
    )
    commune = PlaceField(label=_("Dans quelle commune ?"), widget=CommuneInput)

    def clean_title(self) -> str:
        """Refuse an address: people reply through the portal."""
        return _without_address(self.cleaned_data["title"])

    def clean_text(self) -> str:
        """Refuse an address: people reply through the portal."""
        return _without_address(self.cleaned_data["text"])


class AdForm(PublicForm, AdWords, WhoFields):
    """An ad, offer or need."""

    scope = "directory.bridge.ad"
    limit_with_proof = 20
    limit_without_proof = 3
    field_order = [
        "kind", "title", "text", "quantity", "erases_disks", "commune", "organisation", "number",
        "contact_name", "contact_email",
    ]  # fmt: skip

    erases_disks = forms.BooleanField(
        label=_("Nous effaçons les disques avant de donner"),
        required=False,
        help_text=_(
            "Pour des ordinateurs, des téléphones, des serveurs : sans cela, les données de vos "
            "clients et de vos salariés partent avec eux (RGPD, article 32)."
        ),
    )

    def __init__(self, *args: Any, side: AdSide, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.side = side
        kind, text = self.fields["kind"], self.fields["text"]
        assert isinstance(kind, forms.ChoiceField)
        kind.widget = forms.RadioSelect()
        kind.choices = _KINDS[side]
        self.fields["contact_email"].help_text = _(
            "Jamais montré : les réponses passent par le portail. Nous y envoyons un lien, et "
            "l’annonce n’existe qu’une fois confirmée."
        )
        if side == AdSide.OFFER:
            kind.label = _("Que proposez-vous ?")
            text.help_text = _(
                "L’état, l’âge, quand venir le chercher ; pour une salle ou des heures : quand, et "
                "pour quoi. Ni adresse ni téléphone : on vous répond par le portail."
            )
            self.fields["organisation"].label = _("Votre entreprise")
            self.fields["number"].label = _("Son SIRET")
            self.fields["number"].help_text = _("14 chiffres ; il figure sur vos factures.")
        else:
            del self.fields["erases_disks"]
            kind.label = _("Que cherchez-vous ?")
            text.help_text = _(
                "Pour qui, pour quoi faire, pour quand. Ni adresse ni téléphone : on vous répond "
                "par le portail."
            )
            self.fields["organisation"].label = _("Votre association")

    def clean_number(self) -> str:
        """Ask a firm for its SIRET: the RNA is for associations."""
        number = super().clean_number() if self.side == AdSide.NEED else None
        number = number or siret_of(self.cleaned_data["number"])
        if number is None:
            raise forms.ValidationError(
                gettext("Ce SIRET n’est pas juste : 14 chiffres, sur vos factures.")
            )
        return number

    def clean(self) -> dict[str, Any]:
        """Refuse machines whose disks nobody erases."""
        given = self.cleaned_data
        gives_machines = self.side == AdSide.OFFER and given.get("kind") == AdKind.EQUIPMENT
        if gives_machines and not given.get("erases_disks"):
            self.add_error(
                "erases_disks",
                gettext("Cochez cette case : du matériel se donne une fois ses disques effacés."),
            )
        return super().clean()


class ReplyForm(PublicForm, WhoFields):
    """A reply to an ad."""

    scope = "directory.bridge.reply"
    limit_with_proof = 20
    limit_without_proof = 3
    field_order = ["text", "organisation", "number", "contact_name", "contact_email"]

    text = forms.CharField(
        label=_("Votre message"),
        max_length=LONGEST_TEXT,
        min_length=20,
        widget=forms.Textarea(attrs={"rows": 6}),
        help_text=_("Qui vous êtes, ce qui vous convient, quand vous pouvez venir ou recevoir."),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["contact_email"].help_text = _(
            "Donné à l’auteur de l’annonce, pour qu’il vous réponde, et à personne d’autre. Nous y "
            "envoyons d’abord un lien : rien ne part sans votre accord."
        )


class CountForm(forms.Form):
    """How many machines, rooms or hours."""

    count = forms.IntegerField(
        label=_("Combien, en tout ?"),
        min_value=0,
        max_value=MOST,
        widget=forms.NumberInput(attrs={"inputmode": "numeric"}),
    )


class AuthorCountForm(CountForm):
    """The same, and whether some is left."""

    keeps_open = forms.BooleanField(
        label=_("Il en reste : garder l’annonce en ligne"), required=False
    )


class AdFilterForm(AddressFilterForm):
    """Filters of the list: the same names in the address."""

    cote = forms.ChoiceField(label=_("Offres et besoins"), required=False)
    genre = forms.ChoiceField(label=_("Genre"), required=False)
    territoire = forms.ChoiceField(label=_("Intercommunalité"), required=False)
    commune = PlaceField(label=_("Commune"), required=False, widget=CommuneInput)

    def options(self) -> Options:
        """Return the choices of each list."""
        return {
            "cote": [("offres", gettext("Les offres")), ("besoins", gettext("Les besoins"))],
            "genre": list(AdKind.choices),
            "territoire": sorted(territories().items(), key=lambda entry: entry[1]),
        }

    def narrowed(self, rows: SolidarityAdQuerySet) -> SolidarityAdQuerySet:
        """Return the ads that answer."""
        asked = self.asked
        if side := asked.get("cote"):
            rows = rows.filter(side=AdSide.OFFER if side == "offres" else AdSide.NEED)
        for name, column in (
            ("genre", "kind"), ("territoire", "commune__epci"), ("commune", "commune"),
        ):  # fmt: skip
            if value := asked.get(name):
                rows = rows.filter(**{column: value})
        return rows


class AdCorrectionForm(AdWords):
    """What staff sets right."""

    organisation = forms.CharField(label=_("Entreprise ou association"), max_length=120)


class AdRefusalForm(forms.Form):
    """Why staff refuses an ad."""

    reason = forms.CharField(
        label=_("Pourquoi ?"),
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text=_("L’auteur de l’annonce lit ces mots."),
    )


def _without_address(text: str) -> str:
    if gives_an_address(text):
        raise forms.ValidationError(
            gettext("Retirez l’adresse ou le téléphone : tout le monde lit ce texte.")
        )
    return text
