"""Notes of a day and a sentence, under each other, without a title: what tells them from rows, amounts and text."""

import pytest

from documents.domain.lines import from_text
from documents.domain.rules.engine import Reading, read
from documents.domain.rules.notes import Notes, ends_with_amount, find_short_day
from tests.unit.rules.reading import TOLD, starts_of


def reading_of(*lines: str) -> Reading:
    return read(from_text("\n".join(lines)))


def notes_of(*lines: str) -> Notes:
    return Notes(reading_of(*lines).sheet)


class TestDaysWithoutAYear:
    @pytest.mark.parametrize(
        ("line", "day"),
        [
            ("23/6 Tel Mrs McA.", "23/6"),
            ("Fri 10/3 Swales rang", "10/3"),
            ("21st Mar - Odin", "21st Mar"),
            ("April 18 Gus again", "April 18"),
            ("3.10. angerufen", "3.10"),
            ("27/8 CM spoke to him", "27/8"),
        ],
    )
    def test_are_found_near_the_beginning(self, line, day):
        place = find_short_day(line)
        assert place is not None
        assert line[slice(*place)] == day

    @pytest.mark.parametrize(
        "line",
        [
            "1/2 tablet a day",
            "32/6 rang",
            "13/14 rang",
            "0/3 rang",
            "7-10 days",
            "10.5 mg",
            "27/8 CM",
            "23/6/2019 rang",
            "x" * 60 + " 23/6",
        ],
    )
    def test_are_no_amounts_nor_impossible_days(self, line):
        assert find_short_day(line) is None


@pytest.mark.parametrize("line", ["Exam  03/04/2021     45.00", "4/5 visit   $ 1,200.50", "Total  38,00 €"])
def test_an_amount_of_money_ends_a_charge(line):
    assert ends_with_amount(line)


@pytest.mark.parametrize("line", ["WBC   12.50 x", "4/5 weighed 38.5", "12/03/2019"])
def test_other_numbers_are_no_amounts_of_money(line):
    assert not ends_with_amount(line)


class TestNotes:
    @pytest.mark.parametrize(
        "line",
        [
            "23/6 phoned the owner, who says the wound is fine and he eats",
            "03/14/2019 phoned the owner, who says the wound is fine and he eats",
            "Wed 5/6. Olive - lifted her head for cheese and took some water",
            "KF 29/11/22: asleep in the basket, took some food from the hand at noon",
        ],
    )
    def test_are_led_by_a_day(self, line):
        assert notes_of(TOLD[0], line).leads(1)

    def test_behind_words_in_small_letters_are_notes_that_the_day_does_not_lead(self):
        notes = notes_of(TOLD[0], "Histo back 6/27 on the lump of the flank: benign, and wholly taken out")
        assert notes.is_written(1)
        assert not notes.leads(1)

    @pytest.mark.parametrize(
        "line",
        [
            "23/6   x     x     -     x    ok",
            "23/6 rang",
            "23/6 consultation and a bandage of the left paw   45.00",
            "Seen on the day of the visit of 23/6 and found to be quite well again",
            "Date: 23/6 phoned the owner, who says the wound is fine and he eats",
            "he came on 23/6 and was found to be quite well again by the nurse",
        ],
        ids=["row", "no sentence", "charge", "far in", "label", "text"],
    )
    def test_are_not_told_by_a_day_alone(self, line):
        assert not notes_of(TOLD[0], line).is_written(1)

    @pytest.mark.parametrize(
        ("above", "ends"),
        [
            (TOLD[0], True),
            (TOLD[0][:-1], False),
            ("It was short", True),
            (f"{TOLD[0][:-1]} -KO", True),
            (f"{TOLD[0][:-20]}  LH", True),
        ],
    )
    def test_stand_behind_the_end_of_what_the_line_above_says(self, above, ends):
        note = "23/6 phoned the owner, who says the wound is fine and he eats"
        notes = notes_of(*TOLD[:8], above, note)
        assert notes.stands_behind_end(9) is ends

    @pytest.mark.parametrize(("day", "same"), [("6/18/18", True), ("6/19/18", False)])
    def test_of_one_day_directly_under_each_other_belong_together(self, day, same):
        answer = f"{day} text to owner: When dry for two days. Ask him for a leather pad."
        notes = notes_of(
            *TOLD[:8], "6/18/18 text from owner: Drained a lot, now walking fine. When can he come?", answer
        )
        assert notes.is_of_same_day(9) is same

    def test_begin_documents_without_title_and_blank_line(self):
        notes = [
            f"{3 + 4 * place}/6 {who} rang about the wound, which is dry and no longer sore. LH"
            for place, who in enumerate(("Mrs Hale", "Mr Hale", "The son", "Mrs Hale", "Her sister", "Mr Hale"))
        ]
        lines = ["CONSULTATION NOTE", "Date: 03/05/2019", "Patient: Biscuit", "", *TOLD[:3], *notes]
        assert starts_of(lines) == [1, 8, 9, 10, 11, 12, 13]

    @pytest.mark.parametrize("time", ["14:20", "9:14a", "9:14 pm", "0915", "um 9.15"])
    def test_may_tell_the_time_behind_the_day(self, time):
        note = notes_of(TOLD[0], f"9/27 {time} phoned the owner, who says the wound is fine").of(1)
        assert note is not None
        assert note.timed

    def test_in_columns_under_each_other_are_rows_of_a_table(self):
        rows = (
            "6/1      licking the wound, cone on       ok, keep the cone",
            "6/2      bruised a little today   cone off",
        )
        notes = notes_of(TOLD[0], *rows, TOLD[1], rows[0])
        assert [notes.is_written(place) for place in (1, 2, 4)] == [False, False, True]

    @pytest.mark.parametrize(
        ("note", "short"),
        [
            ("23/6 phoned the owner, who says the wound is fine and he eats", False),
            ("23/6 14:20 phoned the owner, who says the wound is fine and he eats", True),
            ("Phoned the owner, who says the wound is fine and that he eats well", True),
        ],
        ids=["note", "timed, as in a list", "no note"],
    )
    def test_may_be_documents_of_one_line(self, note, short):
        spans = reading_of(*TOLD[:2], note, "27/6 she rang again, the wound is dry and he is well").scene.spans
        assert ("after_one" in spans.of(2, 3)) is short

    def test_head_no_block_with_the_title_below_them(self):
        note, title = "23/6 phoned the owner, who says: fine and he eats", "CLAIM FORM FOR VETERINARY FEES"
        spans = reading_of(*TOLD[:2], note, title, "Owner: Dana Whitlow").scene.spans
        assert "same_header" not in spans.of(2, 3)

    @pytest.mark.parametrize(("between", "same"), [((), True), (("Check: five days", "Cone: ten days"), False)])
    def test_stand_in_the_header_block_of_a_title_only_directly_below_it(self, between, same):
        note = "23/6/2019 phoned the owner, who says the wound is fine and he eats"
        spans = reading_of(*TOLD[:2], "DISCHARGE SUMMARY", "Owner: Dana Whitlow", *between, note).scene.spans
        assert ("same_header" in spans.of(2, 4 + len(between))) is same
