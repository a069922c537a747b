"""Folders of scanners and mailboxes in the admin: whether somebody is at them, and what is in the way."""

from datetime import timedelta
from typing import Final

from django.contrib import admin
from django.utils import timezone
from django.utils.safestring import SafeString

from jobs.domain.intake import PASSING, TROUBLES
from jobs.models import IntakeSource
from pennie.accounts.admin_markup import NOTHING, label
from pennie.accounts.clinic_admin import ClinicAdmin

_SILENT_AFTER: Final = timedelta(minutes=10)
_SAID: Final[dict[str, str]] = {str(code): words for code, words in TROUBLES.items()}


@admin.register(IntakeSource)
class IntakeSourceAdmin(ClinicAdmin):
    """Made by the commands that are at them. Deleting one forgets its figures; its files and messages stay."""

    resource = "jobs"
    may_delete = True
    list_display = ["name", "kind", "state", "waiting", "taken", "taken_at", "refused", "looked_at"]
    ordering = ["kind", "name"]
    fields = [
        ("name", "kind", "state"),
        "what_to_do",
        ("waiting", "taken", "taken_at"),
        ("refused", "refused_for"),
        ("looked_at", "created_at"),
    ]
    readonly_fields = ["state", "what_to_do"]

    @admin.display(description="state")
    def state(self, row: IntakeSource) -> SafeString:
        if row.trouble in PASSING:
            return label("waits", "info")
        if row.trouble:
            return label("in trouble", "danger")
        if row.looked_at is None or timezone.now() - row.looked_at > _SILENT_AFTER:
            return label("nobody is there", "warning")
        return label("is read", "success")

    @admin.display(description="what is in the way")
    def what_to_do(self, row: IntakeSource) -> str:
        return _SAID.get(row.trouble, NOTHING)
