"""Uploads and documents as the API shows and takes them. Lines are counted from 1 over the whole file, inclusive."""

from typing import Any, cast

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from documents.api.v1.link_representations import PlaceSerializer, RelationSerializer
from documents.domain.differences import Difference
from documents.domain.lines import DOUBTFUL
from documents.models import Document, Gap, Segmentation, Upload
from documents.queries import list_relations
from patients.models import Patient

ROOT = "/api/v1"
_MOST_LINES = 2**31 - 1  # what a column holds
_TYPES = tuple(Document._meta.get_field("type").choices or ())


class LinksField(serializers.DictField):
    """Relative addresses of what belongs to it."""

    child = serializers.CharField()


class PatientBriefSerializer(serializers.ModelSerializer[Patient]):
    class Meta:
        model = Patient
        fields = ["id", "name", "external_id", "status"]
        read_only_fields = fields
        extra_kwargs = {"status": {"help_text": "proposed: made of a record, and confirmed by nobody yet."}}


class DocumentSerializer(serializers.ModelSerializer[Document]):
    """One document of an upload."""

    upload = serializers.UUIDField(source="upload_id", read_only=True)
    segmentation = serializers.UUIDField(source="segmentation_id", read_only=True)
    subject = serializers.UUIDField(
        source="subject_id", read_only=True, allow_null=True, help_text="The animal of the file that it is of."
    )
    patient = PatientBriefSerializer(read_only=True, allow_null=True, help_text="null: not known whose it is.")
    is_current = serializers.SerializerMethodField(
        help_text="Whether it is of the upload's current segmentation; others are proposals."
    )
    same_as = PlaceSerializer(
        read_only=True, allow_null=True, help_text="The first of those that are one document; null: it is the first."
    )
    copies = PlaceSerializer(many=True, read_only=True, help_text="Where the same document stands again.")
    relations = serializers.SerializerMethodField(help_text="Links that count or wait for a decision.")
    links = serializers.SerializerMethodField(help_text="Relative addresses.")

    class Meta:
        model = Document
        fields = [
            "id",
            "upload",
            "segmentation",
            "is_current",
            "subject",
            "patient",
            "title",
            "title_printed",
            "type",
            "date",
            "start_line",
            "end_line",
            "first_page",
            "last_page",
            "confidence",
            "review",
            "reviewed_at",
            "same_as",
            "copies",
            "relations",
            "created_at",
            "updated_at",
            "links",
        ]
        read_only_fields = fields
        extra_kwargs = {
            "title": {
                "help_text": "As printed; else made of type and date in the file's language, as "
                "`Consultation note, 2024-03-05`, or given by staff."
            },
            "title_printed": {"help_text": "false: the file prints no such title; it was made, or staff gave it."},
            "date": {"help_text": "The document's own date (YYYY-MM-DD); null: none found."},
            "end_line": {"help_text": "Blank lines at the end included."},
            "first_page": {"help_text": "From 1; a text file's pages are parted by form feeds."},
            "review": {
                "help_text": "needed: nobody looked at it yet, and somebody should. What staff confirmed or corrected "
                "is never changed by a later run."
            },
        }

    def get_is_current(self, document: Document) -> bool:
        return document.upload.current_segmentation_id == document.segmentation_id

    @extend_schema_field(RelationSerializer(many=True))
    def get_relations(self, document: Document) -> Any:
        links = [*document.links_to.all(), *document.links_from.all()]
        relations = cast(Any, list_relations(document, links))  # the stubs know of one object only
        return RelationSerializer(relations, many=True).data

    @extend_schema_field(LinksField)
    def get_links(self, document: Document) -> dict[str, str]:
        own = f"{ROOT}/documents/{document.pk}/"
        return {
            "self": own,
            "text": f"{own}text/",
            "links": f"{own}links/",
            "facts": f"{ROOT}/uploads/{document.upload_id}/facts/?document={document.pk}",
            "upload": f"{ROOT}/uploads/{document.upload_id}/",
        }


class GapSerializer(serializers.ModelSerializer[Gap]):
    """Lines that belong to no document."""

    class Meta:
        model = Gap
        fields = ["start_line", "end_line", "reason"]
        read_only_fields = fields
        extra_kwargs = {
            "reason": {"help_text": "blank, running_lines, blank_page, fax_cover, fax_end, ruler, or staff."}
        }


class PieceSerializer(serializers.Serializer[Any]):
    """A document or a gap: one of the two is null."""

    document = DocumentSerializer(allow_null=True)
    gap = GapSerializer(allow_null=True)


