"""URLs of the chest of reversibility, under /dossier/coffre/."""

from django.urls import path

from directory.views import reversibility

app_name = "reversibility"

urlpatterns = [
    path("", reversibility.chest, name="chest"),
    path("<int:project_id>/", reversibility.project, name="project"),
    path("<int:project_id>/retirer/", reversibility.delete, name="delete"),
    path("<int:project_id>/coffre.csv", reversibility.export_csv, name="export_csv"),
    path("<int:project_id>/coffre.pdf", reversibility.export_pdf, name="export_pdf"),
]
