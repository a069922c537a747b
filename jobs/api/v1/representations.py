"""Jobs as the API tells of them."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.conf import settings
from drf_spectacular.utils import extend_schema_field, inline_serializer
from rest_framework import serializers

from jobs.domain.parking import PARK_REASONS
from jobs.domain.runbooks import RUNBOOK, find_section
from jobs.domain.states import PRIORITIES, STATES
from jobs.models import Attempt, Job, JobEvent
from jobs.progress import Progress, progress_of
from jobs.queries import JobTotals

_ROOT = "/api/v1"
_POLL_SECONDS: Mapping[str, int] = {"pending": 2, "processing": 1, "retrying": 5, "parked": 30}


def job_address(job_id: UUID) -> str:
    """The path of a job in the API."""
    return f"{_ROOT}/jobs/{job_id}/"


def upload_address(upload_id: UUID) -> str:
    """The path of an upload in the API."""
    return f"{_ROOT}/uploads/{upload_id}/"


def job_links(job: Job) -> dict[str, str | None]:
    """Where to go from a job: paths, but for the stream, which another server may give."""
    own = job_address(job.pk)
    return {
        "self": own,
        "progress": f"{own}progress/",
        "stream": f"{settings.STREAM_URL}{own}stream/",
        "events": f"{own}events/",
        "attempts": f"{own}attempts/",
        "timeline": f"{own}timeline/",
        "upload": upload_address(job.upload_id),
        "documents": f"{upload_address(job.upload_id)}documents/",
        "segmentations": f"{upload_address(job.upload_id)}segmentations/",
    }


def runbook_of(code: str) -> str:
    """Where it is written what to do about that kind of failure."""
    return f"{settings.DOCS_URL}{RUNBOOK}#{find_section(code=code)}"


class ProblemOfJobSerializer(serializers.Serializer[Any]):
    """Why a job failed or waits."""

    code = serializers.CharField(help_text="Stable, for programs.")
    title = serializers.CharField(help_text="What went wrong, in a few words.")
    detail = serializers.CharField(help_text="What went wrong, and what to do about it.")


class ProgressSerializer(serializers.Serializer[Progress]):
    """A moment of a job."""

    job = serializers.UUIDField(help_text="The job.")
    state = serializers.ChoiceField(choices=STATES, help_text="The job's state.")
    version = serializers.IntegerField(help_text="Grows with each change of the state.")
    stage = serializers.CharField(help_text="reading, asking or filing while it is processed, else empty.")
    windows_done = serializers.IntegerField(help_text="Windows of the file that are answered.")
    windows_total = serializers.IntegerField(allow_null=True, help_text="Of so many; null: not known yet.")
    percent = serializers.IntegerField(help_text="0 to 100; 100 only when the job has ended well.")
    documents = serializers.IntegerField(
        help_text="Documents found so far, before windows that overlap are weighed against each other; once it has "
        "ended well, those that were filed."
    )
    known_cost_usd = serializers.CharField(
        help_text="US dollars of its calls so far whose cost is known, as a decimal number."
    )
    eta = serializers.DateTimeField(
        allow_null=True,
        help_text="When the last window is likely to be answered, going by those that are; null: nobody can say.",
    )
    is_ended = serializers.BooleanField(source="is_last", help_text="Whether nothing more will come.")
    poll_after_seconds = serializers.SerializerMethodField(
        help_text="When it is worth asking again, in seconds; null: not any more."
    )

    def get_poll_after_seconds(self, progress: Progress) -> int | None:
        return _POLL_SECONDS.get(progress.state)


class TotalsSerializer(serializers.Serializer[JobTotals]):
    """What a job's calls to the model came to."""

    calls = serializers.IntegerField(help_text="Calls made, those that failed included.")
    uncertain_calls = serializers.IntegerField(help_text="Of these, calls that may have cost what nobody told.")
    input_tokens = serializers.IntegerField(help_text="Tokens read by the model.")
    cached_input_tokens = serializers.IntegerField(help_text="Of these, tokens at the price of its cache.")
    output_tokens = serializers.IntegerField(help_text="Tokens written by the model.")
    cost_usd = serializers.DecimalField(
        max_digits=14, decimal_places=8, allow_null=True, help_text="US dollars; null: unknown, which is not 0."
    )
    known_cost_usd = serializers.DecimalField(
        max_digits=14, decimal_places=8, help_text="US dollars of the calls whose cost is known."
    )


