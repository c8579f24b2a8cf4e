"""Contesting a line of an index, answering it in public, and what staff decides."""

import json
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from directory.enums import AuditLevel, InsolvencyState
from directory.models.insolvency import LONGEST_NOTICE
from directory.models.replies import LONGEST_REPLY


class ContestForm(forms.Form):
    """What is wrong, and why."""

    reason = forms.CharField(
        label=gettext_lazy("Qu’est-ce qui est faux, et pourquoi ?"),
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 8}),
        help_text=gettext_lazy(
            "Dites ce qui serait juste, et quel document le montre. 2 000 signes au plus."
        ),
    )


class ReplyForm(forms.Form):
    """The provider's own words, under its index."""

    text = forms.CharField(
        label=gettext_lazy("Votre réponse"),
        max_length=LONGEST_REPLY,
        widget=forms.Textarea(attrs={"rows": 10}),
        help_text=gettext_lazy(
            "1 500 signes au plus. Elle paraît telle quelle sous votre indice. Ne nommez aucun "
            "client."
        ),
    )


class ContestDecisionForm(forms.Form):
    """A reasoned decision on a contest."""

    granted = forms.ChoiceField(
        label=gettext_lazy("Décision"),
        choices=[("oui", gettext_lazy("Accepter")), ("non", gettext_lazy("Rejeter"))],
        widget=forms.RadioSelect,
    )
    void_the_fact = forms.BooleanField(
        label=gettext_lazy("Annuler le fait contesté, aussi pour le passé"),
        required=False,
        help_text=gettext_lazy(
            "Pour corriger autrement, inscrivez ensuite le fait juste, à sa date."
        ),
    )
    decision = forms.CharField(
        label=gettext_lazy("Motifs, envoyés au prestataire"),
        max_length=4000,
        widget=forms.Textarea(attrs={"rows": 8}),
    )


class ReplyDecisionForm(forms.Form):
    """Publish a reply, or refuse it with reasons."""

    seen = forms.CharField(max_length=64, widget=forms.HiddenInput)
    publish = forms.ChoiceField(
        label=gettext_lazy("Décision"),
        choices=[("oui", gettext_lazy("Publier telle quelle")), ("non", gettext_lazy("Refuser"))],
        widget=forms.RadioSelect,
    )
    refusal = forms.CharField(
        label=gettext_lazy("Motif du refus, envoyé au prestataire"),
        max_length=1000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text=gettext_lazy("Seulement pour un texte illicite, ou qui nomme une personne."),
    )


class InsolvencyForm(forms.Form):
    """What an agent read at bodacc.fr."""

    state = forms.ChoiceField(
        label=gettext_lazy("Ce que disent les annonces"),
        choices=[row for row in InsolvencyState.choices if row[0] != InsolvencyState.UNSURE],
        widget=forms.RadioSelect,
    )
    on = forms.DateField(
        label=gettext_lazy("Vu le"),
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )
    notice = forms.CharField(
        label=gettext_lazy("Source lue"),
        max_length=LONGEST_NOTICE,
        help_text=gettext_lazy(
            "Le numéro et la date de l’annonce, ou la recherche faite : « bodacc.fr, SIREN 123 456 "
            "789, aucune annonce »."
        ),
    )


class AuditForm(forms.Form):
    """What an audit found."""

    level = forms.ChoiceField(
        label=gettext_lazy("L’audit"), choices=AuditLevel, widget=forms.RadioSelect
    )
    points = forms.IntegerField(
        label=gettext_lazy("Points obtenus, sur 100"),
        min_value=0,
        max_value=100,
        required=False,
        help_text=gettext_lazy("Vide si l’entreprise a refusé l’audit."),
    )
    on = forms.DateField(
        label=gettext_lazy("Fait, ou refusé, le"),
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )
    minutes = forms.CharField(
        label=gettext_lazy("Compte rendu"),
        max_length=300,
        help_text=gettext_lazy("Sa référence, et où il est rangé. Le prestataire ne la voit pas."),
    )


class LotoForm(forms.Form):
    """The public value that draws the year's audits."""

    numbers = forms.CharField(
        label=gettext_lazy("Numéros sortis"),
        max_length=40,
        help_text=gettext_lazy(
            "Les cinq numéros puis le numéro chance, tels que la FDJ les publie. Le tirage ne se "
            "refait pas."
        ),
    )


class ReplyWithdrawalForm(forms.Form):
    """Take a published reply down."""

    seen = forms.CharField(max_length=64, widget=forms.HiddenInput)
    reason = forms.CharField(
        label=gettext_lazy("Motif du retrait, envoyé au prestataire"),
        max_length=1000,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text=gettext_lazy("Seulement pour un texte illicite, ou qui nomme une personne."),
    )


class VoidForm(forms.Form):
    """Undo a fact recorded by error."""

    reason = forms.RegexField(
        regex=r"^[A-Za-z0-9][A-Za-z0-9._:-]{0,39}$",
        label=gettext_lazy("Référence de la décision"),
        help_text=gettext_lazy("Un mot ou un numéro de dossier, sans espace : erreur-2026-12."),
        error_messages={
            "invalid": gettext_lazy(
                "Des lettres sans accent, des chiffres, des tirets ; 40 au plus."
            )
        },
    )


class DraftForm(forms.Form):
    """A version of the formula as a draft."""

    version = forms.RegexField(
        regex=r"^[0-9]{1,4}\.[0-9]{1,4}$",
        label=gettext_lazy("Version"),
        error_messages={"invalid": gettext_lazy("Un numéro de version s’écrit comme 1.2.")},
    )
    note = forms.CharField(
        label=gettext_lazy("Ce qui change, et pourquoi"),
        max_length=4000,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text=gettext_lazy("Publié avec la version."),
    )
    values = forms.CharField(
        label=gettext_lazy("Paramètres (JSON)"), widget=forms.Textarea(attrs={"rows": 30})
    )

    def clean_values(self) -> Any:
        """Return the mapping that the text writes."""
        try:
            return json.loads(self.cleaned_data["values"])
        except ValueError as error:
            raise forms.ValidationError(
                _("Ce texte n’est pas du JSON : %(error)s") % {"error": error}
            ) from None


class PublicationForm(forms.Form):
    """When a version takes effect."""

    effective_on = forms.DateField(
        label=gettext_lazy("S’applique à partir du"),
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        help_text=gettext_lazy("Trente jours au moins après aujourd’hui."),
    )
