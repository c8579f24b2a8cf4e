"""URLs of the Rendez-vous solutions, under /rendez-vous-solutions/."""

from django.urls import path

from events.views import rendezvous, tables, voting

app_name = "rendezvous"

urlpatterns = [
    path("", rendezvous.home, name="home"),
    path("irritants/nouveau/", rendezvous.new_irritant, name="irritant_new"),
    path("irritants/envoye/", rendezvous.irritant_sent, name="irritant_sent"),
    path("irritants/suivre/<str:token>/", rendezvous.follow_irritant, name="follow_irritant"),
    path("irritants/<int:irritant_id>/", rendezvous.irritant, name="irritant"),
    path("irritants/<int:irritant_id>/repondre/", rendezvous.answer, name="answer"),
    path("mes-reponses/", rendezvous.mine, name="mine"),
    path("tables/<str:token>/", tables.tables, name="tables"),
    path("tables/<str:token>/agenda.ics", tables.tables_calendar, name="tables_calendar"),
    path("suites/<str:token>/", tables.outcome, name="outcome"),
    path("vote/<str:room_code>/", voting.room, name="vote"),
    path("vote/<str:room_code>/<str:code>/", voting.ballot, name="ballot"),
    path("coulisses/<int:evening_id>/", tables.live, name="live"),
    path("coulisses/<int:evening_id>/affiche/", voting.poster, name="poster"),
    path("soirees/<slug:slug>/", rendezvous.evening, name="evening"),
    path("soirees/<slug:slug>/tenir-une-table/", rendezvous.hold_table, name="hold_table"),
]
