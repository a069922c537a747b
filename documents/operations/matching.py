"""Which patient of the register each subject of a file is."""

from datetime import datetime

from documents.models import Segmentation, Subject, Upload


def match_subjects(*, upload: Upload, segmentation: Segmentation, previous: Segmentation | None, now: datetime) -> None:
    """Sets each subject's state: new where it has a name, else unknown. No patient is made."""
    segmentation.subjects.filter(name="").update(state=Subject.State.UNKNOWN)
    segmentation.subjects.exclude(name="").update(state=Subject.State.NEW)
