"""What every engine that answers a window's question looks like: the model's API, the rules, recorded answers."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Literal, Protocol

from documents.domain.findings import Finding
from documents.domain.windows import Window
from jobs.domain.retries import FailureKind

Purpose = Literal["window", "reask", "dispute"]
Engine = Literal["openai", "rules", "recorded"]
EngineChoice = Literal["auto", "rules", "openai"]  # what a person asks for


@dataclass(frozen=True, kw_only=True, slots=True)
class Question:
    """One question about one window, ready to be sent."""

    window: Window  # which lines it shows; where they stand in the file is no part of the key
    purpose: Purpose  # tells a first question from a second one about the same lines
    prompt_version: str
    instructions: str  # the prompt; holds no document text
    content: str = field(repr=False)  # the window's numbered lines: data, never instructions
    schema_name: str
    schema: Mapping[str, Any] = field(repr=False)  # strict JSON schema that the answer must satisfy
    max_output_tokens: int
    has_parts: bool = False  # if it turns out too long it is asked in parts, so that this is worth knowing

    @property
    def characters(self) -> int:
        """Of all that is sent."""
        return len(self.instructions) + len(self.content) + len(json.dumps(self.schema))

    def key(self, *, model: str, settings: Mapping[str, Any]) -> str:
        """SHA-256 (hex) of all that decides the answer, and of nothing else: an answer paid for is found by it (I3)."""
        decides = {
            "purpose": self.purpose,
            "prompt_version": self.prompt_version,
            "instructions": self.instructions,
            "content": self.content,
            "schema": self.schema,
            "max_output_tokens": self.max_output_tokens,
            "model": model,
            "settings": dict(settings),
        }
        return hashlib.sha256(json.dumps(decides, sort_keys=True).encode()).hexdigest()


@dataclass(frozen=True, kw_only=True, slots=True)
class Usage:
    """Tokens as the provider counted them."""

    input_tokens: int
    output_tokens: int
    cached_input_tokens: int = 0
    cache_write_tokens: int = 0  # of the input; billed dearer than the rest by some models


@dataclass(frozen=True, kw_only=True, slots=True)
class ToldLimits:
    """What a reply's headers tell of the account's limits on this model. None: not told, or told as none."""

    requests_per_minute: int | None = None
    tokens_per_minute: int | None = None
    remaining_requests: int | None = None
    remaining_tokens: int | None = None
    reset_requests_seconds: float | None = None  # until `remaining_requests` is whole again
    reset_tokens_seconds: float | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Reply:
    """What came back from one call, whether or not it is of use."""

    finish: Literal["complete", "truncated", "refused", "filtered", "unknown"]
    text: str = field(repr=False)  # the answer's text; may be cut off or empty
    model: str | None  # as the provider names what answered
    usage: Usage | None  # None: the provider did not say
    cost_usd: Decimal | None  # None: the price is unknown, which is not 0
    latency_seconds: float
    request_id: str | None = None  # the provider's
    limits: ToldLimits | None = None
    finding: Finding | None = field(default=None, repr=False)  # of the rules, which write no text to be read again


class CallFailed(Exception):
    """A call that brought no reply. `kind` is one of jobs.domain.retries.FailureKind; the message holds no content."""

    def __init__(
        self,
        *,
        kind: str,
        detail: str,
        retry_after_seconds: float | None = None,
        limits: ToldLimits | None = None,
    ) -> None:
        super().__init__(detail)
        self.kind = kind
        self.retry_after_seconds = retry_after_seconds
        self.limits = limits


class InvalidSetting(ValueError):
    """A client cannot be made of what was given. `kind` is the failure that a call with it would have."""

    def __init__(self, *, kind: FailureKind, detail: str) -> None:
        super().__init__(detail)
        self.kind = kind


class ModelClient(Protocol):
    """Answers questions. `ask` is called from many threads at once and may block; it touches no database."""

    @property
    def engine(self) -> Engine: ...

    @property
    def model(self) -> str | None: ...

    @property
    def settings(self) -> Mapping[str, Any]:
        """What besides the question decides the answer (API, reasoning effort, ...): part of the key."""
        ...

    def ask(self, *, question: Question) -> Reply:
        """The reply to `question`. Raises CallFailed."""
        ...
