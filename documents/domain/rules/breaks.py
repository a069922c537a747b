"""What stands between a line with words and the one before it: the break behind which a document may begin."""

import re
from collections.abc import Container
from dataclasses import dataclass
from functools import lru_cache

from documents.domain.rules.features import LineFeatures, is_name
from documents.domain.rules.initials import ends_signed
from documents.domain.rules.sheet import Sheet

CLOSING_REACH = 3  # lines with words before a line among which a closing counts
MOST_BLANKS = 3  # blank lines that are told apart
_SENTENCE_END = re.compile(r"[.!?:)\]\"'*_=-]\s*$")


@dataclass(frozen=True, kw_only=True, slots=True)
class Break:
    """What stands before a line with words. Noise is looked through."""

    blanks: int = 0  # blank lines, at most MOST_BLANKS
    rare: bool = False  # more blank lines than this file mostly has
    page: bool = False
    begins_again: bool = False  # the new page's counter is at 1 again
    goes_on: bool = False  # the new page's counter follows the page before
    ruler: str = ""  # the sign of the ruler directly before
    closing: bool = False  # one of the lines before closes a document
    closed: bool = False  # the line directly before does
    breaks_off: bool = False  # the line before breaks off within a sentence
    part: bool = False  # an attachment, or another part of the file, begins

    @property
    def parts(self) -> bool:
        """Whether it is more than a blank line: what belongs together does not stand on both sides of it."""
        if self.goes_on:
            return False
        return self.page or self.rare or self.blanks > 1 or bool(self.ruler) or self.closing or self.part

    @property
    def form(self) -> str:
        """How it looks, for what this file does before its documents."""
        return f"{self.blanks}{'P' if self.page else ''}{self.ruler}"


def read_break(sheet: Sheet, position: int, *, closed_lines: Container[int] = frozenset()) -> Break:
    """The break before the line at `position`, which is not the first with words.

    `closed_lines` belong to no document: what stands behind one begins like a page.
    """
    number, before = sheet.words[position], sheet.words[position - 1]
    page, page_before = sheet.noise.pages[number - 1], sheet.noise.pages[before - 1]
    blanks = number - before - 1
    if blanks and sheet.noise.lines:
        blanks -= sum(1 for line in range(before + 1, number) if line in sheet.noise.lines)
    last = sheet.at(before)
    closed = _closes(sheet, position - 1) or before in sheet.footers
    closing = closed or any(_closes(sheet, place) for place in range(max(0, position - CLOSING_REACH), position - 1))
    turned = page != page_before or before in closed_lines or _turned_above_ruler(sheet, position)
    return _shared(
        blanks=min(blanks, MOST_BLANKS),
        rare=blanks >= sheet.rare_blanks,
        page=turned,
        begins_again=turned and page in sheet.pages.begins_again,
        goes_on=turned and page in sheet.pages.goes_on,
        ruler="" if not last.ruler or _is_signed(sheet, number, ruler=last) else last.folded[:1],
        closing=closing,
        closed=closed,
        breaks_off=not closing and not blanks and not turned and _breaks_off(sheet.text.lines[before - 1], last),
        part=number in sheet.part_starts,
    )


_shared = lru_cache(maxsize=512)(Break)  # a file's breaks are of few forms, and each line with words has one


def _closes(sheet: Sheet, position: int) -> bool:
    return sheet.at(sheet.words[position]).closing and not _is_in_letterhead(sheet, position)


def _is_in_letterhead(sheet: Sheet, position: int) -> bool:
    """Whether a person is named directly below a practice's name and above its address: nobody signs there."""
    if not 0 < position < len(sheet.words) - 1:
        return False
    above, below = sheet.words[position - 1], sheet.words[position + 1]
    joined = below - above == 2 and not sheet.at(below).closing
    return joined and sheet.at(above).letterhead and not sheet.at(above).closing and sheet.at(below).contact


def _turned_above_ruler(sheet: Sheet, position: int) -> bool:
    """Whether nothing but a ruler stands between the line and the top of its page."""
    if position < 2 or not sheet.at(sheet.words[position - 1]).ruler:
        return False
    pages = sheet.noise.pages
    return pages[sheet.words[position - 2] - 1] != pages[sheet.words[position] - 1]


def _is_signed(sheet: Sheet, number: int, *, ruler: LineFeatures) -> bool:
    """Whether the ruler is the line above a name on which somebody signs."""
    return ruler.folded[:1] == "_" and is_name(sheet.at(number), printed=sheet.text.lines[number - 1].strip())


def _breaks_off(line: str, features: LineFeatures) -> bool:
    return features.prose and _SENTENCE_END.search(line) is None and not ends_signed(line)
