"""A small IMAP server on loopback: as much of the protocol as taking messages in uses, and faults as told."""

import base64
import re
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

USER, PASSWORD = "records@hollow.example", 'a "pass" word'
_TIMEOUT = 20.0
_STRING = re.compile(rb'"((?:[^"\\]|\\.)*)"|(\S+)')
_KEYWORDS = re.compile(r"\$\w+")


class Dropped(Exception):
    """The server hangs up, at this point."""


@dataclass(kw_only=True)
class Stored:
    """A message in a folder."""

    uid: int
    content: bytes
    flags: set[str] = field(default_factory=set)
    size: int | None = None  # as announced; None: as it is


@dataclass(kw_only=True)
class ImapServer:
    """What it holds and what it was told. All of it may be changed at any time."""

    port: int
    folders: dict[str, list[Stored]] = field(default_factory=lambda: {"INBOX": []})
    validity: int = 1
    capabilities: str = "IMAP4rev1 AUTH=PLAIN MOVE UIDPLUS"
    keeps_keywords: bool = True
    is_read_only: bool = False
    password: str = PASSWORD
    refuses_with: str = "[AUTHENTICATIONFAILED] no"
    commands: list[str] = field(default_factory=list)  # without their tags
    connections: int = 0
    meets: Callable[[str], None] = lambda command: None  # before a command is done; may raise Dropped
    refuses: Callable[[str], bool] = lambda command: False  # whether it is answered by NO
    cuts_at: int | None = None  # bytes of a message, after which it hangs up
    _next_uid: int = 1

    def put(self, content: bytes, *, folder: str = "INBOX", size: int | None = None) -> Stored:
        message = Stored(uid=self._next_uid, content=content, size=size)
        self._next_uid += 1
        self.folders.setdefault(folder, []).append(message)
        return message

    def restore(self) -> None:
        """As after a restored backup: other numbers, and no flag is left."""
        self.validity += 1
        for messages in self.folders.values():
            for message in messages:
                message.uid, message.flags = message.uid + 1000, set()

    def said(self, beginning: str) -> list[str]:
        return [command for command in self.commands if command.startswith(beginning)]


@contextmanager
def serving(*, certificate: tuple[Path, Path] | None = None, tls: bool = False) -> Iterator[ImapServer]:
    """`certificate` and its key: for STARTTLS, or with `tls` from the first byte."""
    listening = socket.create_server(("127.0.0.1", 0))
    server = ImapServer(port=listening.getsockname()[1])
    context = None
    if certificate:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(*certificate)
    threads: list[threading.Thread] = []

    def serve(sock: socket.socket) -> None:
        with suppress(OSError, Dropped, ValueError), sock:
            sock.settimeout(_TIMEOUT)
            if tls and context:
                sock = context.wrap_socket(sock, server_side=True)
            _Session(server, sock, context=context).run()

    def listen() -> None:
        with suppress(OSError):
            while True:
                sock, _ = listening.accept()
                server.connections += 1
                thread = threading.Thread(target=serve, args=(sock,), daemon=True)
                thread.start()
                threads.append(thread)

    listener = threading.Thread(target=listen, daemon=True)
    listener.start()
    try:
        yield server
    finally:
        with suppress(OSError):
            listening.shutdown(socket.SHUT_RDWR)
        listening.close()
        for thread in (listener, *threads):
            thread.join(5)


