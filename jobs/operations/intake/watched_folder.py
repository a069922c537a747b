"""A folder on disk that others fill: listed, read from and cleared, without ever leaving it.

Everything is done relative to the opened folder and by plain names, and no link is followed: whoever may write into
the folder cannot make us read or move what lies elsewhere. The folder is opened anew for each step, so that a share
that was unmounted is noticed, and none is kept busy.
"""

import errno
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Final
from uuid import UUID

from documents.extraction.problems import ExtractionProblem
from jobs.domain.intake import SeenFile, Trouble, is_passed_over

MARKER: Final = ".pennie-intake"  # holds the id of the folder's row: what tells it from an empty mount point
DONE: Final = "done"
REFUSED: Final = "refused"
NOTE_ENDING: Final = ".txt"
_OPEN_FOLDER: Final = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
# O_NONBLOCK: to open a pipe would wait for its writer.
_OPEN_FILE: Final = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC
_BUSY: Final = frozenset((errno.EBUSY, errno.EAGAIN, errno.ETXTBSY))
_LONGEST_NAME: Final = 255  # bytes
_ROOM: Final = 20  # bytes of a name, for a number and the ending of a note


class FolderAway(Exception):
    """The folder cannot be worked in now."""

    def __init__(self, trouble: Trouble = "away") -> None:
        super().__init__(trouble)
        self.trouble = trouble


class FileChanged(Exception):
    """The file is no longer what was seen: it is written to, busy, gone, or another."""


