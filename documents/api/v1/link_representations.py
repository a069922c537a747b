"""Links between documents as the API shows them."""

from typing import Any, get_args

from rest_framework import serializers

from documents.domain.likeness.changes import Kind as ChangeKind
from documents.models import Document, DocumentLink
from documents.queries import Relation


class PlaceSerializer(serializers.ModelSerializer[Document]):
    """Where a document stands."""

    document = serializers.UUIDField(source="pk", read_only=True, help_text="Its id.")
    upload = serializers.UUIDField(source="upload_id", read_only=True)

    class Meta:
        model = Document
        fields = ["document", "upload", "start_line", "end_line"]
        read_only_fields = fields


class RelationSerializer(serializers.Serializer[Relation]):
    """What a document is to another one."""

    id = serializers.UUIDField(source="link.pk", help_text="Of the link, which both documents share.")
    kind = serializers.ChoiceField(
        choices=["same", "supersedes", "superseded_by"],
        help_text="same: one document twice. supersedes: this one amends the other.",
    )
    state = serializers.ChoiceField(
        source="link.state",
        choices=DocumentLink.State.choices,
        help_text="found: the words are the same, linked without asking. proposed: staff decides. confirmed and "
        "rejected: staff decided, and no later run changes that.",
    )
    alike = serializers.FloatField(source="link.alike", help_text="0 to 1: how much of their words is the same.")
    other = PlaceSerializer(help_text="The other document.")
    found_at = serializers.DateTimeField(source="link.found_at")
    decided_by = serializers.UUIDField(source="link.decided_by_id", allow_null=True)
    decided_at = serializers.DateTimeField(source="link.decided_at", allow_null=True)


class ChangeSerializer(serializers.Serializer[Any]):
    """Words that stand otherwise in the other document. Lines are those of each one's file; null: no words."""

    kind = serializers.ChoiceField(
        choices=get_args(ChangeKind),
        help_text="misread: but for what OCR does. number: other digits. words: other words. missing: the other one "
        "lacks them. added: this one lacks them.",
    )
    words = serializers.CharField(source="first", allow_blank=True, help_text="In this document.")
    other_words = serializers.CharField(source="second", allow_blank=True, help_text="In the other one.")
    line = serializers.IntegerField(source="first_line", allow_null=True)
    other_line = serializers.IntegerField(source="second_line", allow_null=True)


class LinkSerializer(serializers.Serializer[Any]):
    """A link, with where the words of the two differ; lines that belong to the sheet are not compared."""

    relation = RelationSerializer()
    changes = ChangeSerializer(many=True, source="difference.changes")
    is_whole = serializers.BooleanField(
        source="difference.is_whole",
        help_text="false: there are more differences, or the texts are too long to compare.",
    )


class LinksSerializer(serializers.Serializer[Any]):
    links = RelationSerializer(many=True)
