"""Every address of the web process."""

from django.contrib import admin
from django.urls import include, path
from django.views.generic import RedirectView
from drf_spectacular.views import SpectacularAPIView, SpectacularRedocView, SpectacularSwaggerSplitView

from jobs.admin.costs import show_costs
from jobs.admin.model_breaker import close_model_breaker
from pennie.accounts.clinic_choice import switch_clinic
from pennie.accounts.password_page import set_password
from pennie.metrics import serve_metrics

_OPEN: dict[str, list[type]] = {"authentication_classes": [], "permission_classes": []}

handler400 = "pennie.rest.fallbacks.bad_request"
handler403 = "pennie.rest.fallbacks.permission_denied"
handler404 = "pennie.rest.fallbacks.page_not_found"
handler500 = "pennie.rest.fallbacks.server_error"

urlpatterns = [
    path("", RedirectView.as_view(pattern_name="admin:index")),
    path("admin/clinic/", switch_clinic, name="switch_clinic"),
    path("admin/password/<uidb64>/<token>/", set_password, name="set_password"),
    path("admin/model/close/", close_model_breaker, name="close_breaker"),
    path("admin/costs/", admin.site.admin_view(show_costs), name="costs"),
    path("admin/", admin.site.urls),
    path("api/v1/", include("pennie.api_v1")),
    path("metrics", serve_metrics, name="metrics"),
    path("openapi.yaml", SpectacularAPIView.as_view(**_OPEN), name="schema"),
    path("docs/", SpectacularSwaggerSplitView.as_view(**_OPEN), name="docs"),
    path("redoc/", SpectacularRedocView.as_view(**_OPEN), name="redoc"),
]
