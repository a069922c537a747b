"""Documents in the admin: those of each upload's current segmentation."""

from typing import Any, cast

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString

from documents.admin.document_steps import STEPS
from documents.admin.links import tell_links
from documents.admin.tables import label_review, mark_title, span, tabulate_facts
from documents.models import Document
from documents.operations.assigning import assign
from documents.operations.correcting import Description, describe
from documents.queries import has_open_link, is_current, is_repeated, version_of
from pennie.accounts.admin_markup import NOTHING, link_to
from pennie.accounts.clinic_admin import ClinicAdmin, UploadInUse
from pennie.accounts.staff import require_principal


class Copies(admin.SimpleListFilter):
    """Which of those that are one document are shown."""

    title = "copies"
    parameter_name = "copies"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("hide", "once each"), ("only", "copies only"), ("proposed", "may be copies")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        if self.value() == "hide":
            return queryset.exclude(is_repeated())
        if self.value() == "only":
            return queryset.filter(same_as__isnull=False)
        if self.value() == "proposed":
            return queryset.filter(has_open_link(principal=require_principal(request)))
        return queryset


@admin.register(Document)
class DocumentAdmin(ClinicAdmin):
    resource = "documents"
    list_display = ["named", "type", "date", "patient", "upload", "lines", "share", "state"]
    list_filter = [UploadInUse, Copies, "review", "type", "date"]
    list_select_related = ["patient", "upload"]
    search_fields = ["title", "patient__name", "upload__name"]
    ordering = ["-upload_id", "start_line"]
    may_change = True
    autocomplete_fields = ["patient"]
    fields = [
        "title",
        ("type", "date", "patient"),
        ("title_is", "upload_link", "place", "share"),
        ("state", "reviewer", "reviewed_at"),
    ]
    readonly_fields = [
        "title_is",
        "upload_link",
        "place",
        "share",
        "state",
        "reviewer",
        "reviewed_at",
    ]
    change_form_outer_after_template = "pennie/document.html"
    steps = STEPS

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).filter(is_current(or_archived=True))

    @admin.display(description="title", ordering="title")
    def named(self, row: Document) -> SafeString:
        return mark_title(row)

    @admin.display(description="title is")
    def title_is(self, row: Document) -> str:
        if row.title_printed:
            return "printed in the file"
        return "made of type and date: the file prints none" if row.has_made_title else "given by staff"

    @admin.display(description="lines", ordering="start_line")
    def lines(self, row: Document) -> str:
        return span(row.start_line, row.end_line)

    @admin.display(description="confidence", ordering="confidence")
    def share(self, row: Document) -> str:
        return f"{row.confidence:.0%}"

    @admin.display(description="review", ordering="review")
    def state(self, row: Document) -> SafeString:
        return label_review(row)

    @admin.display(description="reviewed by")
    def reviewer(self, row: Document) -> str:
        return str(row.reviewed_by or NOTHING)

    @admin.display(description="file")
    def upload_link(self, row: Document) -> str:
        return link_to(row.upload)

    @admin.display(description="place")
    def place(self, row: Document) -> SafeString:
        page = reverse("admin:documents_upload_change", args=(row.upload_id,))
        words = (
            f"{_say_range('line', row.start_line, row.end_line)}, {_say_range('page', row.first_page, row.last_page)}"
        )
        return format_html('<a class="pennie-link" href="{0}?line={1}#L{1}">{2}</a>', page, row.start_line, words)

    def save_model(self, request: HttpRequest, obj: Document, form: Any, change: Any) -> None:
        """What was changed, each by the correction that it is. The form has set it on `obj` already, for show."""
        who, now, changed = require_principal(request), timezone.now(), set(form.changed_data)
        versions = self.versions_known(request)
        described = {name: form.cleaned_data[name] for name in ("title", "type", "date") if name in changed}
        if described:
            said = cast(Description, described)
            describe(principal=who, document_id=obj.pk, description=said, versions=versions, now=now)
            versions = None  # it is another one by that
        if "patient" in changed:
            assign(principal=who, document_id=obj.pk, patient_id=obj.patient_id, versions=versions, now=now)

    def version_of(self, row: Document) -> str:
        return version_of(row)

    def tell_more(self, request: HttpRequest, row: Document) -> dict[str, Any]:
        facts = row.facts.filter(retracted_at=None).select_related("document", "upload").order_by("line", "position")
        corrections = row.corrections.select_related("made_by").order_by("-id")
        told = [[each.made_at, each.get_kind_display(), each.made_by or NOTHING] for each in corrections]
        return {
            **super().tell_more(request, row),
            "links": tell_links(request, row),
            "facts": tabulate_facts(facts),
            "corrections": {"headers": ["when", "what", "who"], "rows": told},
        }


def _say_range(noun: str, first: int, last: int) -> str:
    return f"{noun} {first}" if first == last else f"{noun}s {span(first, last)}"
