"""Questions, replies and a client for tests of the model side."""

import json
import threading
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any

from documents.domain.windows import Window
from jobs.llm.client import CallFailed, Engine, Question, Reply, Usage

FINDING_TEXT = json.dumps({"starts": [], "facts": []})
SCHEMA = {
    "type": "object",
    "properties": {
        "starts": {"type": "array", "items": {"type": "string"}, "maxItems": 1},
        "facts": {"type": "array", "items": {"type": "string"}, "maxItems": 1},
    },
    "required": ["starts", "facts"],
    "additionalProperties": False,
}


def make_question(
    index: int = 0, *, content: str | None = None, max_output_tokens: int = 1000, has_parts: bool = False
) -> Question:
    first = 100 * index + 1
    return Question(
        window=Window(
            index=index, first_line=first, last_line=first, owned_first=first, owned_last=first, shown=(first,)
        ),
        purpose="window",
        prompt_version="v1",
        instructions="Find the starts.",
        content=content if content is not None else f"1: line of window {index}",
        schema_name="finding",
        schema=SCHEMA,
        max_output_tokens=max_output_tokens,
        has_parts=has_parts,
    )


def make_reply(
    text: str = FINDING_TEXT, *, finish: Any = "complete", cost: Decimal | None = Decimal("0.001"), tokens: int = 100
) -> Reply:
    return Reply(
        finish=finish,
        text=text,
        model="gpt-6-luna-2026-09-15",
        usage=Usage(input_tokens=tokens, output_tokens=10, cached_input_tokens=0),
        cost_usd=cost,
        latency_seconds=0.5,
        request_id="req_1",
    )


class StubClient:
    """Answers by a function of the question and of how often it was asked (from 1); remembers what it was asked."""

    def __init__(self, answer: Callable[[Question, int], Reply] | None = None, *, engine: Engine = "openai") -> None:
        self._answer = answer or (lambda question, nth: make_reply())
        self._lock = threading.Lock()
        self._times: dict[str, int] = {}
        self.engine: Engine = engine
        self.model: str | None = "gpt-6-luna" if engine == "openai" else None
        self.settings: Mapping[str, Any] = {"api": "responses"}
        self.asked: list[Question] = []
        self.threads: set[int] = set()

    def ask(self, *, question: Question) -> Reply:
        with self._lock:
            self.asked.append(question)
            self.threads.add(threading.get_ident())
            nth = self._times[question.content] = self._times.get(question.content, 0) + 1
        return self._answer(question, nth)


def fail_with(kind: str, *, times: int = 1000, retry_after: float | None = None) -> Callable[[Question, int], Reply]:
    """The first `times` calls for each question fail."""

    def answer(question: Question, nth: int) -> Reply:
        if nth <= times:
            raise CallFailed(kind=kind, detail="as ordered", retry_after_seconds=retry_after)
        return make_reply()

    return answer
