import io
import zipfile
from typing import Any

import pytest

from documents.extraction.refusing import Refused
from documents.extraction.word_worker import read_word
from tests.unit.extraction.office import paragraph, table, write_word, write_zip

BREAK = '<w:p><w:r><w:br w:type="page"/></w:r></w:p>'


def read(content: bytes, *, max_characters: int = 10**6) -> dict[str, Any]:
    return read_word(content, max_characters=max_characters, max_lines=1000, max_ratio=100)


def pages(body: str, **parts) -> object:
    return read(write_word(body, **parts))["pages"]


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (paragraph("Luna") + paragraph() + paragraph("Weight 4.1 kg"), [["Luna", "", "Weight 4.1 kg"]]),
        (paragraph("one") + BREAK + paragraph("two"), [["one"], ["two"]]),
        (paragraph("one") + BREAK + BREAK + paragraph("two"), [["one"], ["two"]]),
        (
            paragraph("one") + BREAK + "<w:p><w:r><w:lastRenderedPageBreak/><w:t>two</w:t></w:r></w:p>",
            [["one"], ["two"]],
        ),
        ("<w:p><w:r><w:t>one</w:t><w:lastRenderedPageBreak/><w:t>two</w:t></w:r></w:p>", [["one"], ["two"]]),
        (
            paragraph("one") + "<w:p><w:pPr><w:pageBreakBefore/></w:pPr><w:r><w:t>two</w:t></w:r></w:p>",
            [["one"], ["two"]],
        ),
        (
            "<w:p><w:pPr><w:sectPr/></w:pPr><w:r><w:t>one</w:t></w:r></w:p>" + paragraph("two"),
            [["one"], ["two"]],
        ),
        ("<w:p><w:r><w:t>a</w:t><w:br/><w:t>b</w:t><w:tab/><w:t>c</w:t></w:r></w:p>", [["a", "b\tc"]]),
        (paragraph("text") + paragraph("Findings", style="Heading1"), [["text", "", "Findings"]]),
        (
            "<w:p><w:del><w:r><w:delText>old</w:delText></w:r></w:del><w:ins><w:r><w:t>new</w:t></w:r></w:ins></w:p>",
            [["new"]],
        ),
        (
            "<w:p><w:hyperlink><w:r><w:t>link</w:t></w:r></w:hyperlink><w:r><w:instrText>PAGE</w:instrText></w:r></w:p>",
            [["link"]],
        ),
        (
            "<w:sdt><w:sdtContent>" + paragraph("in a control") + "</w:sdtContent></w:sdt>",
            [["in a control"]],
        ),
    ],
)
def test_paragraphs_become_lines_and_breaks_pages(body, expected):
    assert pages(body) == expected


def test_a_table_keeps_its_rows_with_cells_lined_up():
    rows = [("Analyte", "Result", "Range"), ("ALT", "121 U/L", "10 - 125"), ("Total protein", "6.9 g/dL", "5.2 - 8.2")]
    assert pages(table(rows)) == [
        [
            "Analyte         Result     Range",
            "ALT             121 U/L    10 - 125",
            "Total protein   6.9 g/dL   5.2 - 8.2",
        ]
    ]


def test_a_label_and_its_value_in_two_cells_of_several_lines_stand_in_one_row():
    cell = "<w:tc>" + paragraph("Name:") + paragraph("Species:") + "</w:tc>"
    values = "<w:tc>" + paragraph("Luna") + paragraph("Cat") + "</w:tc>"
    assert pages(f"<w:tbl><w:tr>{cell}{values}</w:tr></w:tbl>") == [["Name:      Luna", "Species:   Cat"]]


def test_a_table_that_is_a_page_layout_is_read_cell_by_cell():
    long = "".join(paragraph(f"left {number}") for number in range(20))
    layout = f"<w:tbl><w:tr><w:tc>{long}</w:tc><w:tc>{paragraph('right')}</w:tc></w:tr></w:tbl>"
    assert pages(layout) == [[*(f"left {number}" for number in range(20)), "right"]]


def test_a_text_box_is_read_once_behind_its_paragraph():
    box = f"<wps:txbx><w:txbxContent>{paragraph('Chip 985112004771306')}</w:txbxContent></wps:txbx>"
    body = (
        f"<w:p><w:r><w:t>anchor</w:t></w:r><w:r><mc:AlternateContent><mc:Choice>{box}</mc:Choice>"
        f"<mc:Fallback>{box}</mc:Fallback></mc:AlternateContent></w:r></w:p>"
    )
    assert pages(body) == [["anchor", "Chip 985112004771306"]]


def test_headers_come_first_and_notes_last():
    notes = '<w:footnotes xmlns:w="x"><w:footnote w:type="separator"/><w:footnote>'
    notes += paragraph("as told by the owner") + "</w:footnote></w:footnotes>"
    content = write_word(
        paragraph("Luna"), headers=[paragraph("RIVERSIDE CLINIC")], others={"word/footnotes.xml": notes}
    )
    assert read(content)["pages"] == [["RIVERSIDE CLINIC", "", "Luna", "", "as told by the owner"]]


def test_what_is_not_read_is_told():
    hidden = "<w:p><w:r><w:rPr><w:vanish/></w:rPr><w:t>secret</w:t></w:r><w:r><w:t>seen</w:t></w:r></w:p>"
    others = {"word/media/image1.png": "x", "word/vbaProject.bin": "x", "word/embeddings/a.xlsx": "x"}
    answer = read(write_word(hidden, others=others))
    assert answer["pages"] == [["seen"]]
    told = " ".join(answer["warnings"])
    assert all(word in told for word in ("1 picture", "macros", "embedded", "hidden"))


BOMB = '<!DOCTYPE w [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;">]>'
OUTSIDE = '<!DOCTYPE w [<!ENTITY a SYSTEM "file:///etc/hostname">]>'


@pytest.mark.parametrize("declared", [BOMB, OUTSIDE])
def test_entities_are_refused_and_never_resolved(declared):
    document = f'{declared}<w:document xmlns:w="w"><w:body><w:p><w:r><w:t>&a;</w:t></w:r></w:p></w:body></w:document>'
    with pytest.raises(Refused) as refused:
        read(write_zip({"word/document.xml": document}))
    assert refused.value.answer["problem"] == "corrupt"


def nested(depth: int) -> str:
    return "<w:sdt><w:sdtContent>" * depth + paragraph("deep") + "</w:sdtContent></w:sdt>" * depth


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b"PK\x03\x04 broken", "corrupt"),
        (write_zip({"word/other.xml": "<a/>"}), "corrupt"),
        (write_zip({"word/document.xml": "<w:document"}), "corrupt"),
        (write_zip({"word/document.xml": "<w:document xmlns:w='w'/>"}), "corrupt"),
        (write_word(nested(5_000)), "corrupt"),
        (write_word(paragraph("a" * 3_000_000)), "too_large"),
        (write_word(paragraph("word " * 500)), "too_large"),
        (write_word(paragraph("Luna"))[:-40], "corrupt"),
    ],
    ids=["no zip", "no document", "no XML", "no body", "deep", "ratio", "long", "cut off"],
)
def test_a_broken_or_hostile_document_is_refused(content, problem):
    with pytest.raises(Refused) as refused:
        read(content, max_characters=2_000)
    assert refused.value.answer["problem"] == problem


def test_a_part_packed_in_a_way_that_can_be_a_bomb_by_itself_is_refused():
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_LZMA) as archive:
        archive.writestr("word/document.xml", "<a/>")
    with pytest.raises(Refused):
        read(buffer.getvalue())
