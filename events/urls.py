"""URLs of the agenda, under /agenda/."""

from django.urls import path

from events.views import agenda, buying, door, door_badges, door_device, papers, registering

app_name = "events"

urlpatterns = [
    path("", agenda.agenda, name="list"),
    path("rss/", agenda.feed, name="rss"),
    path("theme/<slug:slug>.ics", agenda.theme_calendar, name="theme_calendar"),
    path("salle/<slug:slug>.ics", agenda.room_calendar, name="room_calendar"),
    path("inscription/place-gardee/", registering.held, name="held"),
    path("inscription/liste-attente/", registering.in_line, name="in_line"),
    path("mon-agenda/<uuid:key>.ics", papers.own_calendar, name="own_calendar"),
    path(
        "inscription/<str:token>/documents/<int:document_id>/",
        papers.seated_document,
        name="seated_document",
    ),
    path("inscription/<str:token>/", registering.registration, name="registration"),
    path("billet/<str:ticket>/", registering.ticket, name="ticket"),
    path("accueil/", door.doors_today, name="doors"),
    path("accueil/veilleur.js", door_device.worker, name="door_worker"),
    path("accueil/<int:session_id>/", door.door, name="door"),
    path("accueil/<int:session_id>/sans-nom/", door_device.shell, name="door_shell"),
    path("accueil/<int:session_id>/liste/", door_device.listed, name="door_list"),
    path("accueil/<int:session_id>/pointages/", door_device.acts, name="door_acts"),
    path("accueil/<int:session_id>/badges/", door_badges.badges, name="door_badges"),
    path(
        "accueil/<int:session_id>/badges/<int:sheet_id>.pdf",
        door_badges.badge_sheet,
        name="door_badge_sheet",
    ),
    path("accueil/<int:session_id>/badge/<int:entry_id>.pdf", door_badges.badge, name="door_badge"),
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
    path("<slug:slug>/documents/<int:document_id>/", papers.document, name="document"),
    path("<slug:slug>/", agenda.session, name="session"),
    path("<slug:slug>/inscription/", registering.register, name="register"),
]
