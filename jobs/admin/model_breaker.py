"""Operators close the circuit breaker before the model by hand."""

from django.contrib import messages
from django.contrib.admin.views.decorators import staff_member_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.views.decorators.http import require_POST

from jobs.operations.breaking import close_breaker
from pennie.accounts.staff import is_operator


@require_POST
@staff_member_required
def close_model_breaker(request: HttpRequest) -> HttpResponse:
    """Members of a clinic may not: it is shared by all clinics, and each call that fails costs time and money."""
    if not is_operator(request):
        raise PermissionDenied
    state = close_breaker()
    if state is None:
        messages.warning(request, "No model is asked: no key is set.")
    elif state.is_local:
        messages.error(request, "Redis is away, so the workers could not be told. Try again when it is back.")
    else:
        messages.success(request, "Closed. The workers ask the model again within a second.")
    return HttpResponseRedirect(reverse("admin:index"))
