"""Recorded answers in the place of a model: for tests, demonstrations and evaluation without a key.

A recording is one JSON file: what was asked, what came back, scrubbed of keys and personal data. Recordings are found
by what decides an answer, so one is found again whichever connection, key or safety identifier is used.
"""

import hashlib
import json
import re
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any, Final, Literal

from jobs.llm.client import CallFailed, Engine, Question, Reply
from jobs.llm.dialects import Api, Dialect, build_request
from jobs.llm.wire import classify_error, describe_error, find_json, read_body

PATHS: Final[Mapping[Api, str]] = {"responses": "/v1/responses", "chat": "/v1/chat/completions"}
CURE: Final = "record it again with: make record-llm"

# Parameters that do not decide the answer: who asks, and what the provider may keep.
_UNDECIDING: Final = frozenset(
    {
        "store",
        "safety_identifier",
        "metadata",
        "user",
        "prompt_cache_key",
        "prompt_cache_options",
        "prompt_cache_breakpoint",
        "service_tier",
    }
)

PersonalKind = Literal["email", "microchip", "phone", "name"]
# A country code, brackets, a leading zero or three groups of digits: no ISO date, no lab value and no year fits.
_PHONES: Final = (
    r"\+\d{1,3}[ .-]?(?:\(?\d{1,4}\)?[ .-]?){1,3}\d{2,4}[ .-]?\d{2,4}",
    r"\(\d{2,4}\)[ .-]?\d{3,4}[ .-]?\d{3,4}",
    r"\d{3,4}[ .-]\d{3,4}[ .-]\d{3,4}",
    r"\d{3}[ -]\d{2}[ -]\d{2}[ -]\d{2}",
    r"\d{2}(?:[ .]\d{2}){4}",
    r"0\d{2,4}[ /-]\d{5,8}",
)
_PATTERNS: Final[Mapping[str, str]] = {  # by PersonalKind
    "email": r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+",
    "microchip": r"(?<![\d.])\d{3}(?:[ -]?\d{3}){4}(?![\d.]*\d)",
    "phone": rf"(?<![\w.])(?:{'|'.join(_PHONES)})(?!\w)",
}


@dataclass(frozen=True, kw_only=True, slots=True)
class PersonalData:
    """A place in a text that names or reaches a person."""

    kind: PersonalKind
    start: int
    end: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Recording:
    """One exchange with the provider, scrubbed."""

    key: str  # of the request as it was before scrubbing, see `recording_key`
    synthetic: bool  # answered by a stand-in, not by a provider
    method: str
    path: str
    request: Any = field(repr=False)  # decoded body; None for GET
    status: int
    headers: Mapping[str, str]  # of the answer; those that a client reads
    response: Any = field(repr=False)  # decoded body, or text where it is no JSON
    placeholders: tuple[str, ...]  # what stands in the request for each piece of its personal data, in order


def find_personal_data(*, text: str, names: Sequence[str] = ()) -> Iterator[PersonalData]:
    """Where `text` holds e-mail addresses, microchips, phone numbers, or one of `names`; in order, none in another."""
    pattern = _pattern(tuple(names))
    for found in pattern.finditer(text):
        kind: Any = found.lastgroup
        yield PersonalData(kind=kind, start=found.start(), end=found.end())


@cache
def _pattern(names: tuple[str, ...]) -> re.Pattern[str]:
    patterns = dict(_PATTERNS)
    if names:
        longest_first = sorted(names, key=len, reverse=True)
        patterns["name"] = rf"(?<!\w)(?:{'|'.join(map(re.escape, longest_first))})(?!\w)"
    return re.compile("|".join(f"(?P<{kind}>{pattern})" for kind, pattern in patterns.items()), re.IGNORECASE)


def said_texts(*, body: Any) -> list[str]:
    """The prompt's words in a request's body, in order: where personal data may stand."""
    if not isinstance(body, dict):
        return []
    return [*_leaves(body.get("instructions")), *_leaves(body.get("input")), *_leaves(body.get("messages"))]


