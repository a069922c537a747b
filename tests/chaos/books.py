"""The books of many jobs against the provider's log: each call an attempt, each token once, each cent held or spent.

A call whose answer was seen is found by the request id that came with it. One that was refused or broke off has none
with us: it is found by what it asked and by how it failed. Each check gives sentences about what is not so.
"""

import hashlib
from collections import Counter, defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal
from functools import cached_property
from typing import Any, Final

from jobs.domain.budgets import round_cost
from jobs.domain.pricing import price_call
from tests.chaos.database import Database

_BLINK: Final = timedelta(seconds=0.25)  # between a commit and the look of whoever asks meanwhile
_TOKENS: Final = {  # with us, and in the provider's log
    "input_tokens": "input_tokens",
    "output_tokens": "output_tokens",
    "cached_input_tokens": "cached_tokens",
    "cache_write_tokens": "cache_write_tokens",
}
_HELD: Final = ("timeout", "connection_reset", "unforeseen", "invalid_json")  # of calls that brought no reply
_UNREAD_BY_PROVIDER: Final = ("connection_reset", "not_sent")
# How a call fails that brings no reply, by the fault that was ordered for it.
_KINDS: Final[Mapping[str, str]] = {
    "failed_response": "server_error",
    "invalid_body": "invalid_json",
    "bad_request": "content_filter",  # by its code, invalid_prompt
    "content_filter_400": "content_filter",
    "unauthorized": "unauthorized",
    "forbidden": "forbidden",
    "request_timeout": "request_timeout",
    "conflict": "conflict",
    "rate_limit": "rate_limited",
    "insufficient_quota": "insufficient_quota",
    "server_error": "server_error",
    "bad_gateway": "server_error",
    "unavailable": "server_error",
    "reset_after_reading": "connection_reset",
    "hang": "timeout",
}


@dataclass(frozen=True, kw_only=True)
class Books:
    """All rows of some jobs, and all calls that reached their provider."""

    attempts: Sequence[Mapping[str, Any]] = field(repr=False)
    calls: Sequence[Mapping[str, Any]] = field(repr=False)
    spending: Sequence[Mapping[str, Any]] = field(repr=False)
    kept: Mapping[str, Any] = field(repr=False)  # by SHA-256 of the words of a question: when its answer was kept
    base_url: str

    @classmethod
    def read(
        cls, database: Database, *, jobs: Collection[str], calls: Sequence[Mapping[str, Any]], base_url: str
    ) -> "Books":
        attempts = database.rows(
            "SELECT a.*, j.created_by_id AS user_id, j.fence AS last_fence, j.state AS job_state,"
            " c.created_at AS kept_at FROM jobs_attempt a JOIN jobs_job j ON j.id = a.job_id"
            " LEFT JOIN jobs_windowcheckpoint c ON c.clinic_id = a.clinic_id AND c.question_key = a.question_key"
            " WHERE a.job_id = ANY(%s::uuid[]) ORDER BY a.started_at",
            list(jobs),
        )
        for attempt in attempts:
            attempt["content_sha256"] = hashlib.sha256(attempt.pop("request").encode()).hexdigest()
        spending = database.rows(
            "SELECT * FROM jobs_dailyspending WHERE clinic_id IN"
            " (SELECT clinic_id FROM jobs_job WHERE id = ANY(%s::uuid[]))",
            list(jobs),
        )
        kept = {each["content_sha256"]: each["kept_at"] for each in attempts if each["kept_at"]}
        return cls(attempts=attempts, calls=calls, spending=spending, kept=kept, base_url=base_url)

    @cached_property
    def settled(self) -> Mapping[str, Mapping[str, Any]]:
        """Attempts whose reply was seen, by the provider's id of it."""
        return {each["provider_request_id"]: each for each in self.attempts if each["state"] == "settled"}

    @cached_property
    def unseen(self) -> Sequence[Mapping[str, Any]]:
        """Calls whose reply nobody has."""
        return [call for call in self.calls if call["request_id"] not in self.settled]

    @property
    def unknown(self) -> Sequence[Mapping[str, Any]]:
        """Attempts of which nobody knows what they cost."""
        return [
            each
            for each in self.attempts
            if each["state"] == "sent" or (each["state"] == "failed" and each["failure"] in _HELD)
        ]

    @property
    def asked(self) -> frozenset[str]:
        """SHA-256 of the words of each question."""
        return frozenset(each["content_sha256"] for each in self.attempts)

    @property
    def useful(self) -> frozenset[str]:
        """SHA-256 of the words of each question that was answered well, by the provider's log, and heard."""
        return frozenset(
            call["content_sha256"]
            for call in self.calls
            if call["request_id"] in self.settled and call["fault"] in (None, "ungrounded_quotes")
        )

    @property
    def repeated(self) -> int:
        bodies = [call["body_sha256"] for call in self.calls if call["body_sha256"]]
        return len(bodies) - len(set(bodies))

    @cached_property
    def asked_though_kept(self) -> Sequence[Mapping[str, Any]]:
        """Calls for what was committed already as they began."""
        return [
            call
            for call in self.calls
            if (kept_at := self.kept.get(call["content_sha256"])) is not None
            and call["started_at"] > (kept_at + _BLINK).timestamp()
        ]

    def figures(self) -> dict[str, object]:
        faults = Counter(call["fault"] for call in self.calls if call["fault"])
        return {
            "calls": len(self.calls),
            "with a fault": faults.total(),
            "kinds of fault": len(faults),
            "tokens": sum(call["input_tokens"] + call["output_tokens"] for call in self.calls if call["billed"]),
            "asked though kept": len(self.asked_though_kept),
            "of unknown outcome": len(self.unknown),
            "of these cut off": sum(each["state"] == "sent" for each in self.unknown),
            "reserved for them": f"${sum(each['reserved_usd'] or 0 for each in self.unknown):.4f}",
            "spent": f"${sum(each['cost_usd'] or 0 for each in self.attempts):.4f}",
        }


