"""What a server of OpenAI's API understands, and how a question is put to it.

OpenAI and Azure speak the whole language. Other servers speak a part of it, and say so only by refusing a request; what
a refusal teaches is a narrower dialect.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Final, Literal, get_args
from urllib.parse import urlsplit

from jobs.llm.client import Question

Api = Literal["responses", "chat"]
# How the answer's form is asked for, best first: bound by the schema, bound to be JSON, told in words alone.
AnswerForm = Literal["json_schema", "json_object", "plain"]
Extra = Literal["reasoning", "store", "safety_identifier", "metadata", "prompt_cache_options", "prompt_cache_key"]

OPENAI_BASE_URL: Final = "https://api.openai.com/v1"
REASONING_EFFORT: Final = "low"  # reading a record is no riddle, and thinking is billed as output

# Newer models write the whole prompt to their cache at 1.25 times its price, though no window comes a second time. Told
# to be explicit they write what ends at a breakpoint: the instructions, which every call begins with.
# https://developers.openai.com/api/docs/guides/prompt-caching
_EXPLICIT: Final = {"mode": "explicit"}
_PROMPT_CACHE: Final[frozenset[Extra]] = frozenset({"prompt_cache_options", "prompt_cache_key"})
_AZURE_HOSTS: Final = (".openai.azure.com", ".services.ai.azure.com", ".cognitiveservices.azure.com")
_NEXT_FORM: Final[Mapping[AnswerForm, AnswerForm]] = {"json_schema": "json_object", "json_object": "plain"}
_COMPLAINT_OF_FORM: Final = re.compile(r"response_format|json_schema|json_object|text\.format|structured.outputs?")
# How a complaint names an extra. "store" and "metadata" are everyday words too, and a complaint may quote the record:
# they count in quotation marks, or right after a colon.
_COMPLAINT_OF_EXTRA: Final[Mapping[Extra, re.Pattern[str]]] = {
    "reasoning": re.compile(r"reasoning_effort|reasoning\.effort|['\"`]reasoning['\"`]|: reasoning\b|effort parameter"),
    "store": re.compile(r"['\"`]store['\"`]|: store\b"),
    "safety_identifier": re.compile(r"safety_identifier"),
    "metadata": re.compile(r"['\"`]metadata['\"`]|: metadata\b"),
    "prompt_cache_options": re.compile(r"prompt_cache_options|prompt_cache_breakpoint"),
    "prompt_cache_key": re.compile(r"prompt_cache_key"),
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Dialect:
    """How questions are put to one server."""

    api: Api
    is_openai: bool  # OpenAI or Azure: the whole language is known to be understood
    form: AnswerForm = "json_schema"
    extras: frozenset[Extra] = frozenset(get_args(Extra))  # optional parameters
    # Chat Completions only. Servers that do not know max_completion_tokens ignore it in silence, which leaves the
    # answer unbounded; servers that do not want max_tokens say so.
    limit: Literal["max_completion_tokens", "max_tokens"] = "max_completion_tokens"


def choose_dialect(*, base_url: str, api: Literal["auto", "responses", "chat"]) -> Dialect:
    """The widest dialect to begin with. `auto` is Responses for OpenAI and Azure v1, Chat Completions for the rest."""
    is_openai = _is_openai(base_url)
    chosen: Api = api if api != "auto" else ("responses" if is_openai else "chat")
    dialect = Dialect(api=chosen, is_openai=is_openai, limit="max_completion_tokens" if is_openai else "max_tokens")
    needless: set[Extra] = set()
    if chosen == "chat":
        needless.add("metadata")  # taken only for answers that are stored
    if not is_openai:
        needless |= _PROMPT_CACHE  # others cache what they like, or nothing
    return replace(dialect, extras=dialect.extras - needless)


def _is_openai(base_url: str) -> bool:
    parts = urlsplit(base_url)
    host = (parts.hostname or "").lower()
    if host == "api.openai.com" or host.endswith(".api.openai.com"):  # regions have addresses of their own
        return True
    return host.endswith(_AZURE_HOSTS) and parts.path.rstrip("/").endswith("/openai/v1")


def narrow_dialect(*, dialect: Dialect, error: object) -> Dialect | None:
    """The dialect that a refusal (400, 422) teaches, from its decoded error body; None if it teaches nothing."""
    complaint = json.dumps(error, ensure_ascii=False).replace('\\"', '"') if error else ""
    if "invalid_json_schema" in complaint:
        return None  # schemas are understood, but ours is at fault: a lower form would hide that
    for extra in sorted(dialect.extras):
        # Storing is never left to a server that is known to keep what it is not told to forget.
        may_go = not (extra == "store" and dialect.is_openai)
        if may_go and _COMPLAINT_OF_EXTRA[extra].search(complaint):
            return replace(dialect, extras=dialect.extras - {extra})
    if dialect.limit == "max_tokens" and "max_tokens" in complaint:
        return replace(dialect, limit="max_completion_tokens")
    if dialect.form in _NEXT_FORM and _COMPLAINT_OF_FORM.search(complaint):
        return replace(dialect, form=_NEXT_FORM[dialect.form])
    return None


def build_request(*, dialect: Dialect, model: str, question: Question, safety_identifier: str | None) -> dict[str, Any]:
    """The parameters of `responses.create` or `chat.completions.create`. No temperature, no tools."""
    extras: dict[str, Any] = {}
    if "store" in dialect.extras:
        extras["store"] = False
    if "safety_identifier" in dialect.extras and safety_identifier:
        extras["safety_identifier"] = safety_identifier
    if "prompt_cache_key" in dialect.extras:
        extras["prompt_cache_key"] = f"pennie-{question.schema_name}-{question.prompt_version}"
    if "prompt_cache_options" in dialect.extras:
        extras["prompt_cache_options"] = _EXPLICIT
    build = _build_responses if dialect.api == "responses" else _build_chat
    return {"model": model, **build(dialect=dialect, question=question), **extras}


def _build_responses(*, dialect: Dialect, question: Question) -> dict[str, Any]:
    request: dict[str, Any] = {
        "input": [
            {"role": "system", "content": _instructions(dialect=dialect, question=question, type="input_text")},
            {"role": "user", "content": question.content},
        ],
        "max_output_tokens": question.max_output_tokens,
    }
    if dialect.form == "json_schema":
        request["text"] = {"format": {"type": "json_schema", **_named_schema(question)}}
    elif dialect.form == "json_object":
        request["text"] = {"format": {"type": "json_object"}}
    if "reasoning" in dialect.extras:
        request["reasoning"] = {"effort": REASONING_EFFORT}
    if "metadata" in dialect.extras:
        request["metadata"] = {"purpose": question.purpose, "prompt_version": question.prompt_version}
    return request


def _build_chat(*, dialect: Dialect, question: Question) -> dict[str, Any]:
    request: dict[str, Any] = {
        "messages": [
            # "system" and not "developer": OpenAI takes it as the same, other servers know no other.
            {"role": "system", "content": _instructions(dialect=dialect, question=question, type="text")},
            {"role": "user", "content": question.content},
        ],
        dialect.limit: question.max_output_tokens,
    }
    if dialect.form == "json_schema":
        request["response_format"] = {"type": "json_schema", "json_schema": _named_schema(question)}
    elif dialect.form == "json_object":
        request["response_format"] = {"type": "json_object"}
    if "reasoning" in dialect.extras:
        request["reasoning_effort"] = REASONING_EFFORT
    return request


def _named_schema(question: Question) -> dict[str, Any]:
    return {"name": question.schema_name, "schema": dict(question.schema), "strict": True}


def _instructions(*, dialect: Dialect, question: Question, type: str) -> str | list[dict[str, Any]]:
    """What the model is to do, as text, or as a part of it that the cache is told to keep."""
    text = _tell_form(dialect=dialect, question=question)
    if "prompt_cache_options" not in dialect.extras:
        return text
    return [{"type": type, "text": text, "prompt_cache_breakpoint": _EXPLICIT}]


def _tell_form(*, dialect: Dialect, question: Question) -> str:
    if dialect.form == "json_schema":
        return question.instructions
    schema = json.dumps(question.schema, separators=(",", ":"), ensure_ascii=False)
    return (
        f"{question.instructions}\n\nAnswer with one JSON object and nothing else: no words around it, no Markdown. "
        f"It must satisfy this JSON schema:\n{schema}"
    )
