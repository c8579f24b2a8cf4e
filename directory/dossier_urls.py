"""URLs of the companies’ files, under /dossier/."""

from django.urls import path

from directory.views import dossier, teams

app_name = "dossier"

urlpatterns = [
    path("", dossier.files, name="files"),
    path("rejoindre/", dossier.join, name="join"),
    path("<int:company_id>/", dossier.file, name="file"),
    path("<int:company_id>/equipe/", teams.team, name="team"),
    path("invitation/<str:token>/", teams.invitation, name="invitation"),
    path("conseil/", dossier.shared_files, name="shared_files"),
    path("conseil/<int:company_id>/", dossier.shared_file, name="shared_file"),
]
