"""What a person fills in to subscribe, and on its page of preferences."""

from typing import Any

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from emn.lib.forms import PublicForm
from emn.mailings.models import MailingList, Subscriber, Topic
from emn.mailings.services.consent import Wishes
from emn.mailings.territories import territories


class _ListsField(forms.ModelMultipleChoiceField):  # type: ignore[type-arg]  # not generic at run time
    """Lists to tick, each with what it sends; none is ticked beforehand (R2.01)."""

    widget = forms.CheckboxSelectMultiple

    def label_from_instance(self, obj: MailingList) -> SafeString:
        """Name the list and say what it sends."""
        return format_html(
            '<strong>{}</strong><br><span class="muted">{}</span>', obj.name, obj.description
        )


class WishesForm(forms.Form):
    """Lists, language, territory and topics."""

    lists = _ListsField(
        label=_("Que souhaitez-vous recevoir ?"),
        queryset=MailingList.objects.none(),
        to_field_name="code",
        error_messages={"required": _("Cochez au moins une ligne.")},
    )
    language = forms.ChoiceField(label=_("Dans quelle langue ?"), choices=settings.LANGUAGES)
    epci_code = forms.ChoiceField(label=_("Où êtes-vous ?"), required=False)
    topics = forms.MultipleChoiceField(
        label=_("Quels sujets vous intéressent ?"),
        help_text=_("Rien de coché veut dire tous les sujets."),
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        fields: dict[str, Any] = self.fields
        fields["lists"].queryset = MailingList.objects.public().in_order()
        fields["language"].initial = get_language()
        everywhere = [("", _("Tout le département"))]
        fields["epci_code"].choices = [*everywhere, *territories().items()]
        fields["topics"].choices = [(entry.code, entry.name) for entry in Topic.objects.in_order()]

    @property
    def list_ids(self) -> list[int]:
        """The lists that were ticked."""
        return [entry.pk for entry in self.cleaned_data["lists"]]

    @property
    def wishes(self) -> Wishes:
        """What was filled in beside the lists."""
        return Wishes(
            language=self.cleaned_data["language"],
            epci_code=self.cleaned_data["epci_code"],
            topics=self.cleaned_data["topics"],
        )


class SubscribeForm(PublicForm, WishesForm):
    """Whom to write to, and what."""

    scope = "mailings.subscribe"
    limit_with_proof = 30
    field_order = ["email", "lists", "language", "epci_code", "topics"]

    email = forms.EmailField(
        label=_("Votre adresse électronique"),
        max_length=254,
        widget=forms.EmailInput(attrs={"autocomplete": "email"}),
    )

    def clean_email(self) -> str:
        """Refuse the quoted addresses of RFC 5321, which may hold blanks and reach nobody."""
        email: str = self.cleaned_data["email"]
        if '"' in email:
            raise ValidationError(_("Écrivez l’adresse sans guillemets : nom@exemple.fr."))
        return email


class PreferencesForm(WishesForm):
    """What a subscriber chooses on its own page; nothing ticked leaves every list."""

    def __init__(self, *args: Any, subscriber: Subscriber, **kwargs: Any) -> None:
        received = MailingList.objects.filter(
            subscriptions__in=subscriber.subscriptions.confirmed()
        )
        values = {
            "lists": [entry.code for entry in received],
            "language": subscriber.language,
            "epci_code": subscriber.epci_code,
            "topics": subscriber.topics,
        }
        super().__init__(*args, initial=values, **kwargs)
        fields: dict[str, Any] = self.fields
        fields["lists"].required = False
        fields["lists"].help_text = _("Rien de coché arrête tous les envois.")
        fields["lists"].queryset = (MailingList.objects.public() | received).distinct().in_order()
