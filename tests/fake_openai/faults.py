"""Faults to order: which calls fail, and how."""

import hashlib
import random
import threading
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Literal, get_args

FaultKind = Literal[
    # HTTP 200, but the answer is of no use
    "truncated",
    "wrong_schema",
    "invalid_json",  # the model's text is prose
    "empty_output",
    "refusal",
    "content_filter",
    "unknown_finish",
    "ungrounded_quotes",  # all that the answer quotes stands nowhere in the question
    "failed_response",  # Responses: status "failed" with an error object; Chat: 500
    "invalid_body",  # the HTTP body itself is no JSON
    # errors
    "bad_request",
    "content_filter_400",  # how Azure refuses a prompt
    "unauthorized",
    "forbidden",
    "request_timeout",
    "conflict",
    "rate_limit",
    "insufficient_quota",
    "server_error",
    "bad_gateway",
    "unavailable",
    # the connection
    "reset_before_reading",  # the body of the request is never read
    "reset_after_reading",
    "hang",
]
# The headers of an error that tell how long to wait: retry-after-ms, retry-after in whole seconds, both, none.
RetryForm = Literal["both", "ms", "seconds", "none"]
RETRY_FORMS: tuple[RetryForm, ...] = get_args(RetryForm)
# The work is done and the answer never sent.
LOST_ANSWERS: frozenset[FaultKind] = frozenset({"reset_after_reading", "hang"})
FAULT_KINDS: tuple[FaultKind, ...] = get_args(FaultKind)


@dataclass(frozen=True, kw_only=True)
class FaultRule:
    """Which calls get a fault. All conditions that are given must hold; with none given every call does.

    Calls are counted from 1 in order of arrival, over both endpoints; `GET` does not count. A draw by `probability`
    depends on the seed, the body and how often that body came, not on the order of threads.
    """

    kind: FaultKind
    nth: frozenset[int] | None = None
    every: int | None = None  # the k-th, 2k-th, ... call
    probability: float | None = None
    seed: int = 0
    once_per_body: bool = False  # the same body sent again goes through
    containing: str | None = None  # words that must stand in the body, as they are in its JSON
    at_most: int | None = None  # so many faults in all
    retry_after_seconds: float | None = 1.0  # of rate_limit and unavailable; None: no such header
    retry_form: RetryForm = "both"  # which headers tell it

    def __post_init__(self) -> None:
        needs_body = self.once_per_body or self.probability is not None or self.containing is not None
        if self.kind == "reset_before_reading" and needs_body:
            raise ValueError("reset_before_reading cannot depend on a body that is not read: use nth or every")


class FaultPlan:
    """The rules in force; the first that fits a call decides. Safe to use from many threads."""

    def __init__(self, *, rules: Iterable[FaultRule] = ()) -> None:
        self._rules = tuple(rules)
        self._lock = threading.Lock()
        self._fired: Counter[int] = Counter()
        self._bodies: Counter[str] = Counter()

    def choose_before_reading(self, *, number: int) -> FaultRule | None:
        """The fault of call `number` that strikes before its body is read."""
        return self._choose(number=number, body=None, occurrence=1)

    def choose(self, *, number: int, body: bytes) -> FaultRule | None:
        """The fault of call `number`, now that its body is known."""
        with self._lock:
            self._bodies[_sha(body)] += 1
            occurrence = self._bodies[_sha(body)]
        return self._choose(number=number, body=body, occurrence=occurrence)

    def _choose(self, *, number: int, body: bytes | None, occurrence: int) -> FaultRule | None:
        for index, rule in enumerate(self._rules):
            if (rule.kind == "reset_before_reading") != (body is None):
                continue
            if _fits(rule, number=number, body=body or b"", occurrence=occurrence) and self._take(index, rule):
                return rule
        return None

    def _take(self, index: int, rule: FaultRule) -> bool:
        with self._lock:
            if rule.at_most is not None and self._fired[index] >= rule.at_most:
                return False
            self._fired[index] += 1
            return True


def _fits(rule: FaultRule, *, number: int, body: bytes, occurrence: int) -> bool:
    if rule.nth is not None and number not in rule.nth:
        return False
    if rule.every is not None and number % rule.every:
        return False
    if rule.once_per_body and occurrence > 1:
        return False
    if rule.containing is not None and rule.containing.encode() not in body:
        return False
    if rule.probability is None:
        return True
    return random.Random(f"{rule.seed}:{rule.kind}:{_sha(body)}:{occurrence}").random() < rule.probability


def _sha(body: bytes) -> str:
    return hashlib.sha256(body).hexdigest()


def read_rule(text: str) -> FaultRule:
    """A rule as the command line writes it: `rate_limit:every=7`, `truncated:probability=0.05,once_per_body`.

    `nth=1+4` names several calls. Raises ValueError with what is wrong.
    """
    kind, _, conditions = text.partition(":")
    if kind not in FAULT_KINDS:
        raise ValueError(f"no fault is called {kind!r}; there are {', '.join(FAULT_KINDS)}")
    options: dict[str, Any] = {}
    for condition in filter(None, conditions.split(",")):
        name, _, value = condition.partition("=")
        if name not in _READERS:
            raise ValueError(f"no condition is called {name!r}; there are {', '.join(_READERS)}")
        options[name] = _READERS[name](value)
    return FaultRule(kind=kind, **options)


_READERS: dict[str, Any] = {
    "nth": lambda value: frozenset(int(number) for number in value.split("+")),
    "every": int,
    "probability": float,
    "seed": int,
    "once_per_body": lambda value: value != "no",
    "containing": str,
    "at_most": int,
    "retry_after_seconds": float,
    "retry_form": lambda value: {form: form for form in RETRY_FORMS}[value],
}
