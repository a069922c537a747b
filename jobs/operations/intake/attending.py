"""What watching a folder and reading a mailbox have in common: when something may be taken, and what is told of it."""

import logging
import time
from collections import Counter
from collections.abc import Callable
from typing import Final, Literal

from jobs.domain.intake import TROUBLES, Trouble
from jobs.operations.intake.sources import Hold, renew_principal
from jobs.operations.pacing import Pacer
from pennie.accounts.principal import Principal

logger = logging.getLogger(__name__)

Came = Literal["new", "known", "refused"]
# What was in the way of files or messages; nobody is in their way once there are none.
OVER_WHEN_EMPTY: Final[tuple[Trouble, ...]] = ("pace", "use_limit", "storage", "set_aside", "defect", "not_member")
_STANDBY_SECONDS: Final = 5.0
_LOOK_AGAIN_SECONDS: Final = 10.0  # whether the person is a member again, whether the row is back
_QUIET: Final = frozenset(("pace",))  # no trouble of anybody's
_PASSING: Final = frozenset(("pace", "defect"))  # these come to an end by what is done here


class Attendance:
    """One process's presence at one source. The log names the source by its id, and files never."""

    def __init__(
        self, *, principal: Principal, hold: Hold, pacer: Pacer, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self.counts: Counter[Came] = Counter()
        self.trouble: Trouble | None = None
        self.stands_by = False  # another process is there
        self.waiting = 0  # files or messages that are not taken yet
        self._principal = principal
        self._hold = hold
        self._pacer = pacer
        self._clock = clock
        self._rests_until = 0.0

    @property
    def is_resting(self) -> bool:
        return self._clock() < self._rests_until

    @property
    def is_stuck(self) -> bool:
        """Whether nothing can be done before somebody or something else has changed."""
        return self.stands_by or (self.trouble is not None and self.trouble not in _PASSING)

    def rest(self, seconds: float) -> None:
        """Nothing is to be done for so long."""
        self._rests_until = max(self._rests_until, self._clock() + seconds)

    def is_ours(self, *, was_there: bool = True) -> bool:
        """Whether this process has the source; tells how it fares."""
        if self._hold.keep(waiting=self.waiting, trouble=self.trouble, was_there=was_there):
            if self.stands_by:
                self.stands_by = False
                logger.warning("Source %s: this process has it now.", self._hold.source_id)
            return True
        if self._hold.is_removed():
            self.meet("removed", rest_seconds=_LOOK_AGAIN_SECONDS)
            return False
        if not self.stands_by:
            self.stands_by = True
            logger.warning("Source %s: another process has it; this one stands by.", self._hold.source_id)
        self.rest(_STANDBY_SECONDS)
        return False

    def find_principal(self) -> Principal | None:
        """In whose name the next file is sent, by what they may do now; None where nothing may be sent."""
        now = renew_principal(self._principal)
        if now is None:
            self.meet("not_member", rest_seconds=_LOOK_AGAIN_SECONDS)
            return None
        hold = self._pacer.find_hold()
        if hold is None:
            return now
        if hold.why == "rate":
            self.rest(hold.seconds)
        else:
            self.meet("pace", rest_seconds=hold.seconds)
        return None

    def stay(self) -> None:
        """Go on having the source while resting."""
        if not self.stands_by:
            self.is_ours(was_there=False)

    def hold_off(self, trouble: Trouble | None, *, seconds: float) -> None:
        """As `meet`; None: nothing is said."""
        if trouble is None:
            self.rest(seconds)
        else:
            self.meet(trouble, rest_seconds=seconds)

    def meet(self, trouble: Trouble, *, rest_seconds: float = 0.0) -> None:
        """Something is in the way: said once, until it changes."""
        if trouble != self.trouble:
            level = logging.INFO if trouble in _QUIET else logging.WARNING
            logger.log(level, "Source %s: %s", self._hold.source_id, TROUBLES[trouble])
        self.trouble = trouble
        self.rest(rest_seconds)

    def get_over(self, *troubles: Trouble) -> None:
        """These are over, or where none is named whichever there was."""
        if self.trouble is not None and (not troubles or self.trouble in troubles):
            level = logging.INFO if self.trouble in _QUIET else logging.WARNING
            logger.log(level, "Source %s: it goes on.", self._hold.source_id)
            self.trouble = None

    def count_taken(self, *, is_new: bool) -> None:
        self.counts["new" if is_new else "known"] += 1
        self._hold.count_taken()
        if is_new:
            self._pacer.submitted()

    def count_refused(self, *, code: str) -> None:
        self.counts["refused"] += 1
        self._hold.count_refused(code=code)
        logger.warning("Source %s: one was refused: %s.", self._hold.source_id, code)

    def leave(self) -> None:
        """Write down what is not yet, and let another process have it at once."""
        if not self.stands_by:
            self._hold.keep(waiting=self.waiting, trouble=self.trouble, was_there=False)
        self._hold.release()
