"""Files of people: bring one in, follow it, write it."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.contrib import admin
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from emn.lib.file_imports.admin import FileImportAdmin, ImportForm
from emn.mailings.enums import Basis
from emn.mailings.imports.lines import COLUMNS
from emn.mailings.models import JobFunction, MailingList, SubscriberImport, Topic
from emn.mailings.services import subscriber_imports as services


class SubscriberImportForm(ImportForm):
    """The list, on what ground it may write to these people, and the file."""

    field_order = ["mailing_list", "basis", "file"]

    mailing_list: Any = forms.ModelChoiceField(
        label=gettext_lazy("Liste"), queryset=MailingList.objects.none()
    )
    basis = forms.ChoiceField(
        label=gettext_lazy("Pourquoi pouvez-vous leur écrire ?"),
        widget=forms.RadioSelect,
        choices=[
            (
                Basis.CONSENT,
                gettext_lazy("Chaque personne a dit oui : le fichier dit quand, et où le vérifier"),
            ),
            (
                Basis.PROFESSION,
                gettext_lazy(
                    "Ce sont des professionnels déjà en relation avec le centre, et la liste parle "
                    "de leur métier"
                ),
            ),
        ],
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["mailing_list"]
        assert isinstance(field, forms.ModelChoiceField)
        field.queryset = MailingList.objects.in_order()
        self.fields["file"].help_text = _(
            "XLSX, CSV ou CSV.GZ, 10 Mo et 200 000 lignes au plus : compressez un grand CSV, ou "
            "coupez-le."
        )

    def asked(self) -> dict[str, Any]:
        """Name the list by its key."""
        asked = super().asked()
        return {"file": asked["file"], "list_id": asked["mailing_list"].pk, "basis": asked["basis"]}


@admin.register(SubscriberImport)
class SubscriberImportAdmin(FileImportAdmin):
    """Each file with its report; the buttons call the services."""

    permission = "mailings.import_subscribers"
    services = services
    form_class = SubscriberImportForm
    upload_title = gettext_lazy("Importer des abonnés")
    workbook_name = "modele-abonnes.xlsx"
    list_display = [
        "name",
        "mailing_list",
        "basis",
        "status",
        "line_count",
        "added_count",
        "error_count",
        "created_at",
        "created_by",
    ]

    def columns(self) -> Sequence[str]:
        """Return the columns of a file."""
        return COLUMNS

    def upload_context(self) -> dict[str, Any]:
        """Name the topics and the functions that a line may say."""
        return {
            "topics": ", ".join(topic.name for topic in Topic.objects.in_order()),
            "functions": ", ".join(each.name for each in JobFunction.objects.in_order()),
        }
