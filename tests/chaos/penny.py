"""A cent that many workers want to spend at once."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from decimal import Decimal
from typing import Final

from tests.chaos.batch import ENDED, Batch
from tests.chaos.database import Database
from tests.chaos.rig import Rig, working
from tests.chaos.trial import Size, Verdict
from tests.chaos.undisturbed import make_record

_FIRST_SEED: Final = 5_000
_PENNY: Final = Decimal("0.01")
_ENOUGH: Final = "5"
_PARKED: Final = "parked_for = 'over_budget'"
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
    with working(rig, records=records, latency_seconds=0.2, calls_at_once=2, workers=0) as (provider, crew):
        batch = Batch(rig=rig, size=size, provider=provider, crew=crew)
        jobs = batch.send(records)
        clinic = str(rig.database.value("SELECT DISTINCT clinic_id FROM jobs_job WHERE id = ANY(%s::uuid[])", jobs))
        batch.decide("budget", clinic, "0")
        crew.hire(size.racers)
        batch.wait_for_all(_PARKED)
        asked_for_nothing = provider.count_asked()
        with _watching(rig, clinic=clinic) as watch:
            batch.decide("budget", clinic, str(_PENNY))
            batch.wait_for_all(f"{_PARKED} AND fence > 1")
        books = batch.read_books()
        batch.decide("budget", clinic, _ENOUGH)
        batch.wait_for_all(ENDED)
        verdict = batch.judge()
        repeated = batch.read_books().repeated
    spent = sum((each["cost_usd"] or 0) + (each["reserved_usd"] or 0) for each in books.attempts)
    if asked_for_nothing or not books.calls:
        verdict.broken.append(f"{asked_for_nothing} calls with no money, {len(books.calls)} with a cent")
    if max(watch.most, spent) > _PENNY:
        verdict.broken.append(f"${watch.most} were spent and reserved at one time, ${spent} in the end")
    if repeated:
        verdict.broken.append(f"{repeated} calls were made twice")
    figures = {
        "workers": size.racers,
        "calls for a cent": len(books.calls),
        "spent of it": f"${spent:.5f}",
        "most spent and reserved": f"${watch.most:.5f}",
        "looks": watch.looks,
        "asked twice": repeated,
    }
    return replace(verdict, figures={**figures, **verdict.figures})
