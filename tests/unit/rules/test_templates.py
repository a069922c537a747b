"""Headings that a practice's template prints: told by their coming again, in the order of their dates."""

import datetime
from collections.abc import Sequence

import pytest

from documents.domain.dates import find_dates
from documents.domain.lines import from_text
from documents.domain.rules import templates
from documents.domain.rules.engine import read
from documents.domain.rules.features import read_line
from documents.domain.rules.templates import MANY, Template, find_templates
from tests.unit.rules.reading import TOLD, starts_of

DAYS = ("03/11/2019", "03/14/2019", "04/02/2019", "05/20/2019", "06/01/2019")
TITLES = ("Vaccine visit", "Phone call", "Recheck of the ear", "Dental cleaning", "Trim of Nails")


def find(lines: Sequence[str], *, titles: Sequence[int] = ()) -> list[Template]:
    words = [number for number, line in enumerate(lines, start=1) if line.strip()]
    features = [read_line(line) for line in lines]
    dates = [[(found.start, found.end, found.value) for found in find_dates(line, order="MDY")] for line in lines]
    return find_templates(
        lines,
        words=words,
        features=lambda number: features[number - 1],
        dates=lambda number: dates[number - 1],
        titles=titles,
    )


def visits(*heading: str, days: Sequence[str] = DAYS, apart: int = 3) -> list[str]:
    """Visits under a heading with {day} and {title} in it, each with `apart` lines of its own."""
    return [
        line
        for place, day in enumerate(days)
        for line in (
            *(each.format(day=day, title=TITLES[place % len(TITLES)]) for each in heading),
            *(TOLD[(place + more) % len(TOLD)] for more in range(apart)),
        )
    ]


GLYPH = ("\ue0a1 {title}", "{day} 10:22 by K. Lund")


class TestHeadings:
    @pytest.mark.parametrize(
        "heading",
        [
            GLYPH,
            ("\u25a0 {title}", "{day} 9:05 AM"),
            ("o {title}", "{day} 10:22, K. Lund"),  # what a scan makes of the glyph
            ("{title}", "{day} 10:22 K. Lund"),
            ("\ue0a1", "{day} {title}"),
            ("Visit 0{day:.2} | MORA | reason: {title}", "{day} 10:22 K. Lund"),
        ],
    )
    def test_begin_with_the_title_above_their_dated_line(self, heading):
        (template,) = find(visits(*heading))
        assert sorted(template.first) == [0, 5, 10, 15, 20]
        assert sorted(template.further) == [1, 6, 11, 16, 21]

    @pytest.mark.parametrize("heading", ["{day} 10:22", "{day}", "\u2022 {day} 10:22", "Mon {day}", "({day})"])
    def test_of_a_dated_line_alone_begin_with_it(self, heading):
        (template,) = find(visits(heading))
        assert sorted(template.first) == [0, 4, 8, 12, 16]
        assert template.further == frozenset()

    def test_may_begin_with_a_line_that_one_word_leads_two_lines_above(self):
        heading = ("Medical Note          Printed", "Juniper  #20417-A     Whitcombe", "{day}   {title}")
        (template,) = find(visits(*heading))
        assert sorted(template.first) == [0, 6, 12, 18, 24]
        assert template.further == {place + step for place in template.first for step in (1, 2)}
        (apart,) = find(visits(heading[0], heading[1], "", heading[2]))
        assert 0 not in apart.first

    def test_do_not_begin_with_lines_above_that_are_as_common_elsewhere(self):
        """Short titles all over the file tell nothing."""
        lines = [line if line not in TOLD else "Short remark here too" for line in visits("{title}", "{day} 10:22")]
        (template,) = find(lines)
        assert sorted(template.first) == [1, 6, 11, 16, 21]

    def test_whose_glyph_is_lost_here_and_there_begin_with_their_title_all_the_same(self):
        lines = [line.replace("\ue0a1 ", "") if place % 10 == 5 else line for place, line in enumerate(visits(*GLYPH))]
        (template,) = find(lines)
        assert sorted(template.first) == [0, 5, 10, 15, 20]

    def test_begin_with_their_writer_where_the_file_does_and_else_the_writer_signs_above(self):
        writers = ("Dr. Quill", "J. Osgood", "Dr. Quill", "Dr. Quill", "J. Osgood")
        heading = visits("{title}", "{day}")
        named = [writers[TITLES.index(line)] if line in TITLES else line for line in heading]
        (template,) = find(named)
        assert sorted(template.first) == [0, 5, 10, 15, 20]
        (signed,) = find([*named[1:], "Dr. Quill"])
        assert sorted(signed.first) == [0, 5, 10, 15, 20]
        assert all(named[place + 1].startswith("0") for place in signed.first)

    def test_are_told_by_their_glyphs_from_dates_of_their_shape_within_the_visits(self):
        within = ["11/30/2018 WBC 7.1", "01/02/2017 urea 52", "06/01/2016 weight 30"]
        lines = visits("\ue0a1", "{day} {title}")
        for place, row in zip((3, 9, 14), within, strict=True):
            lines[place] = row
        (template,) = find(lines)
        assert sorted(template.first) == [0, 5, 10, 15, 20]

    def test_may_be_out_of_order_now_and_then_where_they_are_many(self):
        days = [f"03/{day}/2019" for day in (11, 12, 14, 13, 15, 16, 18, 17, 19, 20)]
        assert len(find(visits(*GLYPH, days=days))) == 1
        assert find(visits(*GLYPH, days=days[:6])) == []

    def test_whose_title_is_missing_once_begin_with_their_date_there(self):
        lines = visits(*GLYPH, days=[f"03/{day}/2019" for day in range(11, 19)])
        lines.remove(lines[10])
        (template,) = find(lines)
        assert sorted(template.first) == [0, 5, 10, *range(14, 39, 5)]

    def test_are_surer_the_more_of_them_there_are(self):
        few, many = find(visits(*GLYPH, days=DAYS[:4])), find(visits(*GLYPH, days=(*DAYS, *["06/09/2019"] * 3)))
        assert (few[0].share, many[0].share) == (4 / MANY, 1.0)

    def test_may_go_backwards_in_time(self):
        assert len(find(visits(*GLYPH, days=DAYS[::-1]))) == 1


