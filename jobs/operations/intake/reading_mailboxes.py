"""A mail folder read for a clinic: each message is sent whole, as .eml with all that is attached, and marked as done.

1. The folder is searched for messages that are neither marked as stored nor as refused.
2. Of one, size and sender are asked for. One that is too large, or of somebody who is not allowed, is never fetched.
3. It is fetched without marking it as read, and submitted: stored and committed, or refused.
4. Then it is marked, or moved.

Where the connection or the process ends between 3 and 4, the message is found again, and its bytes, or else its
Message-ID with the same words, answer with the upload that is there.
"""

import random
import time
from collections import Counter, deque
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

from django.utils import timezone

from documents.extraction.email_words import decode_header_words
from jobs.configured_limits import extraction_limits
from jobs.domain.mail_messages import find_sender, find_subject, identify_message, is_allowed
from jobs.models import IntakeSource
from jobs.operations.intake.attending import OVER_WHEN_EMPTY, Attendance
from jobs.operations.intake.mailbox import Mailbox, MailboxAddress, MailboxAway, MessageGone, MessageWithheld
from jobs.operations.intake.sources import add_source, digest_place
from jobs.operations.intake.taking import Held, Refused, Taken, Taker
from pennie.accounts.principal import Principal

_FIRST_PAUSE: Final = 5.0  # seconds, after a connection that was lost
_LONGEST_PAUSE: Final = 300.0
_PAUSE_AT_SIGN_IN: Final = 300.0  # servers lock out who tries a wrong password often
_LONGEST_SUBJECT: Final = 120


@dataclass(frozen=True, kw_only=True, slots=True)
class Reading:
    """How a mailbox is read."""

    pause_seconds: float  # between two looks
    allowed: tuple[str, ...] = ()  # addresses and @domains; none: everybody
    since: date | None = None  # only what came that day or later


def prepare_mailbox(*, principal: Principal, address: MailboxAddress) -> IntakeSource:
    """Its row, made at the first time. Raises SourceTaken where it is another clinic's."""
    host, user = address.host.lower(), address.user.lower()
    place = digest_place("mailbox", host, user, address.folder)
    return add_source(principal=principal, kind="mailbox", place=place, name=f"{user}, {address.folder}")


