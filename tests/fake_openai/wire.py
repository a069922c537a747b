"""What the API sends: bodies of both endpoints, error objects, headers.

Shapes as in `openai.types.responses.Response`, `openai.types.chat.ChatCompletion` and `openai.types.Model`.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from tests.fake_openai.faults import FaultKind, FaultRule
from tests.fake_openai.requests import ModelRequest

Ending = Literal["complete", "truncated", "content_filter", "unknown"]
CHARACTERS_PER_TOKEN = 4

DATED_MODELS = {"gpt-6-luna": "gpt-6-luna-2026-09-15", "gpt-6-sol": "gpt-6-sol-2026-09-15"}
# A model that is about to go has a shutdown date; the others have none.
MODELS: dict[str, dict[str, Any]] = {
    name: {"id": name, "object": "model", "created": 1_789_430_400, "owned_by": "system", "shutdown_date": shutdown}
    for name, shutdown in {
        "gpt-6-luna": None,
        "gpt-6-luna-2026-09-15": None,
        "gpt-6-sol": None,
        "gpt-6-sol-2026-09-15": None,
        "gpt-5-mini": "2027-03-31",
    }.items()
}


@dataclass(frozen=True, kw_only=True)
class Said:
    """What the model said, before it is put into the shape of an endpoint."""

    text: str = field(repr=False)
    ending: Ending = "complete"
    refusal: str | None = None
    cached_tokens: int = 0
    cache_write_tokens: int = 0
    input_tokens: int = 0
    output_tokens: int = 0  # reasoning included
    reasoning_tokens: int = 0


def count_tokens(text: str) -> int:
    """Tokens by length: four characters each, at least one."""
    return max(1, -(-len(text) // CHARACTERS_PER_TOKEN))


def say(
    *,
    request: ModelRequest,
    text: str,
    cached_tokens: int,
    cache_write_tokens: int = 0,
    fault: FaultKind | None = None,
) -> Said:
    """`text` as the model's answer, cut where its tokens end, or spoilt as `fault` says."""
    spoilt: dict[str, Any] = {"text": text}
    match fault:
        case "truncated":
            spoilt = {"text": text[: max(1, len(text) // 2)], "ending": "truncated"}
        case "wrong_schema":
            spoilt = {"text": json.dumps({"documents": [], "note": "of another schema"})}
        case "invalid_json":
            spoilt = {"text": "Here is what I found: {starts: [line 1 ..."}
        case "empty_output":
            spoilt = {"text": ""}
        case "refusal":
            spoilt = {"text": "", "refusal": "I'm sorry, but I can't assist with that request."}
        case "content_filter":
            spoilt = {"text": text[: len(text) // 3], "ending": "content_filter"}
        case "unknown_finish":
            spoilt = {"text": text, "ending": "unknown"}
        case "ungrounded_quotes":
            spoilt = {"text": _unground(text)}
    said = _within_bound(request, **spoilt)
    cached = min(cached_tokens, said.input_tokens)
    return replace(said, cached_tokens=cached, cache_write_tokens=min(cache_write_tokens, said.input_tokens - cached))


def _unground(text: str) -> str:
    """A finding whose quotes and raw words stand in no record; one without any gets a start with such a quote."""
    try:
        found = json.loads(text)
    except ValueError:
        return text
    if not isinstance(found, dict) or not isinstance(found.get("starts"), list):
        return text
    words = "Zyxwv Qqjk"
    invented = {"line": 1, "quote": "", "title": None, "type": "other", "date": None}
    starts = [{**start, "quote": f"{words} {start['line']}"} for start in found["starts"] or [invented]]
    facts = [
        {**fact, "quote": f"{words} {fact['line']} {fact['field']}", "raw": words} for fact in found.get("facts", ())
    ]
    return json.dumps({**found, "starts": starts, "facts": facts}, ensure_ascii=False)


def _within_bound(
    request: ModelRequest,
    *,
    text: str,
    ending: Ending = "complete",
    refusal: str | None = None,
) -> Said:
    """Reasoning counts as output; what is over the bound of the request is cut off."""
    visible = count_tokens(text or refusal or " ")
    reasoning = 0 if request.effort in {"none", "minimal"} else max(16, visible // 4)
    bound = request.max_output_tokens
    if bound is not None and reasoning + visible > bound and ending == "complete":
        reasoning = min(reasoning, bound)
        visible = bound - reasoning
        text, ending = text[: visible * CHARACTERS_PER_TOKEN], "truncated"
    input_tokens = count_tokens(request.instructions + request.content) + count_tokens(json.dumps(request.schema or ""))
    return Said(
        text=text,
        ending=ending,
        refusal=refusal,
        input_tokens=input_tokens,
        output_tokens=reasoning + visible,
        reasoning_tokens=reasoning,
    )


def render(*, request: ModelRequest, said: Said, number: int, now: float) -> dict[str, Any]:
    """The body of a successful answer to `request`. `number` makes its ids differ from those of other answers."""
    seed = hashlib.sha256(f"{number}:{request.prompt_sha256()}".encode()).hexdigest()
    model = DATED_MODELS.get(request.model, request.model)
    if request.api == "responses":
        return _render_response(request, said, seed=seed, model=model, now=now)
    return _render_completion(request, said, seed=seed, model=model, now=now)


def _render_response(request: ModelRequest, said: Said, *, seed: str, model: str, now: float) -> dict[str, Any]:
    complete = said.ending == "complete"
    reasons = {"truncated": "max_output_tokens", "content_filter": "content_filter", "unknown": "a_reason_of_tomorrow"}
    body: dict[str, Any] = {
        "id": f"resp_{seed[:48]}",
        "object": "response",
        "created_at": int(now),
        "status": "completed" if complete else "incomplete",
        "background": False,
        "completed_at": int(now) if complete else None,
        "error": None,
        "incomplete_details": None if complete else {"reason": reasons[said.ending]},
        "model": model,
        "output": _render_output(said, seed=seed),
        "parallel_tool_calls": True,
        "previous_response_id": None,
        "reasoning": {"effort": request.effort or "medium", "summary": None},
        "service_tier": "default",
        "temperature": 1.0,
        "tool_choice": "auto",
        "tools": [],
        "top_p": 1.0,
        "truncation": "disabled",
        "usage": {
            "input_tokens": said.input_tokens,
            "input_tokens_details": {
                "cached_tokens": said.cached_tokens,
                "cache_write_tokens": said.cache_write_tokens,
            },
            "output_tokens": said.output_tokens,
            "output_tokens_details": {"reasoning_tokens": said.reasoning_tokens},
            "total_tokens": said.input_tokens + said.output_tokens,
        },
    }
    for name in ("instructions", "max_output_tokens", "safety_identifier", "text"):
        body[name] = request.body.get(name)
    return body | {"store": request.body.get("store", True), "metadata": request.body.get("metadata") or {}}


def _render_output(said: Said, *, seed: str) -> list[dict[str, Any]]:
    """The items of a response: reasoning first, where there was any, then the message, where there is one."""
    items: list[dict[str, Any]] = []
    if said.reasoning_tokens:
        items.append({"id": f"rs_{seed[:48]}", "type": "reasoning", "summary": []})
    content: dict[str, Any]
    if said.refusal is not None:
        content = {"type": "refusal", "refusal": said.refusal}
    elif said.text:
        content = {"type": "output_text", "text": said.text, "annotations": [], "logprobs": []}
    else:
        return items
    status = "completed" if said.ending == "complete" else "incomplete"
    message = {"id": f"msg_{seed[:48]}", "type": "message", "role": "assistant", "status": status}
    return [*items, message | {"content": [content]}]


def _render_completion(request: ModelRequest, said: Said, *, seed: str, model: str, now: float) -> dict[str, Any]:
    # "insufficient_system_resource" is what one of the other servers (DeepSeek) sends, and no SDK knows.
    finish = {"complete": "stop", "truncated": "length", "unknown": "insufficient_system_resource"}
    message: dict[str, Any] = {"role": "assistant", "content": said.text, "refusal": said.refusal, "annotations": []}
    if said.refusal is not None:
        message["content"] = None
    return {
        "id": f"chatcmpl-{seed[:29]}",
        "object": "chat.completion",
        "created": int(now),
        "model": model,
        "choices": [
            {
                "index": 0,
                "message": message,
                "logprobs": None,
                "finish_reason": finish.get(said.ending, said.ending),
            }
        ],
        "usage": {
            "prompt_tokens": said.input_tokens,
            "completion_tokens": said.output_tokens,
            "total_tokens": said.input_tokens + said.output_tokens,
            "prompt_tokens_details": {
                "cached_tokens": said.cached_tokens,
                "cache_write_tokens": said.cache_write_tokens,
                "audio_tokens": 0,
            },
            "completion_tokens_details": {
                "reasoning_tokens": said.reasoning_tokens,
                "audio_tokens": 0,
                "accepted_prediction_tokens": 0,
                "rejected_prediction_tokens": 0,
            },
        },
        "service_tier": "default",
        "system_fingerprint": None,
    }


def render_failed_response(*, body: dict[str, Any]) -> dict[str, Any]:
    """A response that failed after it was accepted: HTTP 200, and no output."""
    error = {"code": "server_error", "message": "The server had an error while processing your request."}
    return body | {"status": "failed", "error": error, "output": [], "completed_at": None, "usage": None}


@dataclass(frozen=True, kw_only=True)
class Sent:
    """One HTTP answer. `body` goes out as JSON unless it is text."""

    status: int
    body: Any
    headers: Mapping[str, str] = field(default_factory=dict)


def render_error(*, status: int, message: str, type: str, param: str | None = None, code: str | None = None) -> Sent:
    """An error in the API's shape."""
    return Sent(status=status, body={"error": {"message": message, "type": type, "param": param, "code": code}})


def render_fault(*, rule: FaultRule, model: str) -> Sent | None:
    """The error that `rule` orders; None where it does not order an error."""
    match rule.kind:
        case "rate_limit":
            return _rate_limited(model, rule=rule)
        case "unavailable":
            sent = render_error(
                status=503, message="The engine is currently overloaded, please try again later", type="server_error"
            )
            return Sent(status=503, body=sent.body, headers=_retry_headers(rule))
        case "bad_gateway":
            return Sent(status=502, body="<html><head><title>502 Bad Gateway</title></head><body></body></html>\n")
        case "forbidden":
            message = f"Project `proj_fake` does not have access to model `{model}`"
            return render_error(status=403, message=message, type="invalid_request_error", code="model_not_found")
    if rule.kind in _ERRORS:
        status, type, code, message = _ERRORS[rule.kind]
        return render_error(status=status, message=message, type=type, code=code)
    return None


_ERRORS: dict[FaultKind, tuple[int, str, str | None, str]] = {
    "bad_request": (
        400,
        "invalid_request_error",
        "invalid_prompt",
        "Invalid prompt: we have limited access to this content.",
    ),
    "content_filter_400": (
        400,
        "invalid_request_error",
        "content_filter",
        "The response was filtered due to the prompt triggering a content management policy.",
    ),
    "unauthorized": (401, "invalid_request_error", "invalid_api_key", "Incorrect API key provided: sk-fa****key."),
    "request_timeout": (408, "timeout", None, "Request timed out."),
    "conflict": (409, "conflict", None, "The request conflicts with another one. Please try again."),
    "insufficient_quota": (
        429,
        "insufficient_quota",
        "insufficient_quota",
        "You exceeded your current quota, please check your plan and billing details.",
    ),
    "server_error": (
        500,
        "server_error",
        None,
        "The server had an error while processing your request. Sorry about that!",
    ),
}


def _rate_limited(model: str, *, rule: FaultRule) -> Sent:
    message = (
        f"Rate limit reached for {model} in organization org-fake on tokens per min (TPM): "
        f"Limit 200000, Used 199000, Requested 9000. "
        f"Please try again in {format_duration(rule.retry_after_seconds or 0)}."
    )
    sent = render_error(status=429, message=message, type="tokens", code="rate_limit_exceeded")
    return Sent(status=429, body=sent.body, headers=_retry_headers(rule))


def _retry_headers(rule: FaultRule) -> dict[str, str]:
    """The headers that tell how long to wait; the one in whole seconds is rounded up."""
    wait, headers = rule.retry_after_seconds, {}
    if wait is not None and rule.retry_form in {"both", "seconds"}:
        headers["retry-after"] = str(-int(-wait // 1))
    if wait is not None and rule.retry_form in {"both", "ms"}:
        headers["retry-after-ms"] = str(round(wait * 1000))
    return headers


def format_duration(seconds: float) -> str:
    """As `x-ratelimit-reset-*` writes it: 12ms, 1.5s, 6m0s, 1h2m3s."""
    if seconds < 1:
        return f"{round(max(0.0, seconds) * 1000)}ms"
    if seconds < 60:
        return f"{seconds:.3f}".rstrip("0").rstrip(".") + "s"
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes // 60}h{minutes % 60}m{rest}s" if minutes >= 60 else f"{minutes}m{rest}s"
