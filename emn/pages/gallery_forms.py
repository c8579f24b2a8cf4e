"""The gallery's form: one field of each kind."""

from django import forms

KINDS = [("craft", "Artisan"), ("shop", "Commerçant"), ("other", "Autre")]
NEEDS = [("site", "Un site"), ("till", "Une caisse"), ("backup", "Une sauvegarde")]


class GalleryForm(forms.Form):
    """Every control that the portal's forms use; it is shown and never sent."""

    email = forms.EmailField(label="Adresse électronique", help_text="Pour vous répondre.")
    name = forms.CharField(label="Nom de l’entreprise", required=False)
    need = forms.CharField(label="Votre besoin", widget=forms.Textarea)
    commune = forms.ChoiceField(
        label="Commune", choices=[("57463", "Metz"), ("57630", "Sarrebourg")]
    )
    kind = forms.ChoiceField(label="Vous êtes", choices=KINDS, widget=forms.RadioSelect)
    needs = forms.MultipleChoiceField(
        label="Vous cherchez",
        help_text="Cochez tout ce qui convient.",
        choices=NEEDS,
        widget=forms.CheckboxSelectMultiple,
    )
    logo = forms.FileField(label="Logo", required=False)
    charter = forms.BooleanField(label="J’ai lu la charte")
