"""What the API reads from a request, for both endpoints, and what it refuses."""

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from openai.types.chat import completion_create_params
from openai.types.responses import response_create_params

from tests.fake_openai import strict_schema

Api = Literal["responses", "chat"]
Format = Literal["json_schema", "json_object", "text"]
PATHS: dict[str, Api] = {"/v1/responses": "responses", "/v1/chat/completions": "chat"}

_PARAMETERS: dict[Api, frozenset[str]] = {
    "responses": frozenset(response_create_params.ResponseCreateParamsBase.__annotations__) | {"stream"},
    "chat": frozenset(completion_create_params.CompletionCreateParamsBase.__annotations__) | {"stream"},
}
_EFFORTS = {"none", "minimal", "low", "medium", "high", "xhigh", "max"}
_SHOWN = re.compile(r"^[ \t]*(\d+): ?(.*)$", re.MULTILINE)
MIN_OUTPUT_TOKENS = 16  # of the Responses API


class RequestRefused(Exception):
    """An answer that is an error: its status and body, by default the API's error object with its four members."""

    def __init__(
        self,
        *,
        status: int = 400,
        message: str,
        type: str = "invalid_request_error",
        param: str | None = None,
        code: str | None = None,
        body: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.body = body or {"error": {"message": message, "type": type, "param": param, "code": code}}


@dataclass(frozen=True, kw_only=True)
class Dialect:
    """Which server is played: OpenAI's own, or one of those that speak a part of its API."""

    apis: frozenset[Api] = frozenset({"responses", "chat"})
    formats: frozenset[Format] = frozenset({"json_schema", "json_object", "text"})
    checks_parameters: bool = True  # refuses unknown and outdated parameters, as OpenAI does
    fences_text: bool = False  # wraps an answer in a Markdown fence where no format was asked for


OPENAI = Dialect()
CHAT_ONLY = Dialect(apis=frozenset({"chat"}), checks_parameters=False)
JSON_OBJECT_ONLY = Dialect(
    apis=frozenset({"chat"}), formats=frozenset({"json_object", "text"}), checks_parameters=False
)
PLAIN_ONLY = Dialect(apis=frozenset({"chat"}), formats=frozenset({"text"}), checks_parameters=False, fences_text=True)
DIALECTS = {"openai": OPENAI, "chat": CHAT_ONLY, "json_object": JSON_OBJECT_ONLY, "plain": PLAIN_ONLY}


@dataclass(frozen=True, kw_only=True)
class ModelRequest:
    """A request for an answer, the same for both endpoints."""

    api: Api
    model: str
    instructions: str  # what the system and the developer say
    content: str  # what the user says
    format: Format
    schema: Mapping[str, Any] | None
    max_output_tokens: int | None
    effort: str | None  # None: the model's own default
    body: Mapping[str, Any] = field(repr=False)

    def shown_lines(self) -> dict[int, str]:
        """The numbered lines `N: text` of the user's content, by number."""
        return {int(number): text for number, text in _SHOWN.findall(self.content)}

    def prompt_sha256(self) -> str:
        """Of all words of the prompt: equal for both endpoints, another for a second question on the same lines."""
        return hashlib.sha256(f"{self.instructions}\0{self.content}".encode()).hexdigest()


def read_request(*, api: Api, raw: bytes, dialect: Dialect) -> ModelRequest:
    """The request that `raw` holds. Raises RequestRefused as the API would."""
    try:
        body = json.loads(raw)
    except ValueError:
        body = None
    if not isinstance(body, dict):
        raise RequestRefused(message="We could not parse the JSON body of your request. (HINT: this likely means ...)")
    if not isinstance(body.get("model"), str):
        raise RequestRefused(
            message="Missing required parameter: 'model'.", param="model", code="missing_required_parameter"
        )
    if dialect.checks_parameters:
        _refuse_parameters(api, body)
    if body.get("stream"):
        raise RequestRefused(message="This server does not stream: leave out 'stream'.", param="stream")
    read = _read_responses if api == "responses" else _read_chat
    request = read(body)
    _refuse_format(request, body=body, dialect=dialect)
    return request


def _read_responses(body: dict[str, Any]) -> ModelRequest:
    entries = body.get("input", "")
    if isinstance(entries, str):
        entries = [{"role": "user", "content": entries}]
    said = _said(entries)
    wanted = (body.get("text") or {}).get("format") or {"type": "text"}
    return ModelRequest(
        api="responses",
        model=body["model"],
        instructions="\n".join(filter(None, [body.get("instructions"), said["system"]])),
        content=said["user"],
        format=wanted["type"],
        schema=wanted.get("schema"),
        max_output_tokens=body.get("max_output_tokens"),
        effort=(body.get("reasoning") or {}).get("effort"),
        body=body,
    )


def _read_chat(body: dict[str, Any]) -> ModelRequest:
    if not isinstance(body.get("messages"), list):
        raise RequestRefused(
            message="Missing required parameter: 'messages'.", param="messages", code="missing_required_parameter"
        )
    said = _said(body["messages"])
    wanted = body.get("response_format") or {"type": "text"}
    return ModelRequest(
        api="chat",
        model=body["model"],
        instructions=said["system"],
        content=said["user"],
        format=wanted["type"],
        schema=(wanted.get("json_schema") or {}).get("schema"),
        max_output_tokens=body.get("max_completion_tokens", body.get("max_tokens")),
        effort=body.get("reasoning_effort"),
        body=body,
    )


def _said(entries: list[Any]) -> dict[str, str]:
    """What was said by role; the developer counts as the system."""
    said: dict[str, list[str]] = {"system": [], "user": []}
    for entry in entries:
        content = entry.get("content") or ""
        if not isinstance(content, str):
            content = "\n".join(part.get("text", "") for part in content)
        said["user" if entry.get("role") == "user" else "system"].append(content)
    return {role: "\n".join(parts) for role, parts in said.items()}


def _refuse_parameters(api: Api, body: dict[str, Any]) -> None:
    for name in body:
        if api == "chat" and name == "max_tokens":
            message = (
                f"Unsupported parameter: '{name}' is not supported with this model. "
                "Use 'max_completion_tokens' instead."
            )
            raise RequestRefused(message=message, param=name, code="unsupported_parameter")
        if name not in _PARAMETERS[api]:
            raise RequestRefused(message=f"Unknown parameter: '{name}'.", param=name, code="unknown_parameter")
    if body.get("temperature", 1) != 1:
        raise RequestRefused(
            message="Unsupported parameter: 'temperature' is not supported with this model.",
            param="temperature",
            code="unsupported_parameter",
        )
    # Chat Completions takes metadata only for what it stores; Responses takes it always.
    if api == "chat" and body.get("metadata") and not body.get("store"):
        raise RequestRefused(
            message="The 'metadata' parameter is only allowed when 'store' is enabled.", param="metadata"
        )
    _refuse_sizes(api, body)


def _refuse_sizes(api: Api, body: dict[str, Any]) -> None:
    bound = body.get("max_output_tokens")
    if api == "responses" and bound is not None and bound < MIN_OUTPUT_TOKENS:
        message = (
            f"Invalid 'max_output_tokens': integer below minimum value. "
            f"Expected a value >= {MIN_OUTPUT_TOKENS}, but got {bound} instead."
        )
        raise RequestRefused(message=message, param="max_output_tokens", code="integer_below_min_value")
    metadata = body.get("metadata") or {}
    if len(metadata) > 16 or any(len(key) > 64 or len(str(value)) > 512 for key, value in metadata.items()):
        raise RequestRefused(message="Invalid 'metadata': too many or too long entries.", param="metadata")
    if len(body.get("safety_identifier") or "") > 64:
        raise RequestRefused(message="Invalid 'safety_identifier': string too long.", param="safety_identifier")
    effort = (body.get("reasoning") or {}).get("effort") if api == "responses" else body.get("reasoning_effort")
    if effort is not None and effort not in _EFFORTS:
        param = "reasoning.effort" if api == "responses" else "reasoning_effort"
        raise RequestRefused(message=f"Invalid value: '{effort}'.", param=param, code="invalid_value")


def _refuse_format(request: ModelRequest, *, body: dict[str, Any], dialect: Dialect) -> None:
    param = "text.format" if request.api == "responses" else "response_format"
    if request.format not in dialect.formats:
        raise RequestRefused(message="This response_format type is unavailable now", param=param)
    if request.format == "json_object" and "json" not in f"{request.instructions}\n{request.content}".lower():
        where = "Response input messages" if request.api == "responses" else "'messages'"
        message = f"{where} must contain the word 'json' in some form, to use '{param}' of type 'json_object'."
        raise RequestRefused(message=message, param="input" if request.api == "responses" else "messages")
    if request.format == "json_schema":
        _refuse_schema(request, wanted=_schema_block(request.api, body), param=param)


def _schema_block(api: Api, body: dict[str, Any]) -> dict[str, Any]:
    block: dict[str, Any] = (
        body["text"]["format"] if api == "responses" else body["response_format"].get("json_schema", {})
    )
    return block


def _refuse_schema(request: ModelRequest, *, wanted: dict[str, Any], param: str) -> None:
    inner = param if request.api == "responses" else f"{param}.json_schema"
    for name in ("name", "schema"):
        if not wanted.get(name):
            message = f"Missing required parameter: '{inner}.{name}'."
            raise RequestRefused(message=message, param=f"{inner}.{name}", code="missing_required_parameter")
    if not re.fullmatch(r"[a-zA-Z0-9_-]{1,64}", wanted["name"]):
        message = f"Invalid '{inner}.name': string does not match pattern '^[a-zA-Z0-9_-]+$'."
        raise RequestRefused(message=message, param=f"{inner}.name", code="invalid_value")
    fault = strict_schema.find_fault(schema=wanted["schema"]) if wanted.get("strict") else None
    if fault:
        message = f"Invalid schema for response_format '{wanted['name']}': {fault}"
        param = "text.format.schema" if request.api == "responses" else "response_format"
        raise RequestRefused(message=message, param=param, code="invalid_json_schema")
