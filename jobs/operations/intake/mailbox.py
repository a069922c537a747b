"""A mail folder on an IMAP server (RFC 3501, 9051), as far as taking messages in needs it.

Python's imaplib speaks the protocol. A wrapper would add the taking apart of messages, which is not wanted here: bytes
go from the server to the store, and are read where every upload is read. What the server says in words is never told,
for it may name people; its codes (RFC 5530) are looked at.
"""

import base64
import imaplib
import ipaddress
import re
import ssl
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import date
from typing import Final, Literal

from jobs.domain.intake import Trouble

Security = Literal["tls", "starttls", "none"]
SECURITIES: Final[tuple[Security, ...]] = ("tls", "starttls", "none")
PORTS: Final[dict[Security, int]] = {"tls": 993, "starttls": 143, "none": 143}
STORED: Final = "$PennieStored"
REFUSED: Final = "$PennieRefused"

TIMEOUT_SECONDS: Final = 60.0  # for each answer's next bytes
_SLACK: Final = 65_536  # bytes: servers count line ends in more ways than one
_MOST_SENDER_BYTES: Final = 8_192
_MESSAGES_A_SEARCH: Final = 5_000  # so that an answer, which is one line, stays within what imaplib reads
_MONTHS: Final = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_SIZE: Final = re.compile(rb"RFC822\.SIZE (\d{1,12})")
_CODE: Final = re.compile(r"\[([A-Z-]{2,30})[\] ]")
_UNAVAILABLE: Final = frozenset(("UNAVAILABLE", "INUSE", "LIMIT", "SERVERBUG"))


class MailboxAway(Exception):
    """The mailbox cannot be worked in now; the connection is of no more use."""

    def __init__(self, trouble: Trouble) -> None:
        super().__init__(trouble)
        self.trouble = trouble


class MessageGone(Exception):
    """Somebody has deleted or moved it meanwhile."""


class MessageWithheld(Exception):
    """The server has it, and does not give it. The connection is as good as before."""


@dataclass(frozen=True, kw_only=True, slots=True)
class MailboxAddress:
    """Where a mailbox is, and how it is reached."""

    host: str
    port: int
    user: str
    folder: str
    security: Security


@dataclass(frozen=True, kw_only=True, slots=True)
class Envelope:
    """What is asked of a message before it is fetched."""

    size: int  # bytes, as the server counts
    sender_header: bytes  # its From lines; empty where they were not asked for


def is_loopback(host: str) -> bool:
    """By its name or number alone, without looking it up."""
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host.lower() == "localhost"


class _Bounded(imaplib.IMAP4):
    """Takes no more in one piece than was asked for, whatever the server announces."""

    most = 1_000_000

    def read(self, size: int) -> bytes:
        if size > self.most:
            raise self.abort("the server sends more than was asked for")
        return super().read(size)


class _BoundedTls(_Bounded, imaplib.IMAP4_SSL):
    pass


