"""The forms of a card's sections: each asks one thing, on a page of its own (`sections`)."""

from datetime import timedelta
from typing import Any

from django import forms
from django.db.models import Prefetch
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from directory import certifications
from directory.enums import (
    CardLanguage,
    ClientSector,
    ClientSize,
    PriceBasis,
    ServedCountry,
    SpokenLanguage,
)
from directory.models import Provider, Service, ServiceCategory
from directory.models.content import EARLIEST_YEAR
from directory.models.providers import LONGEST_KEYWORD, MOST_KEYWORDS, MOST_SERVICES
from directory.services.writing import MOST_PICTURES
from emn.lib.images import ImageField

LOGO_PX = 512
PICTURE_PX = 1600
LONGEST_ANSWER_DAYS = 30
HIGHEST_EUROS = 1_000_000
LONGEST_CERTIFICATION = timedelta(days=10 * 366)


class RowForm(forms.ModelForm):  # type: ignore[type-arg]
    """Some fields of the card's own row."""

    def values(self) -> dict[str, Any]:
        """Return what the services `start_card` and `edit_card` take."""
        return {name: value for name, value in self.cleaned_data.items() if name != "logo"}

    def uploads(self) -> dict[str, bytes]:
        """Return the logo when there is a new one."""
        logo = self.cleaned_data.get("logo")
        return {} if logo is None else {"logo": logo}


class EssentialsForm(RowForm):
    """Who one is, in one's own words."""

    class Meta:
        model = Provider
        fields = ["name", "tagline", "description", "language"]
        help_texts = {
            "name": _("Le nom sous lequel vos clients vous connaissent."),
            "tagline": _("Ce que vous faites, en une phrase de 120 signes au plus."),
            "description": _("De 200 à 2 000 signes : pour qui, comment, avec quels résultats."),
            "language": _("La langue dans laquelle vous venez d’écrire."),
        }
        widgets = {"description": forms.Textarea(attrs={"rows": 8})}