class _Session:
    def __init__(self, server: ImapServer, sock: socket.socket, *, context: ssl.SSLContext | None) -> None:
        self.server = server
        self.sock = sock
        self.context = context
        self.lines = sock.makefile("rb")
        self.folder: list[Stored] = []

    def run(self) -> None:
        try:
            self.tell("* OK ready")
            while line := self.lines.readline():
                tag, _, command = line.decode().rstrip("\r\n").partition(" ")
                hidden = "LOGIN ..." if command.startswith("LOGIN") else command
                self.server.commands.append(hidden)
                self.server.meets(hidden)
                if not self.obey(tag, command):
                    return
        finally:
            self.lines.close()
            self.sock.close()

    def tell(self, *lines: str) -> None:
        self.sock.sendall("".join(f"{line}\r\n" for line in lines).encode())

    def obey(self, tag: str, command: str) -> bool:
        """False at the end of the session."""
        words = [(a.replace(b"\\", b"") or b).decode() for a, b in _STRING.findall(command.encode())]
        if self.server.refuses(command):
            self.tell(f"{tag} NO not now")
            return True
        match words[0]:
            case "CAPABILITY":
                starts = " STARTTLS" if self.context and not isinstance(self.sock, ssl.SSLSocket) else ""
                self.tell(f"* CAPABILITY {self.server.capabilities}{starts}")
            case "STARTTLS":
                self.tell(f"{tag} OK go on")
                assert self.context
                self.sock = self.context.wrap_socket(self.sock, server_side=True)
                self.lines = self.sock.makefile("rb")
                return True
            case "AUTHENTICATE":
                self.tell("+ ")
                _, user, password = base64.b64decode(self.lines.readline()).decode().split("\0")
                return self.sign_in(tag, user, password)
            case "LOGIN":
                return self.sign_in(tag, words[1], words[2])
            case "LIST":
                if words[2] in self.server.folders:
                    self.tell(f'* LIST () "/" "{words[2]}"')
            case "CREATE":
                self.server.folders[words[1]] = []
            case "SELECT":
                return self.select(tag, words[1])
            case "UID":
                getattr(self, words[1].lower())(command, words[2:])
            case "LOGOUT":
                self.tell("* BYE", f"{tag} OK bye")
                return False
        self.tell(f"{tag} OK done")
        return True

    def sign_in(self, tag: str, user: str, password: str) -> bool:
        is_right = (user, password) == (USER, self.server.password)
        self.tell(f"{tag} OK welcome" if is_right else f"{tag} NO {self.server.refuses_with}")
        return True

    def select(self, tag: str, name: str) -> bool:
        if name not in self.server.folders:
            self.tell(f"{tag} NO no such folder")
            return True
        self.folder = self.server.folders[name]
        keywords = r" \*" if self.server.keeps_keywords else ""
        mode = "READ-ONLY" if self.server.is_read_only else "READ-WRITE"
        self.tell(
            f"* {len(self.folder)} EXISTS",
            f"* OK [UIDVALIDITY {self.server.validity}] valid",
            rf"* OK [PERMANENTFLAGS (\Seen \Flagged \Deleted{keywords})] kept",
            f"{tag} OK [{mode}] selected",
        )
        return True

    def search(self, command: str, words: list[str]) -> None:
        first, _, last = words[0].partition(":")
        unwanted = {r"\Deleted", *_KEYWORDS.findall(command)}
        found = [message for message in self.folder[int(first) - 1 : int(last)] if not message.flags & unwanted]
        self.tell("* SEARCH " + " ".join(str(message.uid) for message in found))

    def fetch(self, command: str, words: list[str]) -> None:
        for number, message in self.find(words[0]):
            size = len(message.content) if message.size is None else message.size
            if "BODY.PEEK[]" in command:
                self.send(f"* {number} FETCH (UID {message.uid} BODY[] ", message.content)
            elif "HEADER.FIELDS" in command:
                lines = [line for line in message.content.split(b"\r\n") if line.lower().startswith(b"from:")]
                begin = f"* {number} FETCH (UID {message.uid} RFC822.SIZE {size} BODY[HEADER.FIELDS (FROM)]<0> "
                self.send(begin, b"".join(line + b"\r\n" for line in lines) + b"\r\n")
            else:
                self.tell(f"* {number} FETCH (UID {message.uid} RFC822.SIZE {size})")

    def send(self, begin: str, literal: bytes) -> None:
        self.sock.sendall(f"{begin}{{{len(literal)}}}\r\n".encode())
        if self.server.cuts_at is not None:
            self.sock.sendall(literal[: self.server.cuts_at])
            raise Dropped
        self.sock.sendall(literal + b")\r\n")

    def store(self, command: str, words: list[str]) -> None:
        for _, message in self.find(words[0]):
            message.flags |= set(re.findall(r"[\\$]\w+", command))

    def move(self, command: str, words: list[str]) -> None:
        self.copy(command, words)
        self.folder[:] = [message for message in self.folder if str(message.uid) != words[0]]

    def copy(self, command: str, words: list[str]) -> None:
        for _, message in self.find(words[0]):
            self.server.put(message.content, folder=words[1])

    def expunge(self, command: str, words: list[str]) -> None:
        self.folder[:] = [each for each in self.folder if str(each.uid) != words[0] or r"\Deleted" not in each.flags]

    def find(self, uid: str) -> list[tuple[int, Stored]]:
        return [(number, each) for number, each in enumerate(self.folder, 1) if str(each.uid) == uid]
