"""Uploads: sending them in, analysing them again, purging them. What is read of them is the documents app's."""

import json
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any
from uuid import UUID

from django.conf import settings
from django.http import HttpRequest
from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import (
    OpenApiExample,
    OpenApiResponse,
    PolymorphicProxySerializer,
    extend_schema,
    extend_schema_field,
)
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.parsers import BaseParser, MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response

from documents.api.v1.representations import UploadSerializer
from documents.api.v1.uploads import EXAMPLE as _UPLOAD
from documents.api.v1.uploads import UploadViewSet as ReadUploads
from documents.extraction.problems import READABLE
from documents.operations.filing import UploadPurged
from jobs.api.v1.estimates import DRY_RUN, ESTIMATE_EXAMPLE, DryRunForm, PreviewSerializer
from jobs.api.v1.jobs import EXAMPLE as _JOB
from jobs.api.v1.receiving import check_length, explain, receive_into_file
from jobs.api.v1.representations import JobSerializer, job_address
from jobs.domain.states import PRIORITIES
from jobs.llm.client import InvalidSetting
from jobs.llm.configured import choose_engine
from jobs.models import Job
from jobs.operations import previewing, purging, submitting
from patients.models import Patient
from pennie.accounts import idempotency
from pennie.accounts.permissions import caller_of
from pennie.accounts.principal import Principal
from pennie.lib.refusals import Missing, Refusal
from pennie.rest.limits import MOST_DEPTH, is_too_deep

_TAGS = ["uploads"]
_ENGINES = ["auto", "rules", "openai"]
_MOST_METADATA = 16 * 1024  # characters of JSON
_UNFIT = re.compile(r"(?<!\\)(?:\\\\)*\\u0000|[\ud800-\udfff]")  # in JSON: NUL is escaped there


class UnknownPatient(Refusal):
    """The sender names a patient that the clinic does not have."""

    def __init__(self, *, field: str) -> None:
        known_by = "id" if field == "patient" else "external id"
        super().__init__(
            "unknown_patient",
            title="There is no such patient",
            detail=f"The clinic has no patient with this {known_by}. Create it first (POST /api/v1/patients/), or send "
            "the file without it: the patients in it are found then.",
            status=422,
            extra={"pointer": f"/{field}"},
        )


class UnknownBatch(Refusal):
    def __init__(self) -> None:
        super().__init__(
            "unknown_batch",
            title="There is no such batch",
            detail="The clinic has no batch with this id. Begin one (POST /api/v1/batches/), or send the file without.",
            status=422,
            extra={"pointer": "/batch"},
        )


@extend_schema_field(OpenApiTypes.OBJECT)
class MetadataField(serializers.Field[dict[str, Any], Any, Any, Any]):
    """A JSON object, as a form sends it: in words."""

    default_error_messages = {
        "too_long": f"Longer than {_MOST_METADATA:,} characters.",
        "no_json": "This is not JSON. Send one JSON object.",
        "no_object": 'Send one JSON object, as {{"case": "A-17"}}.',
        "too_deep": f"Nested more than {MOST_DEPTH} deep.",
        "unfit": "It holds characters that cannot be stored (NUL or half of a surrogate pair).",
    }

    def to_internal_value(self, data: Any) -> dict[str, Any]:
        words = data if isinstance(data, str) else json.dumps(data)
        if len(words) > _MOST_METADATA:
            self.fail("too_long")
        try:
            said = json.loads(words, parse_constant=_refuse_constant)
            kept = json.dumps(said, ensure_ascii=False, allow_nan=False)
        except (ValueError, RecursionError):
            self.fail("no_json")
        if not isinstance(said, dict):
            self.fail("no_object")
        if is_too_deep(said):
            self.fail("too_deep")
        if _UNFIT.search(kept):
            self.fail("unfit")
        return said

    def to_representation(self, value: dict[str, Any]) -> dict[str, Any]:
        return value


def _refuse_constant(name: str) -> Any:
    raise ValueError(name)  # NaN and Infinity, which are no JSON


class RunForm(serializers.Serializer[Any]):
    """How a file is to be analysed."""

    engine = serializers.ChoiceField(
        choices=_ENGINES, default="auto", help_text="auto: the model if there is a key, else the rules engine."
    )
    priority = serializers.ChoiceField(choices=PRIORITIES, default="normal", help_text="Which queue it waits in.")

    def validate_engine(self, engine: Any) -> Any:
        try:
            choose_engine(engine)
        except InvalidSetting:
            raise serializers.ValidationError(
                "No key for the model is set on the server. Send auto or rules.", code="no_key"
            ) from None
        return engine


