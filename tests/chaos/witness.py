"""Who wrote what for a job, noted by triggers of the rig's PostgreSQL: the product can neither see nor forget them.

Each process names itself in its connections (`tests.chaos.settings`), so that a write of a worker that has lost its job
is seen as such, whatever its statements say.
"""

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from tests.chaos.database import Database

_TRIGGERS: Final = """
CREATE TABLE IF NOT EXISTS chaos_write (
    id bigserial PRIMARY KEY, at timestamptz NOT NULL DEFAULT clock_timestamp(),
    who text NOT NULL DEFAULT current_setting('application_name'),
    what text NOT NULL, job uuid NOT NULL, fence bigint, former_fence bigint, state text, former_state text
);
CREATE TABLE IF NOT EXISTS chaos_pause (
    id bigserial PRIMARY KEY, clinic uuid, queue text NOT NULL, began timestamptz NOT NULL, ended timestamptz
);
CREATE OR REPLACE FUNCTION chaos_note_job() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    INSERT INTO chaos_write (what, job, fence, former_fence, state, former_state)
    VALUES ('job', NEW.id, NEW.fence, OLD.fence, NEW.state, OLD.state);
    RETURN NULL; END $$;
CREATE OR REPLACE FUNCTION chaos_note_attempt() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    INSERT INTO chaos_write (what, job, fence) VALUES ('attempt', NEW.job_id, NEW.fence);
    RETURN NULL; END $$;
CREATE OR REPLACE FUNCTION chaos_note_segmentation() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    INSERT INTO chaos_write (what, job) VALUES ('segmentation', NEW.job_id);
    RETURN NULL; END $$;
CREATE OR REPLACE FUNCTION chaos_note_pause() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    IF TG_OP = 'INSERT' THEN
        INSERT INTO chaos_pause (clinic, queue, began) VALUES (NEW.clinic_id, NEW.queue, clock_timestamp());
    ELSE
        UPDATE chaos_pause SET ended = clock_timestamp()
        WHERE clinic IS NOT DISTINCT FROM OLD.clinic_id AND queue = OLD.queue AND ended IS NULL;
    END IF;
    RETURN NULL; END $$;
CREATE OR REPLACE TRIGGER chaos_job AFTER UPDATE ON jobs_job FOR EACH ROW EXECUTE FUNCTION chaos_note_job();
CREATE OR REPLACE TRIGGER chaos_attempt AFTER INSERT ON jobs_attempt
    FOR EACH ROW EXECUTE FUNCTION chaos_note_attempt();
CREATE OR REPLACE TRIGGER chaos_segmentation AFTER INSERT ON documents_segmentation
    FOR EACH ROW EXECUTE FUNCTION chaos_note_segmentation();
CREATE OR REPLACE TRIGGER chaos_pause AFTER INSERT OR DELETE ON jobs_queuepause
    FOR EACH ROW EXECUTE FUNCTION chaos_note_pause();
"""
_FORGET: Final = "".join(
    f"DROP TRIGGER IF EXISTS {name} ON {table};"
    for name, table in {
        "chaos_job": "jobs_job",
        "chaos_attempt": "jobs_attempt",
        "chaos_segmentation": "documents_segmentation",
        "chaos_pause": "jobs_queuepause",
    }.items()
)


@dataclass(frozen=True, kw_only=True)
class Pause:
    """A queue of a clinic, and when nothing of it was to be begun."""

    clinic: Any
    queue: str
    began: datetime
    ended: datetime | None


@dataclass(frozen=True, kw_only=True)
class Told:
    writes: Sequence[Mapping[str, Any]] = field(repr=False)  # in the order in which the jobs' rows were locked
    pauses: Sequence[Pause] = field(repr=False)


def call_witness(database: Database) -> None:
    """From now on all is noted."""
    database.run_script(_TRIGGERS)


def dismiss_witness(database: Database) -> None:
    database.run_script(_FORGET)


def hear(database: Database, *, jobs: Collection[str]) -> Told:
    writes = database.rows("SELECT * FROM chaos_write WHERE job = ANY(%s::uuid[]) ORDER BY id", list(jobs))
    pauses = database.rows("SELECT clinic, queue, began, ended FROM chaos_pause ORDER BY id")
    return Told(writes=writes, pauses=[Pause(**each) for each in pauses])


def check_no_stale_write(testimony: Told) -> Iterator[str]:
    """Only the worker that claimed a job last changes its row, asks for it, or files what came of it."""
    by_job: dict[Any, list[Mapping[str, Any]]] = defaultdict(list)
    for write in testimony.writes:
        by_job[write["job"]].append(write)
    for job, writes in by_job.items():
        holder, fence = "", 0
        for write in writes:
            who = write["who"]
            if write["what"] == "job" and write["fence"] != write["former_fence"]:
                holder, fence = (who, write["fence"]) if write["state"] == "processing" else ("", write["fence"])
            elif who.startswith("worker") and (who != holder or write["fence"] not in (fence, None)):
                yield f"{who} wrote a {write['what']} of job {job}, which {holder or 'nobody'} had"
            if write["what"] == "job" and write["state"] != "processing":
                holder = ""


def find_starved(told: Told) -> set[str]:
    """Jobs that were taken from a worker that lived on: the machine was too busy for it to renew a lease of 2 seconds.

    Taken for poison, such a job is not brought down by a blow.
    """
    last_write: dict[str, datetime] = {write["who"]: write["at"] for write in told.writes}
    holders: dict[Any, str] = {}
    starved = set()
    for write in told.writes:
        if write["what"] != "job" or write["fence"] == write["former_fence"]:
            continue
        former = holders.get(write["job"])
        if former and write["former_state"] == "processing" and last_write[former] > write["at"]:
            starved.add(str(write["job"]))
        holders[write["job"]] = write["who"]
    return starved


def count_begun_while_paused(testimony: Told, *, events: Sequence[Mapping[str, Any]], tolerance_seconds: float) -> int:
    """Jobs that were begun though their clinic's queue was paused by then, for longer than the tolerance.

    `events`: rows with clinic_id, priority, reason and at. Who has chosen a job a moment before may still claim it.
    """
    begun = [event for event in events if event["reason"] == "claimed"]
    return sum(
        any(_covers(pause, event, tolerance_seconds=tolerance_seconds) for pause in testimony.pauses) for event in begun
    )


def _covers(pause: Pause, event: Mapping[str, Any], *, tolerance_seconds: float) -> bool:
    if pause.queue != event["priority"] or pause.clinic not in (None, event["clinic_id"]):
        return False
    since = (event["at"] - pause.began).total_seconds()
    return since > tolerance_seconds and (pause.ended is None or event["at"] < pause.ended)
