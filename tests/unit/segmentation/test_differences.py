"""How two partitions of a file differ."""

from uuid import UUID

from documents.domain.differences import Described, compare


def document(start: int, end: int, title: str = "Visit note", number: int = 0, date: str | None = None) -> Described:
    return Described(
        id=UUID(int=number or start * 1_000 + end),
        start_line=start,
        end_line=end,
        title=title,
        type="consult_note",
        date=date,
    )


def show(before: list[Described], after: list[Described]) -> list[tuple[str, int | None, int | None]]:
    return [
        (
            each.kind,
            each.before.start_line if each.before else None,
            each.after.start_line if each.after else None,
        )
        for each in compare(before=before, after=after)
    ]


def test_the_same_partition_differs_in_nothing() -> None:
    assert show([document(1, 4), document(5, 9)], [document(1, 4, number=7), document(5, 9, number=8)]) == []


def test_other_words_on_the_same_lines_are_a_renaming() -> None:
    assert show([document(1, 4)], [document(1, 4, title="Referral")]) == [("renamed", 1, 1)]


def test_a_title_that_was_made_says_nothing_that_type_and_date_do_not() -> None:
    before, after = "Consultation note", "Nota de consulta, 2019-03-14"
    day = "2019-03-14"
    assert show([document(1, 4, title=before, date=day)], [document(1, 4, title=after, date=day)]) == []
    assert show([document(1, 4, title=before)], [document(1, 4, title=after, date=day)]) == [("renamed", 1, 1)]
    assert show([document(1, 4, date=day)], [document(1, 4, title=after, date=day)]) == [("renamed", 1, 1)]


def test_a_boundary_off_by_a_line_moves_two_documents() -> None:
    before = [document(1, 4), document(5, 9)]
    after = [document(1, 5), document(6, 9)]
    assert show(before, after) == [("moved", 1, 1), ("moved", 5, 6)]


def test_a_document_cut_in_three_is_removed_and_three_are_added() -> None:
    after = [document(1, 3), document(4, 6), document(7, 9)]
    assert show([document(1, 9)], after) == [
        ("added", None, 1),
        ("removed", 1, None),
        ("added", None, 4),
        ("added", None, 7),
    ]


def test_a_document_that_lost_a_piece_is_the_same_one() -> None:
    assert show([document(1, 9)], [document(1, 7), document(8, 9)]) == [("moved", 1, 1), ("added", None, 8)]
