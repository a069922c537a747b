"""Who writes, as lines name it, and where another writer takes over."""

import pytest

from documents.domain.lines import from_text
from documents.domain.rules.authors import Author, Authors, find_author
from documents.domain.rules.engine import read
from documents.domain.rules.features import read_line
from tests.unit.rules.reading import TOLD

NEAR = "He was well on the day after and ate."


def authors_of(*lines: str) -> Authors:
    return Authors(read(from_text("\n".join(lines))).sheet)


@pytest.mark.parametrize(
    ("line", "initials"),
    [
        ("Consult notes  Dr. Silvia Brandt", "sb"),
        ("Tierarztpraxis am Bach, Dr. med. vet. Ute Harms", "uh"),
        ("Consulta 06-02-2020 - Dra. Lora", "l"),
        ("M. Fordyce MRCVS", "mf"),
        ("Wound check   Surgeon: KF", "kf"),
        ("Vet: ro", "ro"),
        ("Operateur:  Dr. Lührs", "l"),
        ("12/09/22 surgeon KF nurse Dee", "kf"),
        ("Dictated RA 3/11, not read", "ra"),
        ("Electronically signed by: T. Quarles, DVM", "tq"),
        ("From: Rhian Cottle <rhian@example.com>", "rc"),
    ],
)
def test_a_line_names_its_writer(line, initials):
    author = find_author(read_line(line), printed=line)
    assert author is not None
    assert author.initials == initials


@pytest.mark.parametrize(
    "line",
    [
        "Dear Dr. Silvia Brandt,",
        "Cher Docteur Beaulac,",
        "The doctor will call",
        "Vet: IV",
        "Dr.",
        "Surgery report",
        "Signed off on the fourth day",
    ],
)
def test_others_name_none(line):
    assert find_author(read_line(line), printed=line) is None


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        (Author(initials="cq", names=frozenset({"quarlcs"})), Author(initials="q", names=frozenset({"quarlcs"})), True),
        (Author(initials="ck", names=frozenset({"kowalkc"})), Author(initials="k"), True),
        (Author(initials="ck"), Author(initials="kc"), False),
        (Author(initials="sb", names=frozenset({"brandt"})), Author(initials="sb", names=frozenset({"bohm"})), False),
    ],
)
def test_two_names_may_be_of_one_person(one, other, same):
    assert one.may_be(other) is same
    assert other.may_be(one) is same


class TestAnotherWriter:
    def test_is_told_on_the_line_and_on_those_of_its_header(self):
        lines = ("Notes  Dr. Brandt", NEAR, "Wound check", "Biscuit", "12 kg  Dr. Harms", NEAR)
        found = authors_of(*lines)
        assert found.changes(2, heads=True)
        assert not found.changes(2, heads=False)
        assert found.changes(4, heads=False)
        assert not found.changes(0, heads=True)  # nobody is named above

    def test_is_not_the_one_who_wrote_what_stands_above(self):
        assert not authors_of("Notes  Dr. S. Brandt", NEAR, "Wound check", "Dr. Silvia Brandt").changes(2, heads=True)

    @pytest.mark.parametrize("between", [TOLD[0], "Subjective:"])
    def test_is_not_looked_for_behind_text_and_sections(self, between):
        assert not authors_of("Notes  Dr. Brandt", NEAR, "Wound check", between, "Dr. Harms").changes(2, heads=True)

    def test_is_none_where_each_row_of_a_table_names_somebody(self):
        rows = ("01/02/2019   Booster   Dr. Harms", "03/04/2019   Booster   Dr. Brandt")
        assert not authors_of("Notes  Dr. Lora", NEAR, *rows).changes(2, heads=False)
        assert authors_of("Notes  Dr. Lora", NEAR, rows[0], NEAR).changes(2, heads=False)


class TestInitials:
    def test_sign_a_line_where_they_stand_at_several_places(self):
        found = authors_of(f"{TOLD[0]} KL", NEAR, "12/03 KL  rang", "All fine.  PQ", NEAR)
        assert found.has_initials(0)
        assert not found.has_initials(3)

    @pytest.mark.parametrize("end", ["po", "IV", "kg"])
    def test_are_no_words_that_end_many_a_line(self, end):
        assert not authors_of(f"Given twice a day  {end}", NEAR, f"Given once a day  {end}", NEAR).has_initials(0)

    def test_are_no_last_column_of_a_table(self):
        assert not authors_of("1/2/19   Booster   fine   KL", NEAR, "2/2/19   Booster   fine   KL").has_initials(0)

    def test_behind_a_day_name_the_writer(self):
        found = authors_of("20.7.12  KLJ   itchy", f"{NEAR} KLJ", "28.9.12  PK  better", NEAR, "2.10.12  PK  fine")
        assert found.changes(2, heads=False)
        assert not found.changes(4, heads=False)


class TestWhoSignsOff:
    @pytest.mark.parametrize("sign", ["E. Brandt, DVM", f"{NEAR} EB"])
    def test_is_named_as_the_writer_above(self, sign):
        found = authors_of("Report   Vet: E. Brandt", NEAR, sign, "Notes", f"{NEAR} EB")
        assert found.signs_off(2)
        assert not found.signs_off(1)

    def test_is_not_somebody_else(self):
        assert not authors_of("Report   Vet: E. Brandt", NEAR, "U. Harms, DVM", "Notes").signs_off(2)

    def test_is_not_named_in_another_paper(self):
        far = [f"He ate {day} bowls on that day" for day in range(60)]
        assert not authors_of("Report   Vet: E. Brandt", *far, "E. Brandt, DVM", "Notes").signs_off(61)
