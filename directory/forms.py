"""Forms of the directory: what its owner writes on a card, what staff answers."""

from typing import Any

from django import forms
from django.db.models import Prefetch
from django.utils.translation import gettext_lazy as _

from directory.enums import ClientSector, ClientSize, SpokenLanguage
from directory.models import Provider, Service, ServiceCategory
from emn.lib.images import ImageField

LOGO_PX = 512
MOST_SERVICES = 15
MOST_KEYWORDS = 10
LONGEST_KEYWORD = 40


class SiretForm(forms.Form):
    """Find one's establishment in the register: by SIRET or by name."""

    entreprise = forms.CharField(
        label=_("Votre SIRET, ou le nom de votre entreprise"),
        max_length=120,
        help_text=_("Le SIRET compte 14 chiffres ; il figure sur vos factures."),
    )


class CardForm(forms.ModelForm):  # type: ignore[type-arg]
    """The owner's part of a card."""

    services: Any = forms.ModelMultipleChoiceField(
        label=_("Vos services"),
        queryset=Service.objects.none(),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=_("Choisissez ce que vous faites vraiment, 15 au plus."),
    )
    languages = forms.MultipleChoiceField(
        label=_("Langues de travail"),
        choices=SpokenLanguage,
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )
    client_sizes = forms.MultipleChoiceField(
        label=_("Taille de vos clients"),
        choices=ClientSize,
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )
    sectors = forms.MultipleChoiceField(
        label=_("Métiers que vous connaissez"),
        choices=ClientSector,
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )
    keywords = forms.CharField(
        label=_("Mots-clés"),
        required=False,
        max_length=400,
        help_text=_("Séparés par des virgules, 10 au plus."),
    )
    website = forms.URLField(
        label=_("Site internet"),
        required=False,
        assume_scheme="https",
        help_text=_("Commence par https://"),
    )
    logo = ImageField(
        label=_("Logo"),
        required=False,
        longest_side_px=LOGO_PX,
        help_text=_("PNG, JPEG ou WebP, 10 Mo et 40 millions de pixels au plus."),
    )

    class Meta:
        model = Provider
        fields = [
            "name",
            "tagline",
            "description",
            "services",
            "keywords",
            "languages",
            "client_sizes",
            "sectors",
            "email",
            "phone",
            "website",
        ]
        help_texts = {
            "name": _("Le nom sous lequel vos clients vous connaissent."),
            "tagline": _("Ce que vous faites, en une phrase de 120 signes au plus."),
            "description": _("De 200 à 2 000 signes : pour qui, comment, avec quels résultats."),
        }
        widgets = {"description": forms.Textarea(attrs={"rows": 8})}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        services = self.fields["services"]
        assert isinstance(services, forms.ModelMultipleChoiceField)
        services.queryset = Service.objects.all()
        services.choices = _grouped_services()
        if self.instance.pk:
            self.initial["services"] = list(self.instance.services.values_list("pk", flat=True))
        self.initial["keywords"] = ", ".join(self.instance.keywords)

    def clean_keywords(self) -> list[str]:
        """Return the words, trimmed, each once."""
        typed = self.cleaned_data["keywords"].split(",")
        words = list(dict.fromkeys(word.strip() for word in typed if word.strip()))
        if len(words) > MOST_KEYWORDS:
            raise forms.ValidationError(_("Gardez 10 mots-clés au plus."))
        if any(len(word) > LONGEST_KEYWORD for word in words):
            raise forms.ValidationError(_("Un mot-clé compte 40 signes au plus."))
        return words

    def clean_services(self) -> list[Service]:
        """Return the services as a list."""
        services = list(self.cleaned_data["services"])
        if len(services) > MOST_SERVICES:
            raise forms.ValidationError(_("Gardez 15 services au plus."))
        return services

    def values(self) -> dict[str, Any]:
        """Return what the services `start_card` and `edit_card` take."""
        return {name: value for name, value in self.cleaned_data.items() if name != "logo"}


class DecisionForm(forms.Form):
    """A decision of staff on the text it has read: `edited_at` says which."""

    edited_at = forms.DateTimeField(widget=forms.HiddenInput)


class ReasonForm(DecisionForm):
    """Why staff sends a card back or hides it: the words the provider will read."""

    reason = forms.CharField(
        label=_("Motif envoyé au prestataire"),
        max_length=1000,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text=_("Dites ce qu’il faut changer, avec un exemple."),
    )


def _grouped_services() -> list[tuple[str, list[tuple[int, str]]]]:
    """Return the services under their family, for a list of boxes: two queries."""
    families = ServiceCategory.objects.order_by("position", "pk").prefetch_related(
        Prefetch("services", Service.objects.in_order())
    )
    return [
        (family.name, [(service.pk, service.name) for service in family.services.all()])
        for family in families
    ]
