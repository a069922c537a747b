"""A cent that many workers want to spend at once."""

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from typing import Any, Final

from tests.chaos import evidence as proof
from tests.chaos.books import Books, check_books
from tests.chaos.database import Database
from tests.chaos.evidence import Evidence
from tests.chaos.rig import Rig, wait_for, working
from tests.chaos.trial import Size, Verdict
from tests.chaos.undisturbed import make_record

_FIRST_SEED: Final = 5_000
_PENNY: Final = Decimal("0.01")
_ENOUGH: Final = Decimal(5)
_PAUSE_SECONDS: Final = 0.005  # between two looks at what is spent
_USED: Final = "SELECT coalesce(sum(spent_usd + reserved_usd), 0) FROM jobs_dailyspending WHERE clinic_id = %s"


class Watch:
    """What is spent and reserved, looked at all the time."""

    def __init__(self) -> None:
        self.looks = 0
        self.most = Decimal(0)
        self.ended = threading.Event()

    def look(self, *, url: str, clinic: str) -> None:
        database = Database(url=url)
        try:
            while not self.ended.wait(_PAUSE_SECONDS):
                self.most = max(self.most, database.value(_USED, clinic))
                self.looks += 1
        finally:
            database.close()


@contextmanager
def _watching(rig: Rig, *, clinic: str) -> Iterator[Watch]:
    watch = Watch()
    thread = threading.Thread(target=watch.look, kwargs={"url": rig.postgres.url, "clinic": clinic})
    thread.start()
    try:
        yield watch
    finally:
        watch.ended.set()
        thread.join()


def race_for_a_penny(rig: Rig, size: Size) -> Verdict:
    """All workers stand ready and their jobs wait; then there is one cent, and then enough."""
    records = [
        make_record(folder=rig.folder, seed=_FIRST_SEED + number, lines=size.racing_lines)
        for number in range(size.racers)
    ]
    began = time.monotonic()
    with working(rig, records=records, latency_seconds=0.2, calls_at_once=2, workers=0, jobs_at_once=1) as (
        provider,
        crew,
    ):
        jobs = [each.job for each in rig.send(*records)]
        clinic = str(rig.database.value("SELECT DISTINCT clinic_id FROM jobs_job WHERE id = ANY(%s::uuid[])", jobs))

        def allow(amount: Decimal) -> None:
            rig.call("-m", "tests.chaos.deciding", "budget", clinic, str(amount), **crew.settings)

        def count(condition: str) -> int:
            counted = f"SELECT count(*) FROM jobs_job WHERE id = ANY(%s::uuid[]) AND {condition}"
            return int(rig.database.value(counted, jobs))

        def wait_for_all(condition: str) -> None:
            wait_for(condition, lambda: count(condition) == len(jobs), seconds=size.seconds, logs=crew.logs)

        allow(Decimal(0))
        crew.hire(size.racers)
        wait_for_all("parked_for = 'over_budget'")
        calls_for_nothing = len(provider.calls())
        with _watching(rig, clinic=clinic) as watch:
            allow(_PENNY)
            wait_for_all("parked_for = 'over_budget' AND fence > 1")
        calls_for_a_penny = provider.calls()
        spent = _read_spent(rig, jobs=jobs)
        racers = len({each["worker"] for each in spent["runs"]})
        allow(_ENOUGH)
        wait_for_all("state IN ('completed', 'partial', 'failed', 'cancelled')")
        wait_for("the last answers", lambda: not provider.open_calls())
        calls = provider.calls()
        books = Books.read(rig.database, jobs=jobs, calls=calls, base_url=provider.base_url)
        listed = json.loads(rig.call("-m", "tests.chaos.deciding", "unknown", *jobs, **crew.settings))
        account = crew.tell()
    broken = list(check_books(books, listed=listed))
    for job in jobs:
        seen = Evidence.read(rig.database, job=job, calls=calls)
        broken += [*proof.check_history(seen, state="completed"), *proof.check_partition(rig.database, job=job)]
    if calls_for_nothing or not calls_for_a_penny:
        broken.append(f"{calls_for_nothing} calls with no money, {len(calls_for_a_penny)} with a cent")
    if max(watch.most, spent["used"]) > _PENNY:
        broken.append(f"${watch.most} were spent and reserved at one time, ${spent['used']} at rest, of ${_PENNY}")
    if books.repeated:
        broken.append(f"{books.repeated} calls were made twice")
    figures = {
        "workers": racers,
        "calls for a cent": len(calls_for_a_penny),
        "spent of it": f"${spent['used']:.5f}",
        "most at one time": f"${watch.most:.5f}",
        "looks": watch.looks,
        "asked twice": books.repeated,
        **books.figures(),
    }
    return Verdict(figures=figures | {"seconds": round(time.monotonic() - began)}, broken=broken, account=account)


def _read_spent(rig: Rig, *, jobs: list[str]) -> dict[str, Any]:
    """By the ledger: what was spent and is reserved, and who ran."""
    used = rig.database.value(
        "SELECT coalesce(sum(coalesce(cost_usd, 0) + coalesce(reserved_usd, 0)), 0) FROM jobs_attempt"
        " WHERE job_id = ANY(%s::uuid[])",
        jobs,
    )
    runs = rig.database.rows(
        "SELECT DISTINCT worker FROM jobs_jobevent WHERE job_id = ANY(%s::uuid[]) AND after = 'processing'", jobs
    )
    return {"used": used, "runs": runs}
