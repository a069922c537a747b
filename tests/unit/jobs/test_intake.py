"""When a file is complete, and which names are nobody's documents."""

import pytest

from jobs.domain.intake import SeenFile, Settling, is_passed_over, next_look


def seen(name: str = "a.pdf", *, size: int = 10, changed: int = 0) -> SeenFile:
    return SeenFile(name=name, size=size, changed=changed)


@pytest.mark.parametrize(
    "name",
    [
        *(
            ".hidden",
            ".nfs000123",
            "scan.pdf.part",
            "scan.PDF.TMP",
            "scan.pdf.filepart",
            "scan.crdownload",
            "scan.pdf~",
        ),
        *("~$letter.docx", "~scan.tmp", "Thumbs.db", "desktop.ini", ".DS_Store", ".pennie-intake"),
    ],
)
def test_what_is_nobodys_document_is_passed_over(name: str) -> None:
    assert is_passed_over(name)


@pytest.mark.parametrize("name", ["scan.pdf", "scan", "part.pdf", "tmp", "scan.part.pdf", "Größe~1.pdf"])
def test_other_names_are_not(name: str) -> None:
    assert not is_passed_over(name)


def test_a_file_is_complete_once_it_has_looked_the_same_for_long_enough() -> None:
    settling = Settling(seconds=10)
    assert settling.observe([seen()], at=0) == []
    assert settling.observe([seen()], at=9.9) == []
    assert settling.observe([seen()], at=10) == [seen()]


@pytest.mark.parametrize("changed", [seen(size=11), seen(changed=1)])
def test_each_change_begins_the_wait_anew(changed: SeenFile) -> None:
    settling = Settling(seconds=10)
    settling.observe([seen()], at=0)
    assert settling.observe([changed], at=10) == []
    assert settling.observe([changed], at=20) == [changed]


def test_a_file_that_was_away_for_a_look_begins_anew() -> None:
    settling = Settling(seconds=10)
    settling.observe([seen()], at=0)
    settling.observe([], at=5)
    assert settling.observe([seen()], at=10) == []


def test_where_files_are_renamed_into_place_they_are_taken_at_once_the_oldest_first() -> None:
    files = [seen("b", changed=2), seen("c", changed=1), seen("a", changed=2)]
    assert [file.name for file in Settling(seconds=0).observe(files, at=0)] == ["c", "a", "b"]


def test_one_that_is_put_off_is_told_of_later_or_as_soon_as_it_changes() -> None:
    settling = Settling(seconds=0)
    settling.observe([seen()], at=0)
    settling.defer(seen(), until=60)
    assert settling.observe([seen()], at=59) == []
    assert settling.expects_some
    assert settling.observe([seen(size=11)], at=59) == [seen(size=11)]
    assert settling.observe([seen(size=11)], at=60) == [seen(size=11)]
    assert not settling.expects_some


@pytest.mark.parametrize(("took", "pause"), [(0.001, 2), (5, 100)])
def test_a_folder_that_is_slow_to_list_is_listed_less(took: float, pause: float) -> None:
    assert next_look(pause=2, look_took=took) == pytest.approx(pause)
