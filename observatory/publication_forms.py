"""What staff fills in to translate and to correct a publication."""

from typing import Any

from django import forms
from django.template.defaultfilters import linebreaksbr
from django.utils.translation import gettext_lazy as _

from emn.mailings.markup import validate_markup
from observatory.models import Publication, PublicationTranslation
from observatory.publication_texts import Parts
from observatory.services.publications import Words


class ErratumForm(forms.Form):
    """What was wrong, and what is right."""

    erratum = forms.CharField(
        label=_("Erratum"), max_length=2_000, widget=forms.Textarea(attrs={"rows": 4}),
        help_text=_("Ce qui était faux, et ce qui est juste. Il reste, daté."),
    )  # fmt: skip


class TranslationForm(forms.Form):
    """The words of another language, each under the French that it translates."""

    base = forms.IntegerField(widget=forms.HiddenInput)

    def __init__(
        self, data: Any, *, publication: Publication, parts: Parts,
        last: PublicationTranslation | None,
    ) -> None:  # fmt: skip
        super().__init__(data, initial={"base": last.number if last else 0})
        self.parts = parts
        before = Words.of(last) if last else Words()
        self._ask("title", _("Titre"), publication.title, before.title, 160)
        self._ask("summary", _("En deux phrases"), publication.summary, before.summary, 400)
        for part in parts:
            was = before.parts.get(str(part.pk), {})
            self._ask(f"title_{part.pk}", _("Intertitre"), part.title, was.get("title", ""), 160)
            if part.text:
                self._ask(f"text_{part.pk}", _("Texte"), part.text, was.get("text", ""), 20_000)
        if publication.erratum:
            self._ask("erratum", _("Erratum"), publication.erratum, before.erratum, 10_000)

    def _ask(self, name: str, label: Any, french: str, before: str, longest: int) -> None:
        """Add a field; `french`: what it translates, shown with it."""
        rows = min(24, max(1, len(french) // 60))
        self.fields[name] = forms.CharField(
            label=label, help_text=linebreaksbr(french), initial=before,
            max_length=longest, required=False,
            validators=[validate_markup] if name.startswith("text") else [],
            widget=forms.Textarea(attrs={"rows": rows}) if rows > 1 else forms.TextInput(),
        )  # fmt: skip

    @property
    def words(self) -> Words:
        """What was written."""
        given = self.cleaned_data
        parts = {
            str(part.pk): {
                name: given[f"{name}_{part.pk}"]
                for name in ("title", "text")
                if given.get(f"{name}_{part.pk}")
            }
            for part in self.parts
        }
        return Words(
            given["title"], given["summary"], given.get("erratum", ""),
            {key: words for key, words in parts.items() if words},
        )  # fmt: skip
