"""Does the model's API answer, with which model, for how long still, how fast?"""

from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final, cast

from django.conf import settings
from django.core.cache import cache
from django_redis.exceptions import ConnectionInterrupted
from redis import RedisError

from documents.domain.windows import Window
from jobs.domain.retries import CURES, FailureKind
from jobs.llm.client import CallFailed, InvalidSetting, Question, Reply
from jobs.llm.configured import make_openai_client
from jobs.llm.dialects import OPENAI_BASE_URL
from jobs.operations.breaking import describe_breaker
from pennie.accounts.principal import Principal
from pennie.lib.refusals import Refusal

if TYPE_CHECKING:
    from jobs.llm.openai import ModelDescription, OpenAIClient

NO_KEY: Final = (
    "No key is set, so the rules engine does the work: nothing leaves this machine.\n"
    "To use a model: export OPENAI_API_KEY=... (and OPENAI_BASE_URL for a server other than OpenAI's; one that wants "
    "no key still needs some word there)."
)
# Of replies that ended otherwise than complete, where the failure has another name than the finish.
_FAILURE_OF_FINISH: Final[Mapping[str, FailureKind]] = {"filtered": "content_filter", "unknown": "unknown_finish"}
_SCHEMA: Final[Mapping[str, Any]] = {
    "type": "object",
    "properties": {"ok": {"type": "boolean"}},
    "required": ["ok"],
    "additionalProperties": False,
}
_QUESTION: Final = Question(
    window=Window(index=0, first_line=1, last_line=1, owned_first=1, owned_last=1, shown=(1,)),
    purpose="window",
    prompt_version="check",
    instructions='This is a test of the connection. Answer with the JSON object {"ok": true}.',
    content="1: test",
    schema_name="check",
    schema=_SCHEMA,
    max_output_tokens=1000,  # room for what a model thinks before it answers
)

_KEPT_SECONDS: Final = 60  # a clinic's report; no call is made for it before that is over
_TIMEOUT_SECONDS: Final = 20.0  # of a call that a person waits for
_CLINIC_FORBIDS: Final = "This clinic lets no line of a record leave the house: the rules engine does the work."
_NO_ANSWER: Final[frozenset[str]] = frozenset({"connection_refused", "connection_reset", "timeout"})


class CheckRuns(Refusal):
    """Another request of the clinic makes the call just now."""

    def __init__(self) -> None:
        super().__init__(
            "check_running",
            title="A check runs already",
            detail="Ask again in 2 seconds: its report is given to everybody of the clinic.",
            status=429,
            headers={"Retry-After": "2"},
        )


class CheckUncounted(Refusal):
    """Redis is away: nothing would hold the calls, which cost, to one a minute."""

    def __init__(self) -> None:
        super().__init__(
            "check_unavailable",
            title="The check cannot be made now",
            detail="Redis is away, without which the calls that a check costs cannot be counted. Ask again when it is "
            "back, or run manage.py check_ai on the server.",
            status=503,
            headers={"Retry-After": "30"},
        )


def check_for_clinic(*, principal: Principal, now: datetime) -> dict[str, Any]:
    """The report of `check_model` for that clinic, with `reachable` and `checked_at`.

    A report is kept for a minute, and one call is made in a minute; `breaker` is as it is at this moment. Raises
    CheckRuns and CheckUncounted.
    """
    if not settings.OPENAI_API_KEY:
        return _stamped(check_model(), now=now)
    if not principal.clinic.model_allowed:
        return _stamped({"ok": True, "engine": "rules", "hint": _CLINIC_FORBIDS}, now=now)
    key = f"ai-check:{principal.clinic_id}"
    try:
        kept: dict[str, Any] | None = cache.get(key)
        if kept is not None:
            return {**kept, "breaker": describe_breaker()}
        if not cache.add(f"{key}:asked", True, timeout=_KEPT_SECONDS):
            raise CheckRuns
        report = _stamped(check_model(timeout_seconds=_TIMEOUT_SECONDS), now=now)
        cache.set(key, {**report, "breaker": None}, timeout=_KEPT_SECONDS)
    except (ConnectionInterrupted, RedisError) as error:
        raise CheckUncounted from error
    return report


def _stamped(report: Mapping[str, Any], *, now: datetime) -> dict[str, Any]:
    """With `reachable`: whether a server answered at all, if only to refuse; None where none was asked."""
    problem = report.get("problem")
    asked = "api" in report  # a client could be made
    reachable = (problem is None or problem["code"] not in _NO_ANSWER) if asked else None
    return {**report, "reachable": reachable, "checked_at": now}


def check_model(*, timeout_seconds: float | None = None) -> dict[str, Any]:
    """`ok`, `engine`, and for a model where it is asked and what came back, or the `problem`: {code, detail, cure}.

    `breaker`, a BreakerState, tells whether jobs ask it now; the check asks whatever that says. One small call, that
    costs. `timeout_seconds` bounds it below the settings' own timeout. Never holds the key.
    """
    if not settings.OPENAI_API_KEY:
        return {"ok": True, "engine": "rules", "hint": NO_KEY}
    report: dict[str, Any] = {
        "ok": False,
        "engine": "openai",
        "base_url": hide_secrets(url=settings.OPENAI_BASE_URL or OPENAI_BASE_URL),
        "model": settings.OPENAI_MODEL,
        "breaker": describe_breaker(),
    }
    try:
        client = make_openai_client(concurrency=1, timeout_seconds=timeout_seconds)
        report["api"] = client.api
        description = _describe(client)
        reply = client.ask(question=_QUESTION)
    except InvalidSetting as error:
        return {**report, "problem": _problem(kind=error.kind, detail=str(error))}
    except CallFailed as failed:
        return {**report, "problem": _problem(kind=failed.kind, detail=str(failed))}
    if reply.finish != "complete":
        detail = f"the model answered, but not to the end ({reply.finish})"
        kind = _FAILURE_OF_FINISH.get(reply.finish, reply.finish)
        return {**report, "problem": _problem(kind=kind, detail=detail)}
    return {**report, "ok": True, **_measured(client=client, description=description, reply=reply)}


def _describe(client: "OpenAIClient") -> "ModelDescription | None":
    """What the provider tells of the model; None where it does not serve descriptions, which is no fault."""
    try:
        return client.describe_model()
    except CallFailed as failed:
        if failed.kind in ("not_found", "bad_request", "forbidden"):  # the call that follows tells whether it works
            return None
        raise


def _measured(*, client: "OpenAIClient", description: "ModelDescription | None", reply: Reply) -> dict[str, Any]:
    shutdown = description.shutdown_date if description else None
    return {
        "answered_by": reply.model,
        "shutdown_date": shutdown.isoformat() if shutdown else None,
        "answer_form": client.dialect.form,
        "latency_seconds": round(reply.latency_seconds, 3),
        "input_tokens": reply.usage.input_tokens if reply.usage else None,
        "output_tokens": reply.usage.output_tokens if reply.usage else None,
        "cost_usd": None if reply.cost_usd is None else float(reply.cost_usd),
    }


def _problem(*, kind: str, detail: str) -> dict[str, str]:
    return {"code": kind, "detail": detail, "cure": CURES[cast(FailureKind, kind)]}


def hide_secrets(*, url: str) -> str:
    """The address alone: a user's name and password, or a query, may stand in it."""
    bare = url.partition("?")[0].partition("#")[0]
    scheme, separator, rest = bare.rpartition("://")
    host, slash, path = rest.partition("/")
    return f"{scheme}{separator}{host.rpartition('@')[2]}{slash}{path}"
