"""Uploads in the admin: the list, and a page with the documents of one beside its text."""

from collections import defaultdict
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import Count, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.http import FileResponse, Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.defaultfilters import filesizeformat
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString

from documents.admin.tables import KIND_WORDS, Table, tabulate_facts
from documents.models import Document, Fact, Subject, Upload
from jobs.admin.jobs import label_job
from jobs.admin.previewing import preview_files, tabulate_previews
from jobs.admin.reading import read_page
from jobs.admin.sending import ENGINE_WORDS, RefusedFile, SendForm, send_files, tell_sent
from jobs.admin.upload_steps import STEPS, AdoptForm
from jobs.domain.state_words import say_problem
from jobs.models import Job
from pennie.accounts.admin_markup import NOTHING, label, link_to
from pennie.accounts.admin_steps import Step
from pennie.accounts.clinic_admin import ClinicAdmin, InUse
from pennie.accounts.staff import require_principal


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
        ("name", "shown_kind", "shown_size"),
        ("page_count", "line_count", "patient_link"),
        ("received_at", "sender", "external_id"),
        ("job_state",),
    ]
    readonly_fields = ["shown_kind", "shown_size", "patient_link", "sender", "job_state"]
    change_form_outer_after_template = "pennie/upload.html"
    may_add = True
    steps = STEPS

    def ask(self, request: HttpRequest, step: Step, row: Any, said: Any) -> forms.Form | None:
        form = super().ask(request, step, row, said)
        if isinstance(form, AdoptForm):
            form.offer(row)
        return form

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.file_view)
        return [path("<uuid:object_id>/file/", view, name="documents_upload_file"), *super().get_urls()]

    def file_view(self, request: HttpRequest, object_id: UUID) -> FileResponse:
        """The bytes as received, to be saved and never to be shown by the browser."""
        upload = self.get_queryset(request).filter(pk=object_id, purged_at=None).first()
        if upload is None or not upload.content:
            raise Http404
        response = FileResponse(upload.content.open("rb"), as_attachment=True, filename=upload.name)
        response["Content-Type"] = "application/octet-stream"
        response["X-Content-Type-Options"] = "nosniff"
        response["Content-Security-Policy"] = "sandbox; default-src 'none'"
        return response

    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: Any = None) -> HttpResponse:
        """Several files at once. What is refused is told with its cure; the others go through. By the button
        "Estimate" none is kept, and what each would take is told."""
        if not self.has_add_permission(request):
            raise PermissionDenied
        principal = require_principal(request)
        form = SendForm(request.POST or None, request.FILES or None, principal=principal)
        refused: list[RefusedFile] = []
        estimates: Table | None = None
        if request.method == "POST" and form.is_valid() and "estimate" in request.POST:
            previews, refused = preview_files(principal=principal, said=form.cleaned_data, now=timezone.now())
            estimates = tabulate_previews(previews) if previews else None
        elif request.method == "POST" and form.is_valid():
            sent, refused = send_files(principal=principal, said=form.cleaned_data, now=timezone.now())
            for each in sent:
                self.log_addition(request, each.upload, "Sent.")
                messages.success(request, tell_sent(each))
            if not refused:
                return HttpResponseRedirect(reverse("admin:documents_upload_changelist"))
        context = {
            **self.admin_site.each_context(request),
            "title": "Add files",
            "opts": self.opts,
            "form": form,
            "media": self.media + form.media,
            "refused": refused,
            "estimates": estimates,
        }
        is_bad = form.errors or (refused and "estimate" not in request.POST)
        return TemplateResponse(request, "pennie/send.html", context, status=400 if is_bad else 200)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        documents = Document.objects.filter(segmentation=OuterRef("current_segmentation"))
        jobs = Job.objects.filter(upload=OuterRef("pk")).order_by("-id")
        rows: QuerySet[Any] = (
            super()
            .get_queryset(request)
            .annotate(
                document_count=_count(documents),
                review_count=_count(documents.filter(review=Document.Review.NEEDED)),
                latest_job_state=Subquery(jobs.values("state")[:1]),
                latest_parked_for=Subquery(jobs.values("parked_for")[:1]),
            )
        )
        return rows

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
        if not row.latest_job_state:
            return NOTHING
        return label_job(Job(state=row.latest_job_state, parked_for=row.latest_parked_for))

    @admin.display(description="kind")
    def shown_kind(self, row: Upload) -> str:
        return KIND_WORDS.get(row.kind, row.kind)

    @admin.display(description="size")
    def shown_size(self, row: Upload) -> SafeString | str:
        size = filesizeformat(row.size)
        if row.purged_at is not None:
            return size
        address = reverse("admin:documents_upload_file", args=(row.pk,))
        return format_html('{} · <a class="pennie-link" href="{}">save the original</a>', size, address)

    @admin.display(description="sent by")
    def sender(self, row: Upload) -> str:
        return str(row.uploaded_by or NOTHING)

    @admin.display(description="patient")
    def patient_link(self, row: Upload) -> str:
        return link_to(row.patient)

    def tell_more(self, request: HttpRequest, row: Upload) -> dict[str, Any]:
        return {
            "trouble": _tell_trouble(row),
            "reading": read_page(upload=row, line=_asked_line(request)),
            "subjects": _tell_subjects(row, request),
            "jobs": _tabulate_jobs(row),
            "segmentations": _tabulate_segmentations(row),
        }


