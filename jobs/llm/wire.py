"""What comes back from a server of OpenAI's API: bodies, errors and headers, read without trust in their shape.

https://developers.openai.com/api/reference/resources/responses and .../chat/completions; what is read here is the part
that other servers keep to as well.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from math import isfinite
from typing import Any, Final, Literal

from jobs.domain.retries import FailureKind
from jobs.llm.client import CallFailed, Usage
from jobs.llm.dialects import Api

Finish = Literal["complete", "truncated", "refused", "filtered", "unknown"]

_KIND_OF_STATUS: Final[Mapping[int, FailureKind]] = {
    401: "unauthorized",
    402: "insufficient_quota",
    403: "forbidden",
    404: "not_found",
    408: "request_timeout",
    409: "conflict",
    413: "too_long",
}
# Of the statuses that tell less (400, 422, 429, 5xx) and of errors in a body with status 200.
_KIND_OF_CODE: Final[Mapping[str, FailureKind]] = {
    "insufficient_quota": "insufficient_quota",
    "billing_hard_limit_reached": "insufficient_quota",
    "rate_limit_exceeded": "rate_limited",
    "context_length_exceeded": "too_long",
    "content_filter": "content_filter",
    "content_policy_violation": "content_filter",
    "invalid_prompt": "content_filter",  # so OpenAI calls a prompt that its policy stops
    "model_not_found": "not_found",
}
_CHAT_FINISH: Final[Mapping[str, Finish]] = {"stop": "complete", "length": "truncated", "content_filter": "filtered"}
_INCOMPLETE_FINISH: Final[Mapping[str, Finish]] = {"max_output_tokens": "truncated", "content_filter": "filtered"}
_FILTERED: Final[tuple[Finish, str]] = ("filtered", "")
_THOUGHT: Final = re.compile(r"<think>.*?</think>", re.DOTALL)
_FENCED: Final = re.compile(r"```(?:json)?\s*\n(.*?)\n?\s*```", re.DOTALL)


@dataclass(frozen=True, kw_only=True, slots=True)
class ReadBody:
    """What a body says of one answer."""

    finish: Finish
    text: str = field(repr=False)
    model: str | None
    usage: Usage | None
    service_tier: str | None = None  # as billed


def read_body(*, api: Api, body: object) -> ReadBody:
    """The answer in a body that came with status 200. Raises CallFailed if it holds an error instead, or nothing."""
    if not isinstance(body, dict):
        raise CallFailed(kind="invalid_json", detail="the server's reply is not the API's: its body is no JSON object")
    error = body.get("error")
    if isinstance(error, dict):
        kind = classify_error(status=_status_in(error), error=error)
        if kind != "content_filter":
            raise CallFailed(kind=kind, detail=f"the provider reports an error{_named(error)} with status 200")
        finish, text = _FILTERED
    else:
        finish, text = _read_responses(body) if api == "responses" else _read_chat(body)
    return ReadBody(
        finish=finish,
        text=text,
        model=_text(body.get("model")) or None,
        usage=_read_usage(body.get("usage")),
        service_tier=_text(body.get("service_tier")) or None,
    )


def _read_responses(body: Mapping[str, Any]) -> tuple[Finish, str]:
    parts = [
        part
        for item in _dicts(body.get("output"))
        if item.get("type") == "message"
        for part in _dicts(item.get("content"))
    ]
    text = "".join(_text(part.get("text")) for part in parts if part.get("type") == "output_text")
    if any(part.get("type") == "refusal" for part in parts):
        return "refused", text
    if body.get("status") == "completed":
        return "complete", text
    if body.get("status") == "incomplete":
        return _INCOMPLETE_FINISH.get(_text(_dict(body.get("incomplete_details")).get("reason")), "unknown"), text
    return "unknown", text


def _read_chat(body: Mapping[str, Any]) -> tuple[Finish, str]:
    choice = next(iter(_dicts(body.get("choices"))), {})
    message = _dict(choice.get("message"))
    content = message.get("content")
    text = content if isinstance(content, str) else "".join(_text(part.get("text")) for part in _dicts(content))
    if message.get("refusal"):
        return "refused", text
    return _CHAT_FINISH.get(_text(choice.get("finish_reason")), "unknown"), text


def _read_usage(usage: object) -> Usage | None:
    """Tokens by either API's names."""
    said = _dict(usage)
    given = _count(said.get("input_tokens", said.get("prompt_tokens")))
    made = _count(said.get("output_tokens", said.get("completion_tokens")))
    if given is None or made is None:
        return None
    details = _dict(said.get("input_tokens_details", said.get("prompt_tokens_details")))
    cached = min(_count(details.get("cached_tokens")) or 0, given)
    written = min(_count(details.get("cache_write_tokens")) or 0, given - cached)
    return Usage(input_tokens=given, output_tokens=made, cached_input_tokens=cached, cache_write_tokens=written)


def classify_error(*, status: int, error: object) -> FailureKind:
    """The kind of failure that a status and the API's error object (or whatever stands there) amount to."""
    said = _dict(error)
    if status in _KIND_OF_STATUS:
        return _KIND_OF_STATUS[status]
    for name in (_text(said.get("code")), _text(said.get("type"))):
        if name in _KIND_OF_CODE:
            return _KIND_OF_CODE[name]
        if name.endswith(("_policy", "_policy_violation")):
            return "content_filter"
    if status == 429:
        return "rate_limited"
    return "server_error" if status >= 500 else "bad_request"


def describe_error(*, status: int, error: object) -> str:
    """The status, with the provider's code if it is one: never its words, which may quote the document or the key."""
    return f"the provider answered {status}{_named(_dict(error))}"


def read_retry_after(*, headers: Mapping[str, str], now: datetime) -> float | None:
    """Seconds that the provider asks to wait, by `retry-after-ms` or `Retry-After` (RFC 9110, 10.2.3)."""
    for name, divisor in (("retry-after-ms", 1000.0), ("retry-after", 1.0)):
        try:
            seconds = float(headers.get(name, "")) / divisor
        except ValueError:
            continue
        return max(0.0, seconds) if isfinite(seconds) else None
    try:
        moment = parsedate_to_datetime(headers.get("retry-after", ""))
    except ValueError:
        return None
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)  # "-0000" reads as no zone
    return max(0.0, (moment - now).total_seconds())


def find_json(text: str) -> str:
    """The JSON object in an answer that was not bound to be one: thoughts, a Markdown fence and words around it go."""
    bare = _THOUGHT.sub("", text).strip()
    if bare.startswith("{"):
        return bare
    if fenced := _FENCED.search(bare):
        return fenced[1].strip()
    first, last = bare.find("{"), bare.rfind("}")
    return bare[first : last + 1] if 0 <= first < last else bare


def _status_in(error: Mapping[str, Any]) -> int:
    """Some gateways put the status in the body's code; else it is the provider's own trouble."""
    code = error.get("code")
    return code if isinstance(code, int) and not isinstance(code, bool) and code >= 400 else 500


def _named(error: Mapping[str, Any]) -> str:
    code = _text(error.get("code")) or _text(error.get("type"))
    return f" ({code})" if re.fullmatch(r"[a-z0-9_]{1,60}", code) else ""


def _dict(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _dicts(value: object) -> list[Mapping[str, Any]]:
    return [entry for entry in value if isinstance(entry, dict)] if isinstance(value, list) else []


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


def _count(value: object) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else None