class ServicesForm(RowForm):
    """What one does."""

    services: Any = forms.ModelMultipleChoiceField(
        label=_("Vos services"),
        queryset=Service.objects.none(),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=_("Choisissez ce que vous faites vraiment, 15 au plus."),
    )
    keywords = forms.CharField(
        label=_("Mots-clés"),
        required=False,
        max_length=400,
        help_text=_("Séparés par des virgules, 10 au plus."),
    )

    class Meta:
        model = Provider
        fields = ["services", "keywords"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        services = self.fields["services"]
        assert isinstance(services, forms.ModelMultipleChoiceField)
        services.queryset = Service.objects.all()
        services.choices = grouped_services()
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


def _boxes(label: Any, choices: Any, help_text: Any = "") -> Any:
    return forms.MultipleChoiceField(
        label=label,
        choices=choices,
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=help_text,
    )


class ClientsForm(RowForm):
    """For whom one works, where, in which languages."""

    client_sizes = _boxes(_("Taille de vos clients"), ClientSize)
    sectors = _boxes(_("Métiers que vous connaissez"), ClientSector)
    languages = _boxes(_("Langues de travail"), SpokenLanguage)
    countries = _boxes(
        _("Pays où vous travaillez"), ServedCountry, _("Cochez aussi la France si c’est le cas.")
    )

    class Meta:
        model = Provider
        fields = ["client_sizes", "sectors", "languages", "service_area", "countries"]
        labels = {"service_area": _("Jusqu’où vous allez")}


class ContactForm(RowForm):
    """How one is reached, and how fast one answers."""

    website = forms.URLField(
        label=_("Site internet"),
        required=False,
        assume_scheme="https",
        help_text=_("Commence par https://"),
    )
    answer_days = forms.IntegerField(
        label=_("Vous répondez en combien de jours ouvrés ?"),
        required=False,
        min_value=1,
        max_value=LONGEST_ANSWER_DAYS,
        help_text=_("À une première demande. Un seul chiffre : 2, par exemple."),
    )

    class Meta:
        model = Provider
        fields = ["email", "phone", "website", "contact_mode", "answer_days"]
        labels = {"contact_mode": _("Comment préférez-vous être joint ?")}

    def clean(self) -> dict[str, Any]:
        """Ask for the field that the preferred way needs."""
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        mode = cleaned.get("contact_mode")
        if mode and mode in cleaned and not cleaned[mode]:
            self.add_error(mode, _("Vous préférez être joint ainsi : remplissez cette ligne."))
        return cleaned


class PicturesForm(RowForm):
    """The logo and the pictures, each with the words that stand for it.

    A file cannot come back filled in: what goes with it is asked for by the browser first.
    """

    logo = ImageField(
        label=_("Fichier du logo"),
        required=False,
        longest_side_px=LOGO_PX,
        widget=forms.FileInput,
        help_text=_("PNG, JPEG ou WebP, 10 Mo et 40 millions de pixels au plus."),
    )
    new_picture = ImageField(
        label=_("Ajouter une image"),
        required=False,
        longest_side_px=PICTURE_PX,
        widget=forms.FileInput,
        help_text=_("Une réalisation, votre équipe, votre atelier. 10 Mo au plus."),
    )
    new_alt = forms.CharField(
        label=_("Ce que montre cette image"),
        required=False,
        max_length=150,
        help_text=_("Lu à voix haute aux personnes qui ne voient pas l’image."),
    )

    class Meta:
        model = Provider
        fields = ["logo", "logo_alt"]
        labels = {"logo_alt": _("Ce que montre le logo")}
        help_texts = {"logo_alt": _("Par exemple : « Atelier du Web, une plume bleue ».")}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.pictures = list(self.instance.pictures.order_by("position", "pk"))
        for picture in self.pictures:
            self.fields[f"alt_{picture.pk}"] = forms.CharField(
                label=_("Ce que montre cette image"), max_length=150, initial=picture.alt
            )
            self.fields[f"remove_{picture.pk}"] = forms.BooleanField(
                label=_("Retirer cette image"), required=False
            )
        if len(self.pictures) >= MOST_PICTURES:
            del self.fields["new_picture"], self.fields["new_alt"]

    def held(self) -> list[tuple[Any, Any, Any]]:
        """Return the pictures of the card, each with its two fields."""
        return [(row, self[f"alt_{row.pk}"], self[f"remove_{row.pk}"]) for row in self.pictures]

    def clean(self) -> dict[str, Any]:
        """Ask for the words of a new picture."""
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        if cleaned.get("new_picture") and not cleaned.get("new_alt"):
            self.add_error(
                "new_alt", _("Dites ce que montre l’image, puis choisissez à nouveau le fichier.")
            )
        if cleaned.get("new_alt") and not cleaned.get("new_picture") and "new_picture" in cleaned:
            self.add_error("new_picture", _("Choisissez le fichier de l’image."))
        return cleaned

    def values(self) -> dict[str, Any]:
        """Return the words of the logo, the pictures to keep, the one to add."""
        given = self.cleaned_data
        values: dict[str, Any] = {
            "logo_alt": given["logo_alt"],
            "pictures": [
                {"id": row.pk, "alt": given[f"alt_{row.pk}"]}
                for row in self.pictures
                if not given[f"remove_{row.pk}"]
            ],
        }
        if given.get("new_picture"):
            values["new_picture"] = (given["new_picture"], given["new_alt"])
        return values


class TranslationsForm(forms.Form):
    """The same words in the other languages of the portal; each may stay empty."""

    def __init__(self, *args: Any, instance: Provider, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        known = {row.language: row for row in instance.translations.all()}
        self.languages = [code for code in CardLanguage.values if code != instance.language]
        for code in self.languages:
            row = known.get(code)
            name = {"language": CardLanguage(code).label}
            self.fields[f"tagline_{code}"] = forms.CharField(
                label=_("En une phrase (%(language)s)") % name,
                max_length=120,
                required=False,
                initial=row.tagline if row else "",
            )
            self.fields[f"description_{code}"] = forms.CharField(
                label=_("Présentation (%(language)s)") % name,
                max_length=2000,
                required=False,
                initial=row.description if row else "",
                widget=forms.Textarea(attrs={"rows": 6}),
            )
        self.ids = {code: row.pk for code, row in known.items()}

    def values(self) -> dict[str, Any]:
        """Return the languages in which there are words."""
        rows = [
            {
                "id": self.ids.get(code),
                "language": code,
                "tagline": self.cleaned_data[f"tagline_{code}"],
                "description": self.cleaned_data[f"description_{code}"],
            }
            for code in self.languages
        ]
        return {"translations": [row for row in rows if row["tagline"] or row["description"]]}

    def uploads(self) -> dict[str, bytes]:
        """Return nothing: words only."""
        return {}


class LineForm(forms.Form):
    """One row of a list; `id` keeps its identity when its words change."""

    id = forms.IntegerField(required=False, widget=forms.HiddenInput)


class ReferenceForm(LineForm):
    """Something done for a client."""

    title = forms.CharField(
        label=_("Titre"),
        max_length=120,
        help_text=_("Par exemple : « La boutique en ligne d’une fromagerie »."),
    )
    year = forms.IntegerField(label=_("Année"), min_value=EARLIEST_YEAR)
    client_sector = forms.ChoiceField(
        label=_("Métier du client"), choices=[("", _("Sans précision")), *ClientSector.choices],
        required=False,
    )  # fmt: skip
    work = forms.CharField(
        label=_("Ce que vous avez fait"),
        max_length=600,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("600 signes au plus. Ne nommez le client qu’avec son accord."),
    )
    link = forms.URLField(
        label=_("Lien"), required=False, assume_scheme="https", help_text=_("Où cela se voit.")
    )

    def clean_year(self) -> int:
        """Refuse a year to come."""
        year = int(self.cleaned_data["year"])
        if year > timezone.localdate().year:
            raise forms.ValidationError(_("Donnez une année déjà commencée."))
        return year


class PriceForm(LineForm):
    """An indication of price, in whole euros."""

    service_id = forms.TypedChoiceField(
        label=_("Pour"), required=False, coerce=int, empty_value=None
    )
    basis = forms.ChoiceField(
        label=_("Compté"), choices=[("", _("Choisissez")), *PriceBasis.choices]
    )
    low = forms.IntegerField(
        label=_("De (euros)"), required=False, min_value=1, max_value=HIGHEST_EUROS
    )
    high = forms.IntegerField(
        label=_("À (euros)"), required=False, min_value=1, max_value=HIGHEST_EUROS
    )

    def __init__(self, *args: Any, offered: list[tuple[int, str]] = [], **kwargs: Any) -> None:  # noqa: B006 -- never altered
        super().__init__(*args, **kwargs)
        service = self.fields["service_id"]
        assert isinstance(service, forms.TypedChoiceField)
        service.choices = [("", _("Votre travail en général")), *offered]

    def clean(self) -> dict[str, Any]:
        """Hold amounts and basis together; return them in cents."""
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        low, high = cleaned.get("low"), cleaned.get("high")
        if cleaned.get("basis") == PriceBasis.QUOTE:
            low = high = None
        elif low is None and "low" in cleaned:
            self.add_error("low", _("Donnez un prix, ou choisissez « sur devis »."))
        if low is not None and high is not None and high < low:
            self.add_error("high", _("Le second prix est au moins égal au premier."))
        cleaned["from_cents"] = None if low is None else low * 100
        cleaned["to_cents"] = None if high is None else high * 100
        return cleaned


class CertificationForm(LineForm):
    """A label of the closed list, with its end."""

    code = forms.ChoiceField(label=_("Label ou certification"))
    ends_on = forms.DateField(
        label=_("Valable jusqu’au"),
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        help_text=_("Passé ce jour, la fiche ne le montre plus."),
    )
    link = forms.URLField(label=_("Page qui le prouve"), required=False, assume_scheme="https")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        code = self.fields["code"]
        assert isinstance(code, forms.ChoiceField)
        code.choices = [
            ("", _("Choisissez")),
            *(
                (kind.code, f"{kind.name} ({kind.issuer})")
                for kind in certifications.kinds().values()
            ),
        ]

    def clean_ends_on(self) -> Any:
        """Refuse an end so far that nobody gives it."""
        day = self.cleaned_data["ends_on"]
        if day > timezone.localdate() + LONGEST_CERTIFICATION:
            raise forms.ValidationError(_("Donnez la date de fin qui figure sur le certificat."))
        return day


def grouped_services() -> list[tuple[str, list[tuple[int, str]]]]:
    """Return the services under their family, for a list of boxes: two queries."""
    families = ServiceCategory.objects.order_by("position", "pk").prefetch_related(
        Prefetch("services", Service.objects.in_order())
    )
    return [
        (family.name, [(service.pk, service.name) for service in family.services.all()])
        for family in families
    ]
