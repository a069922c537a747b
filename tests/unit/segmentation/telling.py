"""Windows over small texts, and what they are told: for tests that say exactly who names which line."""

from collections.abc import Iterable, Sequence

from documents.domain.findings import MAX_QUOTE, Claim, DocumentType, Finding, Start
from documents.domain.rules.engine import Reading
from documents.domain.stitching import Heard
from documents.domain.windows import Window


def visit(number: int) -> list[str]:
    """Three lines of ordinary sentences, like no other visit's."""
    return [
        f"The dog was seen for visit {number} and was bright, alert and responsive during the whole of it.",
        f"Heart and lungs were clear on both sides and the abdomen was soft and not painful at visit {number}.",
        f"Gums were pink and moist, teeth with mild tartar, ears clean, coat in a good state, number {number}.",
    ]


# The rules are sure of LAB and INVOICE. FOLLOW_UP looks like a beginning, but not enough for the rules alone.
NOTE, LAB, FOLLOW_UP, INVOICE = 1, 13, 25, 34
RECORD = [
    *(
        "CONSULTATION NOTE",
        "Date: 03/14/2019",
        "Patient: Biscuit",
        "",
        *visit(1),
        *visit(2)[:2],
        "Dr. Ama Osei, DVM",
        "",
        "",
    ),
    *("LABORATORY REPORT", "Date: 03/15/2019", "Patient: Biscuit", "Owner: Dana Whitlow", "", *visit(3), *visit(4), ""),
    *("Follow-up with owner", "", *visit(5), visit(6)[0], "Dr. Ama Osei, DVM", "", ""),
    *("INVOICE", "Date: 03/16/2019", "Patient: Biscuit   Owner: Dana Whitlow", "", *visit(7), *visit(8)),
]


def split_windows(reading: Reading, *, owned_from: Sequence[int] = (), overlap: int = 6) -> list[Window]:
    """Windows that own lines from 1 and from each of `owned_from`, and show `overlap` lines on either side."""
    words = reading.words
    begins = [1, *owned_from]
    ends = [*(line - 1 for line in owned_from), len(reading.text.lines)]
    windows = []
    for index, (begin, end) in enumerate(zip(begins, ends, strict=True)):
        inside = [place for place, line in enumerate(words) if begin <= line <= end]
        shown = words[max(0, inside[0] - overlap) : inside[-1] + 1 + overlap]
        windows.append(
            Window(
                index=index,
                first_line=shown[0],
                last_line=shown[-1],
                owned_first=begin,
                owned_last=end,
                shown=tuple(shown),
            )
        )
    return windows


def start_at(
    line: int,
    *,
    window: Window,
    reading: Reading,
    quote: str | None = None,
    title: str | None = None,
    type: DocumentType | None = "other",
    date: str | None = None,
) -> Start:
    """A start at `line` of the file, with that line's own words unless `quote` says otherwise."""
    words = reading.text.lines[line - 1].strip()[:MAX_QUOTE] if quote is None else quote
    return Start(line=line - window.first_line + 1, quote=words, title=title, type=type, date=date)


def hear(window: Window, *starts: Start, claims: Iterable[Claim] = ()) -> Heard:
    return Heard(window=window, finding=Finding(starts=starts, facts=tuple(claims)))


def hear_lines(window: Window, *lines: int, reading: Reading) -> Heard:
    """A window whose answer names these lines of the file, each by its own words."""
    return hear(window, *(start_at(line, window=window, reading=reading) for line in lines))
