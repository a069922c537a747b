"""A folder watched for a clinic: what scanners and fax servers leave in it is sent, once, and set aside.

1. The folder is listed, again and again: on a network share nobody tells of new files. Files that look the same for a
   while are complete.
2. One is read, looked at before and after, and submitted: stored and committed, or refused.
3. Then it is moved to done/, or deleted, or moved to refused/ with a note beside it.

Whoever dies between 2 and 3 leaves the file where it was. It is read again, and its bytes answer with the upload that
is there: never lost, never twice.
"""

import logging
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

from django.db import transaction
from django.utils import timezone

from documents.extraction.problems import ExtractionProblem
from jobs.configured_limits import extraction_limits
from jobs.domain.intake import SeenFile, Settling, may_be_unfinished, next_look
from jobs.models import IntakeSource
from jobs.operations.intake.attending import OVER_WHEN_EMPTY, Attendance
from jobs.operations.intake.sources import add_source, digest_place, find_source
from jobs.operations.intake.taking import Held, Refused, Taken, Taker
from jobs.operations.intake.watched_folder import (
    DONE,
    MARKER,
    REFUSED,
    CannotSetAside,
    FileChanged,
    FolderAway,
    WatchedFolder,
)
from pennie.accounts.principal import Principal
from pennie.lib.refusals import Refusal

logger = logging.getLogger(__name__)

_AWAY_SECONDS: Final = 10.0
_AGAIN_SECONDS: Final = 60.0  # for a file that could not be moved
_MOST_QUEUED: Final = 500


class FolderUnfit(Refusal):
    """The folder cannot be watched."""

    def __init__(self, detail: str) -> None:
        super().__init__("folder_unfit", title="The folder cannot be watched", detail=detail, status=422)


@dataclass(frozen=True, kw_only=True, slots=True)
class Watching:
    """How a folder is watched."""

    settle_seconds: float  # a file is complete that looks the same for so long
    pause_seconds: float  # between two looks
    patience_seconds: float  # for a file that may not be written to its end, before it is refused
    deletes: bool = False  # what is on record, instead of moving it


def prepare_folder(*, principal: Principal, path: Path, name: str, anew: bool) -> tuple[WatchedFolder, IntakeSource]:
    """The folder and its row, made at the first time; the folder is marked with the row's id. `anew`: whatever the
    mark says. Raises FolderUnfit."""
    try:
        folder = WatchedFolder(path)
        mark = None if anew else folder.read_marker()
    except (OSError, FolderAway):
        raise FolderUnfit("It is no folder that can be read. Check its path, and this user's right to it.") from None
    place = digest_place("folder", str(principal.clinic_id), str(folder.path), name)
    source = find_source(principal=principal, kind="folder", place=place)
    if mark is not None:
        source = IntakeSource.objects.of(principal).filter(pk=mark, kind="folder").first()
        if source is None:
            raise FolderUnfit(
                "It is watched for another clinic, or by another installation of PennieAI. If it is to be this "
                f"clinic's from now on, end the other one and say --anew; its mark is the file {MARKER}."
            )
    elif source is not None and not anew:
        raise FolderUnfit(
            f"It was watched before, and its mark, the file {MARKER}, is gone: most likely the network share is not "
            "mounted. If it is the right folder, say --anew; if it is another one at the same path, give it a --name."
        )
    try:
        with transaction.atomic():
            source = source or add_source(principal=principal, kind="folder", place=place, name=name)
            folder.write_marker(source.pk)
    except (OSError, FolderAway):
        raise FolderUnfit(
            f"Nothing can be written in it, so files could not be moved to {DONE}/ and {REFUSED}/ in it. Give this "
            "user the right to write there; neither of the two may be a link."
        ) from None
    folder.expect_marker(source.pk)
    return folder, source


