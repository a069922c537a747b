"""`manage.py check_ai`: does the model's API answer, with which model, for how long still, how fast?"""

from collections.abc import Mapping
from dataclasses import asdict
from datetime import date
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from documents.domain.lines import strip_invisible
from jobs.llm.breaker import BreakerState
from jobs.operations.checking import NO_KEY, check_model
from jobs.terminal import ending_quietly, write_json, write_text


class Command(BaseCommand):
    help = "Check that the model's API answers; without a key, say what will be done instead."
    requires_system_checks = ()  # nothing of the project is needed but its settings

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--json", action="store_true", help="print one JSON object")

    def handle(self, *args: Any, **options: Any) -> None:
        with ending_quietly(stdout=self.stdout, stderr=self.stderr):
            report = check_model()
            if options["json"]:
                write_json(_plain(report), stream=self.stdout)
            elif report["ok"]:
                write_text(strip_invisible(_show(report)) + "\n", stream=self.stdout)
        if not report["ok"] and not options["json"]:
            raise CommandError(strip_invisible(_show(report)))
        if not report["ok"]:
            raise SystemExit(1)


def _show(report: Mapping[str, Any]) -> str:
    if report["engine"] == "rules":
        return NO_KEY
    where = f"{report['model']} at {report['base_url']}"
    if not report["ok"]:
        breaker = _show_breaker(report["breaker"])
        waiting = f"\nJobs: {breaker}." if report["breaker"].state != "closed" else ""
        return f"{where}: {report['problem']['detail']}.\n{report['problem']['cure']}{waiting}"
    cost = "unknown" if report["cost_usd"] is None else f"${report['cost_usd']:.6f}"
    return (
        f"{where} answers ({report['api']}, {report['answer_form']}).\n"
        f"  answered by  {report['answered_by'] or 'not told'}\n"
        f"  shutdown     {_show_shutdown(report['shutdown_date'])}\n"
        f"  latency      {report['latency_seconds']} s\n"
        f"  this call    {report['input_tokens']} tokens in, {report['output_tokens']} out, cost {cost}\n"
        f"  jobs         {_show_breaker(report['breaker'])}"
    )


def _plain(report: Mapping[str, Any]) -> dict[str, Any]:
    """As JSON can tell it."""
    breaker: BreakerState | None = report.get("breaker")
    if breaker is None:
        return dict(report)
    since = breaker.since.isoformat() if breaker.since else None
    return {**report, "breaker": asdict(breaker) | {"since": since}}


def _show_breaker(breaker: BreakerState) -> str:
    if breaker.is_local:
        return "not known whether they ask it: Redis, which knows, cannot be asked from here"
    if breaker.state == "closed":
        return "ask it"
    why = "the account had no credit" if breaker.reason == "no_credit" else "its calls failed"
    return f"wait, because {why}; one tries again in {breaker.next_probe_seconds or 0:.0f} s"


def _show_shutdown(shutdown_date: str | None) -> str:
    if shutdown_date is None:
        return "not told"
    days = (date.fromisoformat(shutdown_date) - date.today()).days
    return f"{shutdown_date} ({days} days from now; then set OPENAI_MODEL to another)"