class SubmissionForm(RunForm):
    """A file and what its sender knows of it."""

    file = serializers.FileField(
        allow_empty_file=True,  # the domain refuses one, and says more
        error_messages={"required": "Send the file as a part named file, with a filename in UTF-8."},
        help_text=f"{READABLE[0].upper()}{READABLE[1:]}.",
    )
    patient = serializers.UUIDField(required=False, help_text="Whose record it is: an id of this API.")
    patient_external_id = serializers.CharField(
        required=False, allow_blank=True, max_length=200, help_text="Or the patient's id in the practice's system."
    )
    external_id = serializers.CharField(
        required=False, allow_blank=True, max_length=200, help_text="The file's id in the practice's own system."
    )
    batch = serializers.UUIDField(required=False, help_text="A batch that it is added to, while that is open.")
    metadata = MetadataField(
        required=False, help_text="One JSON object of at most 16,384 characters, given back as is."
    )

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if attrs.get("patient") and attrs.get("patient_external_id"):
            raise serializers.ValidationError({"patient": "Send patient or patient_external_id, not both."})
        return attrs


class SubmittedSerializer(serializers.Serializer[Any]):
    upload = UploadSerializer(help_text="The upload.")
    job = JobSerializer(help_text="Its latest job.")


class UploadViewSet(ReadUploads):
    """All that the API does with uploads."""

    @extend_schema(
        operation_id="uploads_create",
        tags=_TAGS,
        summary="Send a file",
        description="Takes one file and queues a job that reads it: 202, with the job's address in `Location`. The "
        "same file sent before: 200 with the upload that is there (an archived one is restored) and its latest job, "
        "and no work is done twice. With another patient or external id: 409 `upload_exists_differently`.\n\n"
        "A file that cannot be read is refused at once and nothing of it is kept: 413 `too_large`, `too_many_pages`, "
        "`too_many_pixels`, `too_many_parts`, `too_deep`; 415 `unsupported_kind`, `extension_mismatch`; 422 "
        "`empty_file`, `no_text`, `ocr_unavailable`, `encrypted`, `corrupt`, `unsafe_archive`, `too_much_memory`, "
        "`parser_crashed`. A scan of more pages than can be read while you wait is taken, and read by its job. "
        "Also 422 `unknown_patient`, `unknown_batch`, "
        "`several_files`, `unexpected_field`, 409 `external_id_taken`, `batch_closed`, 400 `interrupted`, 411 "
        "`length_required`.\n\n"
        "What the limits of use do not let through: 429 `use_limit_reached` with `Retry-After`, 413 "
        "`upload_over_limit`; both have `limit` with the figures. With `dry_run=true` the same checks are made, and "
        "the answer tells what the file would take.",
        parameters=[idempotency.PARAMETER, DRY_RUN],
        request={"multipart/form-data": SubmissionForm},
        responses={
            202: OpenApiResponse(SubmittedSerializer, description="Taken; `Location` is the job's address."),
            200: OpenApiResponse(
                PolymorphicProxySerializer(
                    "SubmittedOrPreview",
                    serializers=[SubmittedSerializer, PreviewSerializer],
                    resource_type_field_name=None,
                ),
                description="The same file was sent before; or `dry_run`: what it would take.",
            ),
        },
        examples=[
            OpenApiExample(
                "Taken",
                value={"upload": _UPLOAD, "job": {name: said for name, said in _JOB.items() if name != "totals"}},
                response_only=True,
                status_codes=["202"],
            ),
            OpenApiExample("A dry run", value=ESTIMATE_EXAMPLE, response_only=True, status_codes=["200"]),
        ],
        filters=False,
    )
    def create(self, request: Request) -> Response:
        asked = DryRunForm(data=request.query_params)
        asked.is_valid(raise_exception=True)
        return self._preview(request) if asked.validated_data["dry_run"] else self._submit(request)

    def _preview(self, request: Request) -> Response:
        said = _read_submission(request)
        with _naming_what_is_missing(said):
            preview = previewing.preview(
                principal=caller_of(request),
                file=said["file"],
                name=said["file"].name,
                engine=said["engine"],
                external_id=said.get("external_id", ""),
                patient_id=_find_patient(said, principal=caller_of(request)),
                batch_id=said.get("batch"),
                now=timezone.now(),
            )
        return Response(PreviewSerializer(preview).data)

    @idempotency.idempotent
    def _submit(self, request: Request) -> Response:
        said = _read_submission(request)
        with _naming_what_is_missing(said):
            submitted = submitting.submit(
                principal=caller_of(request),
                file=said["file"],
                name=said["file"].name,
                engine=said["engine"],
                priority=said["priority"],
                external_id=said.get("external_id", ""),
                metadata=said.get("metadata"),
                patient_id=_find_patient(said, principal=caller_of(request)),
                batch_id=said.get("batch"),
                now=timezone.now(),
            )
        shown = self._show(submitted.upload.pk, submitted.job)
        status = 202 if submitted.created else 200
        return Response(shown, status=status, headers={"Location": job_address(submitted.job.pk)})

    @extend_schema(
        operation_id="uploads_analyses_create",
        tags=_TAGS,
        summary="Analyse an upload again",
        description="Queues another job: 202, with its address in `Location`. A job that is at it already is joined. "
        "What staff confirmed or corrected stays: what differs then is a proposal.",
        parameters=[idempotency.PARAMETER],
        request=RunForm,
        responses={202: JobSerializer},
        examples=[OpenApiExample("By the rules", value={"engine": "rules", "priority": "bulk"}, request_only=True)],
        filters=False,
    )
    @action(detail=True, methods=["post"], filter_backends=[])
    @idempotency.idempotent
    def analyses(self, request: Request, pk: UUID) -> Response:
        form = RunForm(data=request.data)
        form.is_valid(raise_exception=True)
        job = submitting.rerun(principal=caller_of(request), upload_id=pk, now=timezone.now(), **form.validated_data)
        return Response(JobSerializer(job).data, status=202, headers={"Location": job_address(job.pk)})

    @extend_schema(
        operation_id="uploads_purge",
        tags=_TAGS,
        summary="Purge an upload",
        description="Erases its file, text, documents and facts, and what was sent to the model and came back. It "
        "cannot be undone; what it cost stays on the ledger. Only of an archived upload (409 `not_archived`) at which "
        "no job is (409 `upload_in_work`).",
        request=None,
        responses={204: OpenApiResponse(description="Purged.")},
        filters=False,
    )
    @action(detail=True, methods=["post"], scopes={"POST": "uploads:purge"}, filter_backends=[])
    def purge(self, request: Request, pk: UUID) -> Response:
        purging.purge_upload(principal=caller_of(request), upload_id=pk, now=timezone.now())
        return Response(status=204)

    def get_parsers(self) -> list[BaseParser]:
        return [MultiPartParser()] if self._receives else list(super().get_parsers())

    def initialize_request(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Request:
        if self._receives:
            receive_into_file(request, max_bytes=settings.UPLOAD_MAX_BYTES)
        return super().initialize_request(request, *args, **kwargs)

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        if self._receives:
            check_length(request._request, max_bytes=settings.UPLOAD_MAX_BYTES)
        super().initial(request, *args, **kwargs)

    def handle_exception(self, exc: Exception) -> Response:
        explained = explain(exc) if self._receives else exc
        return super().handle_exception(explained if isinstance(explained, Exception) else exc)

    @property
    def _receives(self) -> bool:
        """Whether this request brings a file."""
        return self.action_map.get("post") == "create" and self.request is not None and self.request.method == "POST"

    def _show(self, upload_id: UUID, job: Job) -> Any:
        upload = self.get_queryset().filter(pk=upload_id).first()  # as every answer shows one, with its counts
        if upload is None:
            raise UploadPurged  # since it was taken
        context = self.get_serializer_context()
        return SubmittedSerializer({"upload": upload, "job": job}, context=context).data


def _read_submission(request: Request) -> dict[str, Any]:
    form = SubmissionForm(data=request.data)
    form.is_valid(raise_exception=True)
    said: dict[str, Any] = form.validated_data
    return said


@contextmanager
def _naming_what_is_missing(said: Mapping[str, Any]) -> Iterator[None]:
    """A patient or a batch that is not there is told at the field that names it."""
    try:
        yield
    except Missing as missing:
        if missing.what == "batch":
            raise UnknownBatch from None
        if missing.what != "patient":
            raise
        raise UnknownPatient(field="patient" if said.get("patient") else "patient_external_id") from None


def _find_patient(said: Mapping[str, Any], *, principal: Principal) -> UUID | None:
    """Raises Missing."""
    if said.get("patient"):
        by_id: UUID = said["patient"]
        return by_id
    external_id = said.get("patient_external_id")
    if not external_id:
        return None
    return Patient.objects.access(principal=principal, external_id=external_id, archived_at=None).pk
