"""Addresses of what files tell of patients, some of them below the addresses of other apps."""

from django.urls import URLPattern, URLResolver, include, path
from rest_framework.routers import SimpleRouter

from documents.api.v1.facts import AllFactsView, UploadFactsView
from documents.api.v1.patient_records import PatientDocumentsView, PatientFactsView, PatientPurgeView
from documents.api.v1.subjects import SubjectViewSet

_router = SimpleRouter(use_regex_path=False)
_router.register("subjects", SubjectViewSet, basename="subject")

urlpatterns: list[URLPattern | URLResolver] = [
    path("patients/<uuid:id>/facts/", PatientFactsView.as_view(), name="patient-facts"),
    path("patients/<uuid:id>/documents/", PatientDocumentsView.as_view(), name="patient-documents"),
    path("patients/<uuid:id>/purge/", PatientPurgeView.as_view(), name="patient-purge"),
    path("facts/", AllFactsView.as_view(), name="facts"),
    path("uploads/<uuid:id>/facts/", UploadFactsView.as_view(), name="upload-facts"),
    path("", include(_router.urls)),
]
