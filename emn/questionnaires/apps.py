"""Registration of the app with Django."""

from django.apps import AppConfig


class QuestionnairesConfig(AppConfig):
    name = "emn.questionnaires"
    label = "questionnaires"
    verbose_name = "Questionnaires"
