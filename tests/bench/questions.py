"""The questions that the product asks about a file's windows, as its pipeline makes them."""

from collections.abc import Iterator

from jobs.llm.client import Question
from jobs.pipeline import Sheet, make_question


def make_questions(sheet: Sheet) -> Iterator[Question]:
    return (make_question(window, sheet=sheet, purpose="window") for window in sheet.windows)
