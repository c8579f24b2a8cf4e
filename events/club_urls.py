"""URLs of the clubs, under /clubs/."""

from django.urls import path

from events.views import clubs

app_name = "clubs"

urlpatterns = [
    path("", clubs.clubs, name="list"),
    path("demande-envoyee/", clubs.asked, name="asked"),
    path("membre/<str:token>/", clubs.member, name="member"),
    path("membre/<str:token>/<int:minutes_id>/", clubs.member_minutes, name="member_minutes"),
    path("membre/<str:token>/<int:minutes_id>/fichier/", clubs.member_file, name="member_file"),
    path("<slug:slug>/", clubs.club, name="club"),
    path("<slug:slug>/entrer/", clubs.join, name="join"),
    path("<slug:slug>/comptes-rendus/<int:minutes_id>/", clubs.minutes, name="minutes"),
    path(
        "<slug:slug>/comptes-rendus/<int:minutes_id>/fichier/",
        clubs.minutes_file,
        name="minutes_file",
    ),
]
