"""Addresses of this app in version 1 of the API. Uploads are routed by jobs, which adds sending them."""

from rest_framework.routers import SimpleRouter

from documents.api.v1.documents import DocumentViewSet

router = SimpleRouter(use_regex_path=False)
router.register("documents", DocumentViewSet, basename="document")

urlpatterns = [*router.urls]
