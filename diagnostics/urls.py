"""URLs of the diagnostics, under /diagnostic/."""

from django.urls import path

from diagnostics.views import (
    appointments,
    desk,
    flash,
    flash_papers,
    interview_device,
    interviews,
    progress,
    voices,
)

app_name = "diagnostics"

urlpatterns = [
    path("", flash.start, name="start"),
    path("commencer/", flash.begin, name="begin"),
    path("questionnaire.pdf", flash_papers.paper, name="paper"),
    path("mes-diagnostics/", progress.mine, name="mine"),
    path("mes-diagnostics/<int:diagnostic_id>/suite/", progress.begin_next, name="begin_next"),
    path("mes-diagnostics/<int:diagnostic_id>/progres/", progress.progress, name="progress"),
    path(
        "mes-diagnostics/<int:diagnostic_id>/<slug:kind>.pdf",
        appointments.document,
        name="own_document",
    ),
    path("rendez-vous/", appointments.book, name="book"),
    path("rendez-vous/<uuid:pk>/", appointments.appointment, name="appointment"),
    path("rendez-vous/<uuid:pk>/visite.ics", appointments.entry, name="appointment_entry"),
    path("conseil/", desk.desk, name="desk"),
    path("mes-diagnostics/voix/<int:company_id>/", voices.voices, name="voices"),
    path("voix/<str:key>/", voices.voice, name="voice"),
    path("voix/<str:key>/merci/", voices.voice_kept, name="voice_kept"),
    path("conseil/guide.pdf", desk.guide, name="guide"),
    path("conseil/progres/", progress.progress_all, name="progress_all"),
    path("conseil/veilleur.js", interview_device.worker, name="interview_worker"),
    path("conseil/visites/<uuid:key>.ics", desk.calendar, name="adviser_calendar"),
    path("conseil/rendez-vous/<uuid:pk>/", desk.appointment, name="adviser_appointment"),
    path("conseil/entretiens/<int:diagnostic_id>/", interviews.interview, name="interview"),
    path(
        "conseil/entretiens/<int:diagnostic_id>/sans-nom/",
        interview_device.shell,
        name="interview_shell",
    ),
    path(
        "conseil/entretiens/<int:diagnostic_id>/etat/",
        interview_device.state,
        name="interview_state",
    ),
    path(
        "conseil/entretiens/<int:diagnostic_id>/actes/",
        interview_device.acts,
        name="interview_acts",
    ),
    path(
        "conseil/entretiens/<int:diagnostic_id>/photos/",
        interview_device.add_photo,
        name="interview_photos",
    ),
    path(
        "conseil/entretiens/<int:diagnostic_id>/photos/<int:photo_id>/",
        interviews.photo,
        name="interview_photo",
    ),
    path(
        "conseil/entretiens/<int:diagnostic_id>/synthese/", interviews.synthesis, name="synthesis"
    ),
    path("conseil/entretiens/<int:diagnostic_id>/abandon/", interviews.drop, name="drop"),
    path("conseil/entretiens/<int:diagnostic_id>/signature/", interviews.sign, name="signing"),
    path(
        "conseil/entretiens/<int:diagnostic_id>/<slug:kind>.pdf",
        interviews.paper,
        name="visit_paper",
    ),
    path("<str:key>/", flash.resume, name="resume"),
    path("<str:key>/question/<slug:code>/", flash.page, name="page"),
    path("<str:key>/fichiers/<uuid:file_id>/", flash.answer_file, name="answer_file"),
    path("<str:key>/verifier/", flash.review, name="review"),
    path("<str:key>/resultat/", flash.result, name="result"),
    path("<str:key>/rapport.pdf", flash_papers.document, name="document"),
    path("<str:key>/lien/", flash.elsewhere, name="elsewhere"),
    path("<str:key>/lien/envoye/", flash.sent, name="sent"),
    path("<str:key>/dossier/", flash.claim, name="claim"),
]
