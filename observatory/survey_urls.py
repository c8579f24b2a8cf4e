"""URLs of the surveys, under /enquetes/."""

from django.urls import path

from observatory.views import micro_surveys, surveys

app_name = "surveys"

urlpatterns = [
    path("", surveys.surveys, name="list"),
    path("invitation/<slug:code>/<str:reader>/", surveys.invitation, name="invitation"),
    path("lettre/<slug:code>/<str:reader>/", micro_surveys.answer, name="micro_answer"),
    path("thermometre/<slug:code>/", micro_surveys.thermometer, name="thermometer"),
    path("<str:link>/", surveys.resume, name="resume"),
    path("<str:link>/commencer/", surveys.begin, name="begin"),
    path("<str:link>/merci/", surveys.thanks, name="thanks"),
    path("<str:link>/<str:key>/question/<slug:code>/", surveys.page, name="page"),
    path("<str:link>/<str:key>/verifier/", surveys.review, name="review"),
    path("<str:link>/<str:key>/merci/", surveys.thanks, name="position"),
]
