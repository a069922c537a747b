"""Uploads in the admin: the list, and a page with the documents of one beside its text."""

from collections import defaultdict
from typing import Any

from django.contrib import admin
from django.db.models import Count, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.http import HttpRequest
from django.template.defaultfilters import filesizeformat
from django.utils.safestring import SafeString

from documents.admin.tables import Table, tabulate_facts
from documents.models import Document, Fact, Subject, Upload
from jobs.admin.jobs import label_job
from jobs.admin.reading import read_page
from jobs.models import Job
from pennie.accounts.admin_markup import NOTHING, label, link_to
from pennie.accounts.clinic_admin import ClinicAdmin, InUse


class ToReview(admin.SimpleListFilter):
    title = "review"
    parameter_name = "review"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("needed", "documents to be reviewed"), ("done", "nothing to be reviewed")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        if self.value() == "needed":
            return queryset.filter(review_count__gt=0)
        return queryset.filter(review_count=0, document_count__gt=0) if self.value() == "done" else queryset


@admin.register(Upload)
class UploadAdmin(ClinicAdmin):
    resource = "uploads"
    list_display = ["name", "patient", "page_count", "document_count", "to_review", "job_state", "received_at"]
    list_filter = [InUse, ToReview, "kind", "received_at"]
    list_select_related = ["patient"]
    search_fields = ["name", "external_id", "patient__name"]
    ordering = ["-id"]
    fields = [
        ("name", "kind", "shown_size"),
        ("page_count", "line_count", "patient_link"),
        ("received_at", "uploaded_by", "external_id"),
    ]
    readonly_fields = ["shown_size", "patient_link"]
    change_form_outer_after_template = "pennie/upload.html"

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        documents = Document.objects.filter(segmentation=OuterRef("current_segmentation"))
        jobs = Job.objects.filter(upload=OuterRef("pk")).order_by("-id")
        return (
            super()
            .get_queryset(request)
            .annotate(
                document_count=_count(documents),
                review_count=_count(documents.filter(review=Document.Review.NEEDED)),
                latest_job_state=Subquery(jobs.values("state")[:1]),
            )
        )

    @admin.display(description="documents", ordering="document_count")
    def document_count(self, row: Any) -> int:
        return int(row.document_count)

    @admin.display(description="to review", ordering="review_count")
    def to_review(self, row: Any) -> SafeString | str:
        return label(str(row.review_count), "warning") if row.review_count else NOTHING

    @admin.display(description="job", ordering="latest_job_state")
    def job_state(self, row: Any) -> SafeString | str:
        if row.purged_at or row.is_archived:
            return label("purged" if row.purged_at else "archived")
        return label_job(Job(state=row.latest_job_state)) if row.latest_job_state else NOTHING

    @admin.display(description="size")
    def shown_size(self, row: Upload) -> str:
        return filesizeformat(row.size)

    @admin.display(description="patient")
    def patient_link(self, row: Upload) -> str:
        return link_to(row.patient)

    def tell_more(self, request: HttpRequest, row: Upload) -> dict[str, Any]:
        return {
            "reading": read_page(upload=row, line=_asked_line(request)),
            "subjects": _tell_subjects(row),
            "jobs": _tabulate_jobs(row),
            "segmentations": _tabulate_segmentations(row),
        }


def _count(rows: QuerySet[Document]) -> Coalesce:
    return Coalesce(Subquery(rows.order_by().values("segmentation").annotate(number=Count("pk")).values("number")), 0)


def _asked_line(request: HttpRequest) -> int:
    said = request.GET.get("line", "")
    return int(said) if said.isascii() and said.isdigit() and len(said) < 10 else 1


def _tell_subjects(upload: Upload) -> list[dict[str, Any]]:
    subjects = Subject.objects.filter(segmentation=upload.current_segmentation_id).order_by("position")
    facts = Fact.objects.filter(segmentation=upload.current_segmentation_id, retracted_at=None).order_by("position")
    by_subject: defaultdict[Any, list[Fact]] = defaultdict(list)
    for fact in facts:
        by_subject[fact.subject_id].append(fact)
    return [
        {
            "row": each,
            "link": link_to(each),
            "patient": link_to(each.patient) if each.patient else "",
            "proposed": link_to(each.proposed_patient) if each.proposed_patient else "",
            "facts": tabulate_facts(by_subject[each.pk], within=True),
        }
        for each in subjects.select_related("patient", "proposed_patient")
    ]


def _tabulate_jobs(upload: Upload) -> Table:
    rows = [
        [link_to(job), label_job(job), job.engine, job.priority, job.created_at, job.finished_at or NOTHING]
        for job in upload.jobs.order_by("-id")
    ]
    return {"headers": ["job", "state", "engine", "priority", "begun", "ended"], "rows": rows}


def _tabulate_segmentations(upload: Upload) -> Table:
    runs = upload.segmentations.annotate(document_count=Count("documents")).order_by("-number")
    rows = [
        [
            each.number,
            each.engine,
            each.model or NOTHING,
            each.document_count,
            each.created_at,
            label("current", "success") if each.pk == upload.current_segmentation_id else "",
        ]
        for each in runs
    ]
    return {"headers": ["run", "engine", "model", "documents", "when", ""], "rows": rows}