def check_books(books: Books, *, listed: Collection[str]) -> Iterator[str]:
    """All of them. `listed` are the ids of calls of unknown outcome as the product lists them."""
    yield from check_every_call_is_an_attempt(books)
    yield from check_tokens_and_cost(books)
    yield from check_spending(books)
    yield from check_what_is_held(books, listed=listed)
    yield from check_nothing_kept_is_asked_for(books)


def check_every_call_is_an_attempt(books: Books) -> Iterator[str]:
    """And each attempt a call, but for what was cut off before it was sent."""
    seen = {call["request_id"]: call for call in books.calls}
    ids = [each["provider_request_id"] for each in books.attempts if each["state"] == "settled"]
    if invented := set(ids) - set(seen):
        yield f"{len(invented)} attempts are settled by replies that the provider never gave"
    if len(set(ids)) != len(ids):
        yield f"{len(ids) - len(set(ids))} replies settle more than one attempt"
    if strangers := [
        key for key in set(ids) & set(seen) if seen[key]["content_sha256"] != books.settled[key]["content_sha256"]
    ]:
        yield f"{len(strangers)} attempts are settled by replies to other questions"
    unread = sum(call["content_sha256"] is None for call in books.unseen)
    dealt = Counter(
        (call["content_sha256"], _KINDS.get(call["fault"], "timeout"))
        for call in books.unseen
        if call["content_sha256"]
    )
    failed = Counter((each["content_sha256"], each["failure"]) for each in books.attempts if each["state"] == "failed")
    # Of a worker that was killed: what became of the call it never heard.
    unheard = Counter(each["content_sha256"] for each in books.attempts if each["state"] == "sent")
    dealt_and_unheard = Counter(content for content, _ in (dealt - failed).elements())
    if unledgered := dealt_and_unheard - unheard:
        yield f"{unledgered.total()} calls are not on the ledger, or failed otherwise there"
    left = failed - dealt
    if odd := [kind for _, kind in left.elements() if kind not in _UNREAD_BY_PROVIDER]:
        yield f"{len(odd)} attempts failed as nothing of the provider's did: {dict(Counter(odd))}"
    if left.total() > unread:
        yield f"{left.total()} attempts broke off, where the provider left {unread} calls unread"
    if unread > left.total() + (unheard - dealt_and_unheard).total():
        yield f"the provider left {unread} calls unread, of which {left.total()} are on the ledger"


