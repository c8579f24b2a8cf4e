"""Forms of reviews: the author's, the provider's, what staff decides."""

from typing import Any

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from stdnum import iban as iban_number
from stdnum.fr import siren as siren_number
from stdnum.fr import siret as siret_number

from directory.enums import (
    DoubtReason,
    ProofKind,
    ProofStatus,
    ReviewRefusal,
    ReviewRemoval,
)
from directory.models.replies import LONGEST_REPLY
from directory.models.reviews import RATINGS
from directory.reviews.rules import rules
from directory.services.reviews import Opinion, Paper
from emn.lib.documents import DocumentField
from emn.lib.forms import PublicForm
from emn.lib.text import digits

STEPS = [
    (1, _("1, très insuffisant")),
    (2, _("2, insuffisant")),
    (3, _("3, moyen")),
    (4, _("4, bien")),
    (5, _("5, très bien")),
]
_DAY = {"type": "date"}


def _rating(label: Any, help_text: Any) -> forms.TypedChoiceField:
    return forms.TypedChoiceField(
        label=label,
        choices=STEPS,
        coerce=int,
        widget=forms.RadioSelect,
        help_text=help_text,
        error_messages={"required": _("Donnez une note de 1 à 5.")},
    )


def _day(label: Any, **options: Any) -> forms.DateField:
    return forms.DateField(label=label, widget=forms.DateInput(_DAY, format="%Y-%m-%d"), **options)


class OpinionFields(forms.Form):
    """The five ratings, the words, the day, the declaration."""

    fit = _rating(_("Adéquation au besoin"), _("Le résultat répond-il à ce qu’il vous fallait ?"))
    perimeter = _rating(
        _("Clarté du périmètre"), _("Ce qui était compris, ce qui ne l’était pas : était-ce dit ?")
    )
    costs = _rating(_("Coûts et délais"), _("Le prix et les dates annoncés ont-ils été tenus ?"))
    follow_up = _rating(
        _("Suivi et validation"), _("Avez-vous pu suivre, essayer et valider chaque étape ?")
    )
    lasting = _rating(
        _("Pérennité, réversibilité, propriété"),
        _("Pouvez-vous continuer, changer de prestataire, et ce qui est fait est-il à vous ?"),
    )
    text = forms.CharField(
        label=_("Votre avis, avec vos mots"),
        min_length=rules().shortest_text,
        max_length=rules().longest_text,
        widget=forms.Textarea(attrs={"rows": 8}),
        help_text=_(
            "Ce qui a été fait, ce qui a bien marché, ce qui a manqué. Ne nommez personne. Le "
            "texte paraît tel quel : ni le centre ni le prestataire ne peuvent le changer, vous "
            "non plus."
        ),
        error_messages={"min_length": _("Dites-en un peu plus : %(limit_value)d signes au moins.")},
    )
    experience_on = _day(
        _("Fin de l’expérience"),
        help_text=_("Le jour de la livraison, ou de la dernière intervention."),
    )
    author_name = forms.CharField(
        label=_("Votre nom"),
        max_length=120,
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
        help_text=_("Pour le centre seulement : il n’est jamais publié."),
    )
    shows_profile = forms.BooleanField(
        label=_("Montrer le métier, la taille et la commune de mon entreprise"),
        required=False,
        help_text=_("Jamais son nom. Sans cette case, l’avis dit seulement « une entreprise »."),
    )
    has_lived_it = forms.BooleanField(
        label=_(
            "Je déclare avoir vécu cette expérience pour mon entreprise, sans lien avec le "
            "prestataire, et n’avoir rien reçu en échange de cet avis."
        )
    )

    def opinion(self) -> Opinion:
        """Return what was said."""
        given = self.cleaned_data
        return Opinion(
            ratings={name: given[name] for name in RATINGS},
            text=given["text"],
            experience_on=given["experience_on"],
            has_lived_it=given["has_lived_it"],
            shows_profile=given["shows_profile"],
        )


class SpontaneousForm(PublicForm, OpinionFields):
    """A review without an invitation nor an account; its mailbox confirms it."""

    scope = "directory.review"
    limit_with_proof = 10
    limit_without_proof = 3
    field_order = [*RATINGS, "text", "experience_on", "siret", "author_name", "email"]

    siret = forms.CharField(
        label=_("SIRET de votre entreprise"),
        max_length=20,
        widget=forms.TextInput(attrs={"inputmode": "numeric"}),
        help_text=_("14 chiffres ; il figure sur vos factures. Il n’est pas publié."),
    )
    email = forms.EmailField(
        label=_("Votre courriel professionnel"),
        widget=forms.EmailInput(attrs={"autocomplete": "email"}),
        help_text=_("Nous y envoyons un lien : l’avis ne part qu’une fois confirmé."),
    )

    def clean_siret(self) -> str:
        """Return the fourteen digits."""
        return _siret(self.cleaned_data["siret"])


