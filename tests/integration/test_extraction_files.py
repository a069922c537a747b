import zlib
from dataclasses import replace
from typing import Any

import pytest

from documents.extraction.limits import ExtractionLimits
from documents.extraction.registry import ExtractionProblem, extract
from tests.unit.extraction.drawing import draw, draw_lines, draw_picture
from tests.unit.extraction.mail import write_mail

LIMITS = ExtractionLimits(seconds=30)
RECORD = ["RIVERSIDE ANIMAL HOSPITAL", "", "Patient: Luna", "", "", "Weight 4.1 kg"]


def read_pdf(content: bytes, **limits: Any):
    return extract(content=content, name="record.pdf", limits=replace(LIMITS, **limits))


def refusal(content: bytes, **limits: Any) -> ExtractionProblem:
    with pytest.raises(ExtractionProblem) as refused:
        read_pdf(content, **limits)
    return refused.value


def unfolding_pdf(size: int, *, page: int = 0, pages: int = 1) -> bytes:
    """A small PDF of `pages` with a word each, one of which unfolds to `size` bytes of text drawing."""
    streams = [b"BT /F 9 Tf " + b"(word) Tj " * (size // 10 if index == page else 1) + b"ET" for index in range(pages)]
    resources = b"<</Font<</F<</Type/Font/Subtype/Type1/BaseFont/Courier>>>>>>"
    parts = [
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Count %d/Kids[%s]>>"
        % (pages, b" ".join(b"%d 0 R" % (3 + 2 * index) for index in range(pages))),
    ]
    for index, stream in enumerate(streams):
        packed = zlib.compress(stream, 9)
        parts += (
            b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 9 9]/Contents %d 0 R/Resources%s>>" % (4 + 2 * index, resources),
            b"<</Length %d/Filter/FlateDecode>>stream\n%s\nendstream" % (len(packed), packed),
        )
    objects = b"".join(b"%d 0 obj%s\nendobj\n" % (number, part) for number, part in enumerate(parts, 1))
    return b"%PDF-1.4\n" + objects + b"trailer<</Root 1 0 R>>\n%%EOF"


def test_a_pdf_gives_the_lines_of_the_text_it_was_drawn_from():
    source = read_pdf(draw_lines(RECORD * 20, per_page=24))
    assert list(source.lines) == RECORD * 20
    assert source.pages == tuple(1 + row // 24 for row in range(120))
    assert [(part.name, part.kind, part.first_line) for part in source.parts] == [("record.pdf", "pdf", 1)]
    assert source.warnings == ()


def test_the_pages_of_a_long_pdf_come_in_order_with_one_layout():
    lines = [f"page {page} row {row}" if row % 7 else "" for page in range(151) for row in range(1, 11)]
    source = read_pdf(draw_lines(lines, per_page=10))
    assert list(source.lines) == lines
    assert source.pages == tuple(1 + row // 10 for row in range(1510))


def test_pages_without_text_are_named_in_a_warning_and_keep_their_numbers():
    def words(canvas):
        canvas.drawString(50, 700, "words")

    source = read_pdf(draw(words, draw_picture, words, draw_picture, draw_picture))
    assert source.pages == (1, 3)
    assert "pages 2, 4 to 5" in source.warnings[0]


@pytest.mark.parametrize(
    ("blank", "pages"),
    [([1], (1, 3)), ([2, 3], (1, 2)), ([1, 3], (1, 3)), ([0, 1], (3, 4))],
    ids=["amid", "last", "amid and last", "first"],
)
def test_blank_pages_count_as_pages_wherever_they_stand(blank, pages):
    def words(canvas):
        canvas.drawString(50, 700, "words")

    source = read_pdf(draw(*((lambda canvas: None) if index in blank else words for index in range(4))))
    assert sorted({*source.pages})[:2] == list(pages)
    assert source.page_count == 4


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (draw_lines(RECORD)[:300], "corrupt"),
        (b"%PDF-1.7\n" + bytes(range(256)) * 20, "corrupt"),
        (draw(draw_picture, password="secret"), "encrypted"),
    ],
)
def test_a_pdf_that_cannot_be_read_is_refused(content, code):
    problem = refusal(content)
    assert (problem.code, problem.status) == (code, 422)


def test_a_pdf_that_only_its_owner_may_change_is_read():
    def words(canvas):
        canvas.drawString(50, 700, "words")

    assert read_pdf(draw(words, password="")).lines == ("words",)


def test_a_pdf_with_too_many_pages_is_refused_with_their_number():
    problem = refusal(draw_lines(["words"] * 5, per_page=1), max_pages=4)
    assert (problem.code, problem.status) == ("too_many_pages", 413)
    assert "5 pages; at most 4" in problem.detail


def test_a_small_pdf_that_unfolds_too_far_is_refused():
    assert len(unfolding_pdf(10**6)) < 20_000
    assert refusal(unfolding_pdf(10**6), max_characters=10_000).code == "too_large"
    overload = refusal(unfolding_pdf(2 * 10**8), memory_bytes=200 * 1024**2)
    assert overload.code in ("too_much_memory", "parser_crashed", "no_text")


@pytest.mark.parametrize("page", [3, 149])
def test_a_long_pdf_is_refused_for_any_of_its_pages(page):
    assert len(read_pdf(unfolding_pdf(1_000, page=page, pages=150)).lines) == 150
    assert refusal(unfolding_pdf(10**6, page=page, pages=150), max_characters=10_000).code == "too_large"
    assert refusal(unfolding_pdf(10**8, page=page, pages=150), seconds=0.5).code == "too_slow"


def test_a_long_pdf_is_refused_for_its_pages_together():
    assert refusal(unfolding_pdf(10, pages=150), max_characters=500).code == "too_large"


def test_an_html_body_is_read_as_text():
    message = write_mail()
    message.set_content(
        "<html><style>p{}</style><p>Luna<br>Weight 4,1&nbsp;kg<table><tr><td>a<td>b</table>", subtype="html"
    )
    lines = extract(content=message.as_bytes(), name="message.eml", limits=LIMITS).lines
    assert [line.strip() for line in lines[5:] if line.strip()] == ["Luna", "Weight 4,1 kg", "a  b"]


def test_attached_pdfs_are_parts_and_unreadable_ones_are_warnings():
    message = write_mail("See the attached.")
    for name, content in (
        ("lab.pdf", draw_lines(["Glucose 95", "Urea 6", "Sodium 150"], per_page=2)),
        ("locked.pdf", draw(draw_picture, password="secret")),
    ):
        message.add_attachment(content, maintype="application", subtype="pdf", filename=name)
    source = extract(content=message.as_bytes(), name="message.eml", limits=LIMITS)
    assert [(part.name, part.kind) for part in source.parts] == [("message body", "email"), ("lab.pdf", "pdf")]
    lab = source.parts[1].first_line - 1
    assert source.lines[lab:] == ("Glucose 95", "Urea 6", "Sodium 150")
    assert source.pages[lab:] == (2, 2, 3)
    assert len(source.warnings) == 1
    assert "locked.pdf" in source.warnings[0]
    assert "encrypted" in source.warnings[0]