class JobSerializer(serializers.ModelSerializer[Job]):
    """One run over an upload."""

    upload = serializers.UUIDField(source="upload_id", help_text="The upload that is analysed.")
    segmentation = serializers.UUIDField(
        source="segmentation_id", allow_null=True, help_text="What it filed; null: nothing (yet)."
    )
    state = serializers.ChoiceField(
        choices=STATES,
        help_text="partial: some windows were read by the rules only. failed: a dead letter, until retried or "
        "discarded. retrying: tried again by itself at `due_at`. parked: waits for the model, see `parked_for`.",
    )
    parked_for = serializers.ChoiceField(
        choices=["", *PARK_REASONS],
        help_text="model_away: the provider does not answer. no_credit: the account at the provider has no money left. "
        "over_budget: a budget is spent. asked_to_wait: the provider wants a pause of minutes. Looked at again at "
        "`due_at`. Empty: it is not parked.",
    )
    priority = serializers.ChoiceField(choices=PRIORITIES, help_text="Which queue it waits in.")
    percent = serializers.SerializerMethodField(help_text="0 to 100; 100 only when it has ended well.")
    problem = ProblemOfJobSerializer(allow_null=True, help_text="Why it failed, is parked, or waits for its next try.")
    links = serializers.SerializerMethodField(help_text="Where to go from here.")

    class Meta:
        model = Job
        fields = [
            "id",
            "upload",
            "engine",
            "priority",
            "state",
            "stage",
            "windows_done",
            "windows_total",
            "percent",
            "documents_found",
            "eta",
            "problem",
            "segmentation",
            "cancel_requested_at",
            "parked_for",
            "goes_on_without_model",
            "due_at",
            "discarded_at",
            "discard_reason",
            "created_at",
            "started_at",
            "finished_at",
            "updated_at",
            "links",
        ]
        read_only_fields = fields
        extra_kwargs = {
            "engine": {"help_text": "As asked for: auto (the model if there is a key, else the rules), rules, openai."},
            "stage": {"help_text": "reading, asking or filing while it is processed, else empty."},
            "windows_done": {"help_text": "Windows answered, as committed; `progress` may be ahead of it."},
            "windows_total": {"help_text": "Null: not known yet."},
            "documents_found": {"help_text": "So far, as committed; once it has ended well, those that were filed."},
            "eta": {"help_text": "When the last window is likely to be answered; null: nobody can say."},
            "cancel_requested_at": {"help_text": "When cancelling was asked for; it ends at the next window."},
            "due_at": {"help_text": "When it is tried again by itself, or a parked one looks again."},
            "goes_on_without_model": {"help_text": "Whether the rules read what the model may not be asked about."},
            "discarded_at": {"help_text": "When it was taken off the dead letters."},
            "discard_reason": {"help_text": "Why."},
            "started_at": {"help_text": "When a worker first took it."},
            "finished_at": {"help_text": "When it ended; null while it may go on."},
            "updated_at": {"help_text": "When its state last changed."},
        }

    def get_percent(self, job: Job) -> int:
        return progress_of(job).percent

    @extend_schema_field(
        inline_serializer(
            "JobLinks",
            {
                name: serializers.CharField()
                for name in (
                    "self",
                    "progress",
                    "stream",
                    "events",
                    "attempts",
                    "timeline",
                    "upload",
                    "documents",
                    "segmentations",
                )
            },
        )
    )
    def get_links(self, job: Job) -> dict[str, str | None]:
        return job_links(job)


class JobDetailSerializer(JobSerializer):
    """One run over an upload, with what it cost. `context` holds its totals."""

    totals = serializers.SerializerMethodField(help_text="What its calls to the model came to.")
    runbook = serializers.SerializerMethodField(
        help_text="What to do about a job that failed: page and section of the documentation; null: it has not."
    )

    class Meta(JobSerializer.Meta):
        fields = [*JobSerializer.Meta.fields[:-1], "runbook", "totals", "links"]
        read_only_fields = fields

    def get_runbook(self, job: Job) -> str | None:
        return runbook_of(str((job.problem or {}).get("code", ""))) if job.state == "failed" else None

    @extend_schema_field(TotalsSerializer)
    def get_totals(self, job: Job) -> Any:
        return TotalsSerializer(self.context["totals"]).data


class JobEventSerializer(serializers.ModelSerializer[JobEvent]):
    """One step in a job's life."""

    class Meta:
        model = JobEvent
        fields = ["version", "before", "after", "reason", "worker", "at"]
        read_only_fields = fields
        extra_kwargs = {
            "version": {"help_text": "The job's after this step."},
            "before": {"help_text": "The state before; empty: it was made."},
            "after": {"help_text": "The state after."},
            "reason": {"help_text": "A stable code."},
            "worker": {"help_text": "Who did it; empty: no worker."},
        }


class AttemptSerializer(serializers.ModelSerializer[Attempt]):
    """One call to the model."""

    class Meta:
        model = Attempt
        fields = [
            "number",
            "purpose",
            "window_index",
            "first_line",
            "last_line",
            "model",
            "state",
            "failure",
            "input_tokens",
            "cached_input_tokens",
            "output_tokens",
            "cost_usd",
            "latency_seconds",
            "provider_request_id",
            "started_at",
            "settled_at",
        ]
        read_only_fields = fields
        extra_kwargs = {
            "number": {"help_text": "Within the job, from 1."},
            "purpose": {"help_text": "window: first question; reask: asked again; dispute: lines in doubt."},
            "window_index": {"help_text": "Of the window that was asked about, from 0."},
            "first_line": {"help_text": "Of the lines shown, in the upload's text."},
            "last_line": {"help_text": "Of the lines shown, inclusive."},
            "state": {"help_text": "sent: under way, or cut off by a crash; settled: a reply came; failed: none came."},
            "failure": {"help_text": "The kind of failure; empty: none."},
            "cost_usd": {"help_text": "US dollars; null: unknown, which is not 0."},
            "latency_seconds": {"help_text": "Of the call, in seconds."},
            "provider_request_id": {"help_text": "For a question to the provider."},
        }


class AttemptDetailSerializer(AttemptSerializer):
    """One call to the model with what was sent and what came back; both are empty once the upload was purged."""

    class Meta(AttemptSerializer.Meta):
        fields = [*AttemptSerializer.Meta.fields, "configuration", "request", "answer"]
        read_only_fields = fields
        extra_kwargs = {
            **AttemptSerializer.Meta.extra_kwargs,
            "configuration": {"help_text": "Prompt version, settings, output limit."},
            "request": {"help_text": "The numbered lines that were shown. Personal data."},
            "answer": {"help_text": "What the model wrote. Personal data."},
        }
