"""What is taken in from places where others leave files: when a file is complete, and what holds up taking it.

Policy only: it knows names, sizes and times, no disk and no mailbox.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final, Literal

Kind = Literal["folder", "mailbox"]
KINDS: Final[tuple[Kind, ...]] = ("folder", "mailbox")

Trouble = Literal[
    "away",
    "unmounted",
    "sign_in",
    "certificate",
    "no_folder",
    "read_only",
    "no_keywords",
    "broken_answer",
    "storage",
    "set_aside",
    "use_limit",
    "pace",
    "not_member",
    "removed",
    "defect",
]
# What is wrong, and the cure: for operators in the log, for staff in the admin. No word of a file.
TROUBLES: Final[Mapping[Trouble, str]] = MappingProxyType(
    {
        "away": "It cannot be reached. Look whether the network, the share or the mail server is there.",
        "unmounted": "The folder is there, but it is not the one that was watched: most likely its network share is "
        "not mounted. Mount it; if the folder is meant to be another one, start the command once with --anew.",
        "sign_in": "The mail server does not let it sign in. Check user and password, and whether IMAP is allowed.",
        "certificate": "The mail server's certificate is not trusted, is not for this name, or it speaks no TLS. "
        "Check host, port and --security.",
        "no_folder": "The mail server has no such folder, or does not let this user open it. Check --folder, "
        "--done-folder and --refused-folder.",
        "read_only": "The mail folder can be read only, so nothing could be marked as done. Give this user the right "
        "to change it.",
        "no_keywords": "The mail server keeps no keywords, by which messages are marked as done. Have them moved "
        "instead, with --done-folder and --refused-folder.",
        "broken_answer": "The mail server's answers are not understood. Look at its log.",
        "storage": "Files cannot be stored: the disk of MEDIA_ROOT may be full, or may not be written. Make room.",
        "set_aside": "What was taken cannot be moved away or marked: nothing may be changed there, or there is no "
        "room. It is on record, and is not sent twice.",
        "use_limit": "A limit of use is reached. It goes on by itself.",
        "pace": "It keeps to its pace: as many jobs are under way as are allowed. It goes on by itself.",
        "not_member": "The person in whose name files are sent is no active member of the clinic any more. Start the "
        "command with --as somebody else.",
        "removed": "It was removed in the admin. Start the command again to have it there anew.",
        "defect": "PennieAI has a defect that a file brings out. The log tells its place; please report it.",
    }
)

PASSING: Final[frozenset[Trouble]] = frozenset(("use_limit", "pace"))  # these end by themselves

_PARTIAL_ENDINGS: Final = (
    *(".part", ".partial", ".tmp", ".temp", ".filepart", ".crdownload", ".download", ".writing", ".lock", ".swp", "~"),
)
_SYSTEM_NAMES: Final = frozenset(("thumbs.db", "desktop.ini"))
# Refused, these may be files that are not written to their end: a scanner that opens a file and fills it page by page.
_LOOK_UNFINISHED: Final = frozenset(("empty_file", "corrupt", "unreadable", "no_text"))
_SHORTEST_LOOK: Final = 0.05  # of a pause: a folder that takes long to list is not listed all the time


def is_passed_over(name: str) -> bool:
    """Whether a file of this name is nobody's document: hidden, of the system, or not written to its end."""
    lower = name.lower()
    return lower.startswith((".", "~")) or lower.endswith(_PARTIAL_ENDINGS) or lower in _SYSTEM_NAMES


def may_be_unfinished(code: str) -> bool:
    """Whether a file that is refused for this may still be on its way."""
    return code in _LOOK_UNFINISHED


@dataclass(frozen=True, kw_only=True, slots=True)
class SeenFile:
    """A file as a look found it. One that is changed in place, or replaced, is another."""

    name: str
    size: int  # bytes
    changed: int  # when, in nanoseconds by the clock of whoever keeps the folder


class Settling:
    """Tells which files have stopped changing. Times are of a clock of ours that only goes forward.

    A folder's own times are compared with each other only: the clock of a network share is another's.
    """

    def __init__(self, *, seconds: float) -> None:
        """`seconds`: for which a file must look the same. 0: it is taken as soon as it is seen."""
        self.expects_some = False  # whether the last look found files that are not told of yet
        self._seconds = seconds
        self._since: dict[SeenFile, float] = {}
        self._not_before: dict[SeenFile, float] = {}

    def observe(self, seen: Iterable[SeenFile], *, at: float) -> list[SeenFile]:
        """All files of the folder, as they are `at` that time; those that are complete, the oldest first."""
        self._since = {file: self._since.get(file, at) for file in seen}
        self._not_before = {file: time for file, time in self._not_before.items() if file in self._since}
        settled = (file for file, since in self._since.items() if at - since >= self._seconds)
        due = [file for file in settled if self._not_before.get(file, at) <= at]
        self.expects_some = len(due) < len(self._since)
        return sorted(due, key=lambda file: (file.changed, file.name))

    def defer(self, file: SeenFile, *, until: float) -> None:
        """Do not tell of it before, unless it changes."""
        self._not_before[file] = until

    def seen_since(self, file: SeenFile, *, at: float) -> float:
        """When it first looked as it does."""
        return self._since.get(file, at)


def next_look(*, pause: float, look_took: float) -> float:
    """Seconds until the folder is listed again: most of the time it is not."""
    return max(pause, look_took / _SHORTEST_LOOK)
