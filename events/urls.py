"""URLs of the agenda, under /agenda/."""

from django.urls import path

from events.views import agenda, buying, door, registering

app_name = "events"

urlpatterns = [
    path("", agenda.agenda, name="list"),
    path("rss/", agenda.feed, name="rss"),
    path("theme/<slug:slug>.ics", agenda.theme_calendar, name="theme_calendar"),
    path("salle/<slug:slug>.ics", agenda.room_calendar, name="room_calendar"),
    path("inscription/place-gardee/", registering.held, name="held"),
    path("inscription/liste-attente/", registering.in_line, name="in_line"),
    path("inscription/<str:token>/", registering.registration, name="registration"),
    path("billet/<str:ticket>/", registering.ticket, name="ticket"),
    path("accueil/<int:session_id>/", door.door, name="door"),
    path("commande/<str:token>/", buying.order, name="order"),
    path("commande/<str:token>/devis.pdf", buying.quote, name="order_quote"),
    path("commande/<str:token>/<str:reference>.pdf", buying.invoice, name="order_invoice"),
    path("invitation/<uuid:key>/", agenda.invitation, name="invitation"),
    path(
        "invitation/<uuid:key>/inscription/",
        registering.register_invited,
        name="register_invited",
    ),
    path("<slug:slug>.ics", agenda.session_calendar, name="session_calendar"),
    path("<slug:slug>/", agenda.session, name="session"),
    path("<slug:slug>/inscription/", registering.register, name="register"),
]
