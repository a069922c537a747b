"""Whoever works in several clinics chooses in the admin's header in which one."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.admin.views.decorators import staff_member_required
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.views.decorators.http import require_POST

from pennie.accounts.models import Clinic
from pennie.accounts.sessions import choose_clinic
from pennie.accounts.staff import is_operator, principal_of_staff


@require_POST
@staff_member_required
def switch_clinic(request: HttpRequest) -> HttpResponse:
    """To the first page of the admin: what was open belongs to the other clinic."""
    try:
        chosen = choose_clinic(request, clinic_id=UUID(request.POST.get("clinic", "")))
    except ValueError:
        chosen = False
    if not chosen:
        messages.error(request, "You are no member of that clinic.")
    return HttpResponseRedirect(reverse("admin:index"))


def tell_clinics(request: HttpRequest) -> dict[str, Any]:
    """For every page of the admin: in which clinic its reader works, and in which others they could."""
    principal = principal_of_staff(request)
    if principal is None:
        return {"is_operator": request.user.is_authenticated and is_operator(request)}
    clinics = Clinic.objects.filter(memberships__user=principal.user).order_by("name")
    return {"clinic": principal.clinic, "clinics": list(clinics.only("name"))}