def _count(rows: QuerySet[Document]) -> Coalesce:
    return Coalesce(Subquery(rows.order_by().values("segmentation").annotate(number=Count("pk")).values("number")), 0)


def _asked_line(request: HttpRequest) -> int:
    said = request.GET.get("line", "")
    return int(said) if said.isascii() and said.isdigit() and len(said) < 10 else 1


def _tell_trouble(upload: Upload) -> dict[str, Any] | None:
    """Why the latest job failed or waits."""
    job = upload.jobs.order_by("-id").first()
    if job is None or not job.problem or upload.purged_at is not None:
        return None
    return {"words": say_problem(job.problem), "job": link_to(job), "state": label_job(job)}


def _tell_subjects(upload: Upload, request: HttpRequest) -> list[dict[str, Any]]:
    """Each with its facts, and the buttons that answer a proposed match."""
    matches: Any = admin.site.get_model_admin(Subject)
    subjects = Subject.objects.filter(segmentation=upload.current_segmentation_id).order_by("position")
    facts = Fact.objects.filter(segmentation=upload.current_segmentation_id, retracted_at=None).order_by("position")
    by_subject: defaultdict[Any, list[Fact]] = defaultdict(list)
    for fact in facts:
        by_subject[fact.subject_id].append(fact)
    return [
        {
            "row": each,
            "offers": [offer for offer in matches.offer_steps(request, each) if offer.form is None],
            "link": link_to(each),
            "patient": link_to(each.patient) if each.patient else "",
            "proposed": link_to(each.proposed_patient) if each.proposed_patient else "",
            "facts": tabulate_facts(by_subject[each.pk], within=True),
        }
        for each in subjects.select_related("patient", "proposed_patient")
    ]


def _tabulate_jobs(upload: Upload) -> Table:
    rows = [
        [
            link_to(job),
            label_job(job),
            ENGINE_WORDS.get(job.engine, job.engine),
            job.priority,
            job.created_at,
            job.finished_at or NOTHING,
        ]
        for job in upload.jobs.order_by("-id")
    ]
    return {"headers": ["job", "state", "engine", "priority", "begun", "ended"], "rows": rows}


def _tabulate_segmentations(upload: Upload) -> Table:
    runs = upload.segmentations.annotate(document_count=Count("documents")).order_by("-number")
    rows = [
        [
            each.number,
            ENGINE_WORDS.get(each.engine, each.engine),
            each.model or NOTHING,
            each.document_count,
            each.created_at,
            label("current", "success") if each.pk == upload.current_segmentation_id else "",
        ]
        for each in runs
    ]
    return {"headers": ["run", "engine", "model", "documents", "when", ""], "rows": rows}
