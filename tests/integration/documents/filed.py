"""A filed analysis, as `file_segmentation` leaves it ahead of matching: for tests of what comes after."""

from collections.abc import Mapping, Sequence

from documents.models import Segmentation, Subject, Upload
from tests.factories import DocumentFactory, FactFactory, SegmentationFactory, SubjectFactory


def file_animals(upload: Upload, *animals: Mapping[str, object]) -> tuple[Segmentation, Sequence[Subject]]:
    """A segmentation with a document for each animal, told of by field and value; without `name` it is nobody known.

    `flags` are those of the chip. Line n is the nth animal's, the rest of the file the last one's.
    """
    segmentation: Segmentation = SegmentationFactory(upload=upload, documents=())
    subjects: list[Subject] = []
    for line, told in enumerate(animals, start=1):
        name = str(told.get("name", ""))
        subject = SubjectFactory(segmentation=segmentation, name=name, state="new" if name else "unknown")
        document = DocumentFactory(
            segmentation=segmentation,
            start_line=line,
            end_line=segmentation.line_count if line == len(animals) else line,
            subject=subject if name else None,
        )
        for field, values in told.items():
            for value in values if isinstance(values, list) else [values]:
                FactFactory(
                    subject=subject,
                    document=document,
                    field=field,
                    value=value,
                    raw=str(value),
                    line=line,
                    quote=f"{field}: {value}",
                    is_current=not isinstance(values, list) or value == values[0],
                )
        subjects.append(subject)
    if not animals:
        DocumentFactory(segmentation=segmentation)
    return segmentation, subjects
