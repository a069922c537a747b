"""The questions that the product asks about a file's windows, as its pipeline makes them."""

from collections.abc import Iterator

from jobs.llm.client import Question
from jobs.pipeline import PreparedFile, make_question


def make_questions(prepared: PreparedFile) -> Iterator[Question]:
    return (make_question(window, prepared=prepared, purpose="window") for window in prepared.windows)
