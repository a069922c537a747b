"""Whether something that fails is still to be asked: a circuit breaker as a pure state machine.

After M. Nygard, "Release It!" (2018), chapter 5: closed, open, half-open; with one probe at a time, held under a lease.
Times are whole milliseconds of one clock, given by the caller. `jobs/llm/breaker.lua` is the same machine, step for
step; docs/algorithms/circuit-breaker.md is the specification of both.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Final, Literal

Verb = Literal["read", "admit", "report", "suspend", "reset"]
Health = Literal["healthy", "unhealthy", "nothing"]
Answer = Literal["", "allowed", "probe", "refused"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Policy:
    """When it opens, and for how long. Times in milliseconds."""

    slot_ms: int = 5_000  # calls are counted by slots of this length
    slots: int = 12  # that count: a minute
    least_failed: int = 5  # of those slots; at least half of their calls must have failed too
    row: int = 5  # or so many failed in a row,
    row_ms: int = 2_000  # over at least so long: good calls may be told with a delay, failed ones are told at once
    trip_reason: str = "tripped"
    cool_off_ms: int = 10_000  # before the first probe; doubled by each that fails
    most_cool_off_ms: int = 300_000
    most_suspended_ms: int = 3_600_000
    lease_ms: int = 150_000  # of a probe; longer than a call may take
    look_ms: int = 5_000  # the longest that is waited for somebody else's probe, before one looks again


@dataclass(frozen=True, kw_only=True, slots=True)
class Slot:
    number: int  # of the clock: its milliseconds divided by Policy.slot_ms
    healthy: int
    unhealthy: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Circuit:
    """The state. Closed is: no reason to be open."""

    reason: str = ""  # why it is open
    since_ms: int = 0  # when it opened or closed; 0: it has always been closed
    era: int = 0  # when it last opened: calls that were allowed before that are not counted after it
    cool_off_ms: int = 0  # the present one
    most_cool_off_ms: int = 0
    due_ms: int = 0  # from when on a probe is allowed
    probe: str = ""  # who makes it
    probe_until_ms: int = 0  # from then on another may
    row: int = 0  # unhealthy calls since the last healthy one
    row_since_ms: int = 0
    slots: tuple[Slot, ...] = ()  # oldest first; none that is empty


@dataclass(frozen=True, kw_only=True, slots=True)
class Step:
    """What is done with the circuit. Every step but "read" first counts `healthy`, then `unhealthy` calls of `era`."""

    verb: Verb
    era: int = 0
    healthy: int = 0
    unhealthy: int = 0
    token: str = ""  # admit: of the probe, should it become one; report: of the probe whose result it is
    health: Health = "nothing"  # report: what the probe tells
    reason: str = ""  # suspend
    for_ms: int = 0  # suspend: the first cool-off


@dataclass(frozen=True, kw_only=True, slots=True)
class Taken:
    """What came of a step."""

    circuit: Circuit
    answer: Answer = ""  # to "admit"
    wait_ms: int = 0  # where refused: when to ask again
    before: str = ""  # the reason to be open before the step: another than after it is a change to be told


def take(*, policy: Policy, circuit: Circuit, now_ms: int, step: Step) -> Taken:
    """The circuit after `step`, and the answer."""
    if step.verb == "read":
        return Taken(circuit=circuit, before=circuit.reason)
    counted = _count(policy, circuit, now_ms, step)
    if step.verb == "admit":
        after, answer, wait_ms = _admit(policy, counted, now_ms, step.token)
        return Taken(circuit=after, answer=answer, wait_ms=wait_ms, before=circuit.reason)
    return Taken(circuit=_STEPS[step.verb](policy, counted, now_ms, step), before=circuit.reason)


def count_calls(*, policy: Policy, circuit: Circuit, now_ms: int) -> tuple[int, int]:
    """Healthy and unhealthy calls of the last minute."""
    kept = _recent(policy, circuit, now_ms)
    return sum(slot.healthy for slot in kept), sum(slot.unhealthy for slot in kept)


def _recent(policy: Policy, circuit: Circuit, now_ms: int) -> tuple[Slot, ...]:
    number = now_ms // policy.slot_ms
    return tuple(slot for slot in circuit.slots if number - policy.slots < slot.number <= number)


def _count(policy: Policy, circuit: Circuit, now_ms: int, step: Step) -> Circuit:
    if circuit.reason or step.era != circuit.era or step.healthy + step.unhealthy == 0:
        return circuit
    circuit = replace(circuit, slots=_add(policy, circuit, now_ms, step))
    if step.healthy:
        circuit = replace(circuit, row=0, row_since_ms=0)
    if not step.unhealthy:
        return circuit
    row_since_ms = circuit.row_since_ms if circuit.row else now_ms
    circuit = replace(circuit, row=circuit.row + step.unhealthy, row_since_ms=row_since_ms)
    if not _trips(policy, circuit, now_ms):
        return circuit
    return _open(now_ms, policy.trip_reason, policy.cool_off_ms, policy.most_cool_off_ms)


def _add(policy: Policy, circuit: Circuit, now_ms: int, step: Step) -> tuple[Slot, ...]:
    number = now_ms // policy.slot_ms
    *older, last = *_recent(policy, circuit, now_ms), Slot(number=number, healthy=0, unhealthy=0)
    if older and older[-1].number == number:
        last = older.pop()
    counted = Slot(number=number, healthy=last.healthy + step.healthy, unhealthy=last.unhealthy + step.unhealthy)
    return (*older, counted)


def _trips(policy: Policy, circuit: Circuit, now_ms: int) -> bool:
    healthy, unhealthy = count_calls(policy=policy, circuit=circuit, now_ms=now_ms)
    by_share = unhealthy >= policy.least_failed and unhealthy >= healthy
    by_row = circuit.row >= policy.row and now_ms - circuit.row_since_ms >= policy.row_ms
    return by_share or by_row


def _open(now_ms: int, reason: str, cool_off_ms: int, most_cool_off_ms: int) -> Circuit:
    return Circuit(
        reason=reason,
        since_ms=now_ms,
        era=now_ms,
        cool_off_ms=cool_off_ms,
        most_cool_off_ms=most_cool_off_ms,
        due_ms=now_ms + cool_off_ms,
    )


def _open_again(circuit: Circuit, now_ms: int) -> Circuit:
    cool_off_ms = min(2 * circuit.cool_off_ms, circuit.most_cool_off_ms)
    return replace(circuit, cool_off_ms=cool_off_ms, due_ms=now_ms + cool_off_ms, probe="", probe_until_ms=0)


def _close(circuit: Circuit, now_ms: int) -> Circuit:
    return Circuit(since_ms=now_ms, era=circuit.era)


def _admit(policy: Policy, circuit: Circuit, now_ms: int, token: str) -> tuple[Circuit, Answer, int]:
    if not circuit.reason:
        return circuit, "allowed", 0
    if now_ms < circuit.due_ms:
        return circuit, "refused", circuit.due_ms - now_ms
    if circuit.probe not in ("", token) and now_ms < circuit.probe_until_ms:
        return circuit, "refused", min(circuit.probe_until_ms - now_ms, policy.look_ms)
    # The same token again is the same request, sent twice because its first answer was lost.
    return replace(circuit, probe=token, probe_until_ms=now_ms + policy.lease_ms), "probe", 0


def _report(policy: Policy, circuit: Circuit, now_ms: int, step: Step) -> Circuit:
    if not step.token or circuit.probe != step.token:  # no probe, or one whose lease went to another
        return circuit
    if step.health == "healthy":
        return _close(circuit, now_ms)
    if step.health == "unhealthy":
        return _open_again(circuit, now_ms)
    return replace(circuit, probe="", probe_until_ms=0)


def _suspend(policy: Policy, circuit: Circuit, now_ms: int, step: Step) -> Circuit:
    if circuit.reason != step.reason:
        return _open(now_ms, step.reason, step.for_ms, max(step.for_ms, policy.most_suspended_ms))
    if now_ms < circuit.due_ms:  # said by one more of the calls that were in flight
        return circuit
    return _open_again(circuit, now_ms)


def _reset(policy: Policy, circuit: Circuit, now_ms: int, step: Step) -> Circuit:
    return _close(circuit, now_ms)


_STEPS: Final[Mapping[Verb, Callable[[Policy, Circuit, int, Step], Circuit]]] = MappingProxyType(
    {"report": _report, "suspend": _suspend, "reset": _reset}
)
