"""The files in a ZIP archive, unpacked in a confined process: the archive in; a line of JSON and their bytes out.

Nothing is written to disk, so that a name that climbs out of its folder could do nothing; an archive with such names,
with links or with bombs was still made to harm, and is refused as a whole before anything is unpacked.

The line is `{"count": …, "next": …, "entries": [{"name": …, "size": …, "problem": …}, …]}`: `entries` are those from
the asked one on, until `batch` bytes are full, `next` the number of the one behind, `count` how many there are. What
cannot be unpacked has a `problem` and no bytes. Or it is `{"problem": code, "found": …}`.
"""

import json
import re
import stat
import sys
import zipfile
from collections.abc import Sequence
from io import BytesIO

from documents.extraction.packing import BROKEN, unfolds_too_far
from documents.extraction.refusing import Refused

_FURNITURE = re.compile(r"(?:^|/)(?:__MACOSX/|\._|\.DS_Store$|Thumbs\.db$|desktop\.ini$)", re.IGNORECASE)
_DRIVE = re.compile(r"^[A-Za-z]:")
_DIGITS = re.compile(r"(\d+)")
_LONGEST_NAME = 500
_ENCRYPTED = 0x1  # flag bits
_READABLE_WAYS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)


def main(arguments: Sequence[str]) -> None:
    """Arguments: the first entry, bytes of a batch, most entries, most bytes unpacked, highest ratio."""
    first, batch, entries, size, ratio = map(int, arguments)
    packed = BytesIO(sys.stdin.buffer.read())
    output = sys.stdout.buffer
    try:
        with _open(packed) as archive:
            infos = list_entries(archive, max_entries=entries, max_bytes=size, max_ratio=ratio)
            end, told, contents = _unpack(archive, infos, first=first, batch=batch)
    except Refused as refusal:
        output.write(json.dumps(refusal.answer).encode() + b"\n")
        return
    output.write(json.dumps({"count": len(infos), "next": end, "entries": told}).encode() + b"\n")
    output.writelines(contents)
    output.flush()


def list_entries(
    archive: zipfile.ZipFile, *, max_entries: int, max_bytes: int, max_ratio: int
) -> list[zipfile.ZipInfo]:
    """The files of an archive by name, numbers in it in their order; not what systems leave behind. Raises Refused."""
    infos = [info for info in archive.infolist() if not info.is_dir() and not _FURNITURE.search(info.filename)]
    if len(infos) > max_entries:
        raise Refused("too_many_parts", f"{len(infos):,} files; at most {max_entries:,} are read")
    for info in infos:
        _check_name(info)
    if any(info.flag_bits & _ENCRYPTED for info in infos):
        raise Refused("encrypted", "the ZIP archive has a password")
    _check_sizes(infos, max_bytes=max_bytes, max_ratio=max_ratio)
    return sorted(infos, key=lambda info: (_natural(info.filename), info.filename, info.header_offset))


def _open(packed: BytesIO) -> zipfile.ZipFile:
    try:
        return zipfile.ZipFile(packed)
    except BROKEN:
        raise Refused("corrupt", "the ZIP archive has no directory, or a broken one") from None


def _check_name(info: zipfile.ZipInfo) -> None:
    raw = getattr(info, "orig_filename", info.filename).replace("\\", "/")
    if raw.startswith("/") or _DRIVE.match(raw) or ".." in raw.split("/") or "\0" in raw or len(raw) > _LONGEST_NAME:
        raise Refused("unsafe_archive", "a name in it leads out of its folder, or is none")
    mode = info.external_attr >> 16
    if mode and stat.S_IFMT(mode) not in (0, stat.S_IFREG):
        raise Refused("unsafe_archive", "it holds a link or a device")


def _check_sizes(infos: Sequence[zipfile.ZipInfo], *, max_bytes: int, max_ratio: int) -> None:
    unpacked = sum(info.file_size for info in infos)
    if unpacked > max_bytes:
        raise Refused("too_large", f"it unfolds to {unpacked:,} bytes; at most {max_bytes:,} are read")
    packed = sum(info.compress_size for info in infos)
    for size, small in ((unpacked, packed), *((info.file_size, info.compress_size) for info in infos)):
        if unfolds_too_far(unpacked=size, packed=small, max_ratio=max_ratio):
            raise Refused("too_large", f"it unfolds to more than {max_ratio} times its size")


def _unpack(
    archive: zipfile.ZipFile, infos: Sequence[zipfile.ZipInfo], *, first: int, batch: int
) -> tuple[int, list[dict[str, object]], list[bytes]]:
    told: list[dict[str, object]] = []
    contents: list[bytes] = []
    size, number = 0, first
    for number in range(first, len(infos)):
        info = infos[number]
        if contents and size + info.file_size > batch:
            return number, told, contents
        content = _read(archive, info)
        told.append({"name": _clean(info.filename), "size": len(content or b""), "problem": content is None})
        contents.append(content or b"")
        size += len(content or b"")
    return len(infos), told, contents


def _read(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> bytes | None:
    """None where it cannot be unpacked. No more is read than the directory says, which was checked."""
    if info.compress_type not in _READABLE_WAYS:
        return None
    try:
        with archive.open(info) as entry:
            return entry.read(info.file_size + 1)
    except BROKEN:
        return None


def _clean(name: str) -> str:
    return "".join(character if character.isprintable() else "_" for character in name.replace("\\", "/"))


def _natural(name: str) -> list[tuple[int, str]]:
    """A key by which "scan 9" stands before "scan 10"."""
    pieces = _DIGITS.split(name.casefold())
    return [(int(piece[:18]), "") if index % 2 else (0, piece) for index, piece in enumerate(pieces)]
