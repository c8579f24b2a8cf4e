"""What staff fills in to write, release, picture and end a page."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from emn.lib.images import ImageField
from emn.mailings.markup import validate_markup
from emn.pages.enums import PageKind
from emn.pages.models import Page
from emn.pages.services.content import PICTURE_SIDE_PX

_LOCAL = "%Y-%m-%dT%H:%M"
RESERVED = frozenset({"rss", "atom"})  # addresses of the feeds


def _moment(label: Any, help_text: Any) -> forms.DateTimeField:
    return forms.DateTimeField(
        label=label, required=False, input_formats=[_LOCAL], help_text=help_text,
        widget=forms.DateTimeInput(format=_LOCAL, attrs={"type": "datetime-local"}),
    )  # fmt: skip


class PageForm(forms.ModelForm):  # type: ignore[type-arg]  # not generic at run time
    """Where a page stands."""

    class Meta:
        model = Page
        fields = ("kind", "slug", "parent", "audience")

    def clean(self) -> dict[str, Any]:
        """Refuse the addresses of the feeds, and a third step."""
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        kind = cleaned.get("kind", self.instance.kind)
        if kind == PageKind.NEWS and cleaned.get("slug") in RESERVED:
            self.add_error("slug", _("Cette adresse est déjà prise."))
        if cleaned.get("parent") and self.instance.pk and self.instance.children.exists():
            self.add_error(
                "parent", _("Des pages se rangent déjà sous celle-ci : elle reste en haut.")
            )
        return cleaned


class MoveForm(forms.Form):
    """Another address; `kind` is that of the page."""

    slug = forms.SlugField(label=_("Adresse"), max_length=80)

    def __init__(self, *args: Any, kind: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.kind = kind

    def clean_slug(self) -> str:
        """Refuse the addresses of the feeds."""
        slug: str = self.cleaned_data["slug"]
        if self.kind == PageKind.NEWS and slug in RESERVED:
            raise forms.ValidationError(_("Cette adresse est déjà prise."))
        return slug


class WriteForm(forms.Form):
    """The words of one language; `base` is the version that the writer started from."""

    base = forms.IntegerField(widget=forms.HiddenInput)
    title = forms.CharField(label=_("Titre"), max_length=120)
    summary = forms.CharField(
        label=_("Résumé"), max_length=300, widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("Une ou deux phrases, pour les listes et les moteurs de recherche."),
    )  # fmt: skip
    text = forms.CharField(
        label=_("Texte"), max_length=30_000, widget=forms.Textarea(attrs={"rows": 24}),
        validators=[validate_markup],
        help_text=_(
            "Une ligne vide sépare deux paragraphes. Une ligne qui commence par ## est un "
            "intertitre, par un tiret une ligne de liste ; **deux étoiles** mettent en gras, "
            "[des mots](/agenda/) font un lien."
        ),
    )  # fmt: skip


class ReleaseForm(forms.Form):
    """When a version appears."""

    shown_from = _moment(
        _("Paraît le"), _("À l’heure de Paris. Laissez vide pour publier aussitôt.")
    )


class EndForm(forms.Form):
    """When a page is taken down."""

    shown_until = _moment(
        _("Retirée le"), _("À l’heure de Paris. Laissez vide pour que la page reste.")
    )


class PictureForm(forms.Form):
    """A picture and what it shows."""

    picture = ImageField(
        longest_side_px=PICTURE_SIDE_PX, label=_("Image"), required=False,
        help_text=_("PNG, JPEG ou WebP. Laissez vide pour garder l’image et changer ses mots."),
    )  # fmt: skip
    alt_fr = forms.CharField(
        label=_("Description de l’image"), max_length=150,
        help_text=_("Ce que l’image montre, pour qui ne la voit pas."),
    )  # fmt: skip
    alt_de = forms.CharField(label=_("Description en allemand"), max_length=150, required=False)
    alt_en = forms.CharField(label=_("Description en anglais"), max_length=150, required=False)
