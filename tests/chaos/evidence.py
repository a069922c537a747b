"""What must be so whatever was broken, read from PostgreSQL and from the provider's own log.

Each check gives sentences about what is not so; none is good.
"""

import hashlib
from collections import Counter, defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import pairwise
from typing import Any

from tests.chaos.database import Database

# Of a worker that lost its job and keeps a paid answer, while the next one is about to ask for it.
_BLINK = timedelta(seconds=0.25)

Line = tuple[int, int, str, str, str]  # of a document: first and last line, type, title, date


@dataclass(frozen=True, kw_only=True)
class Cut:
    """A moment at which a run was cut off, and what was kept by then."""

    at: float  # seconds since the epoch
    kept: frozenset[str]  # SHA-256 of the words of each question whose answer was committed


@dataclass(frozen=True, kw_only=True)
class Evidence:
    """One job's rows, and all calls that reached the provider."""

    job: Mapping[str, Any]
    events: Sequence[Mapping[str, Any]]
    attempts: Sequence[Mapping[str, Any]]
    calls: Sequence[Mapping[str, Any]] = field(repr=False)

    @classmethod
    def read(cls, database: Database, *, job: str, calls: Sequence[Mapping[str, Any]]) -> "Evidence":
        (row,) = database.rows("SELECT * FROM jobs_job WHERE id = %s", job)
        attempts = database.rows(
            "SELECT a.*, c.created_at AS kept_at FROM jobs_attempt a LEFT JOIN jobs_windowcheckpoint c"
            " ON c.clinic_id = a.clinic_id AND c.question_key = a.question_key WHERE a.job_id = %s ORDER BY a.number",
            job,
        )
        for attempt in attempts:
            attempt["content_sha256"] = hashlib.sha256(attempt.pop("request").encode()).hexdigest()
        asked = {attempt["content_sha256"] for attempt in attempts}
        return cls(
            job=row,
            events=database.rows("SELECT * FROM jobs_jobevent WHERE job_id = %s ORDER BY version", job),
            attempts=attempts,
            calls=[call for call in calls if call["content_sha256"] in asked],
        )

    @property
    def repeated(self) -> int:
        """Calls whose very words had reached the provider before."""
        return len(self.calls) - len({call["body_sha256"] for call in self.calls})

    @property
    def cut_off(self) -> Sequence[Mapping[str, Any]]:
        """Attempts of which nothing was heard."""
        return [attempt for attempt in self.attempts if attempt["state"] == "sent"]


def read_kept(database: Database, *, job: str) -> frozenset[str]:
    """SHA-256 of the words of each question of the job's clinic whose answer is committed."""
    rows = database.rows(
        "SELECT DISTINCT encode(sha256(convert_to(a.request, 'UTF8')), 'hex') AS content FROM jobs_attempt a"
        " JOIN jobs_windowcheckpoint c ON c.clinic_id = a.clinic_id AND c.question_key = a.question_key"
        " WHERE a.job_id = %s",
        job,
    )
    return frozenset(row["content"] for row in rows)


def check_nothing_kept_is_asked_again(evidence: Evidence, *, cuts: Sequence[Cut]) -> Iterator[str]:
    """The heart of it (I3): after a cut no question reaches the provider whose answer was committed before."""
    for number, cut in enumerate(cuts, start=1):
        again = [call for call in evidence.calls if call["started_at"] > cut.at and call["content_sha256"] in cut.kept]
        if again:
            yield f"after cut {number}, {len(again)} questions were asked again whose answers were committed"


def check_ledger_and_log_agree(evidence: Evidence) -> Iterator[str]:
    """Each call stands in the ledger, and what the ledger says was answered was asked."""
    calls = Counter(call["content_sha256"] for call in evidence.calls)
    attempts = Counter(attempt["content_sha256"] for attempt in evidence.attempts)
    settled = Counter(attempt["content_sha256"] for attempt in evidence.attempts if attempt["state"] == "settled")
    if unledgered := calls - attempts:
        yield f"{unledgered.total()} calls are not on the ledger"
    if invented := settled - calls:
        yield f"{invented.total()} attempts are settled that never reached the provider"


