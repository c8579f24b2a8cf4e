"""The legal pages, in each language."""

from django.urls import path

from emn.pages.views import duties

app_name = "pages"
urlpatterns = [
    path("accessibilite/", duties.accessibility, name="accessibility"),
    path("mentions-legales/", duties.legal_notice, name="legal_notice"),
    path("donnees-personnelles/", duties.personal_data, name="personal_data"),
]