def check_tokens_and_cost(books: Books) -> Iterator[str]:
    """Of each call whose reply was seen, to the token and to the eighth place of a dollar."""
    for call in books.calls:
        attempt = books.settled.get(call["request_id"])
        if attempt is None:
            continue
        told = {name: attempt[name] for name in _TOKENS}
        billed = {name: call[theirs] for name, theirs in _TOKENS.items()}
        if told != billed or not call["billed"]:
            yield f"call {call['number']} was billed {billed}, and the ledger has {told}"
        if attempt["cost_usd"] != _price(call, attempt=attempt, base_url=books.base_url):
            yield f"call {call['number']} costs {attempt['cost_usd']} by the ledger"


def _price(call: Mapping[str, Any], *, attempt: Mapping[str, Any], base_url: str) -> Decimal | None:
    price = price_call(
        model=call["model"],
        base_url=base_url,
        input_tokens=call["input_tokens"],
        output_tokens=call["output_tokens"],
        cached_input_tokens=call["cached_tokens"],
        cache_write_tokens=call["cache_write_tokens"],
        at=attempt["started_at"],
    )
    return None if price is None else round_cost(price)


def check_spending(books: Books) -> Iterator[str]:
    """The rows of the days are the sums of their calls."""
    sums: dict[Any, Counter[str]] = defaultdict(Counter)
    for each in books.attempts:
        row = sums[each["clinic_id"], each["user_id"], each["started_at"].date()]
        row["calls"] += 1
        row["spent_usd"] += each["cost_usd"] or 0
        row["reserved_usd"] += each["reserved_usd"] or 0
        for name in ("input_tokens", "cached_input_tokens", "output_tokens"):
            row[name] += each[name] or 0
    rows = {(row["clinic_id"], row["user_id"], row["day"]): row for row in books.spending}
    if set(rows) != set(sums):
        yield f"{len(rows)} rows of spending for {len(sums)} days of users"
    for key in set(rows) & set(sums):
        names = ("calls", "spent_usd", "reserved_usd", "input_tokens", "cached_input_tokens", "output_tokens")
        wrong = {name: (rows[key][name], sums[key][name]) for name in names if rows[key][name] != sums[key][name]}
        if wrong:
            yield f"a day's row is not the sum of its calls: {wrong}"


def check_what_is_held(books: Books, *, listed: Collection[str]) -> Iterator[str]:
    """Money is held for calls of unknown outcome, each of which is listed, and for no others."""
    unknown = {str(each["id"]) for each in books.unknown}
    if unknown != set(listed):
        yield f"{len(listed)} calls are listed as of unknown outcome, which {len(unknown)} are"
    if bare := [each for each in books.unknown if not each["reserved_usd"]]:
        yield f"nothing is held for {len(bare)} calls of unknown outcome"
    if held := [each for each in books.attempts if each["reserved_usd"] and str(each["id"]) not in unknown]:
        yield f"money is held for {len(held)} calls whose outcome is known"
    if open_ := [each for each in books.attempts if each["state"] == "sent" and each["fence"] >= each["last_fence"]]:
        yield f"{len(open_)} calls are open of runs that were not cut off"
    paid = Counter(call["content_sha256"] for call in books.unseen if call["billed"])
    if lost := paid - Counter(each["content_sha256"] for each in books.unknown):
        yield f"{lost.total()} answers that were billed and never seen are given back"


def check_nothing_kept_is_asked_for(books: Books) -> Iterator[str]:
    """No question reaches the provider once an answer to it is committed."""
    if again := books.asked_though_kept:
        yield f"{len(again)} questions were asked again whose answers were committed"
