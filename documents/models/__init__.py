"""Uploads, what was found in them, and what staff made of it.

An upload has one current segmentation and keeps the earlier ones.
"""

from documents.models.corrections import Correction
from documents.models.facts import Fact
from documents.models.links import DocumentFingerprint, DocumentLink
from documents.models.segmentations import Document, Gap, Segmentation, Subject
from documents.models.uploads import ExtractedText, Upload

__all__ = [
    "Correction",
    "Document",
    "DocumentFingerprint",
    "DocumentLink",
    "ExtractedText",
    "Fact",
    "Gap",
    "Segmentation",
    "Subject",
    "Upload",
]