class Mailbox:
    """A connection with the folder selected. Every method raises MailboxAway, after which it is to be closed.

    UIDs are good for this connection only: none is kept, so that a UIDVALIDITY that changes between two connections
    means nothing. That a message is done stands on the server, and that it is on record in the database.
    """

    def __init__(
        self,
        *,
        address: MailboxAddress,
        password: str,
        move_to: tuple[str, str] | None,
        make_context: Callable[[], ssl.SSLContext] = ssl.create_default_context,
    ) -> None:
        """`move_to`: the folders for what is on record and for what is refused; None: messages are marked and stay."""
        self._move_to = move_to
        with _telling_away():
            self._imap = _connect(address, make_context=make_context)
            try:
                _sign_in(self._imap, user=address.user, password=password)
                told = _expect(self._imap.capability())  # anew: many servers tell more after the signing in
                capabilities = b" ".join(line for line in told if isinstance(line, bytes)).upper().split()
                self._has_move = b"MOVE" in capabilities
                self._has_uidplus = b"UIDPLUS" in capabilities
                for folder in move_to or ():
                    self._make_folder(folder)
                self._count = self._select(address.folder)
                if move_to is None and not self._keeps_keywords():
                    raise MailboxAway("no_keywords")
            except BaseException:
                self._drop()
                raise

    def close(self) -> None:
        """Sign out; whatever goes wrong with that does no harm."""
        with suppress(OSError, imaplib.IMAP4.error, ValueError):
            self._imap.logout()
        self._drop()

    def find_new(self, *, since: date | None) -> list[str]:
        """The UIDs of all that is neither on record nor refused, the oldest first. `since`: came that day or later."""
        wanted = ["UNDELETED"]
        if self._move_to is None:
            wanted += ["UNKEYWORD", STORED, "UNKEYWORD", REFUSED]
        if since is not None:
            wanted += ["SINCE", f"{since.day:02}-{_MONTHS[since.month - 1]}-{since.year:04}"]
        found: list[int] = []
        with _telling_away():
            for first in range(1, self._count + 1, _MESSAGES_A_SEARCH):
                numbers = f"{first}:{min(self._count, first + _MESSAGES_A_SEARCH - 1)}"
                answered = _expect(self._imap.uid("SEARCH", numbers, *wanted))
                found += [int(uid) for line in answered if isinstance(line, bytes) for uid in line.split()]
        return [str(uid) for uid in sorted(set(found))]

    def fetch_envelope(self, uid: str, *, with_sender: bool) -> Envelope:
        """Raises MessageGone and MessageWithheld."""
        asked = "UID RFC822.SIZE"
        if with_sender:
            asked += f" BODY.PEEK[HEADER.FIELDS (FROM)]<0.{_MOST_SENDER_BYTES}>"
        heads, literal = self._fetch(uid, f"({asked})", most=_MOST_SENDER_BYTES)
        size = _SIZE.search(b" ".join(heads))
        if size is None:
            raise MessageGone
        return Envelope(size=int(size[1]), sender_header=literal or b"")

    def fetch(self, uid: str, *, most: int) -> bytes:
        """The whole message, as it came; it is not marked as read by that. Raises MessageGone and
        MessageWithheld."""
        heads, literal = self._fetch(uid, "(UID BODY.PEEK[])", most=most)
        if literal is None and not any(b"BODY[]" in head for head in heads):
            raise MessageGone
        return literal or b""

    def mark_stored(self, uid: str) -> None:
        self._mark(uid, flags=rf"(\Seen {STORED})", folder=self._move_to and self._move_to[0])

    def mark_refused(self, uid: str) -> None:
        """It stays unread, and flagged, so that people see it in their mail program."""
        self._mark(uid, flags=rf"(\Flagged {REFUSED})", folder=self._move_to and self._move_to[1])

    def _mark(self, uid: str, *, flags: str, folder: str | None) -> None:
        with _telling_away():
            if folder is None:
                self._change("STORE", uid, "+FLAGS.SILENT", flags)
            elif self._has_move:
                self._change("MOVE", uid, _name_folder(folder))
            else:
                self._change("COPY", uid, _name_folder(folder))
                self._change("STORE", uid, "+FLAGS.SILENT", r"(\Deleted)")
                if self._has_uidplus:  # without it, others' deleted messages would be expunged with it
                    self._change("EXPUNGE", uid)

    def _change(self, *command: str) -> None:
        _expect(self._imap.uid(*command), refused="set_aside")

    def _fetch(self, uid: str, asked: str, *, most: int) -> tuple[list[bytes], bytes | None]:
        """The pieces of the answer that are no literal, and the literal if there is one."""
        self._imap.most = most + _SLACK
        with _telling_away():
            typ, answered = self._imap.uid("FETCH", uid, asked)
            if typ == "NO":
                raise MessageWithheld
            _expect((typ, answered))
        heads: list[bytes] = []
        literal: bytes | None = None
        for piece in answered:
            if isinstance(piece, tuple):
                heads.append(piece[0])
                literal = piece[1] if literal is None else literal
            elif isinstance(piece, bytes):
                heads.append(piece)
        return heads, literal

    def _select(self, folder: str) -> int:
        """How many messages are in it."""
        try:
            typ, data = self._imap.select(_name_folder(folder))
        except imaplib.IMAP4.readonly:
            raise MailboxAway("read_only") from None
        if typ != "OK":
            raise MailboxAway("no_folder")
        said = data[-1] if data else None
        return int(said) if said else 0

    def _keeps_keywords(self) -> bool:
        """By the server's word at selection; one that says nothing keeps all (RFC 3501, 7.1)."""
        _, data = self._imap.response("PERMANENTFLAGS")
        said = b" ".join(line for line in data or () if isinstance(line, bytes)).lower()
        return not said or rb"\*" in said or all(word.lower().encode() in said for word in (STORED, REFUSED))

    def _make_folder(self, folder: str) -> None:
        typ, data = self._imap.list('""', _name_folder(folder))
        if typ == "OK" and any(isinstance(line, bytes) for line in data):
            return
        typ, _ = self._imap.create(_name_folder(folder))
        if typ != "OK":
            raise MailboxAway("no_folder")

    def _drop(self) -> None:
        with suppress(OSError, AttributeError):
            self._imap.shutdown()


