"""Every address of the web process."""

from django.contrib import admin
from django.urls import include, path
from drf_spectacular.views import SpectacularAPIView, SpectacularRedocView, SpectacularSwaggerSplitView

_OPEN: dict[str, list[type]] = {"authentication_classes": [], "permission_classes": []}

urlpatterns = [
    path("admin/", admin.site.urls),
    path("api/v1/", include("pennie.api_v1")),
    path("openapi.yaml", SpectacularAPIView.as_view(**_OPEN), name="schema"),
    path("docs/", SpectacularSwaggerSplitView.as_view(**_OPEN), name="docs"),
    path("redoc/", SpectacularRedocView.as_view(**_OPEN), name="redoc"),
]
