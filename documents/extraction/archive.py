"""A ZIP archive as numbered lines: each file in it is a part, read as if it had come by itself."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from documents.domain.lines import SourceText
from documents.extraction.assembly import STOPPERS, Allowance, Assembly, ReadPart
from documents.extraction.confinement import run_confined
from documents.extraction.email_words import make_storable
from documents.extraction.limits import ExtractionLimits
from documents.extraction.problems import ExtractionProblem
from documents.extraction.refusing import read_answer

_WORKER = "documents.extraction.archive_worker"
_BATCH_BYTES = 32 * 1024**2  # unpacked at once


@dataclass(frozen=True, kw_only=True, slots=True)
class _Entry:
    name: str
    content: bytes
    is_broken: bool


def extract_archive(*, content: bytes, limits: ExtractionLimits, read_entry: ReadPart) -> SourceText:
    """The readable files of the archive by name, one behind the other; what is not readable is named in a warning.

    Raises ExtractionProblem: `too_many_parts`, `too_large`, `too_deep`, `too_slow`, `unsafe_archive`, `encrypted`,
    `corrupt`, or `no_text` where nothing in it is readable.
    """
    if limits.zip_depth <= 0:
        raise ExtractionProblem("too_deep", found="an archive within an archive")
    allowance = Allowance(limits)
    assembly = Assembly(limits=limits)
    unread: list[str] = []
    for entry in _unpack(content, limits=limits, allowance=allowance):
        try:
            source = _read(entry, limits=allowance.remaining(), read_entry=read_entry)
        except ExtractionProblem as problem:
            if problem.code in STOPPERS:
                raise
            unread.append(problem.title)
            assembly.warnings.append(f"File not read: {entry.name}. {problem.detail_within}")
        else:
            assembly.add(source)
            assembly.warnings += (f"{entry.name}: {warning}" for warning in source.warnings)
    if not assembly.parts:
        found = f"files in it: {', '.join(dict.fromkeys(unread))}" if unread else "no file is in it"
        raise ExtractionProblem("no_text", found=found)
    return assembly.finish()


def _read(entry: _Entry, *, limits: ExtractionLimits, read_entry: ReadPart) -> SourceText:
    if entry.is_broken:
        raise ExtractionProblem("corrupt")
    source = read_entry(content=entry.content, name=entry.name, limits=replace(limits, zip_depth=limits.zip_depth - 1))
    # Its folder is part of its name here: two folders may hold a "scan.pdf" each.
    first, *others = source.parts
    named = first if first.kind == "email" else replace(first, name=entry.name)
    return replace(source, parts=(named, *others))


def _unpack(content: bytes, *, limits: ExtractionLimits, allowance: Allowance) -> Iterator[_Entry]:
    """A batch at a time, so that the memory of this process does not hold all."""
    number, count = 0, 1
    while number < count:
        left = allowance.remaining()
        output = run_confined(
            module=_WORKER,
            arguments=tuple(map(str, (number, _BATCH_BYTES, limits.zip_entries, limits.zip_bytes, limits.zip_ratio))),
            content=content,
            seconds=left.seconds,
            memory_bytes=limits.memory_bytes,
            is_unwanted=limits.is_unwanted,
        )
        head, _, body = output.partition(b"\n")
        answer = read_answer(head)
        at = 0
        for told in answer["entries"]:
            yield _Entry(
                name=make_storable(told["name"]),
                content=body[at : at + told["size"]],
                is_broken=told["problem"],
            )
            at += told["size"]
        number, count = answer["next"], answer["count"]