class CannotSetAside(Exception):
    """It stays where it is: the folder may not be written, or its disk is full."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Listing:
    files: list[SeenFile]
    strange: int  # links, folders and special files, none of which is taken


class WatchedFolder:
    """`path` is resolved once, so that a link that leads to it may be changed later without effect."""

    def __init__(self, path: Path) -> None:
        """Raises OSError where there is no such folder."""
        self.path = path.resolve(strict=True)
        self._mark: UUID | None = None

    def read_marker(self) -> UUID | None:
        """Whose folder it is by its own word; None where it says nothing. Raises FolderAway."""
        with self._opened() as folder:
            return _read_marker(folder)

    def write_marker(self, source_id: UUID) -> None:
        """Make it the folder of that source, with the folders that it needs. Raises OSError."""
        with self._opened() as folder:
            for name in (DONE, REFUSED):
                os.close(_open_inner(folder, name))
            draft = f"{MARKER}.new"
            made = os.open(
                draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW | os.O_CLOEXEC, 0o644, dir_fd=folder
            )
            with open(made, "w", encoding="ascii") as file:
                file.write(f"{source_id}\n")
            os.replace(draft, MARKER, src_dir_fd=folder, dst_dir_fd=folder)

    def expect_marker(self, source_id: UUID) -> None:
        """From now on every step finds this marker, or raises FolderAway."""
        self._mark = source_id

    def list_files(self) -> Listing:
        """Raises FolderAway."""
        files, strange = [], 0
        with self._opened() as folder:
            try:
                with os.scandir(folder) as entries:
                    for entry in entries:
                        if is_passed_over(entry.name) or entry.name in (DONE, REFUSED):
                            continue
                        try:
                            found = entry.stat(follow_symlinks=False)
                        except FileNotFoundError:
                            continue
                        if stat.S_ISREG(found.st_mode):
                            files.append(_as_seen(entry.name, found))
                        else:
                            strange += 1
            except OSError:
                raise FolderAway from None
        return Listing(files=files, strange=strange)

    def read(self, file: SeenFile, *, most: int) -> bytes:
        """All of it, exactly as it was seen. Raises FileChanged, FolderAway, and ExtractionProblem `empty_file`,
        `too_large` or `unreadable`."""
        with self._opened() as folder:
            try:
                number = os.open(file.name, _OPEN_FILE, dir_fd=folder)
                with open(number, "rb") as opened:
                    # A network share may have told old figures; on opening it tells the new ones.
                    if not _is_same(opened.fileno(), file):
                        raise FileChanged
                    if not file.size:
                        raise ExtractionProblem("empty_file")
                    if file.size > most:
                        raise ExtractionProblem("too_large", found=f"{file.size:,} bytes; at most {most:,} are read")
                    content = opened.read(most + 1)
                    if len(content) != file.size or not _is_same(opened.fileno(), file):
                        raise FileChanged  # while it was read
            except OSError as error:
                raise _judge(error) from None
        return content

    def set_aside(self, file: SeenFile, *, into: str, note: str = "") -> bool:
        """Move it, under a name that is free there, with `note` beside it; False where it is another file by now.

        The note comes first, so that no file lies there unexplained. Raises CannotSetAside and FolderAway.
        """
        with self._opened() as folder, _inner(folder, into) as target:
            return _move(file, folder=folder, target=target, note=note) is not None

    def remove(self, file: SeenFile) -> bool:
        """Delete it; False where it is another file by now. By way of the folder for what is done, so that nothing is
        deleted that was not read. Raises CannotSetAside and FolderAway."""
        with self._opened() as folder, _inner(folder, DONE) as target:
            name = _move(file, folder=folder, target=target)
            if name is not None:
                os.unlink(name, dir_fd=target)
            return name is not None

    @contextmanager
    def _opened(self) -> Iterator[int]:
        try:
            folder = os.open(self.path, _OPEN_FOLDER)
        except OSError:
            raise FolderAway from None
        try:
            if self._mark is not None and _read_marker(folder) != self._mark:
                raise FolderAway("unmounted")
            yield folder
        finally:
            os.close(folder)


@contextmanager
def _inner(folder: int, name: str) -> Iterator[int]:
    """The folder within the folder, opened. Raises CannotSetAside for whatever the disk does not do meanwhile."""
    try:
        target = _open_inner(folder, name)
        try:
            yield target
        finally:
            os.close(target)
    except OSError as error:
        raise CannotSetAside from error


def _move(file: SeenFile, *, folder: int, target: int, note: str = "") -> str | None:
    """Its name in `target`; None where the file is another by now. Raises OSError."""
    name = _find_free(target, file.name, with_note=bool(note))
    note_name = f"{name}{NOTE_ENDING}"
    if note:
        _write_note(target, note_name, note)
    is_moved = False
    try:
        os.rename(file.name, name, src_dir_fd=folder, dst_dir_fd=target)
        is_moved = _as_seen(file.name, os.stat(name, dir_fd=target, follow_symlinks=False)) == file
        if not is_moved:
            # In the moment between, another file came to that name: it was not read, and goes back.
            os.rename(name, _find_free(folder, file.name), src_dir_fd=target, dst_dir_fd=folder)
    except FileNotFoundError:
        pass
    finally:
        if note and not is_moved:
            os.unlink(note_name, dir_fd=target)
    return name if is_moved else None


def _read_marker(folder: int) -> UUID | None:
    try:
        number = os.open(MARKER, _OPEN_FILE, dir_fd=folder)
    except FileNotFoundError:
        return None
    except OSError:
        raise FolderAway from None
    with open(number, "rb") as file:
        try:
            return UUID(file.read(100).decode("ascii").strip())
        except (OSError, ValueError):
            return None


def _open_inner(folder: int, name: str) -> int:
    """The folder within the folder, made if need be. Raises OSError, also where it is a link."""
    with suppress(FileExistsError):
        os.mkdir(name, 0o775, dir_fd=folder)
    return os.open(name, _OPEN_FOLDER, dir_fd=folder)


def _as_seen(name: str, found: os.stat_result) -> SeenFile:
    return SeenFile(name=name, size=found.st_size, changed=found.st_mtime_ns)


def _is_same(opened: int, file: SeenFile) -> bool:
    found = os.fstat(opened)
    return stat.S_ISREG(found.st_mode) and _as_seen(file.name, found) == file


def _judge(error: OSError) -> Exception:
    """What an error at opening or reading says: of the file, or of the whole folder."""
    if error.errno in (errno.ENOENT, errno.ELOOP) or error.errno in _BUSY:
        return FileChanged()
    if error.errno in (errno.EACCES, errno.EPERM):
        return ExtractionProblem("unreadable", found=os.strerror(error.errno))
    return FolderAway()


def _find_free(folder: int, name: str, *, with_note: bool = False) -> str:
    """`name`, or with a number where a file is there already; short enough for a note's ending."""
    stem, dot, extension = name.rpartition(".")
    if not (dot and stem) or len(os.fsencode(extension)) > _ROOM:
        stem, extension = name, ""
    ending = f".{extension}" if extension else ""
    most = _LONGEST_NAME - 2 * _ROOM - len(os.fsencode(ending))
    stem = os.fsdecode(os.fsencode(stem)[:most])
    for number in count(1):
        free = f"{stem}{f' ({number})' if number > 1 else ''}{ending}"
        if not (_is_there(folder, free) or (with_note and _is_there(folder, f"{free}{NOTE_ENDING}"))):
            return free
    raise AssertionError("numbers do not end")


def _is_there(folder: int, name: str) -> bool:
    try:
        os.stat(name, dir_fd=folder, follow_symlinks=False)
    except FileNotFoundError:
        return False
    return True


def _write_note(folder: int, name: str, note: str) -> None:
    made = os.open(name, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW | os.O_CLOEXEC, 0o664, dir_fd=folder)
    with open(made, "w", encoding="utf-8", newline="\r\n") as file:  # for the editor of any system
        file.write(note)