def check_repeats_were_unheard(evidence: Evidence) -> Iterator[str]:
    """A question is asked once more only while no answer to it has been heard, or where that was of no use."""
    by_question: dict[str, list[Mapping[str, Any]]] = defaultdict(list)
    for attempt in sorted(evidence.attempts, key=lambda each: (each["started_at"], each["number"])):
        by_question[attempt["question_key"]].append(attempt)
    for attempts in by_question.values():
        for earlier, later in pairwise(attempts):
            heard = earlier["state"] == "settled" and not earlier["failure"]
            if heard and earlier["settled_at"] + _BLINK < later["started_at"]:
                yield f"attempt {later['number']} repeats attempt {earlier['number']}, which was answered before"


def check_only_cut_runs_left_calls_open(
    evidence: Evidence, *, cut_fences: Collection[int], calls_at_once: int
) -> Iterator[str]:
    """Attempts left `sent` are of runs that were cut, as many as could be in flight."""
    for fence, count in Counter(attempt["fence"] for attempt in evidence.cut_off).items():
        if fence not in cut_fences:
            yield f"run {fence} was not cut off, and left {count} attempts open"
        elif count > calls_at_once:
            yield f"run {fence} left {count} attempts open, with {calls_at_once} calls at once"


def check_history(evidence: Evidence, *, state: str) -> Iterator[str]:
    """It ended once, in that state, each step of its way told."""
    if evidence.job["state"] != state:
        yield f"the job is {evidence.job['state']}, not {state}"
    versions = [event["version"] for event in evidence.events]
    if versions != list(range(1, evidence.job["version"] + 1)):
        yield "the events do not number the job's versions"
    if any(later["before"] != earlier["after"] for earlier, later in pairwise(evidence.events)):
        yield "an event does not follow from the one before"
    ends = [event for event in evidence.events if event["after"] in ("completed", "partial", "failed", "cancelled")]
    if len(ends) != 1:
        yield f"it ended {len(ends)} times"


def check_partition(database: Database, *, job: str) -> Iterator[str]:
    """I1: documents and gaps of the one segmentation cover each line of the file once."""
    made = database.rows(
        "SELECT s.id, s.line_count, u.current_segmentation_id AS current, u.line_count AS lines"
        " FROM documents_segmentation s JOIN documents_upload u ON u.id = s.upload_id WHERE s.job_id = %s",
        job,
    )
    if len(made) != 1:
        yield f"{len(made)} segmentations of one job"
        return
    (segmentation,) = made
    if segmentation["current"] != segmentation["id"] or segmentation["lines"] != segmentation["line_count"]:
        yield "the upload does not show the segmentation"
    pieces = database.rows(
        "SELECT start_line, end_line FROM documents_document WHERE segmentation_id = %s UNION ALL"
        " SELECT start_line, end_line FROM documents_gap WHERE segmentation_id = %s ORDER BY 1",
        *(segmentation["id"],) * 2,
    )
    following = 1
    for piece in pieces:
        if piece["start_line"] != following:
            yield f"line {following} is covered not once (I1)"
            return
        following = piece["end_line"] + 1
    if following != segmentation["line_count"] + 1:
        yield "the last lines are not covered (I1)"


def read_documents(database: Database, *, job: str) -> list[Line]:
    rows = database.rows(
        "SELECT d.start_line, d.end_line, d.type, d.title, coalesce(d.date::text, '') AS date"
        " FROM documents_document d JOIN documents_segmentation s ON s.id = d.segmentation_id"
        " WHERE s.job_id = %s ORDER BY d.start_line",
        job,
    )
    return [(row["start_line"], row["end_line"], row["type"], row["title"], row["date"]) for row in rows]


def count_facts(database: Database, *, job: str) -> int:
    return int(
        database.value(
            "SELECT count(*) FROM documents_fact f JOIN documents_segmentation s ON s.id = f.segmentation_id"
            " WHERE s.job_id = %s",
            job,
        )
    )


def check_unread(database: Database, *, job: str, unread: Sequence[tuple[int, int]]) -> Iterator[str]:
    """The segmentation lists these runs of lines as not read by the model, and no others."""
    listed = [
        (each["start_line"], each["end_line"])
        for each in database.value("SELECT unread FROM documents_segmentation WHERE job_id = %s", job)
    ]
    if listed != list(unread):
        yield f"lines {listed} are told as not read, where the provider had no answer about {list(unread)}"
