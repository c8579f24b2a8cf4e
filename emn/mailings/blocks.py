"""The kinds of blocks that a letter is made of; each app registers its own in `ready()`.

A kind is two forms (the words of one language, the settings common to all) and two templates,
`<template>.html` and `<template>.txt`, which see what `data` returns and write every link by
`{% go url %}` (`{% load letter %}`). Templates stand in a folder named `emails` or `mailings`.
"""

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django import forms
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.core.validators import MaxLengthValidator
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from emn.lib.images import ImageField, as_jpeg
from emn.lib.registry import Registry
from emn.mailings import markup

COMMON = "all"  # where Block.content keeps what all languages share
Values = Mapping[str, Any]


def _as_written(content: Values, _language: str, _now: datetime) -> Values:
    return content


def _as_cleaned(cleaned: Values, _before: Values) -> Values:
    return cleaned


@dataclass(frozen=True, kw_only=True)
class BlockKind:
    """One kind of block.

    `data(content, language, now)`: what the templates show, of the settings and the words of that
    language; None when there is nothing to show today. `keep(cleaned, before)`: what is stored of
    the settings (JSON), given what was.
    """

    key: str
    order: int
    label: str | Promise
    template: str
    words: type[forms.Form] = forms.Form
    settings: type[forms.Form] = forms.Form
    data: Callable[[Values, str, datetime], Values | None] = _as_written
    keep: Callable[[Values, Values], Values] = _as_cleaned

    def lacks_words(self, content: Values, language: str) -> bool:
        """Tell whether a language still misses words that this kind cannot do without."""
        required = any(field.required for field in self.words.base_fields.values())
        return required and language not in content


kinds = Registry[BlockKind]()
register = kinds.register


def kind_of(key: str) -> BlockKind | None:
    """Return the kind of that key; None when its app is gone."""
    return next((kind for kind in kinds if kind.key == key), None)


# --- The portal's own kinds ---


class AddressField(forms.CharField):
    """Where a link leads: https://…, mailto:…, or a page of the portal («/annuaire/»)."""

    default_validators = [MaxLengthValidator(markup.LONGEST_ADDRESS), markup.validate_address]


class TextWords(forms.Form):
    """Paragraphs."""

    text = forms.CharField(
        label=_("Texte"),
        max_length=5000,
        widget=forms.Textarea(attrs={"rows": 10}),
        validators=[markup.validate_markup],
        help_text=_(
            "Une ligne vide sépare deux paragraphes. Un tiret en début de ligne fait une liste, "
            "**deux étoiles** mettent en gras, [des mots](https://…) font un lien."
        ),
    )


class HeadingWords(forms.Form):
    """A title between two parts."""

    text = forms.CharField(label=_("Intertitre"), max_length=120)


class ButtonWords(forms.Form):
    """The one thing that the reader may do."""

    text = forms.CharField(label=_("Mots du bouton"), max_length=60)
    url = AddressField(label=_("Adresse"), help_text=_("https://… ou /annuaire/, par exemple."))


class FigureSettings(forms.Form):
    """The picture."""

    picture = ImageField(
        label=_("Image"),
        longest_side_px=1200,
        required=False,
        help_text=_("PNG, JPEG ou WebP. Sans nouveau fichier, l’image actuelle reste."),
    )

    def clean_picture(self) -> bytes | None:
        """Ask for a picture the first time; afterwards the last one may stay."""
        picture: bytes | None = self.cleaned_data["picture"]
        if picture is None and "picture" not in self.initial:
            raise forms.ValidationError(_("Choisissez une image."))
        return picture


class FigureWords(forms.Form):
    """What the picture shows, for whoever does not see it."""

    alt = forms.CharField(
        label=_("Description de l’image"),
        max_length=250,
        help_text=_("Ce que l’image apprend, pour qui ne la voit pas."),
    )
    caption = forms.CharField(label=_("Légende"), max_length=250, required=False)


def _keep_picture(cleaned: Values, before: Values) -> Values:
    """Store the new picture under its own digest; without one, the last stays."""
    if not cleaned.get("picture"):
        return before
    jpeg = as_jpeg(cleaned["picture"])  # mail programs on a desk do not read WebP
    name = f"lettre/{hashlib.sha256(jpeg).hexdigest()[:32]}.jpg"
    if not default_storage.exists(name):
        default_storage.save(name, ContentFile(jpeg))
    return {"picture": name}


def _picture_or_nothing(content: Values, _language: str, _now: datetime) -> Values | None:
    if "picture" not in content:
        return None
    return {**content, "src": markup.absolute(default_storage.url(content["picture"]))}


for _kind in (
    BlockKind(
        key="text", order=10, label=_("Texte"), template="mailings/blocks/text", words=TextWords
    ),
    BlockKind(
        key="heading",
        order=20,
        label=_("Intertitre"),
        template="mailings/blocks/heading",
        words=HeadingWords,
    ),
    BlockKind(
        key="button",
        order=30,
        label=_("Bouton"),
        template="mailings/blocks/button",
        words=ButtonWords,
    ),
    BlockKind(
        key="figure",
        order=40,
        label=_("Image"),
        template="mailings/blocks/figure",
        words=FigureWords,
        settings=FigureSettings,
        data=_picture_or_nothing,
        keep=_keep_picture,
    ),
):
    register(_kind)
