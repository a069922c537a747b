"""The product's addresses, and uploads where jobs does not route them."""

from django.urls import include, path
from rest_framework.routers import SimpleRouter

from documents.api.v1.uploads import UploadViewSet
from pennie.urls import urlpatterns as product

router = SimpleRouter(use_regex_path=False)
router.register("uploads", UploadViewSet, basename="read-upload")

urlpatterns = [*product, path("api/v1/", include(router.urls))]