def _leaves(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    for child in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from _leaves(child)


def recording_key(*, method: str, path: str, body: Any, names: Sequence[str] = ()) -> str:
    """SHA-256 (hex) of what decides the answer to a request.

    Personal data counts by its kind alone, so that the key tells nothing of it, and names are found only if given.
    """
    deciding = body
    if isinstance(body, dict):
        deciding = {name: _without_marks(value) for name, value in body.items() if name not in _UNDECIDING}
        if "max_tokens" in deciding:  # the older name of the same bound
            deciding["max_completion_tokens"] = deciding.pop("max_tokens")
    blanked = _blank(deciding, names=names)
    return hashlib.sha256(json.dumps([method, path, blanked], sort_keys=True).encode()).hexdigest()


def _without_marks(value: Any) -> Any:
    """A text that was made a part of its own, to be marked for the provider's cache, is the text again."""
    if isinstance(value, dict):
        return {name: _without_marks(child) for name, child in value.items() if name not in _UNDECIDING}
    if not isinstance(value, list):
        return value
    if len(value) == 1 and isinstance(value[0], dict) and value[0].get("type") in ("text", "input_text"):
        return value[0].get("text")
    return [_without_marks(child) for child in value]


def _blank(value: Any, *, names: Sequence[str]) -> Any:
    if isinstance(value, dict):
        return {name: _blank(child, names=names) for name, child in value.items()}
    if isinstance(value, list):
        return [_blank(child, names=names) for child in value]
    if not isinstance(value, str):
        return value
    blanked, at = "", 0
    for found in find_personal_data(text=value, names=names):
        blanked += f"{value[at : found.start]}<{found.kind}>"
        at = found.end
    return blanked + value[at:]


def read_recordings(*, folder: Path) -> dict[str, Recording]:
    """The recordings of `folder` by their key. Raises CallFailed("not_recorded") if there are none."""
    found = {}
    for path in sorted(folder.glob("*.json")):
        entry = json.loads(path.read_text(encoding="utf-8"))
        recording = Recording(**{**entry, "placeholders": tuple(entry["placeholders"])})
        found[recording.key] = recording
    if not found:
        raise CallFailed(kind="not_recorded", detail=f"no recordings in {folder.name}: {CURE}")
    return found


def restore(*, recording: Recording, body: Any, names: Sequence[str] = ()) -> Any:
    """The recorded answer, with what `body` has where the recorded request has its placeholders."""
    here = [
        text[found.start : found.end]
        for text in said_texts(body=body)
        for found in find_personal_data(text=text, names=names)
    ]
    originals = dict(zip(recording.placeholders, here, strict=False))
    changed = {placeholder: original for placeholder, original in originals.items() if placeholder != original}
    return _replace(recording.response, changed) if changed else recording.response


def _replace(value: Any, originals: Mapping[str, str]) -> Any:
    if isinstance(value, dict):
        return {name: _replace(child, originals) for name, child in value.items()}
    if isinstance(value, list):
        return [_replace(child, originals) for child in value]
    if not isinstance(value, str):
        return value
    # In one pass: an original may look like another one's placeholder.
    longest_first = sorted(originals, key=len, reverse=True)
    return re.sub("|".join(map(re.escape, longest_first)), lambda found: originals[found.group()], value)


class RecordedClient:
    """A ModelClient that answers from a folder of recordings, as made through one API with one model.

    Safe to share among threads. A replayed answer costs nothing; its usage is the recorded one.
    """

    def __init__(self, *, folder: Path, model: str, api: Api = "responses", names: Sequence[str] = ()) -> None:
        self._folder = folder
        self._model = model
        self._dialect = Dialect(api=api, is_openai=True)
        self._names = tuple(names)
        self._recordings = read_recordings(folder=folder)

    @property
    def engine(self) -> Engine:
        return "recorded"

    @property
    def model(self) -> str | None:
        return self._model

    @property
    def settings(self) -> Mapping[str, Any]:
        return {"api": self._dialect.api, "recordings": self._folder.name}

    def ask(self, *, question: Question) -> Reply:
        """The recorded reply to `question`. Raises CallFailed; of kind "not_recorded" where there is none."""
        started = time.perf_counter()
        body = build_request(dialect=self._dialect, model=self._model, question=question, safety_identifier=None)
        key = recording_key(method="POST", path=PATHS[self._dialect.api], body=body, names=self._names)
        recording = self._recordings.get(key)
        if recording is None:
            detail = f"no recording of this {question.purpose} question in {self._folder.name}: {CURE}"
            raise CallFailed(kind="not_recorded", detail=detail)
        answer = restore(recording=recording, body=body, names=self._names)
        if recording.status != 200:
            error = answer.get("error") if isinstance(answer, dict) else None
            detail = describe_error(status=recording.status, error=error)
            raise CallFailed(kind=classify_error(status=recording.status, error=error), detail=detail)
        reading = read_body(api=self._dialect.api, body=answer)
        return Reply(
            finish=reading.finish,
            text=find_json(reading.text),
            model=reading.model,
            usage=reading.usage,
            cost_usd=Decimal(0),
            latency_seconds=time.perf_counter() - started,
        )
