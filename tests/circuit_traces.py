"""Random lives of a circuit breaker, for the pure machine and for the one in Redis."""

from dataclasses import dataclass, replace

from hypothesis import strategies as st

from pennie.lib.circuit_breaker import Circuit, Health, Policy, Step, Taken, take

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


def _traces(steps: st.SearchStrategy[Step], waits_ms: st.SearchStrategy[int]) -> st.SearchStrategy[list[Moment]]:
    eras = st.sampled_from([True, True, True, False])
    moment = st.builds(Moment, wait_ms=waits_ms, step=steps, is_of_this_era=eras)
    return st.lists(moment, min_size=1, max_size=60)


# Two that stay where a wholly random life seldom is: closed but near to opening, and open around the probe.
_COUNTS = st.builds(Step, verb=st.just("report"), healthy=st.integers(0, 2), unhealthy=st.integers(0, 2))
_MANY_GOOD = st.builds(Step, verb=st.just("report"), healthy=st.integers(5, 9))
_ONE_BAD = st.just(Step(verb="report", unhealthy=1))
_ADMISSIONS = st.builds(Step, verb=st.just("admit"), token=_TOKENS)
_RESULTS = st.builds(
    Step, verb=st.just("report"), token=_TOKENS, health=st.sampled_from(["healthy", "unhealthy", "nothing"])
)
_FIVE_BAD = st.just(Step(verb="report", unhealthy=5))
TRACES = st.one_of(
    _traces(_STEPS, _WAITS_MS),
    _traces(st.one_of(_COUNTS, _ONE_BAD, _MANY_GOOD), st.sampled_from([0, 100, 400, 500, 1_000, 5_000])),
    _traces(st.one_of(_FIVE_BAD, _ADMISSIONS, _ADMISSIONS, _RESULTS), st.sampled_from([0, 1, 10_000, 20_000, 150_000])),
)


def _known(*moments: tuple[int, Step]) -> list[Moment]:
    return [Moment(wait_ms=wait_ms, step=step, is_of_this_era=True) for wait_ms, step in moments]


def _bad(count: int) -> Step:
    return Step(verb="report", unhealthy=count)


def _result(token: str, health: Health) -> Step:
    return Step(verb="report", token=token, health=health)


_ASK = Step(verb="admit", token="a")
_OTHER = Step(verb="admit", token="b")
_NO_CREDIT = Step(verb="suspend", reason="no_credit", for_ms=300_000)
_FAILED_PROBE = ((300_000, _ASK), (10, _result("a", "unhealthy")))
_STILL_NO_CREDIT = ((0, _NO_CREDIT), (1, _NO_CREDIT), (3_600_000, _ASK), (5, _result("a", "nothing")))
# Each of them passes an edge of the specification that chance may miss.
KNOWN_LIVES = {
    "half of the calls": _known((0, Step(verb="report", healthy=5)), (0, _bad(4)), (0, _bad(1)), (0, _ASK)),
    "less than half": _known((0, Step(verb="report", healthy=6)), (0, _bad(5)), (0, _ASK)),
    "a row too short in time": _known(
        (0, Step(verb="report", healthy=99)), (0, _bad(5)), (1_999, _bad(1)), (1, _bad(1))
    ),
    "a probe that closes": _known(
        (0, _bad(5)), (9_999, _ASK), (1, _ASK), (0, _OTHER), (0, _result("a", "healthy")), (0, _ASK), (0, _bad(5))
    ),
    "probes that fail": _known((0, _bad(5)), *(_FAILED_PROBE * 7)),
    "a probe that died": _known(
        (0, _bad(5)), (10_000, _ASK), (149_999, _OTHER), (1, _OTHER), (0, _result("a", "healthy"))
    ),
    "no credit for hours": _known(*(_STILL_NO_CREDIT * 6), (0, _ASK), (1, _result("a", "healthy"))),
    "closed by a person": _known((0, _NO_CREDIT), (1, Step(verb="reset")), (0, _ASK), (0, _bad(5))),
}


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