class FolderWatch:
    """Call `work` again and again."""

    def __init__(
        self,
        *,
        folder: WatchedFolder,
        attendance: Attendance,
        taker: Taker,
        watching: Watching,
        clock: Callable[[], float] = time.monotonic,
        read_time: Callable[[], datetime] = timezone.now,
    ) -> None:
        self.is_through = False  # the last look found nothing that could be taken, now or in a while
        self.strange = 0  # links, folders and special files, which are left alone
        self._folder = folder
        self._attendance = attendance
        self._taker = taker
        self._watching = watching
        self._clock = clock
        self._read_time = read_time
        self._settling = Settling(seconds=watching.settle_seconds)
        self._queue: deque[SeenFile] = deque()
        self._on_record: set[SeenFile] = set()  # of which none could be moved

    def work(self) -> int:
        """1 where a file was dealt with, else 0. Raises DatabaseError while the database is away."""
        attendance = self._attendance
        if attendance.is_resting:
            attendance.stay()
            return 0
        if not self._queue and not self._look():
            return 0
        if not attendance.is_ours():
            self._queue.clear()  # the other one may take these
            return 0
        if not self._queue:
            return 0
        principal = attendance.find_principal()
        if principal is None:
            if attendance.trouble:  # not for the second or two of the rate
                self._queue.clear()
            return 0
        attendance.get_over("pace", "not_member", "removed")
        file = self._queue.popleft()
        try:
            self._deal_with(file, principal=principal)
        except FileChanged:
            pass  # it is looked at again
        except FolderAway as away:
            self._miss_folder(away)
        return 1

    def _look(self) -> bool:
        """List the folder; False where it is away."""
        began = self._clock()
        try:
            listing = self._folder.list_files()
        except FolderAway as away:
            self._miss_folder(away)
            return False
        self._attendance.get_over("away", "unmounted")
        self._attendance.waiting = len(listing.files)
        self._tell_strange(listing.strange)
        self._on_record.intersection_update(listing.files)
        if not self._on_record:
            self._attendance.get_over("set_aside")
        self._queue.extend(self._settling.observe(listing.files, at=began)[:_MOST_QUEUED])
        self.is_through = not self._queue and not self._settling.expects_some
        if not listing.files:
            self._attendance.get_over(*OVER_WHEN_EMPTY)
        if not self._queue:
            took = self._clock() - began
            self._attendance.rest(next_look(pause=self._watching.pause_seconds, look_took=took))
        return True

    def _tell_strange(self, count: int) -> None:
        """Somebody may wait for what lies in a folder within."""
        if count != self.strange and count:
            logger.warning("%d links, folders or special files lie in the folder; none of them is taken.", count)
        self.strange = count

    def _miss_folder(self, away: FolderAway) -> None:
        self._queue.clear()
        self._attendance.meet(away.trouble, rest_seconds=_AWAY_SECONDS)
        self._attendance.is_ours(was_there=False)

    def _deal_with(self, file: SeenFile, *, principal: Principal) -> None:
        """Raises FileChanged and FolderAway."""
        if file in self._on_record:
            self._finish(file)
            return
        outcome: Taken | Refused | Held
        try:
            content = self._folder.read(file, most=extraction_limits().max_bytes)
        except ExtractionProblem as problem:
            outcome = Refused(problem=problem)
        else:
            outcome = self._taker.take(principal=principal, content=content, name=file.name, now=self._read_time())
        match outcome:
            case Held():
                self._hold_back(file, held=outcome)
            case Refused():
                self._refuse(file, problem=outcome.problem)
            case Taken():
                self._attendance.get_over("storage", "use_limit", "defect")
                self._attendance.count_taken(is_new=outcome.is_new)
                self._finish(file)

    def _hold_back(self, file: SeenFile, *, held: Held) -> None:
        if held.trouble == "defect":  # others go on meanwhile
            self._settling.defer(file, until=self._clock() + held.seconds)
            self._attendance.meet("defect")
            return
        self._queue.clear()
        self._attendance.hold_off(held.trouble, seconds=held.seconds)

    def _refuse(self, file: SeenFile, *, problem: Refusal) -> None:
        now = self._clock()
        given_up_at = self._settling.seen_since(file, at=now) + self._watching.patience_seconds
        if may_be_unfinished(problem.code) and now < given_up_at:
            self._settling.defer(file, until=given_up_at)
            return
        try:
            is_ours = self._folder.set_aside(file, into=REFUSED, note=_write_note(problem, now=self._read_time()))
        except CannotSetAside:
            self._leave_lying(file)
            return
        if is_ours:
            self._attendance.get_over("defect")
            self._attendance.waiting -= 1
            self._attendance.count_refused(code=problem.code)

    def _finish(self, file: SeenFile) -> None:
        """Out of the way with what is on record."""
        try:
            is_ours = self._folder.remove(file) if self._watching.deletes else self._folder.set_aside(file, into=DONE)
        except CannotSetAside:
            self._on_record.add(file)
            self._leave_lying(file)
            return
        self._on_record.discard(file)
        if is_ours:
            self._attendance.waiting -= 1

    def _leave_lying(self, file: SeenFile) -> None:
        self._settling.defer(file, until=self._clock() + _AGAIN_SECONDS)
        self._attendance.meet("set_aside")


def _write_note(problem: Refusal, *, now: datetime) -> str:
    return (
        "PennieAI could not take the file beside this note. It is not on record.\n\n"
        f"{problem.detail}\n\n"
        "When that is done, put it into the watched folder again, one level up, and throw this note away.\n\n"
        f"{now:%Y-%m-%d %H:%M} UTC, problem {problem.code}\n"
    )
