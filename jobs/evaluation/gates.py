"""Bounds that figures must keep."""

from collections.abc import Sequence
from dataclasses import dataclass

from jobs.evaluation.figures import COUNTED, JUDGED, LESS_IS_BETTER, all_measured, average, list_figures
from jobs.evaluation.measuring import Evaluation


@dataclass(frozen=True, kw_only=True)
class Gate:
    """A bound that a metric of JUDGED must keep: at least, or where less is better at most, `bound`."""

    metric: str
    bound: float


@dataclass(frozen=True, kw_only=True)
class Verdict:
    gate: Gate
    value: float | None  # None: no file measures it, which does not pass
    passed: bool


class UnknownGate(ValueError):
    """What was asked for is not METRIC=VALUE with a metric of JUDGED."""


def read_gate(text: str) -> Gate:
    """`boundary_f1=0.95` as a gate. Raises UnknownGate."""
    metric, _, bound = text.partition("=")
    if metric not in JUDGED:
        raise UnknownGate(f"{metric!r} is no metric that can be judged. Name one of: {', '.join(JUDGED)}.")
    try:
        return Gate(metric=metric, bound=float(bound))
    except ValueError:
        raise UnknownGate(f"{text!r} lacks a number. Write {metric}=0.95, for example.") from None


def judge(*, gate: Gate, evaluations: Sequence[Evaluation]) -> Verdict:
    """Whether the mean over files, or for COUNTED the worst file, keeps the gate's bound."""
    value: float | None
    if gate.metric in COUNTED:
        counts = [list_figures(measured=measured)[gate.metric] or 0 for measured in all_measured(evaluations)]
        value = max(counts, default=None)
    else:
        value = average(evaluations=evaluations)[gate.metric]
    if value is None:
        return Verdict(gate=gate, value=None, passed=False)
    passed = value <= gate.bound if gate.metric in LESS_IS_BETTER else value >= gate.bound
    return Verdict(gate=gate, value=value, passed=passed)
