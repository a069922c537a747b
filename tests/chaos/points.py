"""Named moments at which a process kills itself (kill -9), if it was told to. The product knows nothing of them.

`arm` makes a file of the point's name; the first process that comes by moves it away, so that one alone dies, and ends
before its next instruction. Each point is a function of the product, wrapped in the processes of the rig only.
"""

import os
import signal
from collections.abc import Callable, Mapping
from datetime import timedelta
from functools import wraps
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

from django.apps import AppConfig

FOLDER: Final = "CHAOS_POINTS"  # the variable that names the folder
HOLD_SECONDS: Final = 3.0  # of a webhook, beside the time for its answer (75 in production)
IN_FLIGHT_SECONDS: Final = 5.0  # until a request whose process died may be sent again (300 in production)

# Who comes by, and where. "uncommitted": the transaction that wrote it is still open.
POINTS: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        "worker": (
            "claimed",
            "cuts-kept",
            "attempt-written",
            "answer-come",
            "answer-uncommitted",
            "answer-kept",
            "lease-renewed",
            "filed-uncommitted",
            "end-uncommitted",
            "end-committed",
            "tidied",
        ),
        "relay": ("messages-taken", "message-published", "messages-sent"),
        "reaper": ("round-uncommitted", "batch-end-uncommitted", "batch-end-committed"),
        "webhooks": ("delivery-taken", "before-post", "after-post", "try-uncommitted", "try-written"),
        "beat": ("before-beat", "after-beat"),
        "web": (
            "upload-uncommitted",
            "upload-committed",
            "batch-closed",
            "queue-paused",
            "resume-uncommitted",
            "queue-resumed",
        ),
    }
)


def arm(folder: Path, point: str) -> None:
    (folder / "armed" / point).touch()


def disarm(folder: Path, point: str) -> None:
    (folder / "armed" / point).unlink(missing_ok=True)


def find_struck(folder: Path, point: str) -> int | None:
    """The number of the process that died there since this was last asked; None: none did."""
    for path in (folder / "struck").glob(f"{point}.*"):
        path.unlink()
        return int(path.suffix[1:])
    return None


def make_folder(folder: Path) -> Path:
    for part in ("armed", "struck"):
        (folder / part).mkdir(parents=True, exist_ok=True)
    return folder


class Points(AppConfig):
    name = "tests.chaos.points"

    def ready(self) -> None:
        folder = os.environ.get(FOLDER)
        if folder:
            _Wrapper(folder=Path(folder)).wrap_all()


class _Wrapper:
    def __init__(self, *, folder: Path) -> None:
        self._armed, self._struck = folder / "armed", folder / "struck"

    def _pass(self, point: str) -> None:
        try:
            os.rename(self._armed / point, self._struck / f"{point}.{os.getpid()}")
        except FileNotFoundError:
            return
        os.kill(os.getpid(), signal.SIGKILL)

    def _before(self, owner: Any, name: str, point: str, when: Callable[..., bool] = lambda *_, **__: True) -> None:
        original = getattr(owner, name)

        @wraps(original)
        def called(*args: Any, **kwargs: Any) -> Any:
            if when(*args, **kwargs):
                self._pass(point)
            return original(*args, **kwargs)

        setattr(owner, name, called)

    def _after(self, owner: Any, name: str, point: str, when: Callable[[Any], bool] = lambda _: True) -> None:
        original = getattr(owner, name)

        @wraps(original)
        def called(*args: Any, **kwargs: Any) -> Any:
            result = original(*args, **kwargs)
            if when(result):
                self._pass(point)
            return result

        setattr(owner, name, called)

    def wrap_all(self) -> None:
        self._wrap_worker()
        self._wrap_senders()
        self._wrap_requests()

    def _wrap_worker(self) -> None:
        from jobs.leases import Lease
        from jobs.llm import budget
        from jobs.llm.stored import StoredLedger
        from jobs.operations import running, tidying

        self._after(running, "claim", "claimed", when=lambda lease: lease is not None)
        self._after(running, "keep_cuts", "cuts-kept")
        self._after(StoredLedger, "open", "attempt-written")
        self._before(StoredLedger, "settle", "answer-come")
        self._after(budget, "settle", "answer-uncommitted")
        self._after(StoredLedger, "settle", "answer-kept")
        self._after(Lease, "renew", "lease-renewed")
        self._after(running, "file_segmentation", "filed-uncommitted")
        self._after(running, "move", "end-uncommitted")
        self._before(running, "tell_state", "end-committed", when=lambda job: job.is_ended)
        self._after(tidying, "_remove_orphans", "tidied")

    def _wrap_senders(self) -> None:
        from celery.beat import Scheduler

        from jobs.operations import batch_progress, reaping, relaying
        from jobs.webhooks import delivering

        self._before(Scheduler, "apply_async", "before-beat")
        self._after(Scheduler, "apply_async", "after-beat")
        self._after(relaying, "_take", "messages-taken", when=bool)
        self._after(relaying, "publish", "message-published")
        self._before(relaying, "_forget", "messages-sent", when=bool)
        self._after(reaping, "enqueue_again", "round-uncommitted")
        self._after(batch_progress, "_announce", "batch-end-uncommitted")
        self._after(reaping, "end_batches", "batch-end-committed", when=bool)
        self._after(delivering, "take_due", "delivery-taken", when=bool)
        self._before(delivering, "post", "before-post")
        self._after(delivering, "post", "after-post")
        self._after(delivering, "_judge_endpoint", "try-uncommitted")
        self._after(delivering, "_write", "try-written")
        setattr(delivering, "_SLACK", timedelta(seconds=HOLD_SECONDS))  # noqa: B010  # no constant to the type checker

    def _wrap_requests(self) -> None:
        """The views that call these are imported later, and find them wrapped."""
        from jobs.operations import batching, pausing, submitting
        from pennie.accounts import idempotency

        self._after(submitting, "enqueue", "upload-uncommitted")
        self._after(submitting, "_keep", "upload-committed")
        self._after(batching, "close_batch", "batch-closed")
        self._after(pausing, "pause_queue", "queue-paused")
        self._after(pausing, "enqueue_again", "resume-uncommitted")
        self._after(pausing, "resume_queue", "queue-resumed")
        setattr(idempotency, "STALE_AFTER", timedelta(seconds=IN_FLIGHT_SECONDS))  # noqa: B010  # as above