class MailboxReader:
    """Call `work` again and again, `close` at last."""

    def __init__(
        self,
        *,
        connect: Callable[[], Mailbox],
        attendance: Attendance,
        taker: Taker,
        reading: Reading,
        clock: Callable[[], float] = time.monotonic,
        read_time: Callable[[], datetime] = timezone.now,
    ) -> None:
        """`connect` raises MailboxAway."""
        self.is_through = False  # the last look found nothing that could be taken
        self._connect = connect
        self._attendance = attendance
        self._taker = taker
        self._reading = reading
        self._clock = clock
        self._read_time = read_time
        self._mailbox: Mailbox | None = None
        self._queue: deque[str] = deque()
        self._got_on = False  # since the last look
        self._lost = 0  # connections in a row
        self._lost_at: Counter[str] = Counter()  # by UID: such messages come last, so that none holds up the others

    def work(self) -> int:
        """1 where a message was dealt with, else 0. Raises DatabaseError while the database is away."""
        attendance = self._attendance
        if attendance.is_resting:
            attendance.stay()
            return 0
        uid = ""
        try:
            if not self._queue and not self._look_again():
                return 0
            if not attendance.is_ours():
                self.close()
                return 0
            principal = attendance.find_principal()
            if principal is None or self._mailbox is None:
                if attendance.trouble:  # not for the second or two of the rate
                    self.close()
                    attendance.rest(max(_FIRST_PAUSE, self._reading.pause_seconds))
                return 0
            attendance.get_over("pace", "not_member", "removed")
            uid = self._queue.popleft()
            self._deal_with(uid, mailbox=self._mailbox, principal=principal)
            self._lost = 0
            self._lost_at.pop(uid, None)
        except MailboxAway as away:
            if uid:
                self._lost_at[uid] += 1
            self._miss_mailbox(away)
            return 0
        return 1

    def close(self) -> None:
        """Sign out."""
        self._queue.clear()
        if self._mailbox is not None:
            self._mailbox.close()
            self._mailbox = None

    def _look_again(self) -> bool:
        """As `_look`, after a pause where the last look led to nothing: its messages would come again at once."""
        if self._mailbox is not None and not self._got_on:
            self.close()
            self._attendance.rest(self._reading.pause_seconds)
            return False
        return self._look()

    def _look(self) -> bool:
        """Find what is new, on a new connection; False where there is nothing. Raises MailboxAway."""
        if not self._attendance.is_ours(was_there=False):
            return False
        self.close()
        self._mailbox = self._connect()
        self._got_on = False
        found = self._mailbox.find_new(since=self._reading.since)
        self._attendance.get_over("away", "sign_in", "certificate", "no_folder", "read_only", "no_keywords")
        self._attendance.waiting = len(found)
        self._queue.extend(sorted(found, key=lambda uid: self._lost_at[uid]))  # else as they were
        self._attendance.is_ours()
        if not found:
            self._lost = 0
            self.is_through = True
            self._attendance.get_over("broken_answer", *OVER_WHEN_EMPTY)
            self.close()
            self._attendance.rest(self._reading.pause_seconds)
        return bool(found)

    def _miss_mailbox(self, away: MailboxAway) -> None:
        self.close()
        self._lost += 1
        pause = min(_LONGEST_PAUSE, _FIRST_PAUSE * 2 ** min(self._lost - 1, 10))
        if away.trouble == "sign_in":
            pause = _PAUSE_AT_SIGN_IN
        self._attendance.meet(away.trouble, rest_seconds=pause * random.uniform(0.8, 1.2))
        self._attendance.is_ours(was_there=False)

    def _deal_with(self, uid: str, *, mailbox: Mailbox, principal: Principal) -> None:
        """Raises MailboxAway."""
        most = extraction_limits().max_bytes
        try:
            envelope = mailbox.fetch_envelope(uid, with_sender=bool(self._reading.allowed))
            if not is_allowed(find_sender(envelope.sender_header), allowed=self._reading.allowed):
                self._refuse(uid, mailbox=mailbox, code="sender_not_allowed")
                return
            if envelope.size > most:
                self._refuse(uid, mailbox=mailbox, code="too_large")
                return
            content = mailbox.fetch(uid, most=most)
        except MessageGone:
            self._count_off()
            return
        except MessageWithheld:  # it is asked for again at the next look, after the others
            self._lost_at[uid] += 1
            self._attendance.meet("broken_answer")
            return
        outcome = self._taker.take(
            principal=principal,
            content=content,
            name=_name_message(content),
            external_id=_identify(content),
            now=self._read_time(),
        )
        match outcome:
            case Held():
                self._hold_back(uid, held=outcome)
            case Refused():
                self._refuse(uid, mailbox=mailbox, code=outcome.problem.code)
            case Taken():
                mailbox.mark_stored(uid)
                self._attendance.get_over("storage", "use_limit", "defect", "set_aside")
                self._attendance.count_taken(is_new=outcome.is_new)
                self._count_off()

    def _hold_back(self, uid: str, *, held: Held) -> None:
        self._lost_at[uid] += 1
        if held.trouble == "defect":  # others go on meanwhile; it comes up again at the next look
            self._attendance.meet("defect")
            return
        self.close()  # nobody keeps a connection open for as long as that
        self._attendance.hold_off(held.trouble, seconds=held.seconds)

    def _refuse(self, uid: str, *, mailbox: Mailbox, code: str) -> None:
        mailbox.mark_refused(uid)
        self._attendance.get_over("defect", "set_aside")
        self._attendance.count_refused(code=code)
        self._count_off()

    def _count_off(self) -> None:
        self._attendance.waiting -= 1
        self._got_on = True


def _name_message(content: bytes) -> str:
    """By its subject, as a file's name; the extension tells what it is."""
    words = decode_header_words(find_subject(content)).replace("/", "-").replace("\\", "-")
    return f"{words[:_LONGEST_SUBJECT].strip(' .') or 'message'}.eml"


def _identify(content: bytes) -> str:
    digest = identify_message(content)
    return f"mail-{digest}" if digest else ""
