"""Numbered lines: what every other part of the product counts, quotes and cuts.

CRLF and CR become LF; lines are split at LF only and counted from 1 (`str.splitlines()` would also break at form
feeds and at Unicode separators); a final newline begins no line. A form feed is a page break and stays in its line.
"""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, TypeVar

DOUBTFUL = 70  # percent: below, a line that character recognition read wants a second look


@dataclass(frozen=True, kw_only=True, slots=True)
class Part:
    """One piece of a file that came as a unit: the body of an e-mail, an attachment, a whole text or PDF file."""

    name: str  # file name, of one in an archive with its folders, or "message body"; for people, never opened by it
    kind: str  # "text", "pdf", "email", "word", "html" or "image"
    first_line: int  # 1-based, in the lines of the whole file


@dataclass(frozen=True, kw_only=True, slots=True)
class SourceText:
    """The text of one file as numbered lines.

    `lines[i]` is line i + 1, without its newline; `pages[i]` is the 1-based page that line stands on, never
    decreasing. `parts` has at least one entry, in the order of `first_line`. `confidences[i]` is how sure character
    recognition was of line i + 1, in percent, None for a line that it did not read; empty where it read none.
    `covered_lines` (from 1) hold words that a black box seems to hide. `page_count` is the file's: more than the last
    line's page where blank pages follow it.
    """

    lines: tuple[str, ...]
    pages: tuple[int, ...]
    parts: tuple[Part, ...]
    warnings: tuple[str, ...] = ()
    confidences: tuple[int | None, ...] = ()
    covered_lines: frozenset[int] = frozenset()
    page_count: int = 0  # as given, but never less than the last line's page

    def __post_init__(self) -> None:
        if len(self.lines) != len(self.pages):
            raise ValueError(f"{len(self.lines)} lines but {len(self.pages)} page numbers")
        if self.confidences and len(self.confidences) != len(self.lines):
            raise ValueError(f"{len(self.lines)} lines but {len(self.confidences)} confidences")
        object.__setattr__(self, "page_count", max((self.page_count, *self.pages[-1:])))

    @property
    def doubtful_lines(self) -> frozenset[int]:
        """The lines that character recognition was not sure of, from 1 (see DOUBTFUL)."""
        return frozenset(
            number for number, sure in enumerate(self.confidences, 1) if sure is not None and sure < DOUBTFUL
        )

    @property
    def text(self) -> str:
        """The normalised text: the lines joined by LF. Equals the sum of all slices of a segmentation (I1)."""
        return "\n".join(self.lines)


def split_lines(text: str) -> tuple[str, ...]:
    """Lines of `text` as the product counts them. An empty text has no lines."""
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    lines = text.split("\n")
    if lines[-1] == "":
        lines.pop()
    return tuple(lines)


def number_pages(lines: Sequence[str]) -> tuple[int, ...]:
    """Page of each line by form feeds: text behind a form feed stands on the next page.

    A line with text before a form feed stands on the page that it starts on.
    """
    pages: list[int] = []
    page = 1
    for line in lines:
        if "\f" in line:
            ahead = len(line) - len(line.lstrip("\f \t"))
            page += line.count("\f", 0, ahead)
            pages.append(page)
            page += line.count("\f", ahead)
        else:
            pages.append(page)
    return tuple(pages)


def pack_pages(pages: Sequence[int]) -> list[list[int]]:
    """Page of each line as runs: [[first line, page], …]."""
    return [[line, page] for line, page in _find_runs(pages)]


def unpack_pages(runs: Sequence[Sequence[int]], *, count: int) -> tuple[int, ...]:
    """Page of each of `count` lines, from what `pack_pages` gave."""
    return tuple(_unfold(runs, count=count))


def pack_confidences(confidences: Sequence[int | None]) -> list[list[int | None]] | None:
    """Confidence of each line as runs: [[first line, percent or None], …]; None where there are none."""
    return [[line, sure] for line, sure in _find_runs(confidences)] if confidences else None


def unpack_confidences(runs: Sequence[Sequence[Any]] | None, *, count: int) -> tuple[int | None, ...]:
    """Confidence of each of `count` lines, from what `pack_confidences` gave; empty for None."""
    return tuple(_unfold(runs, count=count)) if runs else ()


_Value = TypeVar("_Value", int, int | None)


def _find_runs(values: Sequence[_Value]) -> list[tuple[int, _Value]]:
    """(first line, value) of each run of equal values."""
    return [(line, value) for line, value in enumerate(values, start=1) if line == 1 or values[line - 2] != value]


def _unfold(runs: Sequence[Sequence[Any]], *, count: int) -> list[Any]:
    values: list[Any] = []
    ends = [first for first, _ in runs[1:]] + [count + 1]
    for (first, value), end in zip(runs, ends, strict=True):
        values.extend([value] * (end - first))
    return values


