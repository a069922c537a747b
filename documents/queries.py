"""Reads over uploads and what was found in them."""

from documents.models import Document, Segmentation


def has_decisions(*, segmentation: Segmentation) -> bool:
    """Whether staff decided anything in it (I6): a document, a correction, whose an animal is, a fact retracted."""
    return (
        segmentation.documents.filter(review__in=Document.STAFF_DECIDED).exists()
        or segmentation.corrections.exists()
        or segmentation.subjects.exclude(decided_at=None).exists()
        or segmentation.facts.exclude(retracted_at=None).exists()
    )
