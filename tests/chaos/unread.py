"""Which lines of a record the provider never answered about, worked out from its log."""

from collections.abc import Collection, Iterator
from hashlib import sha256
from pathlib import Path

from documents.domain import prompts
from documents.domain.lines import from_text
from documents.domain.windows import Window, split_window
from jobs.pipeline import PreparedFile


def find_unread(record: Path, *, asked: Collection[str], useful: Collection[str]) -> list[tuple[int, int]]:
    """First and last line of each run that a window owns and no answer was had for.

    `asked` and `useful` are SHA-256 of the words of questions: of all, and of those that were answered well.
    """
    prepared = PreparedFile(from_text(record.read_text(encoding="utf-8")))
    unread = (
        part
        for window in prepared.windows
        if _hash(window, prepared=prepared) not in useful
        for part in _divide(window, prepared=prepared, asked=asked)
    )
    return [(part.owned_first, part.owned_last) for part in unread if _hash(part, prepared=prepared) not in useful]


def _divide(window: Window, *, prepared: PreparedFile, asked: Collection[str]) -> Iterator[Window]:
    """Its halves, where it was asked about in halves."""
    words, edges = prepared.reading.words, prepared.reading.edges()
    halves = split_window(window, text=prepared.text, words=words, edges=edges, indexes=(0, 1))
    if halves and any(_hash(half, prepared=prepared) in asked for half in halves):
        yield from halves
    else:
        yield window


def _hash(window: Window, *, prepared: PreparedFile) -> str:
    return sha256(prompts.show(window, text=prepared.text).encode()).hexdigest()