class PartitionSerializer(serializers.Serializer[Any]):
    """Every line of an upload once, in order."""

    segmentation = serializers.IntegerField(allow_null=True, help_text="Its number; null: not analysed yet.")
    revision = serializers.IntegerField(allow_null=True, help_text="Grows with each correction.")
    pieces = PieceSerializer(many=True)


class LineSerializer(serializers.Serializer[Any]):
    line = serializers.IntegerField(help_text="Its number, from 1 over the whole file.")
    page = serializers.IntegerField(help_text="From 1.")
    text = serializers.CharField(allow_blank=True, help_text="As extracted, without its end.")
    noise = serializers.BooleanField(help_text="Whether it is a running header or footer or a fax machine's line.")
    confidence = serializers.IntegerField(
        allow_null=True,
        help_text=f"How sure character recognition is of it, in percent; below {DOUBTFUL}, compare it with the scan. "
        "null: it was not read so.",
    )


class PartSerializer(serializers.Serializer[Any]):
    """A file as it came: the upload itself, or one in an e-mail or archive."""

    name = serializers.CharField(help_text="Of a file in an archive with its folders; `message body` of an e-mail.")
    kind = serializers.CharField(help_text="text, pdf, word, html, email or image.")
    first_line = serializers.IntegerField(help_text="From 1 over the whole upload; it goes on to the next part.")


class TextSerializer(serializers.Serializer[Any]):
    """Lines of an upload's text."""

    from_line = serializers.IntegerField(help_text="The first line asked for.")
    to_line = serializers.IntegerField(help_text="The last line given; less than from_line where there is none.")
    line_count = serializers.IntegerField(help_text="Lines of the whole file.")
    lines = LineSerializer(many=True)
    next = serializers.CharField(allow_null=True, help_text="Where the lines go on that were asked for; null: here.")
    parts = PartSerializer(many=True, help_text="The files that these lines are of, in order.")
    warnings = serializers.ListField(
        child=serializers.CharField(),
        help_text="What was not read of the file, or not for certain, and text that a black box seems to hide.",
    )


class LinesForm(serializers.Serializer[Any]):
    from_line = serializers.IntegerField(min_value=1, max_value=_MOST_LINES, default=1, help_text="First line, from 1.")
    to_line = serializers.IntegerField(
        min_value=1, max_value=_MOST_LINES, required=False, help_text="Last line; without it, to the end."
    )


class DescriptionForm(serializers.Serializer[Any]):
    """What is left out stays as it is."""

    title = serializers.CharField(max_length=500, required=False)
    type = serializers.ChoiceField(choices=_TYPES, required=False)
    date = serializers.DateField(required=False, allow_null=True, help_text="YYYY-MM-DD; null: not known.")


class SplitForm(DescriptionForm):
    """Where to split, and what is known of the new document."""

    line = serializers.IntegerField(
        min_value=1, max_value=_MOST_LINES, help_text="The first line of the new document, counted over the whole file."
    )


class MoveStartForm(serializers.Serializer[Any]):
    line = serializers.IntegerField(
        min_value=1, max_value=_MOST_LINES, help_text="The line at which the document begins, over the whole file."
    )


class AssignDocumentForm(serializers.Serializer[Any]):
    patient = serializers.UUIDField(allow_null=True, help_text="Id of a patient of the clinic; null: of nobody known.")


class SplitSerializer(serializers.Serializer[Any]):
    documents = DocumentSerializer(many=True, help_text="The one that was split, and the new one.")


class SegmentationBriefSerializer(serializers.ModelSerializer[Segmentation]):
    class Meta:
        model = Segmentation
        fields = ["id", "number", "engine", "model", "revision", "created_at"]
        read_only_fields = fields
        extra_kwargs = {"number": {"help_text": "Within the upload, from 1."}}


class UnreadSerializer(serializers.Serializer[Any]):
    """Lines that the model did not read: the rules read them."""

    start_line = serializers.IntegerField()
    end_line = serializers.IntegerField()
    failure = serializers.CharField(help_text="Why: a code.")


