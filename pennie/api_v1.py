"""Version 1 of the API: the apps' addresses under one roof."""

from django.urls import include, path

urlpatterns = [
    path("", include("pennie.accounts.api.v1.urls")),
    path("", include("patients.api.v1.urls")),
    path("", include("documents.api.v1.urls")),
    path("", include("documents.api.v1.filing_urls")),
    path("", include("jobs.api.v1.urls")),
]