class MemberReviewForm(OpinionFields):
    """A review of a signed-in person, for one of its companies."""

    field_order = ["company", *RATINGS]

    company = forms.ChoiceField(label=_("Pour quelle entreprise ?"))

    def __init__(self, *args: Any, companies: list[tuple[int, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["company"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = companies


class ProofForm(forms.Form):
    """A private document, and what its owner reads on it."""

    kind = forms.ChoiceField(label=_("De quoi s’agit-il ?"), choices=ProofKind)
    file = DocumentField(
        label=_("Fichier"),
        help_text=_(
            "PDF ou image, 10 Mo au plus. Vous pouvez masquer les montants. Lu par le centre "
            "seulement, jamais publié."
        ),
    )
    issuer = forms.CharField(
        label=_("SIREN ou SIRET de qui a fait le document"),
        max_length=20,
        help_text=_("Celui du prestataire, écrit sur le document."),
    )
    recipient = forms.CharField(
        label=_("SIREN ou SIRET de qui l’a reçu"),
        max_length=20,
        help_text=_("Celui de votre entreprise."),
    )
    number = forms.CharField(label=_("Numéro du document"), max_length=60)
    dated_on = _day(_("Date du document"))
    iban = forms.CharField(
        label=_("IBAN à payer, s’il y est écrit"),
        required=False,
        max_length=42,
        help_text=_("Gardé comme une empreinte : il sert à voir les liens entre entreprises."),
    )

    def clean_issuer(self) -> str:
        """Return the SIREN."""
        return _siren(self.cleaned_data["issuer"])

    def clean_recipient(self) -> str:
        """Return the SIREN."""
        return _siren(self.cleaned_data["recipient"])

    def clean_iban(self) -> str:
        """Refuse a slip: a wrong IBAN ties nobody."""
        value: str = self.cleaned_data["iban"]
        if value and not iban_number.is_valid(value):
            raise forms.ValidationError(gettext("Cet IBAN n’est pas juste : relisez-le."))
        return value

    def paper(self) -> Paper:
        """Return the document and what stands on it."""
        given = self.cleaned_data
        return Paper(
            kind=given["kind"],
            document=given["file"],
            issuer_siren=given["issuer"],
            recipient_siren=given["recipient"],
            number=given["number"],
            dated_on=given["dated_on"],
            iban=given["iban"],
        )


class MissionForm(forms.Form):
    """A mission that the provider declares."""

    siret = forms.CharField(
        label=_("SIRET du client"),
        max_length=20,
        widget=forms.TextInput(attrs={"inputmode": "numeric"}),
    )
    client_email = forms.EmailField(
        label=_("Courriel du client, à son entreprise"),
        help_text=_("Le centre lui écrit quelques jours après la fin de la mission."),
    )
    subject = forms.CharField(
        label=_("Objet de la mission"),
        max_length=200,
        help_text=_("En quelques mots : refonte du site, sauvegardes…"),
    )
    starts_on = _day(_("Début"))
    ended_on = _day(_("Fin"))

    def clean_siret(self) -> str:
        """Return the fourteen digits."""
        return _siret(self.cleaned_data["siret"])

    def clean(self) -> dict[str, Any]:
        """Ask for an end after the beginning."""
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        first, last = cleaned.get("starts_on"), cleaned.get("ended_on")
        if first and last and last < first:
            self.add_error("ended_on", gettext("La fin ne peut pas précéder le début."))
        return cleaned


class ReviewReplyForm(forms.Form):
    """The provider's own words, under a review."""

    text = forms.CharField(
        label=_("Votre réponse"),
        max_length=LONGEST_REPLY,
        widget=forms.Textarea(attrs={"rows": 8}),
        help_text=_(
            "1 500 signes au plus. Elle paraît telle quelle sous l’avis, en sept jours au plus. Ne "
            "nommez ni le client ni une personne."
        ),
    )


class DoubtForm(forms.Form):
    """Why a review may not be authentic."""

    reasons = forms.MultipleChoiceField(
        label=_("Pourquoi doutez-vous ?"),
        choices=DoubtReason,
        widget=forms.CheckboxSelectMultiple,
    )
    words = forms.CharField(
        label=_("Ce qui le montre"),
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 8}),
        help_text=_("Lu par le centre seulement. Un avis sévère n’est pas un avis faux."),
    )


def _siret(value: str) -> str:
    number = digits(value)
    if not siret_number.is_valid(number):
        raise forms.ValidationError(
            gettext("Ce SIRET n’est pas juste : 14 chiffres, sur vos factures.")
        )
    return number


def _siren(value: str) -> str:
    """Return the SIREN of a SIREN, of a SIRET or of a VAT number."""
    number = digits(value.upper().removeprefix("FR"))
    for candidate in (number, number[:9], number[-9:]):
        if siren_number.is_valid(candidate):
            return candidate
    raise forms.ValidationError(gettext("Ce numéro n’est pas juste : 9 ou 14 chiffres."))


# --- Staff ---


class PublishForm(forms.Form):
    """Publish a review as it is."""

    is_identified = forms.BooleanField(
        label=_("J’ai vérifié que l’auteur agit pour cette entreprise"),
        required=False,
        help_text=_(
            "Par exemple en appelant le numéro public de l’entreprise. Nécessaire quand l’adresse "
            "n’est pas celle d’une entreprise."
        ),
    )


class RefuseForm(forms.Form):
    """Refuse a review, for a reason of the list that the policy shows."""

    reason = forms.ChoiceField(label=_("Motif"), choices=ReviewRefusal, widget=forms.RadioSelect)
    words = forms.CharField(
        label=_("Précision, envoyée à l’auteur avec le motif"),
        required=False,
        max_length=1000,
        widget=forms.Textarea(attrs={"rows": 4}),
    )


class RemoveForm(forms.Form):
    """Take a published review away, with reasons."""

    reason = forms.ChoiceField(label=_("Motif"), choices=ReviewRemoval, widget=forms.RadioSelect)
    words = forms.CharField(
        label=_("Ce qui a été établi, envoyé à l’auteur et au prestataire"),
        max_length=1000,
        widget=forms.Textarea(attrs={"rows": 5}),
    )


class InterviewForm(forms.Form):
    """The minutes of a talk with the client."""

    held_on = _day(_("Tenu le"))
    minutes = forms.CharField(
        label=_("Compte rendu"),
        max_length=8000,
        widget=forms.Textarea(attrs={"rows": 12}),
        help_text=_(
            "Gardé avec l’avis, jamais publié : qui a parlé, de quelle mission, ce qui a été dit."
        ),
    )


class ProofDecisionForm(forms.Form):
    """What a proof is worth."""

    status = forms.ChoiceField(
        label=_("Décision"),
        choices=[
            (ProofStatus.ACCEPTED, _("Elle prouve la mission")),
            (ProofStatus.UNREADABLE, _("Illisible ou incomplète : en demander une autre")),
            (ProofStatus.REFUSED, _("Elle ne prouve pas la mission : l’avis ne compte pas")),
        ],
        widget=forms.RadioSelect,
    )
    decision = forms.CharField(
        label=_("Motif, envoyé à l’auteur"),
        required=False,
        max_length=1000,
        widget=forms.Textarea(attrs={"rows": 4}),
    )


class BlockDecisionForm(forms.Form):
    """Confirm what was found, or lift it."""

    confirmed = forms.ChoiceField(
        label=_("Décision"),
        choices=[
            ("oui", _("Confirmer : l’avis ne compte pas")),
            ("non", _("Lever : l’avis compte")),
        ],
        widget=forms.RadioSelect,
    )
    decision = forms.CharField(
        label=_("Motifs, gardés au dossier"),
        max_length=1000,
        widget=forms.Textarea(attrs={"rows": 4}),
    )


class DoubtDecisionForm(forms.Form):
    """A reasoned decision on a doubt."""

    upheld = forms.ChoiceField(
        label=_("Décision"),
        choices=[
            ("oui", _("Le doute est fondé : retirer l’avis")),
            ("non", _("Le doute n’est pas fondé : l’avis reste")),
        ],
        widget=forms.RadioSelect,
    )
    removal = forms.ChoiceField(
        label=_("Si l’avis est retiré, pour quel motif"),
        required=False,
        choices=[("", "–"), *ReviewRemoval.choices],
    )
    decision = forms.CharField(
        label=_("Motifs, envoyés au prestataire"),
        max_length=4000,
        widget=forms.Textarea(attrs={"rows": 6}),
    )
