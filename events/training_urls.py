"""URLs of trainings, under /formations/."""

from django.urls import path

from events.views import attendance, enrolments, training_files, trainings

app_name = "trainings"

urlpatterns = [
    path("", trainings.catalogue, name="list"),
    path("reglement-interieur/", trainings.house_rules, name="house_rules"),
    path("demande-recue/", enrolments.received, name="received"),
    path("dossier/<str:token>/", enrolments.enrolment, name="enrolment"),
    path("dossier/<str:token>/document.pdf", enrolments.agreement, name="agreement"),
    path(
        "dossier/<str:token>/certificat/<int:document_id>.pdf",
        enrolments.certificate,
        name="certificate",
    ),
    path("stagiaire/<str:token>/", attendance.trainee, name="trainee"),
    path(
        "stagiaire/<str:token>/document/<int:document_id>.pdf",
        attendance.trainee_document,
        name="trainee_document",
    ),
    path("signature/<str:token>/", attendance.sign, name="sign"),
    path("salle/<str:token>/", attendance.room, name="room"),
    path("formateur/<str:token>/", attendance.trainer, name="trainer"),
    path(
        "formateur/<str:token>/stagiaire/<int:trainee_id>/",
        attendance.evaluation,
        name="evaluation",
    ),
    path("session/<int:pk>/", training_files.training_file, name="file"),
    path("session/<int:pk>/dossier.zip", training_files.archive, name="archive"),
    path("session/document/<int:pk>.pdf", training_files.document, name="document"),
    path("bpf/", training_files.yearly_return, name="bpf"),
    path("bpf/<int:year>.csv", training_files.yearly_return_csv, name="bpf_csv"),
    path("invitation/<uuid:key>/inscription/", enrolments.enrol_invited, name="enrol_invited"),
    path("place/<str:token>/inscription/", enrolments.enrol_offered, name="enrol_offered"),
    path("<slug:slug>/", trainings.training, name="training"),
    path("<slug:slug>/<slug:session_slug>/inscription/", enrolments.enrol, name="enrol"),
]
