"""Running lines that are told by the sentences they cut: no page breaks are needed, and no two copies need be alike."""

import pytest
from rapidfuzz import process

from documents.domain.lines import from_text
from documents.domain.rules import interrupting
from documents.domain.rules.engine import read
from documents.domain.rules.features import read_line
from documents.domain.rules.interrupting import Interrupting, find_interrupting, tell_days
from tests.unit.rules.reading import TOLD, segment, starts_of

SPOILT = (
    "Harbor Lane Clinic - Chart of Biscuit",
    "Harb0r Lane C1inic - Chart of 8iscuit",
    "Harbor Lane Clinlc  Chart ot Biscuit",
    "Harhor Lane Clinic - Chant of Biscuit",
    "Harbor Lame Clinic . Chart of Biscult",
)


def find(*lines: str, pages: list[int] | None = None, later: tuple[int, ...] = ()) -> Interrupting:
    pages = [1] * len(lines) if pages is None else pages
    return find_interrupting([read_line(line) for line in lines], pages=pages, later=later)


def cut(*running: tuple[str, ...], first: int = 0) -> list[str]:
    """A note over several pages without form feeds: each of the `running` groups stands in the midst of a sentence."""
    lines = ["CONSULTATION NOTE", "Date: 03/14/2019", "Patient: Biscuit", ""]
    for place, group in enumerate(running):
        words = TOLD[(first + place) % len(TOLD)].split()
        text = [TOLD[(first + place + more) % len(TOLD)] for more in range(1, 7)]
        lines += [*text, " ".join(words[:9]), *group, " ".join(words[9:])]
    return [*lines, TOLD[15]]


def at(lines: list[str], *wanted: str) -> list[int]:
    return [number for number, line in enumerate(lines, start=1) if line in wanted]


class TestRunningHeaders:
    def test_spoilt_differently_on_each_page_and_without_form_feeds_are_found_by_what_they_cut(self):
        lines = [SPOILT[0], *cut(*((copy,) for copy in SPOILT[1:]))]
        found = find(*lines)
        assert sorted(found.lines) == at(lines, *SPOILT)
        assert found.heads == found.lines
        assert sorted(found.tops) == at(lines, *SPOILT[1:])

    def test_begin_no_document_and_are_noise(self):
        lines = [SPOILT[0], *cut(*((copy,) for copy in SPOILT[1:]))]
        reading = read(from_text("\n".join(lines)))
        assert sorted(reading.noise.lines) == at(lines, *SPOILT)
        assert reading.noise.pages[-1] == len(SPOILT)
        assert starts_of(lines) == [1]

    def test_that_cut_no_sentence_are_not_told_so(self):
        lines = [line for copy in SPOILT for line in (copy, *TOLD[:9])]
        assert find(*lines) == Interrupting()

    def test_are_told_by_the_number_of_a_later_page_instead(self):
        lines = [line for number in range(1, 6) for line in (f"Harbor Lane Clinic    Page {number} of 5", *TOLD[:9])]
        headers = [number for number, line in enumerate(lines, start=1) if line.startswith("Harbor")]
        assert find(*lines) == Interrupting()
        assert sorted(find(*lines, later=tuple(headers[1:])).lines) == headers

    def test_are_no_rows_that_follow_each_other_closely(self):
        lines = []
        for _ in range(5):
            lines += [TOLD[0][:60], "Carprofen tablets", TOLD[1][0].lower() + TOLD[1][1:]]
        assert find(*lines) == Interrupting()

    def test_with_another_day_at_each_place_are_the_headers_of_as_many_documents(self):
        dated = [f"Harbor Lane Clinic   visit of 03/{day}/2019" for day in range(11, 16)]
        lines = cut(*((line,) for line in dated))
        assert find(*lines) == Interrupting()
        assert read(from_text("\n".join(lines))).noise.lines == frozenset()
        same = [f"Harbor Lane Clinic   printed on 03/11/2019   {page}" for page in range(1, 6)]
        lines = cut(*((line,) for line in same))
        assert sorted(find(*lines).lines) == at(lines, *same)


class TestRunningFooters:
    FOOTER = "Printed for the owner, kindly keep"

    def test_that_end_pages_are_no_heads_and_the_next_page_begins_behind_the_blank_line(self):
        lines = cut(*((self.FOOTER, "") for _ in range(5)), first=2)
        found = find(*lines)
        assert sorted(found.lines) == at(lines, self.FOOTER)
        assert found.heads == frozenset()
        assert sorted(found.tops) == [footer + 1 for footer in at(lines, self.FOOTER)]

    def test_directly_above_headers_run_as_well(self):
        """A label alone is too common for the page's number to tell that it runs."""
        footer, header = "Owner: Dana Whitlow", "Harbor Lane Clinic"
        lines = [header, *(line for place in range(4) for line in (*TOLD[place : place + 9], footer, header))]
        counted = at(lines, header)[1:]
        found = find(*lines, TOLD[15], later=tuple(counted))
        assert sorted(found.lines) == at(lines, footer, header)
        assert sorted(found.heads) == at(lines, header)
        without = [line for line in lines if line != footer]
        apart = [
            line for place, line in enumerate(without) for line in ((line, footer) if place % 10 == 5 else (line,))
        ]
        assert sorted(find(*apart, TOLD[15], later=tuple(at(apart, header)[1:])).lines) == at(apart, header)

    def test_directly_above_pages_run_though_each_page_is_a_document_of_its_own(self):
        footers = [f"Form {number}B  rev 3/19     kept by the office" for number in range(1, 5)]
        lines = [line for place, footer in enumerate(footers) for line in (*TOLD[place : place + 9], footer)]
        tops = tuple(range(11, len(lines), 10))
        assert sorted(find_interrupting([read_line(line) for line in lines], pages=[1] * 40, later=(), tops=tops).lines)
        assert find(*lines) == Interrupting()

    @pytest.mark.parametrize("last", ["Nora Hallam Reyes", "NOTE: the owners were told at noon."])
    def test_are_no_signatures_and_no_sentences(self, last):
        lines = [line for place in range(4) for line in (*TOLD[place : place + 9], last)]
        features = [read_line(line) for line in lines]
        tops = tuple(range(11, len(lines), 10))
        assert find_interrupting(features, pages=[1] * len(lines), later=(), tops=tops) == Interrupting()