class SegmentationSerializer(serializers.ModelSerializer[Segmentation]):
    """One run over an upload."""

    is_current = serializers.SerializerMethodField(help_text="Others are proposals: see its differences.")
    job = serializers.UUIDField(source="job_id", read_only=True, allow_null=True, help_text="The job that made it.")
    unread = UnreadSerializer(many=True, read_only=True)
    warnings = serializers.ListField(child=serializers.CharField(), read_only=True, help_text="For people.")
    document_count = serializers.IntegerField(read_only=True)
    links = serializers.SerializerMethodField(help_text="Relative addresses.")

    class Meta:
        model = Segmentation
        fields = [
            "id",
            "number",
            "is_current",
            "job",
            "engine",
            "model",
            "prompt_version",
            "stitching_version",
            "line_count",
            "document_count",
            "unread",
            "warnings",
            "revision",
            "created_at",
            "links",
        ]
        read_only_fields = fields
        extra_kwargs = {
            "number": {"help_text": "Within the upload, from 1."},
            "engine": {"help_text": "rules, or openai for a model by that API."},
            "model": {"help_text": "Empty: none."},
            "revision": {"help_text": "Grows with each correction."},
        }

    def get_is_current(self, segmentation: Segmentation) -> bool:
        return segmentation.upload.current_segmentation_id == segmentation.pk

    @extend_schema_field(LinksField)
    def get_links(self, segmentation: Segmentation) -> dict[str, str]:
        own = f"{ROOT}/uploads/{segmentation.upload_id}/segmentations/{segmentation.number}/"
        return {
            "upload": f"{ROOT}/uploads/{segmentation.upload_id}/",
            "differences": f"{own}differences/",
            "adopt": f"{own}adopt/",
        }


class DescribedSerializer(serializers.Serializer[Any]):
    id = serializers.UUIDField(help_text="Of the document.")
    start_line = serializers.IntegerField()
    end_line = serializers.IntegerField()
    title = serializers.CharField()
    type = serializers.ChoiceField(choices=_TYPES)
    date = serializers.DateField(allow_null=True)


class DifferenceSerializer(serializers.Serializer[Difference]):
    """What one run proposes to change."""

    kind = serializers.ChoiceField(
        choices=["added", "removed", "moved", "renamed"],
        help_text="moved: other lines. renamed: the same lines, another title, type or date.",
    )
    before = DescribedSerializer(allow_null=True, help_text="In the current segmentation; null: added.")
    after = DescribedSerializer(allow_null=True, help_text="In this one; null: removed.")


class DifferencesSerializer(serializers.Serializer[Any]):
    differences = DifferenceSerializer(many=True)


class AdoptForm(serializers.Serializer[Any]):
    force = serializers.BooleanField(
        default=False, help_text="true: also where documents that staff decided have other lines in it."
    )


class ConfirmedSerializer(serializers.Serializer[Any]):
    confirmed = serializers.IntegerField(help_text="How many documents nobody had decided before.")


class UploadSerializer(serializers.ModelSerializer[Upload]):
    """One file as received, and how far it is."""

    patient = PatientBriefSerializer(read_only=True, allow_null=True, help_text="Whose record the sender says it is.")
    segmentation = SegmentationBriefSerializer(
        source="current_segmentation", read_only=True, allow_null=True, help_text="The current one; null: not analysed."
    )
    document_count = serializers.IntegerField(read_only=True, help_text="Documents of the current segmentation.")
    review_count = serializers.IntegerField(read_only=True, help_text="Of these, how many are to be reviewed.")
    metadata = serializers.JSONField(read_only=True, help_text="As the sender gave it.")
    links = serializers.SerializerMethodField(help_text="Relative addresses.")

    class Meta:
        model = Upload
        fields = [
            "id",
            "name",
            "kind",
            "size",
            "sha256",
            "line_count",
            "page_count",
            "external_id",
            "metadata",
            "patient",
            "segmentation",
            "document_count",
            "review_count",
            "received_at",
            "updated_at",
            "archived_at",
            "links",
        ]
        read_only_fields = fields
        extra_kwargs = {
            "kind": {"help_text": "text, pdf, word, html, email, image or zip."},
            "size": {"help_text": "In bytes."},
            "sha256": {"help_text": "Of the file, in hexadecimal."},
            "line_count": {"help_text": "null: not read yet."},
            "page_count": {"help_text": "null: not read yet."},
            "archived_at": {"help_text": "null: not archived."},
        }

    @extend_schema_field(LinksField)
    def get_links(self, upload: Upload) -> dict[str, str]:
        own = f"{ROOT}/uploads/{upload.pk}/"
        return {
            "self": own,
            "text": f"{own}text/",
            "content": f"{own}content/",
            "documents": f"{own}documents/",
            "facts": f"{own}facts/",
            "segmentations": f"{own}segmentations/",
            "jobs": f"{ROOT}/jobs/?upload={upload.pk}",
        }
