"""Random lives of a circuit breaker, for the pure machine and for the one in Redis."""

from dataclasses import dataclass, replace

from hypothesis import strategies as st

from pennie.lib.circuit_breaker import Circuit, Policy, Step, Taken, take

POLICY = Policy(trip_reason="model_away")
START_MS = 1_790_000_000_000

# The least durations around which something changes, and any other.
_WAITS_MS = st.one_of(
    st.integers(0, 400_000),
    st.sampled_from([0, 1, 999, 1_999, 2_000, 4_999, 5_000, 9_999, 10_000, 60_000, 149_999, 150_000, 300_000]),
)
_TOKENS = st.sampled_from(["a", "b", "c"])


@dataclass(frozen=True, kw_only=True, slots=True)
class Moment:
    wait_ms: int  # since the one before
    step: Step
    is_of_this_era: bool  # else what it counts is of a call that was allowed before the last opening


_STEPS = st.one_of(
    st.builds(Step, verb=st.just("admit"), token=_TOKENS, healthy=st.integers(0, 3)),
    st.builds(Step, verb=st.just("report"), healthy=st.integers(0, 3), unhealthy=st.integers(0, 3)),
    st.builds(Step, verb=st.just("report"), unhealthy=st.integers(1, 5)),
    st.builds(Step, verb=st.just("report"), token=_TOKENS, health=st.sampled_from(["healthy", "unhealthy", "nothing"])),
    st.builds(
        Step,
        verb=st.just("suspend"),
        reason=st.sampled_from(["no_credit", "model_away"]),
        for_ms=st.sampled_from([1_000, 300_000, 7_200_000]),
    ),
    st.builds(Step, verb=st.sampled_from(["reset", "read"])),
)
TRACES = st.lists(
    st.builds(Moment, wait_ms=_WAITS_MS, step=_STEPS, is_of_this_era=st.sampled_from([True, True, True, False])),
    min_size=1,
    max_size=60,
)


def live(trace: list[Moment], *, policy: Policy = POLICY) -> list[tuple[int, Step, Taken]]:
    """When each step was taken, the step as it was taken, and what came of it."""
    lived: list[tuple[int, Step, Taken]] = []
    circuit, now_ms = Circuit(), START_MS
    for moment in trace:
        now_ms += moment.wait_ms
        step = replace(moment.step, era=circuit.era if moment.is_of_this_era else circuit.era - 1)
        taken = take(policy=policy, circuit=circuit, now_ms=now_ms, step=step)
        lived.append((now_ms, step, taken))
        circuit = taken.circuit
    return lived
