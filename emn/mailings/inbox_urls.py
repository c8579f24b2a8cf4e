"""The demonstration's inbox, under `/demo/courriels/`."""

from django.urls import path

from emn.mailings.views import inbox as views

app_name = "inbox"
urlpatterns = [
    path("", views.letter_list, name="letter_list"),
    path("<uuid:key>/", views.letter_detail, name="letter_detail"),
    path("<uuid:key>/page/", views.letter_html, name="letter_html"),
]