def from_text(text: str, *, name: str = "text") -> SourceText:
    """A plain text, already decoded, as numbered lines."""
    lines = split_lines(text)
    return SourceText(lines=lines, pages=number_pages(lines), parts=(Part(name=name, kind="text", first_line=1),))


def is_blank(line: str) -> bool:
    return not line or line.isspace()


_PRIVATE_USE = re.compile("[\ue000-\uf8ff\U000f0000-\U000ffffd\U00100000-\U0010fffd]")
_INVISIBLE = re.compile("[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u206f\ufeff\U000e0000-\U000e007f]")
_SPACE = re.compile("[\u00a0\u1680\u2000-\u200a\u202f\u205f\u3000]")
# Control codes, what a reader of lines might take for a line's end, and lone surrogates, which no encoding can send.
_CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")


def fold(text: str) -> str:
    """`text` as quotes are compared: NFKC, casefolded, white space folded, private-use and invisible glyphs dropped.

    A text folds alike whether it went through `strip_invisible` or not: a model quotes what it was sent.
    """
    return _fold_kept(text) if len(text) <= _LONGEST_KEPT else _fold(text)


def _fold(text: str) -> str:
    if text.isascii():
        visible = text if text.isprintable() else _CONTROL.sub(" ", text)
    else:
        visible = _CONTROL.sub(" ", _INVISIBLE.sub("", _PRIVATE_USE.sub("", text)))
        visible = unicodedata.normalize("NFKC", visible)
    return " ".join(visible.casefold().split())


_LONGEST_KEPT = 500  # characters: a file of long lines would fill the memory for good
_fold_kept = lru_cache(maxsize=8192)(_fold)


_NUMBER_MARKS = frozenset(".'’/⁄:-")  # between two digits they make one number, date or time of them
_MAIL_MARKS = frozenset(".+%-_")
_WHOLES, _DECIMALS = re.compile(r"(?<![\d/-])\d{1,4}$"), re.compile(r"\d{1,3}(?![\d/-])")


def stands_in(words: str, line: str) -> bool:
    """Whether `words` stand whole in `line`; both are folded.

    Not "male" in "female", nor "5 kg" in "15 kg" or "12.5 kg", nor a part of a date, of a code or of a mail address.
    """
    if words not in line:
        return False
    first, last = 0, len(words) - 1
    while first <= last and not words[first].isalnum():
        first += 1
    if first > last:
        return False
    while not words[last].isalnum():
        last -= 1
    place = line.find(words)
    while place >= 0:
        if not _is_cut(line, place + first, place + last + 1):
            return True
        place = line.find(words, place + 1)
    return False


def _is_cut(line: str, start: int, end: int) -> bool:
    """Whether line[start:end], which begins and ends with a letter or digit, goes on at either side."""
    before, behind = line[max(0, start - 2) : start], line[end : end + 2]
    if before[-1:].isalnum() or behind[:1].isalnum():
        return True
    if len(before) == 2 and before[0].isdigit() and line[start].isdigit() and _joins(before[1], line, start):
        return True
    if len(behind) == 2 and behind[1].isdigit() and line[end - 1].isdigit() and _joins(behind[0], line, end + 1):
        return True
    if "@" not in line[start:end]:
        return False
    return any(
        len(beside) == 2 and beside[inner] in _MAIL_MARKS and beside[1 - inner].isalnum()
        for beside, inner in ((before, 1), (behind, 0))
    )


def _joins(mark: str, line: str, behind: int) -> bool:
    """Whether a mark between two digits, the second at `behind`, makes one number of them.

    A comma does in "12,5" and "1,200"; in "12/03/2015,985112004771306,6" it parts columns.
    """
    if mark != ",":
        return mark in _NUMBER_MARKS
    return (
        _WHOLES.search(line[max(0, behind - 6) : behind - 1]) is not None and _DECIMALS.match(line, behind) is not None
    )


def strip_glyphs(text: str) -> str:
    """`text` without private-use and invisible glyphs, every kind of space a plain one: as a reader sees it."""
    if text.isascii():
        return text
    return _SPACE.sub(" ", _INVISIBLE.sub("", _PRIVATE_USE.sub("", text)))


def strip_invisible(text: str) -> str:
    """`text` without characters that a reader cannot see: zero width, bidirectional controls, tags, control codes, and
    without what cannot be sent or would look like a line's end.

    What is sent to a model goes through here, so that hidden text cannot steer it; the original is kept.
    """
    if text.isascii() and text.isprintable():
        return text
    return _CONTROL.sub(" ", _INVISIBLE.sub("", text))
