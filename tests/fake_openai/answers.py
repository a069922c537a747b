"""What the fake says to a question about numbered lines: the truth, or the truth with ordered mistakes."""

import random
import threading
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from documents.domain.findings import DOCUMENT_TYPES, MAX_CLAIMS, MAX_QUOTE, MAX_STARTS
from documents.domain.lines import fold
from tests.fake_openai.records import LabelledRecord, Library
from tests.fake_openai.requests import ModelRequest

Found = dict[str, Any]  # of the finding schema: starts and facts
Answerer = Callable[[ModelRequest], Found | None]  # None: the smallest value that the schema takes

_LATE_START = 15  # lines by which a start may be late where the question leaves out its own line as noise
_QUOTES_OF_A_FIELD = 3  # in one window: a name stands on every second line


def answer_nothing(request: ModelRequest) -> Found | None:
    """No opinion: the smallest value that the schema takes."""
    return None


class TruthAnswerer:
    """Knows labelled records, and says what they say about the lines that it is shown.

    A question that shows no numbered lines, or asks for something else than findings (as `check_ai` does), is answered
    with the smallest value of its schema. Raises UnknownLines where the lines stand in none of the records.
    """

    def __init__(self, *, records: Sequence[LabelledRecord]) -> None:
        self._library = Library(records=records)

    def __call__(self, request: ModelRequest) -> Found | None:
        shown = {number: text for number, text in request.shown_lines().items() if text.strip()}
        if not shown or not _asks_for_findings(request):
            return None
        record, offset = self._library.find(shown=shown)
        return {
            "starts": _true_starts(record, shown=shown, offset=offset)[:MAX_STARTS],
            "facts": _true_facts(record, shown=shown, offset=offset)[:MAX_CLAIMS],
        }


def _asks_for_findings(request: ModelRequest) -> bool:
    """A request without a schema tells what it asks for in its words only: of lines."""
    return request.schema is None or "starts" in request.schema.get("properties", {})


def _true_starts(record: LabelledRecord, *, shown: Mapping[int, str], offset: int) -> list[Found]:
    starts = []
    first, last = min(shown) + offset, max(shown) + offset
    for document in record.documents:
        if not first <= document.start_line <= last:
            continue
        end = min(document.end_line, document.start_line + _LATE_START)
        number = next((line - offset for line in range(document.start_line, end + 1) if line - offset in shown), None)
        if number is not None:
            starts.append(
                {
                    "line": number,
                    "quote": shown[number].strip()[:MAX_QUOTE],
                    "title": document.title,
                    "type": document.type,
                    "date": document.date,
                }
            )
    return starts


def _true_facts(record: LabelledRecord, *, shown: Mapping[int, str], offset: int) -> list[Found]:
    facts = []
    told: Counter[tuple[str, str]] = Counter()
    for number, text in shown.items():
        for field, raw in record.facts.get(number + offset, ()):
            told[field, fold(raw)] += 1
            if field == "weight" or told[field, fold(raw)] <= _QUOTES_OF_A_FIELD:
                facts.append(_claim(field, number=number, raw=raw, text=text))
    return sorted(facts, key=lambda fact: (fact["line"], fact["field"]))


def _claim(field: str, *, number: int, raw: str, text: str) -> Found:
    """The quote is the line, or as much of it around the words as a quote may have."""
    at = max(0, min(text.find(raw) - MAX_QUOTE // 2, len(text) - MAX_QUOTE))
    return {"field": field, "raw": raw, "line": number, "quote": text[at : at + MAX_QUOTE].strip()}


class FaultyAnswerer:
    """`inner` with mistakes in its starts, drawn by seed, question and line.

    `shifted` of the starts stand one or two lines off and keep the quote of the true line; `dropped` are left out; for
    `invented` of them one that is none is added. Of the invented, `invented_real_quote` quote a line of the question
    at its own number, the others words that stand nowhere. A second question about the same lines, with other words
    in its prompt, draws anew; overlapping windows need not agree.
    """

    def __init__(
        self,
        *,
        inner: Answerer,
        seed: int,
        shifted: float = 0.10,
        dropped: float = 0.05,
        invented: float = 0.05,
        invented_real_quote: float = 0.5,
    ) -> None:
        self._inner = inner
        self._seed = seed
        self._shifted = shifted
        self._dropped = dropped
        self._invented = invented
        self._real_quote = invented_real_quote
        self._lock = threading.Lock()
        self.dealt: Counter[str] = Counter()  # true, shifted, dropped, invented_real, invented_false

    def __call__(self, request: ModelRequest) -> Found | None:
        found = self._inner(request)
        if found is None or "starts" not in found:
            return found
        shown = {number: text for number, text in request.shown_lines().items() if text.strip()}
        true = {start["line"] for start in found["starts"]}
        starts: list[Found] = []
        dealt: Counter[str] = Counter()
        for start in found["starts"]:
            draw = random.Random(f"{self._seed}:{request.prompt_sha256()}:{start['line']}")
            kind, kept = self._spoil(start, draw=draw, last=max(shown))
            dealt[kind] += 1
            starts += kept
            if draw.random() < self._invented:
                kind, invented = self._invent(shown, true=true, draw=draw)
                dealt[kind] += 1
                starts.append(invented)
        with self._lock:
            self.dealt += dealt
        return {**found, "starts": sorted(starts, key=lambda start: start["line"])[:MAX_STARTS]}

    def _spoil(self, start: Found, *, draw: random.Random, last: int) -> tuple[str, list[Found]]:
        luck = draw.random()
        if luck < self._shifted:
            lines = [start["line"] + step for step in (-2, -1, 1, 2) if 1 <= start["line"] + step <= last]
            return "shifted", [{**start, "line": draw.choice(lines or [start["line"]])}]
        if luck < self._shifted + self._dropped:
            return "dropped", []
        return "true", [start]

    def _invent(self, shown: Mapping[int, str], *, true: set[int], draw: random.Random) -> tuple[str, Found]:
        real = draw.random() < self._real_quote
        number = draw.choice([number for number in shown if number not in true] or list(shown))
        quote = shown[number].strip()[:MAX_QUOTE] if real else _false_quote(shown, draw=draw)
        invented = {"line": number, "quote": quote, "title": quote, "type": draw.choice(DOCUMENT_TYPES), "date": None}
        return ("invented_real" if real else "invented_false"), invented


def _false_quote(shown: Mapping[int, str], *, draw: random.Random) -> str:
    """Words that could head a document and stand on no line of the question."""
    while True:
        subject = draw.choice(("Quarterly Review", "Transfer Summary", "Boarding Agreement", "Insurance Statement"))
        quote = f"{subject} {draw.randrange(10**6):06d} of the Northgate Annex"
        if not any(fold(quote) in fold(text) for text in shown.values()):
            return quote
