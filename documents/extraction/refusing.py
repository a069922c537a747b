"""How a confined worker says why it refuses a file: as JSON, since an exception would not come out of its process."""

import json
from typing import Any


class Refused(Exception):
    """In a worker: the file is refused. `problem` is a code of `problems`, `found` as there."""

    def __init__(self, problem: str, found: str = "") -> None:
        super().__init__(problem)
        self.answer: dict[str, str] = {"problem": problem, "found": found}


def read_answer(output: bytes) -> dict[str, Any]:
    """In the parent: what a worker answered. Raises ExtractionProblem where it refused, or answered no JSON."""
    from documents.extraction.problems import ExtractionProblem  # no worker needs it: each pays for its imports

    try:
        answer = json.loads(output)
    except ValueError:
        raise ExtractionProblem("parser_crashed", found="it gave no answer") from None
    if not isinstance(answer, dict):
        raise ExtractionProblem("parser_crashed", found="it gave no answer")
    if "problem" in answer:
        raise ExtractionProblem(answer["problem"], found=answer["found"])
    return answer
