"""Files made to be slow to read: twice the lines may take twice the steps, and not four times as many."""

import datetime
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from itertools import islice, product

import pytest

from documents.domain.lines import from_text
from documents.domain.rules.engine import Reading
from documents.domain.rules.features import read_line
from documents.domain.rules.first_lines import outline
from tests.unit.rules.reading import TOLD

LINES = 400
MOST = 3  # times the steps, for twice the lines
FIRST_DAY = datetime.date(2001, 1, 1)


def days() -> Iterator[str]:
    return (f"{FIRST_DAY + datetime.timedelta(days=place):%m/%d/%Y}" for place in range(10_000))


def made_of(*block: str) -> Callable[[int], list[str]]:
    """Files that are one block again and again, {day} being the next day and {mark} some signs like no others."""

    def make(count: int) -> list[str]:
        marks = ("".join(each) for each in product("-+*~=&%$", repeat=5))
        lines = (line.format(day=day, mark=mark) for day, mark in zip(days(), marks, strict=False) for line in block)
        return list(islice(lines, count))

    return make


def families(count: int) -> list[str]:
    """Dated headings of as many shapes as may be, four of each."""
    marks = ["".join(each) for each in product("-+*~=", repeat=4)][: count // 16]
    first = datetime.date(2001, 1, 1)
    return [
        line
        for turn in range(4)
        for place, mark in enumerate(marks)
        for line in (
            f"Room {chr(97 + place % 26)}{chr(107 + place // 26)}{chr(97 + turn)} of it",
            f"{mark} {first + datetime.timedelta(days=400 * turn + place):%m/%d/%Y} 10:22",
            *TOLD[turn : turn + 2],
        )
    ]


def spellings(count: int) -> list[str]:
    """A quarter of the lines comes three times, another one once, and no two are alike."""
    words = ["".join(each) for each in product(("ab", "cd", "fg", "hk"), ("mn", "pq", "st", "vw"), repeat=4)]
    lines = [f"{word.capitalize()} {word[::-1]}" for word in words[: count // 2]]
    often = lines[: count // 4]
    return [*often, *lines, *often]


def count_steps(lines: Sequence[str]) -> int:
    """Calls of functions, those of Python itself among them, that it takes to read the lines."""
    steps = 0

    def step(frame: object, event: str, argument: object) -> None:
        nonlocal steps
        steps += event in {"call", "c_call"}

    before = sys.getprofile()
    sys.setprofile(step)
    try:
        Reading(from_text("\n".join(lines)))
    finally:
        sys.setprofile(before)
    return steps


@pytest.mark.parametrize(
    "make",
    [
        made_of("Harbor Lane Clinic", "Patient: Biscuit", "Date: 01/02/2020", "Room four"),
        made_of("LABORATORY REPORT", "Patient: Biscuit", "{day} Visit", "Bright and well"),
        made_of("{day} 10:22", "bright and well"),
        made_of("17/10 rang"),
        made_of("======", "TITLE", "======"),
        made_of("Form 7A page 1", "Form 7A page 2"),
        made_of("Page 2 of 3"),
        made_of("\fPage 2 of 3"),
        made_of("{mark} of the day"),
        made_of("10:22 from Harbor Lane  P. 02", ". -"),
        families,
        spellings,
    ],
    ids=[
        "first lines",
        "titles and dates",
        "days",
        "days without a year",
        "rulers",
        "sheets",
        "counters",
        "pages",
        "marks",
        "fax lines",
        "templates",
        "spellings",
    ],
)
def test_twice_the_lines_take_about_twice_the_steps(make):
    count_steps(make(40))  # vocabularies are read once
    few, many = make(LINES), make(2 * LINES)
    assert len(many) == 2 * len(few)
    assert count_steps(many) <= MOST * count_steps(few)


class CountedPages(tuple[int, ...]):
    """The pages of a file's lines, that count how often they are looked at."""

    looked = 0

    def __getitem__(self, place):
        CountedPages.looked += 1
        return super().__getitem__(place)


def test_the_top_of_a_page_full_of_counters_is_found_without_going_through_it_for_each():
    top = ("PHONE NOTE", "The dog is well.", "\fPage 2 of 3")
    lines = [*top, *["Page 2 of 3"] * 400, "LABORATORY REPORT", "Patient: Biscuit", "", "Fine."]
    reading = Reading(from_text("\n".join(lines)))
    reading.sheet.noise = replace(reading.sheet.noise, pages=CountedPages(reading.sheet.noise.pages))
    CountedPages.looked = 0
    assert reading.page_top(404) == 3
    assert 400 <= CountedPages.looked <= 400 * 20


def test_a_line_that_is_one_word_has_an_outline_of_all_its_letters():
    word = "kennel" * 50
    assert outline(read_line(word)) == word.replace("e", "c")
