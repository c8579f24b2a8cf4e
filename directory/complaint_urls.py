"""URLs of complaints, under /plaintes/."""

from django.urls import path

from directory.views import complaints

app_name = "complaints"

urlpatterns = [
    path("", complaints.register, name="register"),
    path("decisions.csv", complaints.decisions_csv, name="decisions_csv"),
    path("decisions.json", complaints.decisions_json, name="decisions_json"),
    path("nouvelle/", complaints.start, name="start"),
    path("nouvelle/<str:siren>/", complaints.new, name="new"),
    path("envoyee/", complaints.sent, name="sent"),
    path("confirmer/<str:token>/", complaints.confirm, name="confirm"),
    path("suivi/<str:token>/", complaints.follow, name="follow"),
    path("suivi/<str:token>/pieces/<int:file_id>/", complaints.follow_file, name="follow_file"),
    path("mes-plaintes/", complaints.mine, name="mine"),
    path("mes-plaintes/nouvelle/<str:siren>/", complaints.own_new, name="own_new"),
    path("mes-plaintes/<int:complaint_id>/", complaints.own, name="own"),
    path(
        "mes-plaintes/<int:complaint_id>/pieces/<int:file_id>/",
        complaints.own_file,
        name="own_file",
    ),
    path("mes-plaintes/indice/<int:contest_id>/", complaints.contest_appeal, name="contest_appeal"),
]
