import pytest
from hypothesis import given
from hypothesis import strategies as st

from documents.extraction.page_layout import MAX_BLANKS, Fragment, arrange, lay_out


def at(text: str, y: float, x: float = 50) -> Fragment:
    return Fragment(text, x, x + 5 * max(0, len(text) - 1), y)


def place(lines: list[str], *, leading: float, per_page: int) -> list[list[tuple[str, float]]]:
    return [
        [(line, 750 - row * leading) for row, line in enumerate(lines[first : first + per_page]) if line]
        for first in range(0, len(lines), per_page)
    ]


def test_a_gap_of_k_leadings_is_k_minus_one_blank_lines():
    assert lay_out([[("a", 700), ("b", 688), ("c", 664), ("d", 616)]]) == [["a", "b", "", "c", "", "", "", "d"]]


def test_a_page_of_few_lines_goes_by_the_leading_of_the_document():
    full = [(str(row), 700.0 - 12 * row) for row in range(20)]
    assert lay_out([full, [("a", 700), ("b", 664)]])[1] == ["a", "", "", "b"]


def test_paragraph_spacing_and_headings_do_not_spoil_the_leading():
    rows, y = [], 700.0
    for paragraph in range(5):
        y -= 21.5
        rows.append((f"Heading {paragraph}", y))
        for line in range(6):
            y -= 14.3
            rows.append((f"line {line}", y))
    page = lay_out([rows])[0]
    assert page[:8] == ["Heading 0", *(f"line {line}" for line in range(6)), ""]
    assert page.count("") == 4


def test_few_gaps_go_by_the_font_size_only_where_all_are_wide():
    assert lay_out([[("a", 700), ("b", 676)]], type_size=9) == [["a", "", "b"]]
    assert lay_out([[("a", 700), ("b", 676)]]) == [["a", "b"]]
    assert lay_out([[("a", 700), ("b", 685)]], type_size=9) == [["a", "b"]]
    assert lay_out([[("a", 700), ("b", 664), ("c", 652)]], type_size=9) == [["a", "", "", "b", "c"]]


def test_an_empty_or_one_line_page_stays_as_it_is():
    assert lay_out([[], [("a", 700.0)], []]) == [[], ["a"], []]


def test_a_gap_is_bounded():
    assert len(lay_out([[("a", 1e9), ("b", 1e9 - 5), ("c", 0.0)]])[0]) == 3 + MAX_BLANKS


@given(
    st.lists(st.sampled_from(["", "word", "another line"]), min_size=40, max_size=200),
    st.sampled_from([9.2, 10.0, 11.5, 12.0, 14.4]),
)
def test_lines_drawn_at_a_constant_leading_come_back_between_the_edges_of_each_page(lines, leading):
    lines[0:3] = ["top", "second", "third"]
    for first in range(0, len(lines), 20):
        lines[first] = "first of its page"
        lines[min(first + 19, len(lines) - 1)] = "last of its page"
    laid = lay_out(place(lines, leading=leading, per_page=20))
    assert [line for page in laid for line in page] == lines


def test_blank_lines_at_the_edges_of_a_page_come_back_where_other_pages_show_the_edge():
    lines = [f"line {number}" for number in range(60)]
    lines[9] = lines[20] = lines[21] = lines[39] = ""
    assert [line for page in lay_out(place(lines, leading=12, per_page=10)) for line in page] == lines


def test_pages_that_end_early_are_not_filled_up():
    pages = [[(str(row), 700.0 - 12 * row) for row in range(rows)] for rows in (40, 12, 25, 7)]
    assert [len(page) for page in lay_out(pages)] == [40, 12, 25, 7]


@pytest.mark.parametrize(
    ("fragments", "texts"),
    [
        ([at("body", 700), at("more", 688), at("HEADER", 760)], ["HEADER", "body", "more"]),
        ([at("Page 1", 30), at("body", 700), at("more", 688)], ["body", "more", "Page 1"]),
        ([at("left", 700), at("left 2", 688), at("right", 700, 300), at("right 2", 688, 300)],
         ["left", "left 2", "right", "right 2"]),
        ([at("GLU", 700), at("95", 700, 200), at("CREA", 688)], ["GLU 95", "CREA"]),
        ([at("10 cm 2", 700), at(" more", 701, 120), at("next", 686)], ["10 cm 2 more", "next"]),
        ([at("trailing  ", 700), at("   ", 688), at("x", 676)], ["trailing", "", "x"]),
    ],
)  # fmt: skip
def test_rows_come_in_reading_order(fragments, texts):
    assert [text for text, _ in arrange(fragments)] == texts


def test_a_filled_form_goes_by_rows():
    drawn = [at("Name:", 700), at("Species:", 680), at("Biscuit", 701, 120), at("Dog", 679, 120)]
    assert [text for text, _ in arrange(drawn, by_position=True)] == ["Name: Biscuit", "Species: Dog"]


@given(st.lists(st.tuples(st.floats(0, 800), st.floats(0, 600), st.text("ab ", max_size=5))))
def test_no_words_are_lost_whatever_is_drawn_where(drawn):
    fragments = [at(text, y, x) for y, x, text in drawn]
    for by_position in (False, True):
        rows = arrange(fragments, by_position=by_position)
        kept = "".join(text for text, _ in rows).replace(" ", "")
        assert sorted(kept) == sorted("".join(text for *_, text in drawn).replace(" ", ""))
        assert [line for line in lay_out([rows])[0] if line] == [text for text, _ in rows if text]
