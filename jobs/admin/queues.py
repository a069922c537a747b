"""Paused queues in the admin: operators pause for all clinics or one, members for their own."""

from typing import Any

from django.contrib import admin
from django.db.models import Model, Q, QuerySet
from django.http import HttpRequest
from django.utils import timezone

from jobs.models import QueuePause
from jobs.operations.pausing import pause_queue, resume_queue
from pennie.accounts.clinic_admin import ClinicAdmin, ClinicForm
from pennie.accounts.models import User
from pennie.accounts.staff import is_operator, may, principal_of_staff


class PauseForm(ClinicForm):
    class Meta:
        model = QueuePause
        fields = ["queue", "clinic", "reason"]


@admin.register(QueuePause)
class QueuePauseAdmin(ClinicAdmin):
    """Deleting one resumes the queue."""

    resource = "jobs"
    form = PauseForm
    list_display = ["queue", "whose", "reason", "paused_by", "paused_at"]
    list_select_related = ["clinic", "paused_by"]
    ordering = ["queue"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        if is_operator(request):
            return QueuePause.objects.order_by("queue")
        principal = principal_of_staff(request)
        if principal is None:
            return QueuePause.objects.none()
        return QueuePause.objects.filter(Q(clinic=None) | Q(clinic_id=principal.clinic_id)).order_by("queue")

    def has_view_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return is_operator(request) or may(request, "jobs:read")

    def has_add_permission(self, request: HttpRequest) -> bool:
        return is_operator(request) or may(request, "jobs:write")

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """An operator's pause is shown to members, and is not theirs to end."""
        is_theirs = is_operator(request) or not isinstance(obj, QueuePause) or obj.clinic_id is not None
        return is_theirs and self.has_add_permission(request)

    def get_fields(self, request: HttpRequest, obj: Any = None) -> list[Any]:
        said = ["queue", *(["clinic"] if is_operator(request) else []), "reason"]
        return [*said, "paused_by", "paused_at"] if obj else said

    def get_field_queryset(self, db: str | None, db_field: Any, request: HttpRequest) -> QuerySet[Any]:
        if is_operator(request):
            rows: QuerySet[Any] = db_field.remote_field.model._default_manager.all()
            return rows
        return super().get_field_queryset(db, db_field, request)

    def save_model(self, request: HttpRequest, obj: QueuePause, form: Any, change: Any) -> None:
        """There are only new ones."""
        user = request.user
        assert isinstance(user, User)
        pause = pause_queue(
            queue=form.cleaned_data["queue"],
            clinic_id=obj.clinic_id,
            user=user,
            reason=form.cleaned_data["reason"],
            now=timezone.now(),
        )
        obj.pk, obj._state.adding = pause.pk, False

    def delete_model(self, request: HttpRequest, obj: QueuePause) -> None:
        queue: Any = obj.queue
        resume_queue(queue=queue, clinic_id=obj.clinic_id)

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[QueuePause]) -> None:
        rows = queryset if is_operator(request) else queryset.exclude(clinic=None)
        for row in rows:
            self.delete_model(request, row)

    @admin.display(description="whose", ordering="clinic")
    def whose(self, row: QueuePause) -> str:
        return str(row.clinic) if row.clinic else "all clinics"
