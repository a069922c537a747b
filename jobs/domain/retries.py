"""What to do about a question that brought no usable answer: one table, one row a kind of failure."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final, Literal, get_args

FailureKind = Literal[
    # the provider could not be reached, or broke off
    "connection_refused",
    "not_sent",
    "connection_reset",
    "timeout",
    # the provider said no
    "request_timeout",
    "conflict",
    "rate_limited",
    "insufficient_quota",
    "server_error",
    "bad_request",
    "too_long",
    "unauthorized",
    "forbidden",
    "not_found",
    # the provider answered, but there is nothing to use
    "content_filter",
    "refused",
    "truncated",
    "invalid_json",
    "wrong_schema",
    "empty",
    "unknown_finish",
    # nothing was asked of a provider
    "model_away",
    "over_budget",
    "not_recorded",
    "unforeseen",
]

# A whole question that failed so is of no use however often it is asked; its parts may be.
TooLongKind = Literal["truncated", "too_long"]
TOO_LONG: Final[frozenset[FailureKind]] = frozenset(get_args(TooLongKind))

# Failures after which the provider may have worked, and may ask for its money, though no reply was seen; of a call that
# brought none, `invalid_json` means a body with status 200 that cannot be read.
PERHAPS_BILLED: Final[frozenset[FailureKind]] = frozenset({"timeout", "connection_reset", "invalid_json", "unforeseen"})

MAX_CALLS: Final = 8  # for one question, whatever it fails of
MAX_BACKOFF_SECONDS: Final = 60.0
MAX_RETRY_AFTER_SECONDS: Final = 120.0  # a provider that wants a longer pause is not waited for in a run


@dataclass(frozen=True, kw_only=True, slots=True)
class RetryRule:
    """What is done about one kind of failure."""

    attempts: int  # how often a question may fail in this way before it is given up
    base_seconds: float = 0.0  # the first backoff is drawn from 0..base, the next from twice that; 0: at once
    larger_output: bool = False
    # Whether the questions not yet asked are given up too: because each would fail alike, or cost for nothing.
    stops_run: Literal["never", "at_once", "when_given_up"] = "never"
    reason: str


@dataclass(frozen=True, kw_only=True, slots=True)
class RetryDecision:
    """Whether and when the question is asked again."""

    retry: bool
    delay_seconds: float  # from now; 0 where it is not asked again
    larger_output: bool  # ask with room for a longer answer
    stops_run: bool  # ask nothing more at all
    away_seconds: float | None = None  # the provider wants a pause of so long, which no run waits for
    reason: str


RULES: Final[Mapping[FailureKind, RetryRule]] = MappingProxyType(
    {
        "connection_refused": RetryRule(
            attempts=4,
            base_seconds=1.0,
            stops_run="when_given_up",
            reason="a server that restarts is back within seconds; one that stays away answers no other window either",
        ),
        "not_sent": RetryRule(
            attempts=4, base_seconds=0.5, reason="the connection broke before the question was out: nothing was worked"
        ),
        "connection_reset": RetryRule(
            attempts=4, base_seconds=0.5, reason="most often a kept-alive connection that the server had closed"
        ),
        "timeout": RetryRule(
            attempts=3, base_seconds=1.0, reason="may have been billed unseen, so it is repeated sparingly"
        ),
        "request_timeout": RetryRule(attempts=3, base_seconds=0.5, reason="408: the server got the request too slowly"),
        "conflict": RetryRule(attempts=3, base_seconds=0.5, reason="409: a lock at the provider's, soon released"),
        "rate_limited": RetryRule(attempts=6, base_seconds=2.0, reason="429: limits are per minute, so waiting helps"),
        "insufficient_quota": RetryRule(
            attempts=1, stops_run="at_once", reason="no money is left at the provider's: waiting does not help"
        ),
        "server_error": RetryRule(attempts=4, base_seconds=1.0, reason="5xx: the provider's own trouble, often short"),
        "bad_request": RetryRule(
            attempts=1, stops_run="at_once", reason="all windows are asked in the same form: each would be refused"
        ),
        "too_long": RetryRule(attempts=1, reason="this window exceeds the model's context; others may fit"),
        "unauthorized": RetryRule(attempts=1, stops_run="at_once", reason="401: the key is wrong for every window"),
        "forbidden": RetryRule(attempts=1, stops_run="at_once", reason="403: the key may not use this model"),
        "not_found": RetryRule(attempts=1, stops_run="at_once", reason="404: no such model or no such address"),
        "content_filter": RetryRule(attempts=1, reason="a filter gives the same words the same verdict"),
        "refused": RetryRule(attempts=2, reason="a refusal of a medical record is mostly chance: one more try"),
        "truncated": RetryRule(
            attempts=2, larger_output=True, reason="the answer did not fit: once more with twice the room"
        ),
        "invalid_json": RetryRule(attempts=2, reason="a slip of the model: one more try"),
        "wrong_schema": RetryRule(attempts=2, reason="a slip of the model: one more try"),
        "empty": RetryRule(attempts=2, reason="a slip of the model: one more try"),
        "unknown_finish": RetryRule(attempts=2, reason="what ended the answer is not known, so it is not trusted"),
        "model_away": RetryRule(
            attempts=1,
            stops_run="at_once",
            reason="the breaker is open: the provider has trouble, and is left in peace",
        ),
        "over_budget": RetryRule(
            attempts=1, stops_run="at_once", reason="a budget is spent: it is there to stop what comes next"
        ),
        "not_recorded": RetryRule(attempts=1, reason="there is no recording of this question, nor will there be"),
        "unforeseen": RetryRule(attempts=1, reason="a defect of ours: repeating it mends nothing"),
    }
)

# What a person does about each kind, as sentences that follow one that names it.
CURES: Final[Mapping[FailureKind, str]] = MappingProxyType(
    {
        "connection_refused": "Check the network, the proxy (HTTPS_PROXY) and OPENAI_BASE_URL.",
        "connection_reset": "Check the network and the proxy (HTTPS_PROXY), then try again.",
        "not_sent": "Check the network and the proxy (HTTPS_PROXY), then try again.",
        "timeout": "Try again; if it stays slow, raise OPENAI_TIMEOUT_SECONDS.",
        "request_timeout": "Check the network, then try again.",
        "conflict": "Try again in a minute.",
        "rate_limited": "Wait a minute and try again; if it stays, lower OPENAI_CONCURRENCY.",
        "insufficient_quota": "The account has no money left: add credit at the provider's.",
        "server_error": "The provider has trouble of its own: look at its status page, try again later.",
        "bad_request": "The server does not take the request: set OPENAI_API to responses or chat, or OPENAI_MODEL to "
        "another model.",
        "too_long": "Set OPENAI_MODEL to a model that takes longer questions.",
        "unauthorized": "The key is wrong: set OPENAI_API_KEY to a valid one for this server.",
        "forbidden": "The key may not use this model: check its project's permissions, or set OPENAI_MODEL to another.",
        "not_found": "No such model or address: check OPENAI_MODEL, OPENAI_BASE_URL (it ends in /v1) and OPENAI_API.",
        "content_filter": "The provider's filter takes offence at these words: choose another model or provider.",
        "refused": "Try again; if it stays, set OPENAI_MODEL to another model.",
        "truncated": "Try again; if it stays, set OPENAI_MODEL to a model that gives longer answers.",
        "invalid_json": "Try again; if it stays, set OPENAI_MODEL to another model.",
        "wrong_schema": "Try again; if it stays, set OPENAI_MODEL to another model.",
        "empty": "Try again; if it stays, set OPENAI_MODEL to another model.",
        "unknown_finish": "Try again; if it stays, set OPENAI_MODEL to another model.",
        "model_away": "The provider does not answer at present: retry the job when it does again.",
        "over_budget": "Raise the budget or wait for its next period, then retry the job.",
        "not_recorded": "Record it with: make record-llm.",
        "unforeseen": "This is a defect of PennieAI: please report it with the log's line about it.",
    }
)


def decide(*, kind: FailureKind, attempt: int, retry_after_seconds: float | None, jitter: float) -> RetryDecision:
    """What to do about a question that has now failed in this way for the `attempt`-th time (from 1).

    Each kind is counted for itself: a busy server is no reason to forgive the model fewer slips. `jitter` is a random
    number in 0..1. Backoff is exponential with full jitter (M. Brooker, "Exponential Backoff And Jitter", AWS
    Architecture Blog, 2015); what the provider asked for is the least that is waited.
    """
    rule = RULES[kind]
    too_long_a_pause = retry_after_seconds is not None and retry_after_seconds > MAX_RETRY_AFTER_SECONDS
    retry = attempt < rule.attempts and not too_long_a_pause
    delay = _delay(rule=rule, attempt=attempt, least=retry_after_seconds or 0.0, jitter=jitter)
    return RetryDecision(
        retry=retry,
        delay_seconds=delay if retry else 0.0,
        larger_output=retry and rule.larger_output,
        stops_run=rule.stops_run == "at_once" or (rule.stops_run == "when_given_up" and not retry),
        away_seconds=retry_after_seconds if too_long_a_pause else None,
        reason="the provider asks for a longer pause than a run may wait" if too_long_a_pause else rule.reason,
    )


def _delay(*, rule: RetryRule, attempt: int, least: float, jitter: float) -> float:
    if least > 0:
        # A little later than asked, each at its own moment: else all that were refused together come back together.
        return least + jitter * rule.base_seconds
    return jitter * min(MAX_BACKOFF_SECONDS, rule.base_seconds * 2.0 ** (attempt - 1))
