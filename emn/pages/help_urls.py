"""The help, under /aide/."""

from django.urls import path

from emn.pages.views import help as views

app_name = "help"
urlpatterns = [
    path("", views.index, name="index"),
    path("<slug:slug>/", views.answer, name="answer"),
]
