"""Addresses of the funders: the public page, and the reports that they are handed."""

from django.urls import path

from observatory.views import funder_reports

app_name = "observatory_funders"
urlpatterns = [
    path("", funder_reports.funders, name="funders"),
    path("rapport/<str:secret>/", funder_reports.report, name="report"),
    path("rapport/<str:secret>/<slug:name>/", funder_reports.report_file, name="file"),
]