def test_the_second_line_of_a_header_runs_with_the_first():
    second = "User: mwick      Location: MAIN"
    lines = cut(*((copy, second) for copy in SPOILT))
    lines = [SPOILT[0], second, *lines]
    assert sorted(find(*lines).lines) == at(lines, *SPOILT, second)


@pytest.mark.parametrize(
    ("days", "told"),
    [
        (("03/11/2019", "03/12/2019", "03/13/2019"), True),
        (("03/11/2019", "03/11/2019", "03/11/2019"), False),
        (("03/11/2019", "03/12/2019"), False),
        (("03/11/2019", "no day", "03/12/2019", "03/13/2019"), True),
        (("03/11/2019", "03/11/2019", "03/12/2019", "03/12/2019"), False),
    ],
)
def test_days_tell_documents_where_hardly_two_lines_print_the_same(days, told):
    features = [read_line(f"Visit of {day}") for day in days]
    assert tell_days(range(1, len(days) + 1), features=features) is told


class Counting:
    """Counts the comparisons of spellings."""

    def __init__(self, monkeypatch):
        self.compared = 0
        monkeypatch.setattr(process, "extract", self._counted(process.extract))
        monkeypatch.setattr(process, "extractOne", self._counted(process.extractOne))

    def _counted(self, function):
        def count(query, choices, **options):
            self.compared += len(choices)
            return function(query, choices, **options)

        return count


def spellings(count: int, *, length: int = 14) -> list[str]:
    """Lines that are spelt as differently as may be."""
    letters = "abcdfghjkm"
    return [
        "".join(letters[(place // 10**digit + 3 * digit * digit) % 10] for digit in (0, 1, 2, 3)) * (length // 4) + "zz"
        for place in range(count)
    ]


class TestMostCompared:
    """A file may be made so that each line is like no other; each of 20,000 with each other would take minutes."""

    def test_seldom_spellings_are_compared_with_each_other_only_up_to_a_bound(self, monkeypatch):
        counting = Counting(monkeypatch)
        monkeypatch.setattr(interrupting, "MOST_LIKENED", 30)
        find(*(line.capitalize() for line in spellings(30)))
        assert 0 < counting.compared <= 30 * 30 / 2
        counting.compared = 0
        find(*(line.capitalize() for line in spellings(31)))
        assert counting.compared == 0

    def test_seldom_spellings_are_compared_with_the_most_frequent_ones_only(self, monkeypatch):
        counting = Counting(monkeypatch)
        monkeypatch.setattr(interrupting, "MOST_LIKENED", 0)
        monkeypatch.setattr(interrupting, "MOST_COMPARED", 80 * 7)
        drawn = [line.capitalize() for line in spellings(120)]
        find(*drawn[:40] * 3, *drawn[40:])
        assert 0 < counting.compared <= 80 * 7

    def test_the_most_frequent_ones_are_those_that_run(self, monkeypatch):
        monkeypatch.setattr(interrupting, "MOST_COMPARED", 20)
        spoilt = [*SPOILT[:1] * 4, SPOILT[3]]
        lines = ["Kennel", "Kennel", *cut(*((copy,) for copy in spoilt))]
        lines += [*["Quarantine paddock"] * 3]
        assert set(at(lines, *SPOILT)) <= find(*lines).lines


def test_a_page_ends_with_its_footer():
    footer = "Printed for the owner, kindly keep"
    lines = cut(*((footer, "") for _ in range(4)), first=2)
    lines += [footer, "", "LABORATORY REPORT", "Date: 03/15/2019", "Patient: Biscuit", "", TOLD[7], TOLD[9]]
    documents = segment(lines).documents
    assert [document.start_line for document in documents] == [1, lines.index("LABORATORY REPORT") + 1]


def test_what_stands_below_the_footers_of_pages_as_their_headers_do_is_a_header_too():
    """Each animal's pages have a header of their own."""
    heads = ("Harbor Lane Rescue    file of Biscuit",) * 5 + (
        "Harbor Lane Rescue    file of Marmalade and her kittens",
    ) * 4
    pages = [
        (head, *TOLD[place : place + 8], f"Printed for the owner   {place + 1}") for place, head in enumerate(heads)
    ]
    lines = [line for page in pages for line in page]
    counted = [number for number, line in enumerate(lines, start=1) if line.startswith("Printed")]
    found = find(*lines, later=tuple(counted[1:]))
    assert sorted(found.heads) == [number for number, line in enumerate(lines, start=1) if line in heads]
    assert sorted(found.tops) == [number + 1 for number in counted[:-1]]
