"""One document while it is written, and how long ones are cut into pages of their own."""

import datetime
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

from tests.records.ink import measure, wrap

ORNAMENTS = ("", "underline", "stars", "colon", "centered", "boxed", "brackets", "indented")
_SENTENCE_END = re.compile(r"(?<=[^\W\d]{2})\. ")
TYPING: dict[str, Callable[[str], str]] = {  # names and values keep their words, so truth still holds
    "plain": lambda text: text,
    "lower": str.lower,
    "semicolons": lambda text: _SENTENCE_END.sub("; ", text),
    "dots": lambda text: _SENTENCE_END.sub("... ", text),
    "slashes": lambda text: _SENTENCE_END.sub(" / ", text),
    "open end": lambda text: text.removesuffix("."),
}


@dataclass(kw_only=True, slots=True)
class Sheet:
    """A document, or a gap where `reason` is said. Lines may hold marks; "\\f" at a line's start begins a page."""

    type: str = "other"
    date: datetime.date | None = None
    confident: bool = True  # no reasonable person would pick another type
    animal: int | None = None  # position among the record's animals; None: several, or none
    reason: str | None = None
    width: int = 96
    title: str | None = None  # as printed; None: none is
    typing: str = "plain"  # how prose is typed, see TYPING
    ornament: str = ""  # how a title is set off, see ORNAMENTS
    copy_of: "Sheet | None" = None
    amends: "Sheet | None" = None
    lines: list[str] = field(default_factory=list)
    running: set[int] = field(default_factory=set)  # positions of lines that repeat from page to page

    def add(self, *lines: str) -> None:
        """Lines as they are."""
        self.lines.extend(lines)

    def skip(self, count: int = 1) -> None:
        """Blank lines, never at the top."""
        if self.lines:
            self.lines.extend([""] * count)

    def head(self, title: str, *, shown: str | None = None) -> None:
        """The title's line; `shown` is how the line prints it where that is more than the title."""
        self.title = title
        if shown is None:
            self.lines.extend(_ornament(title, self.ornament, self.width))
        else:
            self.lines.append(shown)

    def prose(self, text: str, *, indent: str = "", first: str | None = None) -> None:
        """A paragraph, wrapped."""
        typed = TYPING[self.typing]
        self.lines.extend(wrap(typed(text), self.width, indent=indent, first=first))

    def center(self, *texts: str) -> None:
        for text in texts:
            self.lines.append(" " * max(0, (self.width - measure(text)) // 2) + text)

    def copy(self) -> "Sheet":
        """The same document once more."""
        return replace(self, lines=list(self.lines), running=set(self.running), copy_of=self.copy_of or self)


@dataclass(frozen=True, kw_only=True, slots=True)
class Paging:
    """Pages of `length` lines of the record's own. `header` and `footer` give the running lines of a page.

    They are told the page, the number of pages and the document that the page begins or ends with.
    """

    length: int
    header: Callable[[int, int, Sheet], Sequence[str]]
    footer: Callable[[int, int, Sheet], Sequence[str]] = lambda page, pages, sheet: ()
    feed: bool = True  # a form feed begins each page but the first


def _ornament(title: str, ornament: str, width: int) -> list[str]:
    if ornament == "underline":
        return [title, "-" * len(title)]
    if ornament == "boxed":
        return ["*" * (len(title) + 4), f"* {title} *", "*" * (len(title) + 4)]
    if ornament == "centered":
        return [" " * max(0, (width - len(title)) // 2) + title]
    return [
        {"stars": f"*** {title} ***", "colon": f"{title}:", "brackets": f"[{title}]"}.get(
            ornament, f"    {title}" if ornament == "indented" else title
        )
    ]


def cut_into_pages(
    sheet: Sheet,
    *,
    length: int,
    header: Callable[[int, int], Sequence[str]],
    footer: Callable[[int, int], Sequence[str]] = lambda page, pages: (),
    feed: bool = False,
    first_too: bool = True,
) -> None:
    """Put running lines into a document of its own pages, `length` of its lines on each.

    `first_too`: the first page has the header as well.
    """
    chunks = [sheet.lines[at : at + length] for at in range(0, len(sheet.lines), length)] or [[]]
    lines: list[str] = []
    running: set[int] = set()
    for page, chunk in enumerate(chunks, start=1):
        head = list(header(page, len(chunks))) if page > 1 or first_too else []
        foot = list(footer(page, len(chunks)))
        if page > 1 and feed:
            (head or chunk)[0] = "\f" + (head or chunk)[0]
        running.update(range(len(lines), len(lines) + len(head)))
        lines += head + chunk
        running.update(range(len(lines), len(lines) + len(foot)))
        lines += foot
    sheet.lines, sheet.running = lines, running
