"""`manage.py check_ai`: does the model's API answer, with which model, for how long still, how fast?"""

from collections.abc import Mapping
from datetime import date
from typing import TYPE_CHECKING, Any, Final, cast

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from documents.domain.lines import strip_invisible
from documents.domain.windows import Window
from jobs.domain.retries import CURES, FailureKind
from jobs.llm.client import CallFailed, InvalidSetting, Question, Reply
from jobs.llm.configured import make_openai_client
from jobs.llm.dialects import OPENAI_BASE_URL
from jobs.terminal import ending_quietly, write_json, write_text

if TYPE_CHECKING:
    from jobs.llm.openai import ModelDescription, OpenAIClient

_NO_KEY: Final = (
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


class Command(BaseCommand):
    help = "Check that the model's API answers; without a key, say what will be done instead."
    requires_system_checks = ()  # nothing of the project is needed but its settings

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--json", action="store_true", help="print one JSON object")

    def handle(self, *args: Any, **options: Any) -> None:
        with ending_quietly(stdout=self.stdout, stderr=self.stderr):
            report = check()
            if options["json"]:
                write_json(report, stream=self.stdout)
            elif report["ok"]:
                write_text(strip_invisible(_show(report)) + "\n", stream=self.stdout)
        if not report["ok"] and not options["json"]:
            raise CommandError(strip_invisible(_show(report)))
        if not report["ok"]:
            raise SystemExit(1)


def check() -> dict[str, Any]:
    """What `--json` prints: `ok`, `engine`, and for a model where it is asked and what came back, or the `problem`."""
    if not settings.OPENAI_API_KEY:
        return {"ok": True, "engine": "rules", "hint": _NO_KEY}
    report: dict[str, Any] = {
        "ok": False,
        "engine": "openai",
        "base_url": hide_secrets(url=settings.OPENAI_BASE_URL or OPENAI_BASE_URL),
        "model": settings.OPENAI_MODEL,
    }
    try:
        client = make_openai_client(concurrency=1)
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


def _show(report: Mapping[str, Any]) -> str:
    if report["engine"] == "rules":
        return _NO_KEY
    where = f"{report['model']} at {report['base_url']}"
    if not report["ok"]:
        return f"{where}: {report['problem']['detail']}.\n{report['problem']['cure']}"
    cost = "unknown" if report["cost_usd"] is None else f"${report['cost_usd']:.6f}"
    return (
        f"{where} answers ({report['api']}, {report['answer_form']}).\n"
        f"  answered by  {report['answered_by'] or 'not told'}\n"
        f"  shutdown     {_show_shutdown(report['shutdown_date'])}\n"
        f"  latency      {report['latency_seconds']} s\n"
        f"  this call    {report['input_tokens']} tokens in, {report['output_tokens']} out, cost {cost}"
    )


def _show_shutdown(shutdown_date: str | None) -> str:
    if shutdown_date is None:
        return "not told"
    days = (date.fromisoformat(shutdown_date) - date.today()).days
    return f"{shutdown_date} ({days} days from now; then set OPENAI_MODEL to another)"
