"""Addresses of this app in version 1 of the API."""

from django.urls import URLPattern, URLResolver, include, path
from rest_framework.routers import SimpleRouter

from patients.api.v1.owners import OwnerPurgeView, OwnerViewSet
from patients.api.v1.patients import PatientViewSet

_router = SimpleRouter(use_regex_path=False)
_router.register("patients", PatientViewSet, basename="patient")
_router.register("owners", OwnerViewSet, basename="owner")

# What files tell of a patient, and a patient's purge, are of `documents.api.v1`.
urlpatterns: list[URLPattern | URLResolver] = [
    path("owners/<uuid:id>/purge/", OwnerPurgeView.as_view(), name="owner-purge"),
    path("", include(_router.urls)),
]
