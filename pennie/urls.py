"""Every address of the web process."""

from django.contrib import admin
from django.contrib.auth.views import PasswordResetConfirmView
from django.urls import include, path, reverse_lazy
from drf_spectacular.views import SpectacularAPIView, SpectacularRedocView, SpectacularSwaggerSplitView

from pennie.accounts.clinic_choice import switch_clinic
from pennie.accounts.inviting import SetPasswordForm

_OPEN: dict[str, list[type]] = {"authentication_classes": [], "permission_classes": []}
_set_password = PasswordResetConfirmView.as_view(
    template_name="pennie/set_password.html", form_class=SetPasswordForm, success_url=reverse_lazy("admin:login")
)

urlpatterns = [
    path("admin/clinic/", switch_clinic, name="switch_clinic"),
    path("admin/password/<uidb64>/<token>/", _set_password, name="set_password"),
    path("admin/", admin.site.urls),
    path("api/v1/", include("pennie.api_v1")),
    path("openapi.yaml", SpectacularAPIView.as_view(**_OPEN), name="schema"),
    path("docs/", SpectacularSwaggerSplitView.as_view(**_OPEN), name="docs"),
    path("redoc/", SpectacularRedocView.as_view(**_OPEN), name="redoc"),
]
