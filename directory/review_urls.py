"""URLs of the author's side of reviews, under /avis/."""

from django.urls import path

from directory.views import reviews

app_name = "reviews"

urlpatterns = [
    path("politique/", reviews.policy, name="policy"),
    path("envoye/", reviews.sent, name="sent"),
    path("donner/<slug:slug>/", reviews.new, name="new"),
    path("donner/<slug:slug>/compte/", reviews.new_as_member, name="new_as_member"),
    path("invitation/<str:token>/", reviews.invitation, name="invitation"),
    path("invitation/<str:token>/decliner/", reviews.decline, name="decline"),
    path("confirmer/<str:token>/", reviews.confirm, name="confirm"),
    path("suivi/<str:token>/", reviews.follow, name="follow"),
]
