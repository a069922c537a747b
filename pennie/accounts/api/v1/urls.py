"""Addresses of this app in version 1 of the API."""

from django.urls import URLPattern, URLResolver, path

from pennie.accounts.api.v1 import views

urlpatterns: list[URLPattern | URLResolver] = [
    path("auth/token/", views.TokenView.as_view(), name="token"),
    path("auth/token/refresh/", views.RefreshView.as_view(), name="token-refresh"),
    path("auth/token/revoke/", views.RevokeView.as_view(), name="token-revoke"),
    path("auth/me/", views.MeView.as_view(), name="me"),
    path("auth/api-keys/", views.ApiKeysView.as_view(), name="api-keys"),
    path("auth/api-keys/<uuid:key_id>/", views.ApiKeyView.as_view(), name="api-key"),
]