class TestNoTemplate:
    @pytest.mark.parametrize(
        "lines",
        [
            visits(*GLYPH, days=DAYS[:3]),
            visits(*GLYPH, days=(DAYS[3], DAYS[0], DAYS[4], DAYS[1], DAYS[2])),
            visits(*GLYPH, days=[DAYS[0]] * 6),
            visits("{day} WBC", apart=0),
            visits("Signed: {day} 10:22"),
            visits("Signed ______ {day}"),
            visits("Date: {day}"),
            visits("\ue0a1 Next visit: {day} booster"),
            visits("Date of birth {day}"),
            visits("On the whole of the long forenoon of the day of {day} he was quiet"),
        ],
        ids=[
            "few",
            "in no order",
            "one day",
            "rows",
            "signed",
            "signature line",
            "label",
            "next visit",
            "birth",
            "far in",
        ],
    )
    def test_is_seen(self, lines):
        assert find(lines) == []

    def test_is_seen_below_titles_that_come_again_and_again(self):
        lines = [
            f"LABORATORY REPORT {place}" if line in TOLD[:5] else line for place, line in enumerate(visits("{day}"))
        ]
        titles = [place for place, line in enumerate(lines) if line.startswith("LAB")]
        assert len(find(lines)) == 1
        assert find(lines, titles=titles) == []
        (template,) = find(visits("{day}"))
        assert find(visits("{day}"), titles=sorted(template.first)) == [template]


def test_an_export_with_a_glyph_and_a_title_over_a_line_with_date_and_user_is_parted_at_the_glyphs():
    lines = visits(*GLYPH, days=(*DAYS, "06/09/2019", "06/20/2019", "07/04/2019"))
    assert starts_of(lines) == list(range(1, 40, 5))
    assert sorted(read(from_text("\n".join(lines))).sheet.templated) == list(range(1, 40, 5))


def test_an_export_is_parted_at_its_dates_alone_though_the_text_above_breaks_off():
    broken = [TOLD[place][:-1] for place in range(5)]
    lines = [line for day, text in zip(DAYS, broken, strict=True) for line in (f"{day} 10:22", TOLD[9], text)]
    assert starts_of(lines) == [1, 4, 7, 10, 13]


def test_dated_signatures_part_nothing():
    lines = ["CONSULTATION NOTE", "Date: 03/11/2019", "Patient: Biscuit", ""]
    lines += [
        line for place, day in enumerate(DAYS) for line in (*TOLD[place : place + 3], f"Owner ____________ {day}")
    ]
    assert starts_of(lines) == [1]


def test_a_file_of_as_many_templates_as_may_be_is_looked_through_once(monkeypatch):
    """Each template used to look through the whole file for lines like those above its own."""
    looked = []
    is_short_title = templates._is_short_title

    def count(*args):
        looked.append(1)
        return is_short_title(*args)

    monkeypatch.setattr(templates, "_is_short_title", count)
    marks = [f"{first}{second}{third}" for first in "-+*~=" for second in "-+*~=" for third in "-+*~="][:80]
    first = datetime.date(2019, 1, 1)
    lines = [
        line
        for turn in range(4)
        for place, mark in enumerate(marks)
        for line in ("Room of the day", f"{mark} {first + datetime.timedelta(days=100 * turn + place):%m/%d/%Y}")
    ]
    assert len(find(lines)) == len(marks)
    assert len(lines) <= len(looked) <= 3 * len(lines)
