"""A job's timeline as the API tells of it. People are told by their ids: it holds nothing personal."""

from typing import Any

from rest_framework import serializers

from jobs.api.v1.representations import ProblemOfJobSerializer
from jobs.domain.states import STATES
from jobs.domain.timeline import OUTCOMES, WAITS_FOR, Asked, Calls, Run, Step
from pennie.rest.pagination import CursorPagination

A_RUN = {
    "version": 2,
    "state": "processing",
    "reason": "claimed",
    "said": "A worker took it",
    "by": None,
    "began": "2026-11-27T09:30:00.210Z",
    "ended": "2026-11-27T09:30:41.902Z",
    "seconds": 41.692,
    "waits_for": "",
    "due_at": None,
    "problem": None,
    "run": {
        "fence": 1,
        "worker": "worker-1@clinic",
        "outcome": "parked",
        "windows_done": 5,
        "windows_total": 12,
        "calls": {
            "made": 8,
            "failed": {"rate_limited": 3},
            "uncertain": 0,
            "cost_usd": "0.01352000",
            "known_cost_usd": "0.01352000",
        },
    },
    "cancel_asked": None,
    "discarded": None,
}


class ByVersion(CursorPagination):
    ordering = "version"


class CallsSerializer(serializers.Serializer[Calls]):
    """What a run's calls to the model came to."""

    made = serializers.IntegerField(help_text="Calls made, those that failed included.")
    failed = serializers.DictField(child=serializers.IntegerField(), help_text="Of these, by kind of failure.")
    uncertain = serializers.IntegerField(help_text="Calls that may have cost what nobody told.")
    cost_usd = serializers.DecimalField(
        max_digits=14, decimal_places=8, allow_null=True, help_text="US dollars; null: unknown, which is not 0."
    )
    known_cost_usd = serializers.DecimalField(
        max_digits=14, decimal_places=8, help_text="US dollars of the calls whose cost is known."
    )


class RunSerializer(serializers.Serializer[Run]):
    """A worker's time at the job."""

    fence = serializers.IntegerField(help_text="The number of its lease; as in no other run of the job.")
    worker = serializers.CharField(help_text="Who had the lease.")
    outcome = serializers.ChoiceField(
        choices=OUTCOMES,
        help_text="The state that it led to. lost: its worker was, and its lease ran out. Empty: it is under way.",
    )
    windows_done = serializers.IntegerField(
        allow_null=True, help_text="Windows of the file that were answered by its end; null: it is under way."
    )
    windows_total = serializers.IntegerField(allow_null=True, help_text="Of so many; null: not known.")
    calls = CallsSerializer(help_text="What its calls to the model came to.")


class AskedSerializer(serializers.Serializer[Asked]):
    """What somebody asked for."""

    at = serializers.DateTimeField(help_text="When.")
    by = serializers.UUIDField(allow_null=True, help_text="The user; null: the account is gone.")


class StepSerializer(serializers.Serializer[Step]):
    """A state that the job was in."""

    version = serializers.IntegerField(help_text="The job's, by which this step began.")
    state = serializers.ChoiceField(choices=STATES, help_text="The job's state.")
    reason = serializers.CharField(help_text="Why it came to be in it: a stable code.")
    said = serializers.CharField(help_text="The same for people.")
    by = serializers.UUIDField(allow_null=True, help_text="The user who asked for it; null: nobody did.")
    began = serializers.DateTimeField(help_text="When it came to be in it.")
    ended = serializers.DateTimeField(allow_null=True, help_text="Until when; null: it is in it still.")
    seconds = serializers.FloatField(allow_null=True, help_text="How long it was; null: it is in it still.")
    waits_for = serializers.ChoiceField(
        choices=WAITS_FOR,
        help_text="worker: a worker that is free. paused_queue: its queue is paused at present. retry: the time of its "
        "next try. Else what it is parked for. Empty: it does not wait.",
    )
    due_at = serializers.DateTimeField(allow_null=True, help_text="Of one that waits for a time: when it is over.")
    problem = ProblemOfJobSerializer(
        allow_null=True, help_text="What was the matter and what to do about it, of one that failed or waits."
    )
    run = RunSerializer(allow_null=True, help_text="Who worked, and what it came to; null: nobody worked.")
    cancel_asked = AskedSerializer(allow_null=True, help_text="Whether cancelling was asked for while it was at work.")
    discarded = AskedSerializer(allow_null=True, help_text="Whether the dead letter was discarded.")


def represent_steps(steps: tuple[Step, ...]) -> Any:
    """A page of them."""
    rows: Any = steps  # a list of them: the stubs know one alone
    return StepSerializer(rows, many=True).data
