"""The same file by the API from many callers at the same moment."""

import threading
from collections import Counter
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Final

from tests.chaos.rig import Rig, wait_for, working
from tests.chaos.trial import Size, Verdict
from tests.chaos.undisturbed import analyze_undisturbed, make_record
from tests.chaos.web import Answer, Caller, serving

_SEED: Final = 77
_LINES: Final = 900


def send_at_once(rig: Rig, size: Size) -> Verdict:
    """One upload, one job, one file kept, the same answer to all, and no call made twice."""
    record = make_record(folder=rig.folder, seed=_SEED, lines=_LINES)
    undisturbed = analyze_undisturbed(rig, record=record)
    with (
        working(rig, records=[record], latency_seconds=0.2, calls_at_once=size.calls_at_once) as (provider, crew),
        serving(rig) as port,
    ):
        answers = _race(port=port, key=rig.make_key(), record=record, callers=size.senders)
        taken = [answer.body for answer in answers if answer.status in (200, 202)]
        jobs, uploads = ({body[what]["id"] for body in taken} for what in ("job", "upload"))
        completed = "SELECT bool_and(state = 'completed') FROM jobs_job WHERE id = ANY(%s::uuid[])"
        wait_for("the end of what was sent", lambda: rig.database.value(completed, list(jobs)), logs=crew.logs)
        calls, account = provider.calls(), crew.tell()
    statuses = Counter(answer.status for answer in answers)
    repeated = len(calls) - len({call["body_sha256"] for call in calls})
    files = _list_files(rig, uploads=uploads)
    broken = []
    if statuses != {202: 1, 200: size.senders - 1}:
        broken.append(f"the answers were {dict(statuses)}")
    if len(uploads) != 1 or len(jobs) != 1 or set(files) != uploads:
        broken.append(f"{len(uploads)} uploads, {len(jobs)} jobs and {len(files)} files")
    if repeated or len(calls) != undisturbed.calls:
        broken.append(f"{len(calls)} calls, {repeated} of them made twice, for {undisturbed.calls} undisturbed")
    figures = {"callers": len(answers), "uploads": len(uploads), "jobs": len(jobs), "asked twice": repeated}
    return Verdict(figures=figures, broken=broken, account=account)


def _list_files(rig: Rig, *, uploads: Iterable[str]) -> list[str]:
    """Names of all files of the clinics that these uploads are of."""
    rows = rig.database.rows("SELECT clinic_id FROM documents_upload WHERE id = ANY(%s::uuid[])", list(uploads))
    folders = [rig.folder / "media" / "uploads" / str(row["clinic_id"]) for row in rows]
    return [path.name for folder in folders for path in folder.iterdir()]


def _race(*, port: int, key: str, record: Path, callers: int) -> list[Answer]:
    start = threading.Barrier(callers)

    def send(_: int) -> Answer:
        caller = Caller(port=port, key=key)
        start.wait(30)
        try:
            return caller.send_file(record)
        finally:
            caller.close()

    with ThreadPoolExecutor(callers) as pool:
        return list(pool.map(send, range(callers)))
