"""Texts, windows and findings for property tests: what records are made of, and what nobody expects."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from itertools import chain, pairwise

from hypothesis import strategies as st

from documents.domain.findings import DOCUMENT_TYPES, FACT_FIELDS, Claim, Finding, Start
from documents.domain.lines import SourceText, from_text
from documents.domain.rules.engine import Reading
from documents.domain.stitching import Heard
from documents.domain.windows import Window

RECORD_LINES = (
    "LABORATORY REPORT",
    "Consultation Note",
    "INFORME DE ALTA",
    "Compte rendu de consultation",
    "BEFUNDBERICHT",
    "Rabies Vaccination Certificate",
    "INVOICE",
    "Date: 03/14/2019",
    "Fecha: 14/03/2019",
    "Patient: Biscuit",
    "Patient: Pickle",
    "Owner: Dana Whitlow    Phone: 555-0142",
    "Microchip: 985112003456789",
    "Weight: 12.4 kg",
    "Species: Canine    Breed: Beagle    Sex: FS",
    "From: Dana Whitlow <dana@example.com>",
    "To: front desk",
    "Sent: March 14, 2019",
    "Subject: Biscuit's cough",
    "-----Original Message-----",
    "On March 3, 2019 Dana Whitlow wrote:",
    "> Biscuit has been coughing since Sunday.",
    "03/14/2019  Visit   Dr. Osei",
    "14.03.2019",
    "2019-03-14   WBC   7.1",
    "2019-03-15   WBC   8.2",
    "Chief complaint: coughing at night",
    "SUBJECTIVE:",
    "Physical examination: bright, alert, responsive",
    "ASSESSMENT:",
    "Plan: recheck in two weeks",
    "Biscuit was presented for a cough of three days and was bright, alert and responsive on examination today.",
    "the cough was worse at night and did not respond to the syrup that was given by the owner at home",
    "Sincerely,",
    "Dr. Ama Osei, DVM",
    "Electronically signed by Dr. Ama Osei",
    "Dear Dr. Osei,",
    "Harbor Lane Animal Hospital",
    "12 Harbor Lane, Millbrook    Tel 555-0100",
    "Harbor Lane Animal Hospital      Medical record      Page 1 of 3",
    "Page 1 of 2",
    "\fPage 1 of 2",
    "Page 2 of 2",
    "\fPage 2 of 2",
    "\fFAX COVER SHEET",
    "FAX COVER SHEET",
    "\fEND OF TRANSMISSION",
    "\fThis page intentionally left blank",
    "From: Harbor Lane  Fax 555-0101  03/14/2019 10:22  p. 1/4",
    "==========================",
    "--------------------------",
    "* * *",
    "\f",
    "\f\f",
    "a\fb",
    "",
    "",
    "",
    "   ",
    "\t",
    "\ue001 \ue002",
    "\ue001 DISCHARGE SUMMARY",
    "\u200b",
    "\ufeffVACCINATION RECORD",
    "cafe\u0301 au lait",
    "ﬁbrosis \u00ad of ﬂank",
    "NEL\x85and\u2028separator",
    "bell\x07 and null\x00",
    "\ud800",
    "x" * 2_500,
)

any_line = st.one_of(
    st.sampled_from(RECORD_LINES),
    st.sampled_from(RECORD_LINES),
    st.sampled_from(RECORD_LINES),
    st.text(st.characters(exclude_characters="\n\r"), max_size=30),
)


def _joined(lines: Iterable[str]) -> SourceText:
    return from_text("".join(f"{line}\n" for line in lines))


# Runs of lines as they follow each other in records: beginnings with their header blocks, bodies, what parts them.
RECORD_BLOCKS = (
    ("LABORATORY REPORT", "Date: 03/15/2019", "Patient: Biscuit", ""),
    ("Harbor Lane Animal Hospital", "12 Harbor Lane, Millbrook    Tel 555-0100", "", "INVOICE", "Owner: Dana Whitlow"),
    RECORD_LINES[15:19],
    ("-----Original Message-----", *RECORD_LINES[15:19]),
    ("==========", "DISCHARGE SUMMARY", "==========", "Date: 03/16/2019"),
    ("Chief complaint: coughing at night", "Plan: recheck in two weeks"),
    ("03/14/2019  Visit   Dr. Osei", ""),
    (RECORD_LINES[31], RECORD_LINES[32]),
    (RECORD_LINES[31],),
    ("Sincerely,", "", "Dr. Ama Osei, DVM"),
    ("", "--------------------------------", ""),
    ("", ""),
    ("\fFAX COVER SHEET", "To: Ridge Specialists", "Pages: 3", "\f"),
    ("\fThis page intentionally left blank", "\f"),
    ("\fEND OF TRANSMISSION", "\f"),
    ("Page 1 of 2", "", "REFERRAL LETTER", "Dear Dr. Osei,"),
    ("\fPage 2 of 2", ""),
    ("\fHarbor Lane   Medical record   Page 3 of 9", ""),
)
any_text = st.one_of(
    st.lists(any_line, max_size=60).map(_joined),
    st.lists(st.sampled_from(RECORD_BLOCKS), max_size=20).map(lambda blocks: _joined(chain.from_iterable(blocks))),
)


@st.composite
def windows_of(draw: st.DrawFn, reading: Reading) -> tuple[Window, ...]:
    """Windows that own every line once and overlap in any way, however small the text."""
    words = reading.words
    if not words:
        return ()
    inner = draw(st.lists(st.integers(1, max(1, len(words) - 1)), max_size=4, unique=True))
    cuts = [0, *sorted(cut for cut in inner if cut < len(words)), len(words)]
    windows = []
    for index, (begin, end) in enumerate(pairwise(cuts)):
        first = max(0, begin - draw(st.integers(0, 12)))
        last = min(len(words), end + draw(st.integers(0, 12)))
        windows.append(
            Window(
                index=index,
                first_line=words[first],
                last_line=words[last - 1],
                owned_first=1 if begin == 0 else words[begin],
                owned_last=len(reading.text.lines) if end == len(words) else words[end] - 1,
                shown=tuple(words[first:last]),
            )
        )
    return tuple(windows)


def any_quote(lines: Sequence[str]) -> st.SearchStrategy[str]:
    hostile = st.sampled_from(
        [
            "",
            " ",
            "\u200b\u200d",
            "\u0301",
            ".*",
            "(((((",
            "[a-",
            "\\",
            "x" * 5_000,
            "\ud800",
            "\ue000",
            "\f",
            "e\u0301" * 60,
        ]
    )
    written = st.sampled_from(lines or [""])
    return st.one_of(written, written, written.map(lambda line: line[:20]), hostile, st.text(max_size=20))


def any_number(window: Window) -> st.SearchStrategy[int]:
    span = window.last_line - window.first_line + 1
    return st.one_of(st.integers(1, span), st.integers(-20, span + 20), st.sampled_from([0, -1, 10**12, -(10**12)]))


@st.composite
def starts_in(draw: st.DrawFn, window: Window, text: SourceText) -> Start:
    """A start that is right, or a slip, or invented."""
    lines = text.lines[window.first_line - 1 : window.last_line]
    number = draw(any_number(window))
    faithful = draw(st.booleans()) and 1 <= number <= len(lines)
    return Start(
        line=number,
        quote=lines[number - 1].strip()[:80] if faithful else draw(any_quote(lines)),
        title=draw(st.sampled_from([None, "Laboratory Report", "", "A title that nobody printed"])),
        type=draw(st.sampled_from([None, *DOCUMENT_TYPES])),
        date=draw(st.sampled_from([None, "2019-03-14", "2019-99-99", "not a date", "2031-01-01"])),
    )


@st.composite
def claims_in(draw: st.DrawFn, window: Window, text: SourceText) -> Claim:
    lines = text.lines[window.first_line - 1 : window.last_line]
    number = draw(any_number(window))
    line = lines[number - 1] if 1 <= number <= len(lines) else ""
    raw = draw(st.one_of(st.sampled_from(line.split() or [""]), any_quote(lines), st.just("Biscuit")))
    return Claim(
        field=draw(st.sampled_from(FACT_FIELDS)),
        raw=raw,
        line=number,
        quote=draw(st.one_of(st.just(line), st.just(raw), any_quote(lines))),
    )


@st.composite
def findings_in(draw: st.DrawFn, window: Window, text: SourceText) -> Finding:
    starts = draw(st.lists(starts_in(window, text), max_size=6))
    starts += [replace(start, title="Said twice") for start in starts[:1]]
    return Finding(starts=tuple(starts), facts=tuple(draw(st.lists(claims_in(window, text), max_size=4))))


@st.composite
def heard_of(draw: st.DrawFn, reading: Reading) -> list[Heard]:
    """What all windows of a text were answered: anything, or nothing."""
    windows = draw(windows_of(reading))
    return [
        Heard(window=window, finding=draw(st.one_of(st.none(), *[findings_in(window, reading.text)] * 3)))
        for window in windows
    ]
