"""All that is needed to find the cause of a failure, told at the moment of it, before anything is ended."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final

import psycopg

from tests.chaos.database import Database

_JOBS: Final = (
    "SELECT id FROM jobs_job WHERE updated_at >= %s OR state IN ('pending', 'retrying', 'parked', 'processing')"
)
_SESSIONS: Final = (
    "SELECT pid, state, round(extract(epoch FROM clock_timestamp() - xact_start), 1) AS seconds,"
    " concat_ws(':', wait_event_type, wait_event) AS waits, pg_blocking_pids(pid)::text AS blocked_by,"
    " left(regexp_replace(query, '^SELECT .* FROM', 'SELECT ... FROM'), 90) AS query"
    " FROM pg_stat_activity WHERE backend_type = 'client backend' AND xact_start IS NOT NULL"
    " AND pid <> pg_backend_pid() ORDER BY xact_start"
)


def tell(database: Database, *, since: datetime, calls: Sequence[Mapping[str, Any]]) -> str:
    """Jobs at work since then with their events and attempts, the provider's calls, and who waits for whom."""
    return "\n".join(_tell(database, since=since, calls=calls))


def _tell(database: Database, *, since: datetime, calls: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    try:
        yield f"at {_clock(database.value('SELECT clock_timestamp()'))}, sessions within a transaction:"
        yield from (_row(session) for session in database.rows(_SESSIONS))
        jobs = [row["id"] for row in database.rows(_JOBS, since)]
        yield "jobs:"
        yield from _tell_table(
            database,
            "SELECT id, state, version, fence, worker, lease_until, sent_at, due_at, crashes, failures, stage,"
            " windows_done, windows_total, problem ->> 'code' AS problem FROM jobs_job WHERE id = ANY(%s) ORDER BY id",
            jobs,
        )
        yield "messages in the outbox:"
        yield from _tell_table(database, "SELECT * FROM jobs_outbox WHERE job_id = ANY(%s) ORDER BY id", jobs)
        yield "events:"
        yield from _tell_table(
            database,
            "SELECT right(job_id::text, 8) AS job, version, at, before, after, reason, worker FROM jobs_jobevent"
            " WHERE job_id = ANY(%s) ORDER BY at, version",
            jobs,
        )
        yield "attempts, and when the answer to their question was first kept:"
        yield from _tell_table(
            database,
            "SELECT right(a.job_id::text, 8) AS job, a.number, a.fence, a.purpose, a.window_index AS window, a.state,"
            " a.failure, a.started_at, a.settled_at, c.created_at AS kept_at,"
            " left(encode(sha256(convert_to(a.request, 'UTF8')), 'hex'), 8) AS content"
            " FROM jobs_attempt a LEFT JOIN jobs_windowcheckpoint c"
            " ON c.clinic_id = a.clinic_id AND c.question_key = a.question_key"
            " WHERE a.job_id = ANY(%s) ORDER BY a.started_at",
            jobs,
        )
    except psycopg.OperationalError as error:
        yield f"the database is away: {type(error).__name__}"
    yield "the provider's log:"
    for call in calls:
        began, ended = (_clock(datetime.fromtimestamp(call[when], UTC)) for when in ("started_at", "finished_at"))
        yield f"  {call['number']} {began} to {ended} {call['status']} content={(call['content_sha256'] or '')[:8]}"


def _tell_table(database: Database, sql: str, jobs: Sequence[Any]) -> Iterator[str]:
    return (_row(row) for row in database.rows(sql, jobs))


def _row(row: Mapping[str, Any]) -> str:
    shown = {name: _clock(value) if isinstance(value, datetime) else value for name, value in row.items()}
    return "  " + " ".join(f"{name}={value}" for name, value in shown.items() if value not in (None, ""))


def _clock(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%H:%M:%S.%f")[:-3]