def _connect(address: MailboxAddress, *, make_context: Callable[[], ssl.SSLContext]) -> _Bounded:
    """Nothing is sent in the clear but to this machine."""
    host, port = address.host, address.port
    if address.security == "none" and not is_loopback(host):
        raise MailboxAway("certificate")
    try:
        if address.security == "tls":
            return _BoundedTls(host, port, ssl_context=make_context(), timeout=TIMEOUT_SECONDS)
        imap = _Bounded(host, port, timeout=TIMEOUT_SECONDS)
        if address.security == "starttls":
            _start_tls(imap, context=make_context())
    except ssl.SSLError:
        raise MailboxAway("certificate") from None
    return imap


def _start_tls(imap: _Bounded, *, context: ssl.SSLContext) -> None:
    try:
        imap.starttls(context)
    except BaseException as error:
        with suppress(OSError):  # the failed handshake has closed it already
            imap.shutdown()
        if isinstance(error, imaplib.IMAP4.error):
            raise MailboxAway("certificate") from None  # it offers no TLS
        raise


def _sign_in(imap: _Bounded, *, user: str, password: str) -> None:
    """By one attempt: a second one would only bring a lockout nearer."""
    try:
        if "AUTH=PLAIN" in imap.capabilities:
            imap.authenticate("PLAIN", lambda _: f"\0{user}\0{password}".encode())
        else:
            imap.login(_quote(user), password)
    except imaplib.IMAP4.abort:
        raise
    except (imaplib.IMAP4.error, UnicodeEncodeError) as error:
        code = _CODE.search(str(error))
        is_busy = code is not None and code[1] in _UNAVAILABLE
        raise MailboxAway("away" if is_busy else "sign_in") from None


def _expect(answer: tuple[str, Sequence[object]], *, refused: Trouble = "broken_answer") -> Sequence[object]:
    """What the server told. Raises MailboxAway where it did not do it; `refused` is what that means for a plain no."""
    typ, data = answer
    if typ != "OK":
        raise MailboxAway(refused if typ == "NO" else "broken_answer")
    return data


@contextmanager
def _telling_away() -> Iterator[None]:
    try:
        yield
    except (imaplib.IMAP4.abort, OSError):  # the latter is a TLS that broke off, too
        raise MailboxAway("away") from None
    except (imaplib.IMAP4.error, ValueError):  # ValueError: the library's own, on what is no answer
        raise MailboxAway("broken_answer") from None


def _name_folder(folder: str) -> str:
    """In quotes and modified UTF-7 (RFC 3501, 5.1.3)."""
    pieces = re.findall(r"[\x20-\x7e]+|[^\x20-\x7e]+", folder)
    return _quote("".join(_encode_piece(piece) for piece in pieces))


def _encode_piece(piece: str) -> str:
    if piece.isascii():
        return piece.replace("&", "&-")
    words = base64.b64encode(piece.encode("utf-16-be")).decode("ascii")
    return f"&{words.rstrip('=').replace('/', ',')}-"


def _quote(said: str) -> str:
    escaped = said.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
