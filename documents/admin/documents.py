"""Documents in the admin: those of each upload's current segmentation."""

from typing import Any

from django.contrib import admin
from django.db.models import F, QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from documents.admin.tables import label_review, span
from documents.models import Document
from pennie.accounts.admin_markup import link_to
from pennie.accounts.clinic_admin import ClinicAdmin, UploadInUse


@admin.register(Document)
class DocumentAdmin(ClinicAdmin):
    resource = "documents"
    list_display = ["title", "type", "date", "patient", "upload", "lines", "share", "state"]
    list_filter = [UploadInUse, "review", "type", "date"]
    list_select_related = ["patient", "upload"]
    search_fields = ["title", "patient__name", "upload__name"]
    ordering = ["-upload_id", "start_line"]
    fields = [
        ("title", "type", "date"),
        ("patient_link", "upload_link", "place"),
        ("share", "review", "reviewed_by"),
        ("reviewed_at", "updated_at"),
    ]
    readonly_fields = [
        "patient_link",
        "upload_link",
        "place",
        "share",
        "review",
        "reviewed_by",
        "reviewed_at",
        "updated_at",
    ]
    change_form_outer_after_template = "pennie/document.html"

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).filter(segmentation=F("upload__current_segmentation"))

    @admin.display(description="lines", ordering="start_line")
    def lines(self, row: Document) -> str:
        return span(row.start_line, row.end_line)

    @admin.display(description="confidence", ordering="confidence")
    def share(self, row: Document) -> str:
        return f"{row.confidence:.0%}"

    @admin.display(description="review", ordering="review")
    def state(self, row: Document) -> SafeString:
        return label_review(row)

    @admin.display(description="patient")
    def patient_link(self, row: Document) -> str:
        return link_to(row.patient)

    @admin.display(description="file")
    def upload_link(self, row: Document) -> str:
        return link_to(row.upload)

    @admin.display(description="place")
    def place(self, row: Document) -> SafeString:
        page = reverse("admin:documents_upload_change", args=(row.upload_id,))
        words = f"lines {span(row.start_line, row.end_line)}, pages {span(row.first_page, row.last_page)}"
        return format_html('<a class="pennie-link" href="{0}?line={1}#L{1}">{2}</a>', page, row.start_line, words)
