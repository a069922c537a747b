"""`GET /metrics`: figures for Prometheus, to operators and to whoever holds METRICS_TOKEN. No clinic's data.

What several processes share is read at each scrape from where they share it, so that it is true whichever web process
answers.
"""

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from secrets import compare_digest
from typing import Any

from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.db import Error as DatabaseError
from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_GET
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Metric, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.registry import Collector

from jobs.domain.intake import PASSING
from jobs.llm.configured import shared_limiter
from jobs.operations.breaking import describe_breaker
from jobs.operations.intake.sources import describe_sources
from pennie.accounts.staff import is_operator


class ModelCollector(Collector):
    """How the model fares that the settings name; nothing where none is asked."""

    def collect(self) -> Iterable[Metric]:
        state = describe_breaker()
        if state is None:
            return
        limit = shared_limiter().describe()
        gauges = (
            ("pennie_model_breaker_open", "Whether calls are held back: 1 open or half-open.", state.state != "closed"),
            (
                "pennie_model_no_credit",
                "Whether that is for want of money at the provider's.",
                state.reason == "no_credit",
            ),
            ("pennie_model_failures", "Failed calls of the last minute; 0 while held back.", state.failures),
            ("pennie_model_breaker_local", "1: Redis is away, the others are of this process alone.", state.is_local),
            ("pennie_model_limiter_local", "1: Redis is away, each process keeps to its share.", limit.is_local),
            ("pennie_model_limit_requests", "Requests per minute that are kept to; 0: any.", limit.requests_per_minute),
            ("pennie_model_limit_tokens", "Tokens per minute that are kept to; 0: any.", limit.tokens_per_minute),
            ("pennie_model_limit_used_share", "Of the tighter limit, in the last minute, 0 to 1.", limit.used_share),
            ("pennie_model_limit_waiting", "Runs of jobs that wait for their turn.", limit.waiting),
        )
        for name, told, value in gauges:
            family = GaugeMetricFamily(name, told, labels=["model"])
            family.add_metric([settings.OPENAI_MODEL], value or 0)
            yield family


class IntakeCollector(Collector):
    """How folders of scanners and mailboxes fare, each by the id of its row; none while the database is away."""

    def collect(self) -> Iterable[Metric]:
        try:
            sources = describe_sources()
        except DatabaseError:
            return
        gauges: tuple[tuple[str, str, Callable[[Mapping[str, Any]], float | None]], ...] = (
            ("waiting", "Files or messages that are not taken yet.", lambda source: source["waiting"]),
            ("trouble", "1: something is in the way that does not pass by itself.", _is_in_trouble),
            (
                "looked_at_seconds",
                "When somebody was last there, Unix time.",
                lambda source: _stamp(source["looked_at"]),
            ),
            ("taken_at_seconds", "When the last was taken, Unix time.", lambda source: _stamp(source["taken_at"])),
        )
        counters = (
            ("taken", "Files or messages that are on record.", "taken"),
            ("refused", "Files or messages that were refused.", "refused"),
        )
        for name, told, find in gauges:
            gauge = GaugeMetricFamily(f"pennie_intake_{name}", told, labels=["source", "kind"])
            for source in sources:
                if (value := find(source)) is not None:
                    gauge.add_metric([str(source["id"]), source["kind"]], value)
            yield gauge
        for name, told, field in counters:
            counter = CounterMetricFamily(f"pennie_intake_{name}", told, labels=["source", "kind"])
            for source in sources:
                counter.add_metric([str(source["id"]), source["kind"]], source[field])
            yield counter


def _is_in_trouble(source: Mapping[str, Any]) -> float:
    return float(bool(source["trouble"]) and source["trouble"] not in PASSING)


def _stamp(moment: datetime | None) -> float | None:
    return moment.timestamp() if moment else None


@require_GET
def serve_metrics(request: HttpRequest) -> HttpResponse:
    """In Prometheus' text format. Raises PermissionDenied."""
    if not (_holds_token(request) or is_operator(request)):
        raise PermissionDenied
    registry = CollectorRegistry(auto_describe=False)
    registry.register(ModelCollector())
    registry.register(IntakeCollector())
    answer = HttpResponse(generate_latest(registry), content_type=CONTENT_TYPE_LATEST)
    answer["Cache-Control"] = "no-store"
    return answer


def _holds_token(request: HttpRequest) -> bool:
    wanted = f"Bearer {settings.METRICS_TOKEN}".encode()
    given = request.headers.get("Authorization", "").encode()
    return bool(settings.METRICS_TOKEN) and compare_digest(given, wanted)
